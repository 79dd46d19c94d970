import { type Overlay, type Picture, type StepOverlay } from "@graphcell/core";
import { type DagInput, type DagView, mountDag } from "@graphcell/view";
import { drawnPicture, largePicture } from "../../support/pictures";

const ran = (more: Partial<StepOverlay> = {}): StepOverlay => ({
  state: "ok",
  in: 12,
  out: 12,
  ms: 0.2,
  changed: false,
  ...more,
});
const overlay = (steps: Record<string, StepOverlay>, more: Partial<Overlay> = {}): Overlay => ({
  steps: new Map(Object.entries(steps)),
  edges: new Map(),
  path: null,
  outdated: false,
  ...more,
});

let el: HTMLElement;
let view: DagView;
let said: string[];
let input: DagInput;

function show(picture: Picture, more: Partial<DagInput> = {}): void {
  input = {
    graph: "g",
    picture,
    pictureRevision: (input?.pictureRevision ?? 0) + 1,
    direction: "TB",
    overlay: null,
    selection: null,
    collapsed: new Set(),
    compact: true,
    showTimes: false,
    ...more,
  };
  view.update(input);
}
function change(more: Partial<DagInput>): void {
  view.update((input = { ...input, ...more }));
}
const node = (id: string) => {
  const found = el.querySelector<SVGGElement>(`.gc-node[data-id="${id}"]`);
  if (!found) throw new Error(`${id} is not drawn`);
  return found;
};
const drawn = () => [...el.querySelectorAll(".gc-dag-svg .gc-node")].map((g) => g.getAttribute("data-id"));
const focused = () => document.activeElement?.getAttribute("data-id") ?? null;
const press = (key: string) =>
  (document.activeElement ?? el).dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
  );
const click = (target: Element, type = "click") =>
  target.dispatchEvent(new MouseEvent(type, { bubbles: true }));

beforeEach(() => {
  said = [];
  el = document.createElement("div");
  // jsdom lays nothing out: give the panel a size.
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => 360 });
  Object.defineProperty(HTMLElement.prototype, "clientHeight", { configurable: true, get: () => 600 });
  document.body.replaceChildren(el);
  view = mountDag(el, {
    select: (step) => said.push(`select ${step}`),
    reveal: (step) => said.push(`reveal ${step}`),
    setCollapsed: (group, collapsed) => said.push(`${collapsed ? "fold" : "open"} ${group}`),
  });
});
afterEach(() => view.dispose());

const framed = drawnPicture(":start > a > r > z", {
  groups: [{ id: "r", kind: "router", label: "voting", parent: null }],
  nodes: { "r/1": { group: "r", kind: "model" }, "r/2": { group: "r", kind: "model" } },
});

const threeRoutes = drawnPicture(":start > a > r > z, a ! h", {
  groups: [{ id: "r", kind: "router", label: "voting", parent: null }],
  nodes: Object.fromEntries(["r/1", "r/2", "r/3"].map((id) => [id, { group: "r", kind: "model" } as const])),
});

