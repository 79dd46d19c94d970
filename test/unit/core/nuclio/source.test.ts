import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Cell, parseNotebook, readNotebook } from "@graphcell/core";
import { type FunctionSource, notebookSource } from "@graphcell/core/nuclio";

const cells = (...sources: string[]): Cell[] =>
  sources.map((source, i) => ({ id: `c${i}`, kind: "code", source }));

/** The source of the one graph that the cells build. */
function sourceOf(all: readonly Cell[], current: string | null = null): FunctionSource {
  const [graph] = parseNotebook(all).graphs;
  if (!graph) throw new Error("the cells build no graph");
  return notebookSource({
    cells: all,
    graph: graph.graph,
    functionName: graph.name,
    current,
    graphNames: graph.variables,
  });
}

const GRAPH = `fn = mlrun.new_function("f", kind="serving")
graph = fn.set_topology("flow", engine="async")
`;
const flow = (steps: string): string => `import mlrun\n${GRAPH}${steps}`;
const ONE = flow(`graph.to("Clean", name="clean").respond()`);
const CLEAN = "class Clean:\n    def do(self, event):\n        return event";

test("takes the class that a step names, and nothing of the graph", () => {
  expect(sourceOf(cells(CLEAN, ONE)).text).toBe(`${CLEAN}\n`);
});

test("takes what a definition reads: imports, helpers, constants", () => {
  const all = cells(
    "import re\nimport json\nWORD = re.compile('x')\nunused = 1",
    "def strip(text):\n    return WORD.sub('', text)",
    "class Clean:\n    def do(self, event):\n        return strip(event)",
    ONE,
  );
  expect(sourceOf(all).text).toBe(
    [
      "import re",
      "",
      "WORD = re.compile('x')",
      "",
      "",
      "def strip(text):",
      "    return WORD.sub('', text)",
      "",
      "",
      "class Clean:",
      "    def do(self, event):",
      "        return strip(event)",
      "",
    ].join("\n"),
  );
});

test("takes the last of two definitions of one name", () => {
  const second = CLEAN.replace("return event", "return 2");
  expect(sourceOf(cells(CLEAN, second, ONE)).text).toBe(`${second}\n`);
});

test("takes a loop that fills a dict which a step reads, and not one that shows it", () => {
  const all = cells(
    "MODELS = {}",
    "for name in ['a', 'b']:\n    MODELS[name] = len(name)",
    "print(MODELS)\nMODELS",
    "class Clean:\n    def do(self, event):\n        return MODELS[event]",
    ONE,
  );
  const { text, problems } = sourceOf(all);
  expect(text).toContain("for name in ['a', 'b']:");
  expect(text).not.toContain("print");
  expect(problems).toEqual([]);
});

test("leaves the loop that builds the graph out, though it reads what a step reads", () => {
  const all = cells(
    "NAMES = ['a']\nclass Clean:\n    def do(self, event):\n        return NAMES",
    flow(`for n in NAMES:\n    graph.to("Clean", name=n)`),
  );
  expect(sourceOf(all).text).not.toContain("graph.to");
});

test("keeps decorators, the comments above, and reads annotations and defaults", () => {
  const all = cells(
    "import functools\nfrom typing import Any\nLIMIT = 3",
    "# Cleans.\n@functools.cache\ndef clean(event: Any, limit=LIMIT):\n    return event",
    flow(`graph.to(name="clean", handler="clean").respond()`),
  );
  expect(sourceOf(all).text).toBe(
    `import functools\nfrom typing import Any\nLIMIT = 3\n\n\n# Cleans.\n@functools.cache\ndef clean(event: Any, limit=LIMIT):\n    return event\n`,
  );
});

test("tells which cell and line each line is", () => {
  const all = cells("import re", `\n\n${CLEAN.replace("return event", "return re")}`, ONE);
  const { lines } = sourceOf(all);
  expect(lines.map((line) => (line ? [line.cell, line.line] : null))).toEqual([
    [0, 1],
    null,
    null,
    [1, 3],
    [1, 4],
    [1, 5],
  ]);
});

