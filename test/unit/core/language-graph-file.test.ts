import {
  GRAPH_FILE_CELL,
  type GraphFile,
  type SourceRange,
  definitionAt,
  diagnosticsOf,
  graphFileCompletionsAt,
  graphFileSchema,
  graphFileStem,
  handlerSource,
  hoverAt,
  isGraphFileName,
  readFunctionText,
  readGraphFile,
  rename,
} from "@graphcell/core";
import { edited } from "../../support/language";
import { textOf } from "../../support/notebook";

const CODE = {
  name: "score.py",
  text: "class Enrich:\n    def do(self, event):\n        return event\n\ndef score(event):\n    return event\n",
};
const YAML = `kind: serving
metadata:
  name: scorer
spec:
  graph:
    steps:
      enrich:
        class_name: Enrich
        class_args:
          factor: 2
      late:
        handler: "score"
        after: [enrich]
        responder: true
`;

/** The file of a text with `¦` for the cursor. */
function at(text: string, code: typeof CODE | null = CODE) {
  const before = text.split("¦")[0].split("\n");
  const file = readGraphFile(text.replace("¦", ""), "graph", code);
  const position = { cellId: GRAPH_FILE_CELL, line: before.length, column: (before.at(-1) ?? "").length + 1 };
  return { file, position, context: { cells: file.cells, parsed: file.parsed } };
}

function text({ cells }: GraphFile, range: SourceRange | null | undefined): string | null {
  return textOf(
    cells.map((c) => c.source),
    range,
  );
}

test("a function file is a notebook of one cell with one graph", () => {
  const { file } = at(YAML);
  const [graph] = file.parsed.graphs;
  expect([graph.name, [...graph.graph.steps.keys()], file.cells.map((c) => c.id)]).toEqual([
    "scorer",
    ["enrich", "late"],
    [GRAPH_FILE_CELL, "score.py:cell-1"],
  ]);
  const origin = graph.origins.get("late");
  expect([text(file, origin?.created), text(file, origin?.reference)]).toEqual(["late", "score"]);
});

test("JSON and bare graphs are read the same way", () => {
  const { file } = at('{"kind": "router", "routes": {"m1": {"class_name": "Enrich"}}}');
  const [graph] = file.parsed.graphs;
  expect([graph.name, ...graph.origins.keys()]).toEqual(["graph", "router/m1"]);
  expect(text(file, graph.origins.get("router/m1")?.reference)).toBe("Enrich");
});

/** Text, then each problem as its code, the text that it stands at, and its line. */
const PROBLEMS: readonly (readonly [title: string, source: string, problems: readonly string[]])[] = [
  ["nothing", YAML, []],
  [
    "an unknown step",
    YAML.replace("[enrich]", "[enrch]"),
    ["unknown-after enrch 13", "unreachable score 12"],
  ],
  ["an unknown class", YAML.replace("Enrich", "Enrch"), ["unknown-class Enrch 8"]],
  ["an unknown handler", YAML.replace('"score"', "scor"), ["unknown-handler scor 12"]],
  ["a wrong type", YAML.replace("[enrich]", "3"), ["wrong-type 3 13", "two-responders late 11"].slice(0, 1)],
  [
    "a kind that there is not",
    YAML.replace('handler: "score"', "kind: zap"),
    ["illegal-step-kind zap 12", "missing-handler late 11"],
  ],
  ["text that is no YAML", `${YAML}  bad: [`, ["file-not-readable null 15"]],
  ["a file without a graph", "a: 1", ["file-without-graph a: 1 1"]],
  ["no text", "", ["file-without-graph  1"]],
];

test.each(PROBLEMS)("%s is told with its place", (_, source, problems) => {
  const { file, context } = at(source);
  const found = diagnosticsOf(context).map(({ problem: { code, range } }) => {
    return `${code} ${code === "file-not-readable" ? null : text(file, range)} ${range?.line}`;
  });
  expect(found).toEqual(problems);
});

test("a half-typed file keeps its last graph", () => {
  const before = at(YAML).file;
  const now = readGraphFile(`${YAML}  bad: [`, "graph", CODE, before);
  expect([now.parsed.stale, now.parsed.graphs]).toEqual([true, before.parsed.graphs]);
});

test("without code nothing is said of classes and handlers", () => {
  const { context } = at(YAML, null);
  expect(diagnosticsOf(context)).toEqual([]);
});

test("definition, hover and rename work as in a notebook", () => {
  const step = at(YAML.replace("[enrich]", "[enr¦ich]"));
  expect(text(step.file, definitionAt(step.context, step.position))).toBe("enrich");
  const handler = at(YAML.replace('"score"', '"sc¦ore"'));
  expect(definitionAt(handler.context, handler.position)).toMatchObject({
    cellId: "score.py:cell-1",
    line: 5,
    column: 5,
  });
  expect(hoverAt(step.context, step.position)?.markdown).toContain(
    "`enrich` of the graph `scorer`: `Enrich`",
  );
  const edits = rename(step.context, step.position, "first");
  expect("refused" in edits ? edits.refused : edited(step.file.cells, edits)[0]).toBe(
    YAML.replace("enrich:", "first:").replace("[enrich]", "[first]"),
  );
  const both = rename(handler.context, handler.position, "rate");
  const [file, code] = "refused" in both ? [both.refused] : edited(handler.file.cells, both);
  expect([file, code]).toEqual([
    YAML.replace('"score"', '"rate"'),
    CODE.text.replace("def score", "def rate").trimEnd(),
  ]);
});

