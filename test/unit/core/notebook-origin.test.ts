import { onlyGraph, parseCells, textOf } from "../../support/notebook";

const SOURCES = [
  'import mlrun\nimport storey\n\n\nclass Enrich:\n    def do(self, event):\n        return event\n\n\ndef score(event):\n    return event\n\n\nNAME = "late"',
  'fn = mlrun.new_function("f", kind="serving")\ngraph = fn.set_topology("flow")\n(\n    graph.to("Enrich", "first")\n    .to(class_name="Enrich", name=NAME)\n    .error_handler(name="oops", handler="score")\n    .to(name="score", handler=score)\n)',
  'router = graph.to("*", name="router")\nrouter.add_route("m1", class_name="Enrich")\ngraph.to(storey.Filter(score, name="only"))\ngraph.to("storey.Map", "mapped", _fn="score")',
];

const graph = onlyGraph(parseCells(...SOURCES));

/** Step, its creation, its class or handler as written, its name as written, first line of its definition. */
const ORIGINS: readonly (readonly [string, string, string | null, string | null, string | null])[] = [
  ["first", 'graph.to("Enrich", "first")', '"Enrich"', '"first"', "class Enrich:"],
  ["late", 'to(class_name="Enrich", name=NAME)', '"Enrich"', '"late"', "class Enrich:"],
  ["oops", 'error_handler(name="oops", handler="score")', '"score"', '"oops"', "def score(event):"],
  ["score", 'to(name="score", handler=score)', "score", '"score"', "def score(event):"],
  ["router", 'graph.to("*", name="router")', '"*"', '"router"', null],
  ["router/m1", 'router.add_route("m1", class_name="Enrich")', '"Enrich"', '"m1"', "class Enrich:"],
  [
    "only",
    'graph.to(storey.Filter(score, name="only"))',
    'storey.Filter(score, name="only")',
    '"only"',
    null,
  ],
  [
    "mapped",
    'graph.to("storey.Map", "mapped", _fn="score")',
    '"storey.Map"',
    '"mapped"',
    "def score(event):",
  ],
];

test.each(ORIGINS)(
  "step %s comes from its call, its class and its name",
  (step, created, reference, name, definition) => {
    const origin = graph.origins.get(step);
    expect(textOf(SOURCES, origin?.created)).toBe(created);
    expect(textOf(SOURCES, origin?.reference)).toBe(reference);
    expect(textOf(SOURCES, origin?.nameRange)).toBe(name);
    expect(textOf(SOURCES, origin?.definition)?.split("\n")[0] ?? null).toBe(definition);
  },
);

test("every step and route has an origin", () => {
  expect([...graph.origins.keys()]).toEqual(ORIGINS.map(([step]) => step));
});

test("a graph names the cells that it depends on", () => {
  expect(graph.cells).toEqual(["c0", "c1", "c2"]);
  expect(graph.range).toMatchObject({ cellId: "c1", cell: 1, line: 2, column: 9 });
});

test("steps of a dictionary come from their entries", () => {
  const sources = [
    'import mlrun\nfn = mlrun.new_function("f", kind="serving")\nfn.spec.graph = {\n    "steps": {\n        "a": {"class_name": "A"},\n    }\n}',
  ];
  const origin = onlyGraph(parseCells(...sources)).origins.get("a");
  expect([origin?.created, origin?.reference].map((r) => textOf(sources, r))).toEqual(['"a"', '"A"']);
  expect(origin?.created?.line).toBe(5);
});

test("a step of a helper comes from the call in the helper, and its graph depends on both cells", () => {
  const sources = [
    "def add(graph, name):\n    return graph.to('A', name)",
    "import mlrun\nfn = mlrun.new_function('f', kind='serving')\ngraph = fn.set_topology('flow')",
    "x = 1",
    "add(graph, 'a')",
  ];
  const parsed = onlyGraph(parseCells(...sources));
  expect(textOf(sources, parsed.origins.get("a")?.created)).toBe("graph.to('A', name)");
  expect(textOf(sources, parsed.origins.get("a")?.nameRange)).toBe("'a'");
  expect(parsed.cells).toEqual(["c0", "c1", "c3"]);
});

test("columns count UTF-16 units", () => {
  const parsed = onlyGraph(
    parseCells(
      'import mlrun\nfn = mlrun.new_function("f", kind="serving")\ns = "😀"; fn.set_topology("flow").to("A")',
    ),
  );
  expect(parsed.origins.get("A")?.reference).toMatchObject({ line: 3, column: 38, endColumn: 41 });
});

test("definitions are those of the top level, the last of a name, with their members", () => {
  const { definitions, openNamespace } = parseCells(
    "from a.b import c as d\nimport x.y\nclass K(Base, mod.Other):\n    def do(self): pass\n    def post_init(self): pass",
    "try:\n    def f(a, *b, **k): pass\nexcept ImportError: pass\ng = lambda event: 1\nn = 3",
    "class K: pass",
  );
  expect(
    [...definitions.values()].map((d) => [
      d.name,
      d.kind,
      d.module ?? d.bases?.join() ?? null,
      d.members?.join() ?? null,
    ]),
  ).toEqual([
    ["d", "import", "a.b.c", null],
    ["x", "import", "x", null],
    ["f", "function", null, "a,*b,**k"],
    ["g", "lambda", null, "event"],
    ["n", "variable", null, null],
    ["K", "class", "", ""],
  ]);
  expect(openNamespace).toBe(false);
});

test("classes of a file that the notebook writes are found in the cell that writes it", () => {
  const sources = [
    "%%writefile steps.py\nclass InFile:\n    def do(self, event):\n        return event",
    'import mlrun\nfn = mlrun.code_to_function("f", kind="serving", filename="./steps.py")\nfn.set_topology("flow").to("InFile").to("Elsewhere")',
  ];
  const parsed = onlyGraph(parseCells(...sources));
  expect(textOf(sources, parsed.origins.get("InFile")?.definition)?.split("\n")[0]).toBe("class InFile:");
  expect(parsed.unknowns).toEqual([]);
});

test("classes of a file that the notebook only names are unknown", () => {
  const parsed = onlyGraph(
    parseCells(
      'import mlrun\nfn = mlrun.code_to_function("f", kind="serving", filename="steps.py")\nfn.set_topology("flow").to("InFile").to("storey.Batch", max_events=2).to(name="h", handler="json.dumps")',
    ),
  );
  expect(parsed.unknowns.map((u) => [u.step, u.what, u.reason])).toEqual([
    ["InFile", "class_name", "it is defined in steps.py, which is not part of the notebook"],
  ]);
});

test.each(["from steps import *", "%run other.ipynb", 'exec(open("x.py").read())'])(
  "%s may define more names",
  (source) => {
    expect(parseCells(source).openNamespace).toBe(true);
  },
);
