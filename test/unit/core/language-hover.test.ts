import {
  type LanguageContext,
  type LastRuns,
  type StepRun,
  hoverAt,
  lensesOf,
  previewOf,
} from "@graphcell/core";
import { marked, shown } from "../../support/language";

const CELLS = [
  "class Enrich:\n    def __init__(self, factor=1):\n        pass\n    def do(self, event):\n        return event",
  'import mlrun\nfn = mlrun.new_function("f", kind="serving")\ngraph = fn.set_topology("flow")\ngraph.to("Enrich", "a", factor=2).to("storey.Filter", "b", _fn="(event > 1)").respond()',
];

function stepRun(out: string | null, error: string | null = null): StepRun {
  const record = {
    seq: 0,
    index: 0,
    event: "e1",
    step: "a",
    start: 0,
    ms: 2.34,
    in: previewOf("```hi", 100),
    out: out === null ? [] : [previewOf(out, 100)],
    emitted: out === null ? 0 : 1,
    error: error === null ? null : { class: "ValueError", message: error },
    handledBy: null,
    stdout: "",
  };
  return { record: record as StepRun["record"], events: 3, outdated: false };
}

function runs(step: StepRun | null): LastRuns {
  return {
    events: () => 2,
    run: () => ({ ok: 1, total: 2, outdated: false }),
    step: (_, name) => (name === "a" ? step : null),
  };
}

function hover(at: string, last: LastRuns | undefined = undefined): string | undefined {
  const texts = CELLS.map((text) => text.replace(at.replace("¦", ""), at));
  const { context, position } = marked(...texts);
  return hoverAt({ ...context, runs: last }, position)?.markdown;
}

test("a step tells what it is, what it comes after and its arguments", () => {
  expect(hover('"a¦"')).toBe("**step** `a` of the graph `f`: `Enrich`\n\n```text\nfactor = 2\n```");
  expect(hover('"b¦"')).toMatch(
    /^\*\*step\*\* `b` of the graph `f`: `storey.Filter`\n\nafter "a"; answers the request/,
  );
});

test("a step tells its last input and output; a fence in a value stays text", () => {
  const text = hover('"a¦"', runs(stepRun("done")));
  expect(text).toContain(
    "Last of 3 events, 2.3 ms:\n\nin\n````text\n'```hi'\n````\n\nout\n```text\n'done'\n```",
  );
  expect(hover('"a¦"', runs(stepRun(null, "no")))).toContain("raised\n```text\nValueError: no\n```");
  expect(hover('"a¦"', runs(stepRun(null)))).toContain("gave nothing");
});

test("a class tells where it runs and its arguments", () => {
  expect(hover("Enr¦ich")).toBe(
    "**class** `Enrich`: Class of the notebook.\n\nRuns in `a` of `f`\n\n```python\nfactor = None\n```",
  );
  expect(hover('"storey.Fi¦lter"')).toContain("**class** `storey.Filter`: ");
});

test("plain text tells nothing", () => {
  expect(hover("imp¦ort")).toBeUndefined();
});

function lenses(context: LanguageContext, sources: readonly string[]): readonly string[] {
  return lensesOf(context).map((lens) => {
    const place = shown(
      { context, sources, position: { cellId: "", line: 1, column: 1 } },
      lens.range,
    )?.split("\n")[0];
    return `${place} | ${lens.title} | ${Object.values(lens.action).join(" ")}`;
  });
}

test("lenses stand above graphs and above the classes that their steps run", () => {
  const { context, sources } = marked(...CELLS);
  expect(lenses(context, sources)).toEqual([
    '1:3:9 fn.set_topology("flow") | Add an event | add-event f',
    '1:3:9 fn.set_topology("flow") | Show graph | show-graph f',
    "0:1:7 Enrich | step a | show-step f a",
  ]);
  const after = lenses({ ...context, runs: runs(stepRun("done")) }, sources);
  expect(after).toEqual([
    '1:3:9 fn.set_topology("flow") | Simulate 2 events | simulate f',
    '1:3:9 fn.set_topology("flow") | last run: 1 of 2 ok | show-graph f',
    "0:1:7 Enrich | Simulate | simulate f",
    "0:1:7 Enrich | last output: 'done' | show-step f a",
    "0:1:7 Enrich | step a | show-step f a",
  ]);
});
