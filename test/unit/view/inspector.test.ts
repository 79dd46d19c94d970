import { type GraphState, type Preview, type PyValue, parseJson } from "@graphcell/core";
import { graphState, preview, range, sessionState, stepInfo, traceRecord } from "../../support/session-state";
import { mounted, press } from "../../support/mount";

const json = (text: string): Preview => preview(parseJson(text));

function inspecting(
  records: GraphState["selection"]["records"],
  more: Partial<GraphState> = {},
  total = records.length,
) {
  const selection = { step: "pre", event: null, records, total };
  return mounted(sessionState({ current: graphState({ selection, ...more }) }));
}

function inOut(input: string, output: string) {
  return inspecting([traceRecord("pre", { in: json(input), out: [json(output)] })]);
}

/** Lines of the output's tree, marks in front. */
function outLines(view: ReturnType<typeof inOut>): string[] {
  return view.texts(".gc-slot:nth-of-type(2) .gc-line > .gc-line-row");
}

/** Input, output, lines of the output: `+` added, `−` removed, `~` changed with the old value. */
const differences: readonly [string, string, string[]][] = [
  ['{"x": 5}', '{"x": 5, "tag": "a"}', ['{"x": 5, "tag": "a"}dict[2]', "x: 5int", '+tag: "a"str']],
  ['{"x": 5, "y": 1}', '{"x": 5}', ['{"x": 5}dict[1]', "x: 5int", "\u2212y: 1int"]],
  ['{"x": 5}', '{"x": 6}', ['{"x": 6}dict[1]', "~x: 6was 5int"]],
  ['{"x": 1}', '{"x": 1.0}', ['{"x": 1.0}dict[1]', "~x: 1.0was 1float"]],
  [
    '{"a": {"b": 1, "c": 2}}',
    '{"a": {"b": 1, "c": 3}}',
    ['{"a": dict[2]}dict[1]', '~a: {"b": 1, "c": 3}dict[2]', "b: 1int", "~c: 3was 2int"],
  ],
  ["[1, 2]", "[1, 3, 4]", ["[1, 3, 4]list[3]", "0: 1int", "~1: 3was 2int", "+2: 4int"]],
  ['{"x": 5}', "7", ["7int"]],
  ['{"x": [1, 2]}', '{"x": "gone"}', ['{"x": "gone"}dict[1]', '~x: "gone"was [1, 2]str']],
];

test.each(differences)("from %s to %s the difference stands in place", (input, output, lines) => {
  expect(outLines(inOut(input, output))).toEqual(lines);
});

test("an output like the input says so, and carries no mark", () => {
  const view = inOut('{"x": 5}', '{"x": 5}');
  expect(view.texts("h3")).toEqual(["In", "Out same as the input"]);
  expect(view.all(".gc-mark")).toEqual([]);
});

test("the heading names the step, its kind and class, and leads to its line", () => {
  const steps = new Map([
    [
      "pre",
      stepInfo("pre", {
        kind: "task",
        className: "Preprocess",
        origin: { created: range(2, 4), definition: null, reference: null, nameRange: null },
      }),
    ],
  ]);
  const { one, button, link } = inspecting([], { steps });
  expect(one(".gc-part-step h2").textContent).toBe("pre");
  expect(one(".gc-step-kind").textContent).toBe("task \u00b7 Preprocess");
  button("cell 3, line 4").click();
  expect(link.sent).toEqual([{ type: "reveal", range: range(2, 4) }]);
});

test("a step that has not run shows its arguments and what only the kernel knows", () => {
  const fields = [{ name: "factor", text: "10" }];
  const { texts, button, link } = inspecting([], {
    steps: new Map([["pre", stepInfo("pre", { fields, unknown: ["class_args.x"] })]]),
    events: [{ id: "a", name: "a", event: { bodyText: "1", bodyError: null }, result: null }],
  });
  expect([texts("dt"), texts("dd")]).toEqual([["factor"], ["10"]]);
  expect(texts(".gc-note")).toContain("Known only to the kernel: class_args.x.");
  button("Run the events").click();
  expect(link.sent).toEqual([{ type: "run-events", events: "all" }]);
});

test("an error shows class and message, and its frames lead to the cells", () => {
  const error = {
    class: "ValueError",
    message: "bad \u001b[31minput\u001b[0m",
    frames: [
      { cellId: "cell-1", file: "<cell>", line: 7, name: "do" },
      { cellId: null, file: "lib.py", line: 3, name: "parse" },
    ],
    traceback: "Traceback\n\u001b[0;31mValueError\u001b[0m",
  };
  const { texts, button, link } = inspecting([
    traceRecord("pre", { out: [], emitted: 0, error, handledBy: "catcher" }),
  ]);
  expect(texts(".gc-error-text")).toEqual(["ValueError: bad input"]);
  expect(texts(".gc-frames li")).toEqual(["cell 2, line 7 in do", "lib.py, line 3 in parse"]);
  expect(texts("details .gc-raw")).toContain("Traceback\nValueError");
  expect(texts(".gc-note")).toContain("Handled by catcher");
  button("cell 2, line 7 in do").click();
  expect(link.of("reveal")[0].range).toMatchObject({ cellId: "cell-1", cell: 1, line: 7 });
});

test("several events are paged, the first that failed first", () => {
  const error = { class: "E", message: "m" };
  const records = [
    traceRecord("pre", { in: json("1") }),
    traceRecord("pre", { in: json("2"), error }),
    traceRecord("pre", { in: json("3") }),
  ];
  const { one, button } = inspecting(records, {}, 40);
  expect(one(".gc-pager-text").textContent).toBe("Event 2 of 40; the newest 3 are kept");
  button("Later event").click();
  expect(one(".gc-slot .gc-value").textContent).toBe("3");
  expect(button("Later event").disabled).toBe(true);
});