/** Where the cursor stands, and the first of what is offered. */
const OFFERS: readonly (readonly [title: string, source: string, first: readonly string[]])[] = [
  ["a new file", "¦", ["kind", "metadata", "spec"]],
  ["the entries of a function", "kind: serving\n¦", ["metadata", "spec"]],
  ["the entries of a spec", "spec:\n  gr¦", ["graph", "parameters"]],
  ["the entries of a flow", "spec:\n  graph:\n    ¦", ["kind", "steps", "engine"]],
  ["the entries of a step", YAML.replace("responder: true", "¦"), ["kind", "comment", "on_error"]],
  ["those that are not there yet", YAML.replace('handler: "score"', "¦"), ["kind", "comment", "on_error"]],
  [
    "of a queue",
    "steps:\n  q:\n    kind: queue\n    ¦",
    ["comment", "after", "on_error", "max_iterations", "cycle_from", "path"],
  ],
  ["a step's name: nothing", "steps:\n  ¦", []],
  ["kinds", "steps:\n  q:\n    kind: ¦", ["flow", "router"]],
  ["engines", "engine: ¦", ["async", "sync"]],
  ["classes", YAML.replace("class_name: Enrich", "class_name: ¦"), ["Enrich", '"*"']],
  ["functions", YAML.replace('"score"', "¦"), ["score"]],
  ["methods", YAML.replace("class_args:", "handler: ¦\n        class_args:"), ["do"]],
  ["steps", YAML.replace("[enrich]", "¦"), ["enrich"]],
  ["steps of a list in a line", YAML.replace("[enrich]", "[e¦"), ["enrich"]],
  ["steps of a list over lines", YAML.replace("after: [enrich]", "after:\n        - ¦"), ["enrich"]],
  [
    "arguments of a class",
    "steps:\n  b:\n    class_name: storey.Batch\n    class_args:\n      ¦",
    ["max_events", "flush_after_seconds"],
  ],
  ["the entries of a step in a line", "steps:\n  a: {class_name: Enrich, ha¦", ["kind", "comment", "after"]],
  ["booleans", "allow_cyclic: ¦", ["true", "false"]],
  ["a comment: nothing", "steps: # ¦", []],
];

test.each(OFFERS)("YAML offers %s", (_, source, first) => {
  const { file: now, position } = at(source);
  const file = now.file ? now : readGraphFile(now.cells[0].source, "graph", CODE, at(YAML).file);
  const found = graphFileCompletionsAt(file, position, "yaml").map((c) => c.insert.replace(/: $/, ""));
  expect(found.slice(0, first.length)).toEqual(first);
  if (first.length === 0) expect(found).toEqual([]);
});

test("JSON offers what its schema can't know", () => {
  const json = '{"steps": {"a": {"class_name": "Enrich"}, "b": {"class_name": "Enrich", "after": ["¦"]}}}';
  const offer = (source: string) => {
    const { file, position } = at(source);
    return graphFileCompletionsAt(file, position, "json").map((c) => c.insert);
  };
  expect(offer(json)).toEqual(["a"]);
  expect(offer(json.replace("¦", "").replace('"Enrich", "after"', '"¦", "after"'))).toEqual(["Enrich"]);
  expect(offer(json.replace("¦", "").replace('"after"', '"¦"'))).toEqual([]);
});

test("the schema has the kinds, their entries and the classes of the engine", () => {
  const schema = graphFileSchema();
  const definitions = schema.definitions as Record<string, { properties: Record<string, unknown> }>;
  expect(Object.keys(definitions)).toEqual(
    expect.arrayContaining(["function", "root", "router", "task", "queue", "step"]),
  );
  expect(definitions.queue.properties).toHaveProperty("shards");
  expect(definitions.task.properties).not.toHaveProperty("shards");
  expect(JSON.stringify(definitions.class_name)).toContain('"storey.Filter"');
});

test("code is looked for in the function, in the file that it names, and beside it", () => {
  const embedded = Buffer.from("x = 'ä'").toString("base64");
  const file = readFunctionText(
    `metadata: {name: scorer}\nspec: {graph: {steps: {}}, build: {functionSourceCode: ${embedded}, source: ./main.py}}`,
  );
  expect(handlerSource(file, "my-fn.graph.yaml")).toEqual({
    embedded: "x = 'ä'",
    files: ["main.py", "my-fn.py", "my_fn.py", "scorer.py"],
  });
  const outside = readFunctionText(
    "metadata: {name: ../other}\nspec: {graph: {steps: {}}, command: ../x.py, build: {source: 'a\\b.py'}}",
  );
  expect(handlerSource(outside, "f.graph.yaml").files).toEqual(["f.py"]);
  expect(handlerSource(null, "function.yaml")).toEqual({ embedded: null, files: ["function.py"] });
});

test("files are known by their names", () => {
  const names = [
    "function.yaml",
    "a.graph.yaml",
    "a.graph.json",
    "my.function.yml",
    "graph.json",
    "a.yaml",
    "graph.yaml",
  ];
  expect(names.filter(isGraphFileName)).toEqual(names.slice(0, 4));
  expect(["a.graph.json", "function.yaml"].map(graphFileStem)).toEqual(["a", "function"]);
});
