import { encodeGraph, isMap } from "@graphcell/core";
import { onlyGraph, parseCells, sketch } from "../../support/notebook";

const FN = 'import mlrun\nfn = mlrun.new_function("f", kind="serving")\ngraph = fn.set_topology("flow")\n';
const ROUTER = 'import mlrun\nfn = mlrun.new_function("f", kind="serving")\nfn.set_topology("router")\n';

/** What people write, and the graph that it builds. */
const WRITTEN: readonly (readonly [title: string, source: string, graph: string])[] = [
  ["a chain on one line", 'graph.to("A").to("B", "b").respond()', "A b<A?"],
  [
    "a chain in parentheses",
    '(\n    graph.to("A")\n    # why B\n    .to("B", name="b")\n    .respond()\n)',
    "A b<A?",
  ],
  ["a chain over backslashes", 'graph.to("A") \\\n    .to("B") \\\n    .to("C")', "A B<A C<B"],
  [
    "arguments over several lines",
    'graph.to(\n    "A",\n    name="a",\n).to(\n    class_name="B",\n)',
    "a B<a",
  ],
  ["variables that hold steps", 'first = graph.to("A")\nsecond = first.to("B")\nfirst.to("C")', "A B<A C<A"],
  [
    "add_step with after and before",
    'graph.add_step("A")\ngraph.add_step("B", after="A")\ngraph.add_step("C", after="A", before="B")',
    "A B<C C<A",
  ],
  ["$prev", 'graph.add_step("A")\ngraph.add_step("B", after="$prev")', "A B<A"],
  [
    "a join",
    'graph.add_step("A")\ngraph.add_step("B")\ngraph.add_step("C", after=["A", "B"]).respond()',
    "A B C<A,B?",
  ],
  [
    "constants",
    'NAME = "step"\nKIND = NAME.upper()\ngraph.to("A", name=NAME).to("A", name=KIND + "_2")',
    "step STEP_2<step",
  ],
  ["f-strings", 'n = 3\ngraph.to("A", name=f"a_{n:02d}").to("B", name=f"b{n + 1}")', "a_03 b4<a_03"],
  ["format and percent", 'graph.to("A", name="a_{}".format(1)).to("B", name="b_%d" % 2)', "a_1 b_2<a_1"],
  [
    "a loop over range",
    'step = graph\nfor i in range(3):\n    step = step.to("A", name=f"a{i}")',
    "a0 a1<a0 a2<a1",
  ],
  [
    "a loop over pairs",
    'for name, after in [("a", None), ("b", "a")]:\n    graph.add_step("X", name, after=after)',
    "a b<a",
  ],
  [
    "enumerate and zip",
    'for i, (n, c) in enumerate(zip(["a", "b"], ["A", "B"]), start=1):\n    graph.add_step(c, f"{n}{i}")',
    "a1 b2",
  ],
  [
    "items of a dict",
    'steps = {"a": "A", "b": "B"}\nfor name, cls in steps.items():\n    graph.add_step(cls, name)',
    "a b",
  ],
  ["a comprehension", 'made = [graph.to("A", name=n) for n in ("x", "y")]\nmade[-1].to("B")', "x y B<y"],
  ["steps kept in a dict", 'd = {n: graph.to("A", name=n) for n in "xy"}\nd["x"].to("B")', "x y B<x"],
  ["a while loop", 'i = 0\nwhile i < 3:\n    graph.add_step("A", f"a{i}")\n    i += 1', "a0 a1 a2"],
  ["a known condition", 'DEBUG = False\nif DEBUG:\n    graph.to("Log")\nelse:\n    graph.to("A")', "A"],
  ["a conditional expression", 'big = 3 > 2\ngraph.to("A" if big else "B")', "A"],
  ["tuple assignment", 'a, b = "x", "y"\ngraph.to("A", a).to("A", b)', "x y<x"],
  [
    "a star in an assignment",
    'head, *rest = ["a", "b", "c"]\nfor n in rest:\n    graph.add_step("A", n)',
    "b c",
  ],
  ["a walrus", 'if (n := "x"):\n    graph.to("A", n)', "x"],
  ["keyword arguments from a dict", 'opts = dict(name="a", k=1)\ngraph.to("A", **opts)', "a"],
  ["positional arguments from a list", 'args = ["A", "a"]\ngraph.to(*args)', "a"],
  [
    "a helper function",
    'def tail(step, name="t"):\n    return step.to("T", name)\n\ntail(graph.to("A")).respond()\ntail(graph, name="u")',
    "A t<A? u",
  ],
  [
    "a helper that recurses",
    'def deep(step, n):\n    return step if n == 0 else deep(step.to("A", f"a{n}"), n - 1)\n\ndeep(graph, 2)',
    "a2 a1<a2",
  ],
  [
    "a method that builds",
    'class Maker:\n    def __init__(self, graph):\n        self.graph = graph\n    def add(self, name):\n        return self.graph.to("A", name)\n\nMaker(graph).add("m")',
    "m",
  ],
  ["a lambda that builds", 'add = lambda name: graph.to("A", name)\nadd("l")', "l"],
  [
    "try and except",
    'try:\n    graph.add_step("A", after="nobody")\nexcept Exception:\n    graph.to("B")',
    "A B",
  ],
  ["with", 'with open("x") as f:\n    graph.to("A")', "A"],
  ["statements on one line", 'graph.to("A"); graph.to("B")', "A B"],
  ["getattr", 'getattr(graph, "to")("A")', "A"],
  ["graph[name]", 'graph.to("A")\ngraph["A"].to("B")\ngraph.steps["B"].respond()', "A B<A?"],
  [
    "a loop over the steps",
    'graph.to("A")\ngraph.to("B")\nfor name in list(graph.steps):\n    graph[name].to("C", f"c_{name}")',
    "A B c_A<A c_B<B",
  ],
  [
    "an attribute that is set",
    'a = graph.to("A")\ngraph.error_handler("e", handler="h")\na.on_error = "e"\na.full_event = True',
    "A!e e",
  ],
  ["error handlers", 'graph.to("A").error_handler("c", handler="catch").to("B")', "A!c c B<A"],
  [
    "queues",
    'graph.to(">>", "q", path="in").to("A", function="child")\ngraph.to("$queue", "r", path="")',
    "q>in A<q r>",
  ],
  [
    "routers in a flow",
    'r = graph.to("*", name="r")\nr.add_route("m1", class_name="M")\nr.add_route("m2", class_name="M")\nr.to("A")',
    "r[m1 m2] A<r",
  ],
  [
    "add_model in a flow",
    'graph.to("*mlrun.serving.VotingEnsemble", "v")\nfn.add_model("m", class_name="M", model_path="x")',
    "v[m]",
  ],
  ["set_flow", 'graph.set_flow(["A", {"class_name": "B", "name": "b"}])', "A b<A"],
  [
    "cycles",
    'fn.set_topology("flow", exist_ok=True, allow_cyclic=True).to("A").to("B").cycle_to("A")\ngraph = fn.spec.graph',
    "A<B B<A",
  ],
  ["a step that is removed", 'graph.to("A")\ngraph.to("B")\ndel graph["A"]', "B"],
  [
    "Storey steps as objects",
    'import storey\ngraph.to(storey.Batch(max_events=2)).to(storey.Map(lambda x: x, name="m"))',
    "Batch m<Batch",
  ],
  [
    "MLRun steps as objects",
    'from mlrun.feature_store.steps import MapValues\ngraph.to(MapValues(mapping={"a": {1: 2}}, name="mv"))',
    "mv",
  ],
  [
    "objects of an own class",
    'import storey\nclass Inc(storey.MapClass):\n    def __init__(self, by=1, **kw):\n        super().__init__(**kw)\n        self.by = by\n\ngraph.to(Inc(by=2, name="inc"))',
    "inc",
  ],
  [
    "objects of an imported class",
    'from my_steps import Enrich\ngraph.to(Enrich(level=2, name="en")).to("B")',
    "en B<en",
  ],
  [
    "a class of from ... import *",
    'from mlrun.feature_store.steps import *\ngraph.to(OneHotEncoder(mapping={"a": [1]}))',
    "OneHotEncoder",
  ],
  ["step classes of MLRun", 'from mlrun.serving.states import TaskStep\ngraph["x"] = TaskStep("A")', "x"],
  [
    "model runners",
    'from mlrun.serving import ModelRunnerStep\nr = ModelRunnerStep(name="r")\nr.add_model("m", model_class="M", execution_mechanism="naive")\ngraph.to(r).respond()',
    "r?",
  ],
  [
    "a dictionary",
    'fn.spec.graph = {"steps": {"a": {"class_name": "A"}, "b": {"class_name": "B", "after": ["a"]}}}',
    "a b<a",
  ],
  [
    "from_dict",
    'from mlrun.serving.states import RootFlowStep\nfn.spec.graph = RootFlowStep.from_dict({"steps": {"a": {"class_name": "A"}}})',
    "a",
  ],
  [
    "global names set in functions",
    'last = None\ndef add(n):\n    global last\n    last = graph.to("A", n)\n\nadd("x")\nlast.to("B")',
    "x B<x",
  ],
  ["magics", '%matplotlib inline\n!pip install mlrun\nfiles = !ls\ngraph.to("A")\n?graph', "A"],
  ["a timed cell", "%%time\n" + FN + 'graph.to("A")', "A"],
];

