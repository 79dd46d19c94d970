import { type Preview, type ResultCard, parseJson } from "@graphcell/core";
import { buildCard } from "@graphcell/view";
import {
  eventRun,
  graphState,
  preview,
  range,
  savedEvent,
  sessionState,
  stepInfo,
  traceRecord,
} from "../../support/session-state";
import { mounted, press } from "../../support/mount";

/** Whatever of a notebook, a kernel or a file is shown: none of it becomes markup. */
const payloads = [
  '<img src=x onerror="window.hacked=1">',
  "<script>window.hacked=1</script>",
  '"><svg onload=window.hacked=1>',
  "javascript:window.hacked=1",
  "</pre><iframe srcdoc='<script>parent.hacked=1</script>'>",
];

function everywhere(evil: string): Preview {
  return preview(parseJson(JSON.stringify({ [evil]: evil, list: [{ [evil]: evil }] })));
}

function noMarkup(root: Element): void {
  expect(
    root.querySelector(
      "script, iframe, object, embed, img:not(.gc-image), svg:not(.gc-icon), a, style, link, form",
    ),
  ).toBeNull();
  const attributes = [...root.querySelectorAll("*")].flatMap((el) => [...el.attributes]);
  expect(
    attributes.filter((a) => a.name.startsWith("on") || a.name === "srcdoc" || a.name === "href"),
  ).toEqual([]);
  expect("hacked" in window).toBe(false);
}

test.each(payloads)("%s stays text in the sidebar", (evil) => {
  const error = {
    class: evil,
    message: evil,
    traceback: evil,
    cause: { class: evil, message: evil },
    frames: [{ cellId: evil, file: evil, line: 1, name: evil }],
  };
  const record = traceRecord("pre", {
    in: everywhere(evil),
    out: [everywhere(evil)],
    stdout: evil,
    error,
    handledBy: evil,
  });
  const state = sessionState({
    notices: [
      {
        id: evil,
        severity: "error",
        message: evil,
        remedy: evil,
        action: { label: evil, intent: { type: "cancel-run" } },
      },
    ],
    current: graphState({
      name: evil,
      stale: evil,
      steps: new Map([
        [
          "pre",
          stepInfo(evil, {
            className: evil,
            handler: evil,
            fields: [{ name: evil, text: evil }],
            unknown: [evil],
          }),
        ],
      ]),
      problems: [
        {
          code: evil,
          severity: "error",
          step: evil,
          message: evil,
          remedy: evil,
          range: range(1, 1),
          fix: { title: evil, range: range(1, 1), text: evil },
        },
      ],
      events: [
        savedEvent(evil, {
          name: evil,
          event: { bodyText: evil, bodyError: { message: evil, offset: 0 } },
          result: eventRun({ error }),
        }),
      ],
      selection: { step: "pre", event: evil, records: [record], total: 1 },
      run: {
        phase: "failed",
        done: 0,
        total: 1,
        failure: { message: evil, remedy: evil, step: evil },
        outdated: false,
        startedAt: 0,
        ms: 1,
      },
    }),
    graphs: [{ id: evil, name: evil, kind: "serving", where: "kernel", steps: 1 }],
  });
  const { root, rows, all } = mounted(state);
  noMarkup(root);
  press(rows()[0], "F2");
  for (const button of all("[data-form]")) button.click();
  noMarkup(root);
  expect(root.textContent).toContain(evil);
});

test.each(payloads)("%s stays text in a card", (evil) => {
  const error = { class: evil, message: evil };
  const card: ResultCard = {
    version: 1,
    graphName: evil,
    graph: null,
    events: [
      { id: "e1", name: evil, run: eventRun({ status: "error", error }) },
      { id: "e2", name: evil, run: eventRun() },
    ],
    records: [traceRecord(evil, { event: "e1", in: everywhere(evil), error })],
    failure: { message: evil, remedy: evil, step: evil },
    ms: 1,
  };
  const el = document.createElement("div");
  buildCard(el, card, null, {});
  el.querySelector<HTMLElement>(".gc-card-fold")?.click();
  noMarkup(el);
  expect(el.textContent).toContain(evil);
});

test("of a table's HTML only the texts of its cells are taken", () => {
  const html = `<style>*{display:none}</style><table onclick="x()"><tr><th>a<script>window.hacked=1</script></th><th>b</th></tr>
    <tr><td><img src=x onerror="window.hacked=1">1</td><td style="position:fixed"><a href="javascript:x()">two</a></td></tr></table>`;
  const frame = preview(null, { type: "DataFrame", json: null, bundle: { "text/html": html } });
  const selection = { step: "pre", event: null, records: [traceRecord("pre", { in: frame })], total: 1 };
  const { root, texts } = mounted(sessionState({ current: graphState({ selection }) }));
  expect(texts(".gc-table td")).toEqual(["1", "two"]);
  expect(texts(".gc-table th")[1]).toBe("b");
  noMarkup(root);
});

/** Bundle of a value, and the source of the picture that is shown; null when none may be. */
const pictures: readonly [Record<string, string>, string | null][] = [
  [{ "image/png": "iVBORw0KGgo=\n" }, "data:image/png;base64,iVBORw0KGgo="],
  [{ "image/jpeg": "/9j/4AAQ" }, "data:image/jpeg;base64,/9j/4AAQ"],
  [{ "image/svg+xml": "<svg onload='window.hacked=1'/>" }, null],
  [{ "image/png": 'x" onerror="window.hacked=1' }, null],
  [{ "image/png": "https://example.com/a.png" }, null],
];

test.each(pictures)("of %j the picture is %s", (bundle, src) => {
  const value = preview(null, { type: "Figure", json: null, bundle });
  const selection = { step: "pre", event: null, records: [traceRecord("pre", { in: value })], total: 1 };
  const { root } = mounted(sessionState({ current: graphState({ selection }) }));
  expect(root.querySelector("img")?.getAttribute("src") ?? null).toBe(src);
});
