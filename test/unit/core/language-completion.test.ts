import { type Completion, completionsAt } from "@graphcell/core";
import { edited, marked } from "../../support/language";

const STEPS =
  "import storey\nclass Enrich:\n    def __init__(self, context, factor=1, *, unit):\n        pass\n    def do(self, event):\n        return event\n    def other(self, event):\n        return event\n\ndef score(event):\n    return event\n\nclass Windows(storey.Batch):\n    pass";
const FN = 'import mlrun\nfn = mlrun.new_function("f", kind="serving")\ngraph = fn.set_topology("flow")\n';
const GRAPH = FN + 'graph.to("Enrich", "a", unit=1).to("Enrich", "b", unit=1)\n';

function labels(list: readonly Completion[]): readonly string[] {
  return list.map((c) => c.label);
}

function offered(source: string, ...more: readonly string[]): readonly string[] {
  const { context, position } = marked(STEPS, ...more, GRAPH + source);
  return labels(completionsAt(context, position));
}

describe("in a string", () => {
  it.each([
    ["the class, by position", 'graph.to("¦'],
    ["the class, by name", 'graph.to(class_name="En¦'],
    ["the class of a chain over lines", '(\n  graph.to("Enrich", "x")\n  .to("¦'],
    ["the class of a route", 'graph.to("*", "r").add_route("m", class_name="¦")'],
    ["the class of an error handler", 'graph.error_handler("e", "¦")'],
  ])("%s: classes of the notebook, then those of the library", (_, source) => {
    const found = offered(source);
    expect(found.slice(0, 3)).toEqual(["Windows", "Enrich", "*"]);
    expect(found).toContain("storey.Filter");
    expect(found).toContain("mlrun.serving.steps.ChoiceByField");
    expect(found).not.toContain("score");
  });

  it.each([
    ["after=", 'graph.add_step("Enrich", "c", after="¦")'],
    ["after= half typed", 'graph.add_step("Enrich", "c", after="¦'],
    ["a list", 'graph.add_step("Enrich", "c", after=["a", "¦'],
    ["before=", "graph.add_step('Enrich', 'c', before='¦'"],
    ["cycle_to()", 'graph["b"].cycle_to("¦")'],
    ["an index of the graph", 'graph["¦"]'],
    ["an index after a step", 'graph["a"].to("Enrich").to("Enrich", "d", unit=2)\ngraph["¦'],
  ])("%s: the steps of the graph", (_, source) => {
    expect(offered(source).slice(0, 2)).toEqual(["a", "b"]);
  });

  it("of two graphs those of the variable's", () => {
    const other =
      'fn2 = mlrun.new_function("g", kind="serving")\ng2 = fn2.set_topology("flow")\ng2.to("Enrich", "z", unit=1)\ng2.add_step("Enrich", after="¦")';
    expect(offered(other)).toEqual(["z"]);
  });

  it("a step does not come after itself", () => {
    expect(offered('graph.add_step("Enrich", "a", after="¦")')).toEqual(["b"]);
  });

  it.each([
    ["a handler: functions", 'graph.to(name="c", handler="¦")', ["score"]],
    ["a handler with a class: its methods", 'graph.to("Enrich", "c", handler="¦")', ["do", "other"]],
    ["an argument that names a function", 'graph.to("storey.Map", "c", _fn="¦")', ["score"]],
    ["the topology", 'fn.set_topology("¦")', ["flow", "router"]],
    ["the engine", 'fn.set_topology("flow", engine="¦")', ["async", "sync"]],
    ["a name: nothing", 'graph.to("Enrich", "¦")', []],
    ["text of another call: nothing", 'print("¦")', []],
    ["a comment: nothing", 'graph.to( # "¦', []],
  ])("%s", (_, source, expected) => {
    expect(offered(source)).toEqual(expected);
  });
});

describe("outside of strings", () => {
  it("classes of the notebook, then arguments, for the first argument", () => {
    const found = offered("graph.to(¦");
    expect(found.slice(0, 4)).toEqual(["Windows", "Enrich", "class_name=", "name="]);
  });

  it("arguments of the class that is named, then MLRun's", () => {
    const found = offered('graph.to("Enrich", "c", ¦)');
    expect(found.slice(0, 3)).toEqual(["factor=", "unit=", "handler="]);
    expect(found).not.toContain("class_name=");
    expect(found).not.toContain("context=");
  });

  it("arguments that are given are not offered again", () => {
    const found = offered('graph.to("Enrich", name="c", unit=1, ¦)');
    expect(found).toContain("factor=");
    expect(found).not.toContain("unit=");
    expect(found).not.toContain("name=");
  });

  it("arguments of a library's class, in its call and by its name", () => {
    for (const source of ['graph.to("storey.Batch", "c", ¦)', "graph.to(storey.Batch(¦))"]) {
      expect(offered(source).slice(0, 2)).toEqual(["max_events=", "flush_after_seconds="]);
    }
  });

  it("a class of the notebook that comes from a library's takes the arguments of that", () => {
    expect(offered('graph.to("Windows", "c", ¦)')).toContain("max_events=");
  });

  it("after the dot of a graph, a step and a function: their verbs", () => {
    expect(offered("graph.¦").slice(0, 2)).toEqual(["to", "add_step"]);
    expect(offered('graph.to("Enrich", "q").¦').slice(0, 2)).toEqual(["to", "add_step"]);
    expect(offered("fn.¦")).toEqual(["set_topology", "add_model"]);
    expect(offered("mlrun.¦")).toEqual([]);
  });

  it("nothing in plain code", () => {
    expect(offered("x = ¦")).toEqual([]);
    expect(offered("print(¦)")).toEqual([]);
  });
});

test("a completion takes the place of the word or string that stands there", () => {
  const note = marked(STEPS, GRAPH + 'graph.add_step("Enrich", "c", after="x¦y")');
  const [a] = completionsAt(note.context, note.position);
  expect(edited(note.context.cells, [{ range: a.range, text: a.insert }])[1]).toContain('after="a")');
});

test("a broken statement above does not hide what is typed below it", () => {
  const { context, position } = marked(
    STEPS,
    GRAPH,
    'x = print(\nfor y in z:\n    graph.add_step("Enrich", "c", after="¦")',
  );
  expect(labels(completionsAt(context, position))).toEqual(["a", "b"]);
});

test("names of the kernel are offered, too", () => {
  const { context, position } = marked(GRAPH + 'graph.to("¦")');
  const found = completionsAt({ ...context, kernelNames: new Set(["Loaded", "helper"]) }, position);
  expect(labels(found).slice(0, 1)).toEqual(["Loaded"]);
});