describe("what people write", () => {
  it.each(WRITTEN)("%s", (_, source, expected) => {
    const cells = source.startsWith("%%") ? [source] : [FN, source];
    expect(sketch(onlyGraph(parseCells(...cells)).graph)).toBe(expected);
  });
});

/** Ways in which a function is made. */
const MADE: readonly (readonly [title: string, source: string, name: string])[] = [
  ["new_function", 'import mlrun\nfn = mlrun.new_function("a", kind="serving")', "a"],
  ["an alias of the module", 'import mlrun as m\nfn = m.new_function(name="a", kind="serving")', "a"],
  ["an imported name", 'from mlrun import new_function as nf\nfn = nf("a", kind="serving")', "a"],
  [
    "code_to_function",
    'from mlrun import code_to_function\nfn = code_to_function("a", kind="serving", image="x")',
    "a",
  ],
  [
    "the file of code_to_function",
    'import mlrun\nfn = mlrun.code_to_function(filename="src/a.py", kind="serving")',
    "a",
  ],
  [
    "a chain of settings",
    'import mlrun\nfn = mlrun.code_to_function("a", kind="serving").apply(mlrun.auto_mount())',
    "a",
  ],
  [
    "a project",
    'import mlrun\nproject = mlrun.get_or_create_project("p", "./")\nfn = project.set_function("x.py", name="a", kind="serving")',
    "a",
  ],
  [
    "a function of a project",
    'import mlrun\np = mlrun.get_or_create_project("p")\np.set_function("a.py", kind="serving")\nfn = p.get_function("a")',
    "a",
  ],
  ["import_function", 'import mlrun\nfn = mlrun.import_function("hub://a")', "a"],
  ["nothing that is seen", "fn = serving_function_of_another_file()", "fn"],
  ["no import of mlrun", 'fn = mlrun.new_function("a", kind="serving")', "a"],
];