describe("what is drawn", () => {
  test("each step once, with its edges and frames", () => {
    show(framed);
    expect(drawn().sort()).toEqual([":start", "a", "r/1", "r/2", "z"]);
    expect(el.querySelectorAll(".gc-edge")).toHaveLength(3);
    expect(el.querySelector(".gc-frame-title")?.textContent).toContain("voting");
  });

  test("routes stand in a column where the panel is too narrow for a row", () => {
    const panel = (width: number) => {
      Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => width });
      view.dispose();
      view = mountDag(el, { select: () => {}, reveal: () => {}, setCollapsed: () => {} });
      show(threeRoutes);
      return ["r/1", "r/2", "r/3"].map((id) => /translate\(([^,]+),/.exec(node(id).outerHTML)?.[1]);
    };
    expect(new Set(panel(600)).size).toBe(3);
    expect(new Set(panel(250)).size).toBe(1);
  });

  test("names of any kind stay text", () => {
    show(drawnPicture("x", { nodes: { x: { label: "<img src=x onerror=alert(1)>" } } }));
    expect(el.querySelector("img")).toBeNull();
    expect(node("x").querySelector("title")?.textContent).toContain("<img src=x onerror=alert(1)>");
  });

  test("a long name is cut in the middle and whole in the tooltip", () => {
    const label = `${"begin".repeat(10)}_${"end".repeat(10)}`;
    show(drawnPicture("x", { nodes: { x: { label } } }));
    expect(node("x").querySelector(".gc-name")?.textContent).toMatch(/^beginb.*\u2026.*end$/);
    expect(node("x").querySelector("title")?.textContent).toContain(label);
  });

  test.each([
    ["written", "gc-truth-written", null],
    ["edited", "gc-truth-edited", ".gc-edited"],
    ["kernel-only", "gc-truth-kernel-only", ".gc-ghost-dot"],
  ] as const)("truth %s has its form and its word", (truth, name, mark) => {
    show(drawnPicture("x", { nodes: { x: { truth } } }));
    expect(node("x").classList.contains(name)).toBe(true);
    expect(node("x").getAttribute("aria-label")).toMatch(
      /written, not run|edited since it ran|in the kernel only/,
    );
    if (mark) expect(node("x").querySelector(mark)).not.toBeNull();
  });

  test("problems are counted in the corner", () => {
    show(drawnPicture("x", { nodes: { x: { problems: { worst: "warning", count: 12 } } } }));
    expect(node("x").querySelector(".gc-problem-warning")?.textContent).toBe("9+");
    expect(node("x").getAttribute("aria-label")).toBe("x, task, 12 problems");
  });
});

describe("a run", () => {
  test.each([
    ["in and out differ", ran({ in: 120, out: 37 }), "120>37"],
    ["as many out as in", ran(), "12"],
    ["an end that keeps its events", ran({ out: 0 }), "12"],
    ["a failure", ran({ state: "failed", out: 11 }), "12"],
    ["waiting", ran({ state: "waiting", in: 0, out: 0 }), undefined],
  ])("count: %s", (_, step, text) => {
    show(drawnPicture("x"), { overlay: overlay({ x: step }) });
    expect(node("x").querySelector(".gc-count")?.textContent).toBe(text);
    expect(node("x").classList.contains(`gc-state-${step.state}`)).toBe(true);
  });

  test("states say themselves: enrich, task, ok, 12 events, 1 problem", () => {
    const problems = { worst: "error", count: 1 } as const;
    show(drawnPicture("enrich", { nodes: { enrich: { problems } } }), {
      overlay: overlay({ enrich: ran() }),
    });
    expect(node("enrich").getAttribute("aria-label")).toBe(
      "enrich, task, ok, 12 events, 1 problem, in 0.2 ms",
    );
  });

  test("a changed output has a triangle by its time", () => {
    show(drawnPicture("x"), { overlay: overlay({ x: ran({ changed: true }) }) });
    expect(node("x").querySelector(".gc-delta")).not.toBeNull();
  });

  test("marks change without a new layout, on the same elements", () => {
    show(drawnPicture("a > b"));
    const before = node("b");
    const place = before.getAttribute("transform");
    change({ overlay: overlay({ b: ran({ state: "running" }) }, { edges: new Map([["a>b", 12]]) }) });
    expect(node("b")).toBe(before);
    expect(before.getAttribute("transform")).toBe(place);
    expect(before.classList.contains("gc-state-running")).toBe(true);
    expect(el.querySelector(".gc-edge-count")?.textContent).toBe("12");
  });

  test("the path of the chosen event stands out, the rest fades", () => {
    const path = { nodes: new Set(["a", "b"]), edges: new Set(["a>b"]) };
    show(drawnPicture("a > b, a > c"), { overlay: overlay({ a: ran() }, { path }) });
    const names = (id: string) => [...node(id).classList].filter((name) => name.endsWith("-path"));
    expect([names("a"), names("b"), names("c")]).toEqual([["gc-on-path"], ["gc-on-path"], ["gc-off-path"]]);
    expect(el.querySelectorAll(".gc-edge.gc-on-path")).toHaveLength(1);
  });

  test("a folded group shows the gravest state that it holds, and its merged edge the sum", () => {
    const picture = drawnPicture("a > x, a > y", {
      groups: [{ id: "g", kind: "flow", label: "g", parent: null }],
      nodes: { x: { group: "g" }, y: { group: "g" } },
    });
    const edges = new Map([
      ["a>x", 3],
      ["a>y", 4],
    ]);
    const steps = { x: ran(), y: ran({ state: "failed" }) };
    show(picture, { collapsed: new Set(["g"]), overlay: overlay(steps, { edges }) });
    expect(node("g").classList.contains("gc-state-failed")).toBe(true);
    expect(el.querySelector(".gc-edge-count")?.textContent).toBe("7");
  });
});

