import { diagnosticsOf, fixesOf } from "@graphcell/core";
import { edited, marked, shown } from "../../support/language";

const STEP = "class Enrich:\n    def do(self, event):\n        return event";
const FN = 'import mlrun\nfn = mlrun.new_function("f", kind="serving")\n';
const FLOW = FN + 'graph = fn.set_topology("flow")\n';

/** Code, cells, place of the problem, title of a fix, and the changed lines (cell: line). */
const ROWS: readonly (readonly [
  code: string,
  cells: readonly string[],
  place: string,
  title: string,
  line: string,
])[] = [
  [
    "unknown-class",
    [STEP, FLOW + 'graph.to("Enrch", "a").respond()'],
    '1:4:10 "Enrch"',
    'Change it to "Enrich"',
    'graph.to("Enrich", "a").respond()',
  ],
  [
    "unknown-class",
    [FLOW + 'graph.to("Zap", "a").respond()'],
    '0:4:10 "Zap"',
    'Define the class "Zap"',
    "import mlrun\nclass Zap:\n    def do(self, event):\n        return event\n\n\nfn = ",
  ],
  [
    "unknown-handler",
    [FLOW + 'graph.to(name="a", handler="zap").respond()'],
    '0:4:28 "zap"',
    'Define the function "zap"',
    "def zap(event):\n    return event\n\n\nfn",
  ],
  [
    "unknown-function",
    [FLOW + 'graph.to("storey.Map", "a", _fn="zap").respond()'],
    '0:4:10 "storey.Map"',
    'Define the function "zap"',
    "def zap(event):",
  ],
  [
    "unknown-method",
    [STEP, FLOW + 'graph.to("Enrich", "a", handler="zap").respond()'],
    '1:4:10 "Enrich"',
    'Add zap(self, event) to "Enrich"',
    "        return event\n\n    def zap(self, event):\n        return event",
  ],
  [
    "class-without-do",
    ["class Add:\n  x = 1\n", FLOW + 'graph.to("Add", "a").respond()'],
    '1:4:10 "Add"',
    'Add do(self, event) to "Add"',
    "  x = 1\n\n  def do(self, event):\n    return event\n",
  ],
  [
    "module-not-imported",
    ["# first", FLOW.replace("import mlrun\n", "")],
    "1:1:6 mlrun",
    'Add "import mlrun"',
    "import mlrun\n# first",
  ],
  [
    "no-responder",
    [STEP, FLOW + 'graph.to("Enrich", "a").to("Enrich", "b")'],
    '1:3:9 fn.set_topology("flow")',
    'Let "b" respond',
    'graph.to("Enrich", "a").to("Enrich", "b").respond()',
  ],
  [
    "two-responders",
    [STEP, FLOW + 'graph.to("Enrich", "a").respond()\ngraph.to("Enrich", "b").respond()'],
    '1:5:10 "Enrich"',
    'Take respond() away from "b"',
    'graph.to("Enrich", "b")',
  ],
  [
    "branch-sync",
    [
      STEP,
      FN +
        'graph = fn.set_topology("flow", engine="sync")\na = graph.to("Enrich", "a")\na.to("Enrich", "b")\na.to("Enrich", "c")',
    ],
    '1:4:14 "Enrich"',
    'Use the engine "async"',
    'graph = fn.set_topology("flow", engine="async")',
  ],
  [
    "name-used-twice",
    [
      STEP,
      FLOW + 'graph.to("Enrich", "a").to("Enrich", "b").respond()\ngraph.add_step("Enrich", "b", after="a")',
    ],
    '1:5:26 "b"',
    'Name it "b_2"',
    'graph.add_step("Enrich", "b_2", after="a")',
  ],
  [
    "unknown-after",
    [
      STEP,
      FN +
        'fn.spec.graph = {"steps": {"first": {"class_name": "Enrich"}, "b": {"class_name": "Enrich", "after": ["frist"]}}}',
    ],
    "1:3:104 frist",
    'Change it to "first"',
    '"after": ["first"]',
  ],
];

test.each(ROWS)("%s: %j is found at %s and mended by %s", (code, cells, place, title, line) => {
  const note = marked(...cells);
  const found = diagnosticsOf(note.context).filter((d) => d.problem.code === code);
  const shownAt = found.map((d) => shown(note, d.problem.range));
  expect(shownAt).toContain(place);
  const at = found[shownAt.indexOf(place)];
  const fix = fixesOf(note.context, at).find((f) => f.title === title);
  expect(fixesOf(note.context, at).map((f) => f.title)).toContain(title);
  const after = edited(note.context.cells, fix ? [fix] : []);
  expect(after.some((text) => text.includes(line))).toBe(true);
  // The remedy is one: the problem is gone in what it leaves.
  const again = marked(...after);
  const before = found.length;
  expect(diagnosticsOf(again.context).filter((d) => d.problem.code === code).length).toBeLessThan(before);
});

test("loops are allowed by an argument", () => {
  const note = marked(
    STEP,
    FN +
      'graph = fn.set_topology("flow")\nfn.spec.graph = {"kind": "root", "steps": {"a": {"class_name": "Enrich", "after": ["b"]}, "b": {"class_name": "Enrich", "after": ["a"]}}}',
  );
  const found = diagnosticsOf(note.context).find((d) => d.problem.code === "loop");
  expect(found).toBeDefined();
});

test("problems are worked out once for each reading", () => {
  const { context } = marked(STEP, FLOW);
  expect(diagnosticsOf(context)).toBe(diagnosticsOf({ ...context }));
  expect(diagnosticsOf({ ...context, kernelNames: new Set(["x"]) })).not.toBe(diagnosticsOf(context));
});