describe("a function made by", () => {
  it.each(MADE)("%s", (_, source, name) => {
    const graph = onlyGraph(parseCells(source, 'fn.set_topology("flow").to("A")'));
    expect([graph.name, graph.variable, sketch(graph.graph)]).toEqual([name, "fn", "A"]);
  });
});

/** Graphs that are built in other ways. */
const OTHERWISE: readonly (readonly [title: string, source: string, name: string, graph: string])[] = [
  [
    "by hand",
    'from mlrun.serving.states import RootFlowStep\nflow = RootFlowStep(engine="sync")\nflow.to("A")',
    "flow",
    "A",
  ],
  [
    "from JSON text",
    'import json, mlrun\nfn = mlrun.new_function(\'f\', kind=\'serving\')\nfn.spec.graph = json.loads(\'{"steps": {"a": {"class_name": "A"}}}\')',
    "f",
    "a",
  ],
  [
    "with names of an enumeration",
    'import mlrun\nfrom enum import Enum\nclass N(str, Enum):\n    A = "a"\n\nfn = mlrun.new_function("f", kind="serving")\nfn.set_topology("flow").to("X", N.A.value)',
    "f",
    "a",
  ],
  [
    "in a decorated async function",
    'import mlrun\n@timed\nasync def build(name):\n    fn = mlrun.new_function(name, kind="serving")\n    fn.set_topology("flow").to("A")\n    return fn\n\nfn = await build("f")',
    "f",
    "A",
  ],
  [
    "by a property",
    'import mlrun\nclass App:\n    def __init__(self, name):\n        self.fn = mlrun.new_function(name, kind="serving")\n        self.fn.set_topology("flow")\n    @property\n    def graph(self):\n        return self.fn.spec.graph\n\napp = App("f")\napp.graph.to("A")',
    "f",
    "A",
  ],
];

describe("a graph built", () => {
  it.each(OTHERWISE)("%s", (_, source, name, expected) => {
    const graph = onlyGraph(parseCells(source));
    expect([graph.name, sketch(graph.graph)]).toEqual([name, expected]);
  });
});