test("names that nothing defines are problems of the step that needs them", () => {
  const all = cells(
    "def clean(event):\n    return helper(event)",
    flow(`graph.to(name="clean", handler="clean")`),
  );
  expect(sourceOf(all).problems).toMatchObject([
    {
      code: "deploy-missing-name",
      severity: "error",
      step: "clean",
      message: 'Step "clean" needs "clean", which reads "helper", but no cell gives it a value.',
    },
  ]);
});

test.each([
  ["[x for x, y in pairs]", ["pairs"]],
  ["any(v for row in rows for v in row)", ["rows"]],
  ["{k: v for k, v in items.items()}", ["items"]],
  ["(lambda a, b=c: a + b + d)(1)", ["c", "d"]],
  ["f(name=value, *args)", ["f", "value", "args"]],
  ["f'{a} {b!r:>{w}}'", ["a", "b", "w"]],
  ["x.y.z[i]", ["x", "i"]],
  ["(n := m)", ["m"]],
])("the expression %s reads its free names", (text, names) => {
  const handler = cells(`def clean(event):\n    return ${text}`, flow(`graph.to(name="c", handler="clean")`));
  const missing = sourceOf(handler).problems.flatMap((p) => /reads "(\w+)"/.exec(p.message)?.[1] ?? []);
  expect(missing.sort()).toEqual([...names].sort());
});

test("only what stands between start-code and end-code counts where they are written", () => {
  const all = cells(
    "before = 1",
    "# mlrun: start-code\nimport re",
    "x = 1\n%matplotlib inline\n!pip install y",
    "y = 2\n# mlrun: end-code\nz = 3",
    ONE,
  );
  const source = sourceOf(all);
  expect(source.how).toBe("marks");
  expect(source.text.split("\n").filter((line) => line !== "")).toEqual(["import re", "x = 1", "y = 2"]);
});

test("a start-code that names another function is not for this one", () => {
  const all = cells("# nuclio: start-code other\nx = 1\n# nuclio: end-code other", CLEAN, ONE);
  expect(sourceOf(all)).toMatchObject({ how: "needs", text: `${CLEAN}\n` });
});

test("cells with ignore, in their text or as a tag, are left out", () => {
  const all: Cell[] = [
    ...cells(CLEAN, "# nuclio: ignore\nclass Clean:\n    pass"),
    { id: "t", kind: "code", source: "class Clean:\n    broken = 1", tags: ["mlrun-ignore"] },
    ...cells(ONE).map((cell) => ({ ...cell, id: "g" })),
  ];
  expect(sourceOf(all).text).toBe(`${CLEAN}\n`);
});

test("%nuclio cmd and env become build commands and environment", () => {
  const all = cells(
    "%nuclio cmd -c pip install a\n%nuclio env -c A=1\n%nuclio env -l B=2",
    "%%nuclio cmd\npip install b\n# no\npip install c",
    CLEAN,
    ONE,
  );
  const { commands, env } = sourceOf(all);
  expect(commands).toEqual(["pip install a", "pip install b", "pip install c"]);
  expect([...env]).toEqual([["A", "1"]]);
});

test.each(["quick-start", "iris-ensemble"])(
  "the example %s needs nothing that its cells do not define",
  (name) => {
    const text = readFileSync(join(__dirname, `../../../../examples/${name}.ipynb`), "utf8");
    const source = sourceOf(readNotebook(text).cells);
    expect(source.problems).toEqual([]);
    expect(source.text).not.toContain("new_function");
  },
);

test("each function of a graph gets what its own steps need", () => {
  const text = readFileSync(join(__dirname, "../../../../examples/stream.ipynb"), "utf8");
  const all = readNotebook(text).cells;
  expect(sourceOf(all, "").text).toContain("def summary");
  expect(sourceOf(all, "").text).not.toContain("def notify");
  expect(sourceOf(all, "notifier").text).toMatch(/^def notify[^\n]*\n.*\n.*\n$/);
});