describe("the pointer", () => {
  test("a click chooses, a double click shows the code", () => {
    show(framed);
    click(node("a"));
    click(node("a"), "dblclick");
    expect(said).toEqual(["select a", "reveal a"]);
  });

  test("a double click on a frame's title folds it, on the folded box opens it", () => {
    show(framed);
    const title = el.querySelector(".gc-frame-title");
    if (title) click(title, "dblclick");
    change({ collapsed: new Set(["r"]) });
    click(node("r"), "dblclick");
    expect(said).toEqual(["fold r", "open r"]);
  });

  test("a step under the pointer lights what leads to it and what follows", () => {
    show(drawnPicture("a > b > c, a > d"));
    node("b").dispatchEvent(new MouseEvent("pointerover", { bubbles: true }));
    expect(drawn().filter((id) => node(id ?? "").classList.contains("gc-dim"))).toEqual(["d"]);
    el.querySelector(".gc-dag-svg")?.dispatchEvent(new MouseEvent("pointerleave"));
    expect(el.querySelectorAll(".gc-dim")).toHaveLength(0);
  });
});

test("an edge to a frame lights all that the frame holds", () => {
  show(drawnPicture("a > r > z, a > d", { groups: framed.groups, nodes: { "r/1": { group: "r" } } }));
  node("z").dispatchEvent(new MouseEvent("pointerover", { bubbles: true }));
  expect(drawn().filter((id) => node(id ?? "").classList.contains("gc-dim"))).toEqual(["d"]);
});

