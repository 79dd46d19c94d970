import {
  type Overlay,
  type Picture,
  compactSize,
  escapeXml,
  labelWidth,
  layout,
  middleEllipsis,
  shortCount,
  svgOf,
} from "@graphcell/core";
import { drawnPicture } from "../../support/pictures";

function svg(picture: Picture, overlay: Overlay | null = null, collapsed: readonly string[] = []): string {
  const placement = layout(picture, { direction: "TB", sizes: compactSize, collapsed: new Set(collapsed) });
  return svgOf(picture, placement, overlay, { theme: "auto", title: "scoring" });
}

/** Open tags that have no end: none in well-formed text. */
function unclosed(text: string): string[] {
  const open: string[] = [];
  for (const [, end, name, , own] of text.matchAll(/<(\/?)([a-z]+)((?:[^<>"]|"[^"<]*")*?)(\/?)>/g)) {
    if (end) {
      if (open.pop() !== name) return [`</${name}>`];
    } else if (!own) open.push(name);
  }
  return open;
}

const framed = drawnPicture(":start > a > r > z, a ! h", {
  groups: [{ id: "r", kind: "router", label: "voting", parent: null }],
  nodes: {
    "r/1": { group: "r", kind: "model" },
    a: { truth: "edited", responder: true, problems: { worst: "error", count: 2 } },
    h: { kind: "error_step" },
    z: { truth: "written" },
  },
});

describe("a standalone picture", () => {
  test("is well formed, has a name and says in words what it shows", () => {
    const text = svg(framed);
    expect(unclosed(text)).toEqual([]);
    expect(text).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" role="img"/);
    expect(text).toContain("<title>scoring</title>");
    expect(text).toContain("a, task, responds, edited since it ran, 2 problems; ");
  });

  test.each(["a]]>", "</text><script>alert(1)</script>", '"onload="x', "\u0000\u0007\ud800", "&lt;"])(
    "text of the graph can't become markup: %j",
    (label) => {
      const text = svg(drawnPicture("x", { nodes: { x: { label, detail: label } } }));
      expect(unclosed(text)).toEqual([]);
      expect(text).not.toContain("<script");
      expect(text).not.toMatch(/[\u0000-\u0008]/);
      expect(text.match(/<text/g)).toHaveLength(1);
    },
  );

  test("themes: light and dark are fixed, auto asks the reader's system", () => {
    const placement = layout(framed, { direction: "TB", sizes: compactSize, collapsed: new Set() });
    const of = (theme: "light" | "dark" | "auto") => svgOf(framed, placement, null, { theme, title: "t" });
    expect(of("light")).not.toContain("prefers-color-scheme");
    expect(of("dark")).toContain("#1c1d20");
    expect(of("auto")).toContain("@media (prefers-color-scheme:dark)");
  });

  test("counts, states and the path of a run are drawn", () => {
    const text = svg(framed, {
      steps: new Map([["a", { state: "failed", in: 120, out: 37, ms: 1, changed: false }]]),
      edges: new Map([["a>r", 37]]),
      path: { nodes: new Set(["a"]), edges: new Set(["a>r"]) },
      outdated: false,
    });
    expect(text).toContain('class="strip failed"');
    expect(text).toContain(">120</text>");
    expect(text).toContain(">37</text>");
    expect(text).toContain('class="edge path"');
    expect(text).toContain('class="edge error faded"');
  });

  test("a folded group is a box", () => {
    const text = svg(framed, null, ["r"]);
    expect(text).not.toContain('class="frame"');
    expect(text).toContain(">voting</text>");
  });

  test("an empty graph says so", () => {
    expect(svg(drawnPicture(""))).toContain("<desc>A graph without steps.</desc>");
  });
});

test.each([
  ["a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;"],
  ["\ud83d\ude00", "\ud83d\ude00"],
  ["\ud83d", "\ufffd"],
])("escapes %j", (text, escaped) => expect(escapeXml(text)).toBe(escaped));

test.each([
  [0, "0"],
  [9999, "9999"],
  [12_345, "12k"],
  [3_450_000, "3.4M"],
])("count %i is short", (n, text) => expect(shortCount(n)).toBe(text));

describe("widths of labels", () => {
  test.each([
    ["\u6570\u636e", 24],
    ["", 0],
    ["e\u0301", labelWidth("e", 12)],
  ])("%j", (text, width) => expect(labelWidth(text, 12)).toBeCloseTo(width));

  test("grow with the text and its size", () => {
    expect(labelWidth("enrich", 12)).toBeLessThan(labelWidth("enriched", 12));
    expect(labelWidth("\u062e\u0637\u0648\u0629", 24)).toBeCloseTo(
      2 * labelWidth("\u062e\u0637\u0648\u0629", 12),
    );
  });
});

describe("cutting in the middle", () => {
  test("leaves alone what fits", () => expect(middleEllipsis("enrich", 200, 12)).toBe("enrich"));

  test("keeps both ends and the width", () => {
    const text = middleEllipsis("preprocess_transactions_for_model_7", 100, 12);
    expect(text).toMatch(/^prep.*\u2026.*l_7$/);
    expect(labelWidth(text, 12)).toBeLessThanOrEqual(100);
  });

  test("does not break a character in two", () => {
    const text = middleEllipsis("\ud83d\ude00".repeat(40), 90, 12);
    expect([...text].every((c) => c === "\u2026" || c === "\ud83d\ude00")).toBe(true);
  });

  test.each([0, -5, 3])("room of %i leaves at most the ellipsis", (room) => {
    expect(middleEllipsis("enrich", room, 12)).toBe("\u2026");
  });
});
