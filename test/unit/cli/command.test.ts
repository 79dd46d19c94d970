import { parseJson } from "@graphcell/core";
import { folderOf, notebookText, run } from "../../support/command";

const CLASSES =
  "class Add:\n    def __init__(self, n=1):\n        self.n = n\n    def do(self, x):\n        return x + self.n";
const GRAPH =
  'import mlrun\nfn = mlrun.new_function("adder", kind="serving")\ngraph = fn.set_topology("flow")\n' +
  'graph.to("Add", "one", n=1.0).to("Add", "two").respond()';
const OTHER = GRAPH.replaceAll("adder", "other").replaceAll("fn", "fn2").replaceAll("graph", "graph2");

const file = folderOf({
  "one.ipynb": notebookText([CLASSES, GRAPH]),
  "two.ipynb": notebookText([CLASSES, GRAPH, OTHER]),
  "none.ipynb": notebookText(["x = 1"]),
  "bad.ipynb": notebookText([GRAPH]),
  "broken.ipynb": '{"cells": [',
  "script.py": `${CLASSES}\n\n\n# %%\n${GRAPH.replace('"Add", "two"', '"Nope", "two"')}\n`,
  "function.yaml":
    "kind: serving\nmetadata: {name: fromyaml}\nspec:\n  graph:\n    steps:\n      a: {kind: task, class_name: storey.Flatten, responder: true}\n",
  "graph.json": '{"steps": {"a": {"kind": "task", "handler": "h", "class_args": {"x": 1.0}}}}',
  "score.graph.yaml":
    "steps:\n  a:\n    class_name: Score\n    responder: true\n  b:\n    handler: nope\n    after: [c]\n",
  "score.py": "class Score:\n    def do(self, x):\n        return x\n",
  "text.yaml": "just text",
  "notes.txt": "nothing",
});

describe("show", () => {
  test("draws a notebook's graph as text", async () => {
    const { code, out } = await run(["show", file("one.ipynb")]);
    expect(code).toBe(0);
    expect(out.split("\n")).toEqual(["start", "└─ one  task  Add", "   └─ two  task  Add  responds", ""]);
  });

  test("json is MLRun's dictionary, with floats that stay floats", async () => {
    const { out } = await run(["show", file("one.ipynb"), "--format", "json"]);
    expect(out).toContain('"n": 1.0');
    const graph = parseJson(out);
    expect(graph instanceof Map && [...(graph.get("steps") as Map<string, unknown>).keys()]).toEqual([
      "one",
      "two",
    ]);
  });

  test.each([
    ["yaml", /^steps:/m],
    ["dot", /^digraph/],
    ["mermaid", /^(flowchart|graph)/],
    ["svg", /<svg /],
  ])("%s is written", async (format, pattern) => {
    const { code, out } = await run(["show", file("one.ipynb"), "--format", format]);
    expect(code).toBe(0);
    expect(out).toMatch(pattern);
  });

  test.each(["function.yaml", "graph.json", "script.py"])("%s is read", async (name) => {
    const { code, out } = await run(["show", file(name)]);
    expect({ code, first: out.split("\n")[0] }).toEqual({ code: 0, first: "start" });
  });

  test("of several graphs one must be named, by function or variable", async () => {
    const none = await run(["show", file("two.ipynb")]);
    expect(none.code).toBe(2);
    expect(none.err).toContain("builds 2 graphs: adder, other. Choose one with --graph");
    for (const name of ["other", "graph2", "fn2"]) {
      const named = await run(["show", file("two.ipynb"), "--graph", name]);
      expect({ name, code: named.code }).toEqual({ name, code: 0 });
    }
    expect((await run(["show", file("two.ipynb"), "--graph", "nope"])).err).toContain(
      "Its graphs: adder, other.",
    );
  });
});

describe("check", () => {
  test("a graph without problems is silent", async () => {
    expect(await run(["check", file("one.ipynb")])).toEqual({ code: 0, out: "", err: "" });
  });

  test("a graph file's problems have their lines; its code is looked for beside it", async () => {
    const { code, out } = await run(["check", file("score.graph.yaml")]);
    expect(code).toBe(1);
    expect(out.split("\n").map((line) => line.replace(/^.*score/, ""))).toEqual([
      '.graph.yaml:7:13: error: Step "b" comes after "c", which does not exist. Did you mean "a"? Use the name of a step of this graph. [unknown-after]',
      '.graph.yaml:6:14: warning: No event reaches step "b". Put it after a step that events reach, or take it away. [unreachable]',
      '.graph.yaml:6:14: error: Step "b" runs the function "nope", which is not defined. Define or import it in a cell before the graph is run. [unknown-handler]',
      "",
    ]);
  });

  test("an error has cell, line, column, sentence and code, and ends with 1", async () => {
    const { code, out } = await run(["check", file("bad.ipynb")]);
    expect(code).toBe(1);
    expect(out).toMatch(/bad\.ipynb:cell 1:4:\d+: error: Step "one" .*Add.* \[unknown-class\]/);
  });

  test("lines of a Python file are the file's", async () => {
    const { code, out } = await run(["check", file("script.py")]);
    expect(code).toBe(1);
    expect(out).toMatch(/script\.py:12:\d+: error: Step "two" .*Nope/);
  });

  test("as JSON, cells and lines count from 1", async () => {
    const { out } = await run(["check", file("bad.ipynb"), "--json"]);
    const [problem] = JSON.parse(out) as { code: string; cell: number; line: number; step: string }[];
    expect(problem).toMatchObject({ code: "unknown-class", cell: 1, line: 4, step: "one" });
  });
});

describe("wrong use", () => {
  test.each([
    [["fly", "x"], '"fly" is no command'],
    [["show"], "show needs a file"],
    [["show", "a", "b"], "takes one file"],
    [["show", "missing.ipynb"], "there is no such file"],
    [["show", file("notes.txt")], "of no kind that Graphcell reads"],
    [["show", file("one.ipynb"), "--format", "png"], '"png" is no format'],
    [["show", file("one.ipynb"), "--colour"], "--colour"],
    [["show", file("none.ipynb")], "builds no graph"],
    [["check", file("none.ipynb")], "builds no graph"],
    [["show", file("text.yaml")], "holds no graph"],
    [["show", file("broken.ipynb")], "broken.ipynb"],
    [["simulate", file("one.ipynb"), "--events", "missing.json"], "there is no such file"],
  ])("%j ends with 2 and says why", async (argv, message) => {
    const { code, out, err } = await run(argv);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    expect(err).not.toMatch(/\n\s+at /);
  });

  test.each([
    ["{", "are not JSON"],
    ["{}", "are not a list"],
    ['[{"body": 1, "path": 3}]', '"path" of event 1 in standard input is not a text'],
    ['[{"body": 1, "repeat": 0}]', '"repeat" of event 1'],
  ])("events %s are refused before anything runs", async (text, message) => {
    const { code, err } = await run(["simulate", file("one.ipynb"), "--events", "-"], text);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

test("help and version", async () => {
  expect((await run(["--help"])).out).toContain("Usage: graphcell");
  expect(await run([])).toMatchObject({ code: 0, out: expect.stringContaining("Usage") });
  expect(await run(["--version"])).toEqual({ code: 0, out: "1.2.3\n", err: "" });
});