test("printed text is shown without colours, with the last form of a line", () => {
  const stdout = "\u001b[1mone\u001b[0m\n 10%\r 99%\r100%\n\u001b]8;;http://x\u0007link\u001b]8;;\u0007\n";
  const { texts } = inspecting([traceRecord("pre", { stdout })]);
  expect(texts("details summary")).toContain("Printed 3 lines");
  expect(texts("details .gc-raw")).toContain("one\n100%\nlink");
});

test("more outputs than were kept are counted", () => {
  const { texts } = inspecting([traceRecord("pre", { out: [json("1"), json("2")], emitted: 1200 })]);
  expect(texts("h3")).toEqual(["In", "Out 1 of 2", "Out 2 of 2"]);
  expect(texts(".gc-note")).toEqual(
    expect.arrayContaining(["1,198 more outputs are not kept.", "3.1 ms \u00b7 1,200 events out"]),
  );
});

test("folds are kept when another event of the step is shown", () => {
  const record = (x: number) => traceRecord("pre", { in: json(`{"deep": {"x": ${x}}}`) });
  const { link, one, texts } = inspecting([record(1)]);
  one(".gc-line .gc-line .gc-line-row").click();
  expect(texts(".gc-slot:first-of-type .gc-line-row")).toContain("x: 1int");
  link.setGraph({ selection: { step: "pre", event: "b", records: [record(2)], total: 1 } });
  expect(texts(".gc-slot:first-of-type .gc-line-row")).toContain("x: 2int");
});

test("a tree is walked by the arrow keys", () => {
  const { one } = inspecting([traceRecord("pre", { in: json('{"a": {"b": 1}, "c": 2}') })]);
  one(".gc-tree > li").focus();
  const go = (...names: string[]) => {
    for (const name of names) press(document.activeElement!, name);
    return document.activeElement?.querySelector(".gc-key")?.textContent ?? null;
  };
  expect(go("ArrowDown")).toBe("a");
  expect(go("ArrowRight", "ArrowRight")).toBe("b");
  expect(go("ArrowLeft")).toBe("a");
  expect(go("ArrowLeft", "ArrowDown")).toBe("c");
  expect(go("Home")).toBe("a");
  expect(document.activeElement?.getAttribute("aria-level")).toBe("1");
});

test("a value is copied by button and by key, as JSON over several lines", () => {
  const { one, link } = inspecting([traceRecord("pre", { in: json('{"a": [1, 1.0]}') })]);
  one(".gc-slot [aria-label='Copy (C)']").click();
  press(one(".gc-tree > li"), "c");
  const text = '{\n  "a": [\n    1,\n    1.0\n  ]\n}';
  expect(link.sent).toEqual([
    { type: "copy", text },
    { type: "copy", text },
  ]);
});

test("a large list opens fifty parts at a time", () => {
  const big = Array.from({ length: 120 }, (_, i): PyValue => i);
  const { one, all } = inspecting([traceRecord("pre", { in: preview(big) })]);
  expect(all(".gc-slot:first-of-type .gc-line")).toHaveLength(1);
  one(".gc-line-row").click();
  expect(all(".gc-slot:first-of-type .gc-line")).toHaveLength(52);
  one(".gc-more-row").click();
  expect(all(".gc-slot:first-of-type .gc-line")).toHaveLength(102);
});

test("a list of records has a table, with the union of their columns", () => {
  const { one, texts } = inspecting([
    traceRecord("pre", { in: json('[{"a": 1, "b": "x"}, {"a": 2.5, "c": null}]') }),
  ]);
  one("[data-form=table]").click();
  expect(texts(".gc-table th")).toEqual(["a", "b", "c"]);
  expect(texts(".gc-table tbody td")).toEqual(["1", "x", "", "2.5", "", "null"]);
});

test("a cut value tells its size and asks for the whole", () => {
  const cut = preview(null, {
    type: "DataFrame",
    text: "   a\n0  1",
    json: null,
    cut: true,
    size: 1_250_000,
    handle: "h7",
  });
  const { texts, link, button } = inspecting([traceRecord("pre", { in: cut })]);
  expect(texts(".gc-raw")[0]).toBe("a\n0  1");
  expect(texts(".gc-note")[0]).toBe("Cut: the whole value has 1.2 MB. Show all");
  button("Show all").click();
  expect(link.sent).toEqual([{ type: "show-value", handle: "h7" }]);
});

test("problems say what, where and what to do, and fix what is mechanical", () => {
  const fix = { title: "Rename to BoosterModel", range: range(2, 9), text: "BoosterModel" };
  const base = { code: "c", range: null, step: null, remedy: "" };
  const problems = [
    { ...base, severity: "info" as const, message: "A note." },
    {
      ...base,
      severity: "error" as const,
      message: "No such class.",
      remedy: "Define it.",
      step: "pre",
      range: range(2, 9),
      fix,
    },
  ];
  const { texts, button, link, all, one } = inspecting([], { problems });
  expect(texts(".gc-problem p:first-child")).toEqual(["Error: No such class.", "Note: A note."]);
  expect(texts(".gc-problem .gc-note")).toEqual(["Define it."]);
  one(".gc-where .gc-link").click();
  button("cell 3, line 9").click();
  button("Fix: Rename to BoosterModel").click();
  expect(link.sent).toEqual([
    { type: "select-step", step: "pre" },
    { type: "reveal", range: range(2, 9) },
    { type: "apply-fix", problem: 1 },
  ]);
  link.setGraph({ problems: [] });
  expect(all(".gc-part-problems")).toEqual([]);
});
