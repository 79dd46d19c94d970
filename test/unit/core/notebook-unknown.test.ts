import { graphJson, graphYaml } from "@graphcell/core";
import { onlyGraph, parseCells, sketch } from "../../support/notebook";

const FN =
  'import mlrun, os\nfn = mlrun.new_function("f", kind="serving")\ngraph = fn.set_topology("flow")\n';

/** What can't be known from text: how the graph is drawn, and which step and what of it is marked. */
const UNKNOWN: readonly (readonly [title: string, source: string, graph: string, unknown: string])[] = [
  [
    "a condition",
    'if os.environ.get("X"):\n    graph.to("A")\nelse:\n    graph.to("B")',
    "A B",
    "A condition, B condition",
  ],
  [
    "the rounds of a loop",
    'for n in load_names():\n    graph.add_step("A", f"a_{n}")',
    "a_{n}",
    "a_{n} loop, a_{n} name",
  ],
  [
    "a loop that is too long",
    'for i in range(10**9):\n    graph.add_step("A", f"a{i}")',
    "a{i}",
    "a{i} loop, a{i} name",
  ],
  ["a loop that never ends", 'while True:\n    graph.add_step("A", "a")', "a", ""],
  ["the rounds of a while loop", 'while more():\n    graph.add_step("A", "a")', "a", "a loop"],
  ["a name", 'graph.to("A", name=os.environ["N"])', 'os.environ["N"]', 'os.environ["N"] name'],
  ["a class", 'graph.to(choose(), "a")', "a", "a class_name"],
  ["a class argument", 'graph.to("A", x=load(), y=[1, load()])', "A", "A class_args.x, A class_args.y.1"],
  ["more arguments", 'graph.to("A", **load())', "A", "A class_args"],
  ["what it follows", 'graph.add_step("A")\ngraph.add_step("B", after=load())', "A B", "B after"],
  ["what another module does with the graph", "from my_steps import build\nbuild(graph)", "", "- call"],
  [
    "how another module's class keeps its arguments",
    "from my_steps import Enrich\ngraph.to(Enrich(a=1))",
    "Enrich",
    "Enrich class_name",
  ],
  [
    "a value that depends on a condition",
    'name = "x"\nif os.environ.get("D"):\n    name = "y"\ngraph.to("A", name=name)',
    "name",
    "name name",
  ],
];

describe("what only a run can tell is marked:", () => {
  it.each(UNKNOWN)("%s", (_, source, expected, unknown) => {
    const graph = onlyGraph(parseCells(FN, source));
    expect(sketch(graph.graph)).toBe(expected);
    expect(graph.unknowns.map((u) => `${u.step ?? "-"} ${u.what}`).join(", ")).toBe(unknown);
    for (const u of graph.unknowns) {
      expect(u.reason).toMatch(/^\w.+[^.]$/);
      expect(u.range).not.toBeNull();
    }
  });
});

/** What MLRun raises, and the graph without the call. */
const RAISES: readonly (readonly [source: string, graph: string, message: string])[] = [
  [
    'graph.to("A").to().to("B")',
    "A B<A",
    "MLRunInvalidArgumentError: class_name or handler must be provided",
  ],
  ['graph.to("A")\ngraph["B"].to("C")', "A", "KeyError: 'B'"],
  [
    'graph.to(">>", "q")',
    "",
    "MLRunInvalidArgumentError: path=<stream path or None> must be specified for queues",
  ],
  ["class K:\n    pass\n\ngraph.to(K)", "", "AttributeError: type object 'K' has no attribute 'startswith'"],
  [
    'fn.set_topology("flow")\ngraph.to("A")',
    "A",
    "MLRunInvalidArgumentError: graph topology is already set, graph was initialized, use exist_ok=True to override",
  ],
];

describe("what MLRun raises is a problem at the call", () => {
  it.each(RAISES)("%s", (source, expected, message) => {
    const notebook = parseCells(FN, source);
    expect(notebook.problems.map((p) => [p.code, p.message])).toEqual([
      ["call-raises", `This call raises ${message}.`],
    ]);
    expect(notebook.problems[0]?.range?.cellId).toBe("c1");
    expect(sketch(onlyGraph(notebook).graph)).toBe(expected);
  });

  it("also in a constructor, which goes on", () => {
    const app = "class App:\n    def __init__(self):\n        graph.to()\n        graph.to('A')\n\nApp()";
    const notebook = parseCells(FN, app);
    expect(notebook.problems.map((p) => [p.code, p.range?.line])).toEqual([["call-raises", 3]]);
    expect(sketch(onlyGraph(notebook).graph)).toBe("A");
  });

  it("but not where the notebook catches it", () => {
    const notebook = parseCells(
      FN,
      'try:\n    graph.to()\nexcept Exception as e:\n    print(e)\ngraph.to("A")',
    );
    expect(notebook.problems).toEqual([]);
    expect(sketch(onlyGraph(notebook).graph)).toBe("A");
  });
});

test("a name that is given twice tells where", () => {
  const twice = onlyGraph(parseCells(FN, 'graph.add_step("A", "a")\ngraph.add_step("B", "a")'));
  expect(twice.replaced).toMatchObject([{ step: "a", range: { cellId: "c1", line: 2, column: 21 } }]);
  for (const source of [
    'graph.add_step("A", "a")\ndel graph["a"]\ngraph.add_step("B", "a")',
    'if more():\n    graph.add_step("A", "a")\nelse:\n    graph.add_step("B", "a")',
    'graph.set_flow(["A"])\ngraph.set_flow(["A"], force=True)',
  ]) {
    expect(onlyGraph(parseCells(FN, source)).replaced).toEqual([]);
  }
});

test("a notebook that uses mlrun without importing it is told so once", () => {
  const { problems } = parseCells(
    'fn = mlrun.new_function("f", kind="serving")',
    'mlrun.set_environment("x")',
  );
  expect(problems.map((p) => [p.code, p.remedy])).toEqual([
    ["module-not-imported", 'Add "import mlrun" to the first cell.'],
  ]);
});

test("a graph with values that only a run can tell can be saved as text", () => {
  const source = `${FN}graph.to("A", x=load(), y=[1, load()], z={(1, 2): load()})`;
  const { graph } = onlyGraph(parseCells(source));
  const made = JSON.parse(graphJson(graph)) as { steps: { A: { class_args: unknown } } };
  expect(made.steps.A.class_args).toEqual({ x: "load()", y: [1, "load()"], z: { "(1, 2)": "load()" } });
  expect(graphYaml(graph)).toContain("x: load()");
});