describe("the keyboard", () => {
  test("exactly one step is in the tab order", () => {
    show(framed);
    expect(el.querySelectorAll('.gc-dag-svg [tabindex="0"]')).toHaveLength(1);
  });

  test.each([
    ["along", ["ArrowDown", "ArrowDown"], "r"],
    ["into a frame", ["ArrowDown", "ArrowDown", "ArrowDown"], "r/1"],
    ["to the sibling", ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight"], "r/2"],
    ["out of a frame", ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown"], "z"],
    ["to the last", ["End"], "z"],
    ["and back", ["End", "ArrowUp", "ArrowUp"], "a"],
    ["to the first", ["End", "Home"], ":start"],
  ])("walks %s", (_, keys, id) => {
    show(framed);
    el.querySelector<SVGElement>('.gc-dag-svg [tabindex="0"]')?.focus();
    for (const key of keys) press(key);
    expect(focused()).toBe(id);
  });

  test("left to right the arrows turn with the flow", () => {
    show(drawnPicture("a > b, a > c"), { direction: "LR" });
    node("a").focus();
    press("ArrowRight");
    press("ArrowDown");
    expect(focused()).toBe("c");
  });

  test("Enter chooses and shows the code, Escape gives up the choice", () => {
    show(drawnPicture("a > b"));
    node("a").focus();
    press("Enter");
    change({ selection: "a" });
    press("Escape");
    expect(said).toEqual(["select a", "reveal a", "select null"]);
    expect(node("a").getAttribute("aria-current")).toBe("true");
  });

  test("a step keeps the focus when the graph changes around it", () => {
    show(drawnPicture("a > b"));
    node("b").focus();
    show(drawnPicture("a > b > c"));
    expect(focused()).toBe("b");
  });

  test("slash opens the search; what does not match fades, Enter goes to what does", () => {
    show(drawnPicture("alpha > beta > gamma"));
    node("alpha").focus();
    press("/");
    const field = el.querySelector<HTMLInputElement>(".gc-find input");
    if (!field) throw new Error("no search field");
    expect(document.activeElement).toBe(field);
    field.value = "gam";
    field.dispatchEvent(new Event("input"));
    expect(drawn().filter((id) => node(id ?? "").classList.contains("gc-dim"))).toEqual(["alpha", "beta"]);
    press("Enter");
    press("Escape");
    expect(focused()).toBe("gamma");
  });
});

describe("a name that is typed", () => {
  const chain = (name: string) => drawnPicture(`:start > a > ${name} > c`);

  test("changes the step's own element, and nothing else moves", () => {
    show(chain("b"));
    node("b").focus();
    const element = node("b");
    const line = el.querySelector('.gc-edge[data-to="b"]');
    const others = () => ["a", "c"].map((id) => node(id).getAttribute("transform"));
    const before = others();
    for (const name of ["bb", "bb_", "bb_a_name_as_wide_as_can_be", "bb"]) {
      show(chain(name));
      expect(node(name)).toBe(element);
      expect(el.querySelector(`.gc-edge[data-to="${name}"]`)).toBe(line);
      expect(element.classList.contains("gc-new")).toBe(false);
      expect(others()).toEqual(before);
      expect(focused()).toBe(name);
    }
  });

  test("leaves its first name to another step", () => {
    show(chain("b"));
    show(chain("other"));
    show(drawnPicture(":start > a > other > c > b"));
    expect(drawn()).toEqual(expect.arrayContaining(["other", "b"]));
    expect(node("other")).not.toBe(node("b"));
  });

  test("a step that comes while another goes is a new one", () => {
    show(drawnPicture("a > b > c"));
    const element = node("c");
    show(drawnPicture("a > d > b"));
    expect(node("d")).not.toBe(element);
  });
});

describe("the tree beside the picture", () => {
  const rows = () => [...el.querySelectorAll<HTMLElement>("[role=treeitem]")];

  test("holds the same steps, with what they lead to", () => {
    show(framed, { selection: "z" });
    el.querySelector<HTMLElement>("[role=tree]")?.focus();
    expect(rows().map((row) => row.dataset.id)).toEqual([":start", "a", "r", "r/1", "r/2", "z"]);
    expect(rows()[1].textContent).toBe("a, task, leads to voting");
    expect(rows().map((row) => row.getAttribute("aria-level"))).toEqual(["1", "1", "1", "2", "2", "1"]);
    expect(rows()[5].getAttribute("aria-selected")).toBe("true");
    expect(focused()).toBe("z");
  });

  test("arrows walk it and Enter chooses", () => {
    show(framed);
    el.querySelector<HTMLElement>("[role=tree]")?.focus();
    for (const key of ["ArrowDown", "ArrowDown", "ArrowRight", "Enter"]) press(key);
    expect(said).toEqual(["select r/1", "reveal r/1"]);
  });
});

describe("large graphs", () => {
  test("only what is in sight is drawn", () => {
    show(largePicture(1200));
    expect(drawn().length).toBeGreaterThan(10);
    expect(drawn().length).toBeLessThan(400);
  });

  test("from afar steps are dots of a few elements", () => {
    show(largePicture(1200));
    view.fit();
    return new Promise<void>((resolve) => {
      requestAnimationFrame(() => {
        expect(drawn()).toHaveLength(0);
        expect(el.querySelectorAll(".gc-dot").length).toBeGreaterThan(0);
        resolve();
      });
    });
  });

  test("above 1,000 steps frames are folded and the search has the focus", () => {
    const large = largePicture(1001);
    const nodes = large.nodes.map((step, i) => (i > 990 ? { ...step, group: "g" } : step));
    show({ ...large, nodes, groups: [{ id: "g", kind: "flow", label: "g", parent: null }] });
    expect(document.activeElement).toBe(el.querySelector(".gc-find input"));
    expect(el.querySelector("[role=status][aria-live]")?.textContent).toContain("1001 steps");
  });
});

test("a large graph leaves the keyboard to the cell that has it, and opens its search all the same", () => {
  const cell = document.createElement("textarea");
  document.body.append(cell);
  cell.focus();
  show(largePicture(1001));
  expect(document.activeElement).toBe(cell);
  expect(el.querySelector<HTMLElement>(".gc-find")?.hidden).toBe(false);
});

test("disposing takes everything away", () => {
  show(framed);
  view.dispose();
  expect(el.childNodes).toHaveLength(0);
});