describe("several graphs", () => {
  it("stand side by side, named by their functions", () => {
    const notebook = parseCells(
      'import mlrun\na = mlrun.new_function("one", kind="serving")\nb = mlrun.new_function("two", kind="serving")',
      'a.set_topology("flow").to("A")\nb.set_topology("router").add_route("m", class_name="M")',
    );
    expect(notebook.graphs.map((g) => [g.name, g.variable, sketch(g.graph)])).toEqual([
      ["one", "a", "A"],
      ["two", "b", "[m]"],
    ]);
  });

  it("of one name are told apart by their variables", () => {
    const make = (v: string) =>
      `${v} = mlrun.new_function("f", kind="serving")\n${v}.set_topology("flow").to("A")`;
    expect(parseCells("import mlrun", make("x"), make("y")).graphs.map((g) => g.name)).toEqual(["f", "y"]);
  });

  it("are one when a cell makes the function anew", () => {
    const notebook = parseCells(FN + 'graph.to("A")', FN + 'graph.to("B")');
    expect(sketch(onlyGraph(notebook).graph)).toBe("B");
  });
});

describe("beside serving functions", () => {
  it("feature sets have graphs, with all aggregations in one step", () => {
    const graph = onlyGraph(
      parseCells(
        'import mlrun.feature_store as fstore\nfs = fstore.FeatureSet("quotes", entities=[fstore.Entity("t")], timestamp_key="ts")',
        'fs.graph.to("MyMap", "mine", k=2)\nfs.add_aggregation("ask", ["sum"], "1h", "10m")\nfs.add_aggregation("bid", ["max"], ["1h", "2h"])',
      ),
    );
    expect([graph.kind, graph.name, sketch(graph.graph)]).toEqual([
      "feature-set",
      "quotes",
      "mine Aggregates<mine",
    ]);
    const aggregates = graph.graph.step("Aggregates")?.classArgs.get("aggregates");
    expect(Array.isArray(aggregates) && aggregates.map((a) => (isMap(a) ? a.get("name") : a))).toEqual([
      "ask",
      "bid",
    ]);
  });

  it("Storey flows are drawn, with their branches and joins", () => {
    const graph = onlyGraph(
      parseCells(
        "from storey import SyncEmitSource, Map, Filter, Reduce, build_flow\n" +
          "flow = build_flow([SyncEmitSource(), Map(lambda x: x), [Filter(lambda x: x > 1), Map(print)], Reduce(0, max)])",
      ),
    );
    expect(graph.kind).toBe("storey");
    expect(graph.variable).toBe("flow");
    expect(sketch(graph.graph)).toBe("SyncEmitSource Map<SyncEmitSource Filter<Map Map#2<Filter Reduce<Map");
  });

  it("a root router holds its models", () => {
    const graph = onlyGraph(
      parseCells(ROUTER, 'for i in range(2):\n    fn.add_model(f"m{i}", class_name="M", model_path="x")'),
    );
    expect(sketch(graph.graph)).toBe("[m0 m1]");
  });
});

describe("what stands beside the graph", () => {
  it("is read as far as it is written", () => {
    const { spec } = onlyGraph(
      parseCells(
        FN,
        'fn.set_tracking("dummy://", sampling_percentage=50)\nfn.spec.load_mode = "async"\nfn.add_child_function("child", "./c.py", "img")',
      ),
    );
    expect(spec.get("track_models")).toBe(true);
    expect(spec.get("load_mode")).toBe("async");
    const [child] = (spec.get("function_refs") as readonly unknown[]) ?? [];
    expect(child instanceof Map && child.get("name")).toBe("child");
  });
});

describe("class arguments", () => {
  it("keep Python's types and order", () => {
    const graph = onlyGraph(
      parseCells(FN, 'graph.to("A", b=1.0, a=(1, 2), c={"x": None}, d=-0.5, e=10**20, f=b"x", g=[])'),
    );
    const a = graph.graph.step("A");
    expect(a && [...a.classArgs.keys()]).toEqual(["b", "a", "c", "d", "e", "f", "g"]);
    const encoded = encodeGraph(graph.graph);
    expect(
      JSON.stringify(encoded, (_, v: unknown) =>
        typeof v === "bigint" ? `${v}n` : v instanceof Map ? [...v] : v,
      ),
    ).toContain(
      '["b",{"value":1}],["a",{"items":[1,2]}],["c",[["x",null]]],["d",-0.5],["e","100000000000000000000n"]',
    );
  });
});
