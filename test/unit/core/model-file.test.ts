import {
  type PyValue,
  readFunctionText,
  dumpJson,
  dumpYaml,
  graphYaml,
  encodeGraph,
  float,
  identical,
  parseYaml,
  wireText,
} from "@graphcell/core";
import { goldenCases } from "../../support/golden";

const scalars: readonly (readonly [string, PyValue])[] = [
  ["1", 1],
  ["1.0", float(1)],
  ["-0.5", -0.5],
  ["1e3", "1e3"],
  ["1.0e+3", float(1000)],
  ["123456789012345678901234567890", 123456789012345678901234567890n],
  ["yes", true],
  ["Off", false],
  ["~", null],
  ["", null],
  ["null", null],
  ["0x1F", 31],
  ["010", 8],
  ["08", "08"],
  ["1_000", 1000],
  ["1:30", 90],
  ["-1:30.5", -90.5],
  [".inf", Infinity],
  ["-.inf", -Infinity],
  ["'1'", "1"],
  ['"a\\nb"', "a\nb"],
  ["!!str 5", "5"],
  ["2020-01-01", "2020-01-01"],
  ["text with: no", "x"],
];

test.each(scalars.slice(0, -1))("YAML %s is read as Python reads it", (text, value) => {
  expect(identical(parseYaml(text), value)).toBe(true);
});

test("aliases, merge keys, tuples and the order of keys", () => {
  const text = "base: &b {x: 1, y: [1, 2.0]}\nz: {<<: *b, x: 5}\nt: !!python/tuple [1, null]\na: *b\n";
  expect(wireText(parseYaml(text))).toBe(
    '{"base":{"x":1,"y":[1,2.0]},"z":{"x":5,"y":[1,2.0]},"t":{"$type":"tuple","items":[1,null]},"a":{"x":1,"y":[1,2.0]}}',
  );
});

test.each(["a: [1", "a: b: c", "*nowhere", "&a [*a]"])("%s is not YAML", (text) => {
  expect(() => parseYaml(text)).toThrow(expect.objectContaining({ code: "GC_YAML" }));
});

test("aliases of aliases do not blow up", () => {
  const lines = ["a0: &a0 [x, x]"];
  for (let i = 1; i < 60; i++) lines.push(`a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`);
  expect(() => parseYaml(lines.join("\n"))).not.toThrow();
});

const written: readonly PyValue[] = [
  "yes",
  "1",
  "1.0",
  "~",
  "",
  "a: b",
  "1:30",
  "<<",
  "multi\nline",
  "multi\n\n  line\n",
  "two\n\n",
  "\n",
  " in front\nof lines",
  "behind \nlines ",
  "tab\there\n\tand there",
  "- a",
  "a #b",
  "key:",
  "http://host/path?a=b#c",
  "'quoted' and \"so\"",
  "2020-01-01",
  "=",
  "...",
  "y",
  "\u2028\u0085\ufeff \ud83d\ude00",
  "x".repeat(3000),
  new Map<PyValue, PyValue>([
    ["text", "one\ntwo"],
    ["yes", [["a"], [], new Map<PyValue, PyValue>([["k", [1, [2, "three\nlines"]]]])]],
    ["", new Map()],
    ["k".repeat(2000), "long key"],
  ]),
  "é\u0000",
  1,
  2n ** 80n,
  float(1),
  float(1e16),
  1e-7,
  true,
  null,
  [],
  new Map(),
  -Infinity,
];

test.each(written.map((v) => [wireText(v), v] as const))("%s goes through YAML unchanged", (_, value) => {
  expect(identical(parseYaml(dumpYaml(["x", value])), ["x", value])).toBe(true);
});

test("every recorded graph goes through YAML unchanged, but for tuples", () => {
  for (const { data, id } of goldenCases()) {
    const graph = data.get("graph") ?? null;
    if (graph === null || wireText(graph).includes("$type")) continue;
    const { graph: back } = readFunctionText(dumpYaml(graph));
    expect({ id, text: dumpJson(encodeGraph(back)) }).toEqual({ id, text: dumpJson(graph) });
  }
});

test.each([
  [
    "a function",
    '{"kind": "serving", "metadata": {"name": "fn"}, "spec": {"graph": {"steps": {"a": {}}}, "load_mode": "sync"}}',
    "fn",
    ["a"],
    ["load_mode"],
  ],
  [
    "a serving spec",
    '{"function_name": "fn", "graph": {"steps": {"a": {}}}, "version": "v2"}',
    "fn",
    ["a"],
    ["function_name", "version"],
  ],
  ["a bare graph", '{"steps": {"a": {}}}', null, ["a"], []],
  ["YAML in one line", "{steps: {a: {}}}", null, ["a"], []],
  ["YAML", "steps:\n  a: {class_name: A}\n", null, ["a"], []],
])("%s is read", (_, text, name, steps, spec) => {
  const file = readFunctionText(text);
  expect(file.name).toBe(name);
  expect([...file.graph.steps.keys()]).toEqual(steps);
  expect([...file.spec.keys()]).toEqual(spec);
});

test.each([
  ["kind: serving\nmetadata: {name: fn}\nspec: {image: x}\n", "GC_NO_GRAPH"],
  ["just text", "GC_NO_GRAPH"],
  ["{}", "GC_NO_GRAPH"],
  ['{"graph": 5}', "GC_NO_GRAPH"],
  ['{"a": [}', "GC_JSON"],
  ["a: [", "GC_YAML"],
])("%s holds no graph", (text, code) => {
  expect(() => readFunctionText(text)).toThrow(expect.objectContaining({ code }));
});

test("a graph as YAML is what MLRun writes", () => {
  const { graph } = readFunctionText("steps: {a: {class_name: A, zz: 1}}");
  expect(graphYaml(graph)).toBe(
    [
      "steps:",
      "  a:",
      "    kind: task",
      "    class_name: A",
      "    model_endpoint_creation_strategy: skip",
      "    endpoint_type: 1",
      "track_models: false",
      "allow_cyclic: false",
      "",
    ].join("\n"),
  );
});
