import {
  type PyValue,
  decodeGraph,
  decodeGraphStrict,
  deepCopy,
  dict,
  dumpJson,
  encodeAsMlrun,
  encodeGraph,
  identical,
  parseJson,
  wireText,
} from "@graphcell/core";
import { comparable, goldenCase, goldenCases, mapIn } from "../../support/golden";

const graphs = goldenCases()
  .map((c) => ({ id: c.id, graph: c.data.get("graph") ?? null }))
  .filter((c) => c.graph !== null);

const steps = (json: string): PyValue => parseJson(`{"steps": ${json}}`);

test.each(graphs)("$id: the graph is written back as it was read", ({ graph }) => {
  const before = wireText(graph);
  const { graph: read, problems } = decodeGraph(graph);
  expect(wireText(encodeGraph(read))).toBe(before);
  expect(problems.filter((p) => p.severity === "error")).toEqual([]);
});

test.each(graphs)("$id: a second loading by MLRun changes nothing more", ({ graph }) => {
  const once = encodeAsMlrun(decodeGraph(graph).graph);
  const twice = encodeAsMlrun(decodeGraph(once).graph);
  expect(identical(comparable(twice), comparable(once))).toBe(true);
});

test.each([
  ["unknown fields", '{"x": 1, "steps": {"a": {"zz": [1, 1.0, null], "class_name": "A"}}, "y": {}}'],
  [
    "order of entries",
    '{"engine": "sync", "steps": {"b": {"after": ["a"], "kind": "task"}, "a": {}}, "allow_cyclic": false}',
  ],
  [
    "big ints and floats",
    '{"steps": {"a": {"class_args": {"n": 123456789012345678901234567890, "f": 1.0, "e": 1e+16}}}}',
  ],
  ["null for no steps", '{"steps": null, "engine": "async"}'],
  ["an empty flow", '{"engine": "async", "steps": {}}'],
  ["what stands for a step", '{"steps": {"a": 5, "b": [1], "c": null}}'],
  ["wrong steps", '{"steps": [1, 2]}'],
  [
    "routes and steps",
    '{"kind": "router", "steps": {"x": 1}, "routes": {"m": {"class_name": "M"}}, "name": "r"}',
  ],
  ["a list instead of a graph", "[1, 2]"],
])("%s come back unchanged", (_, text) => {
  expect(dumpJson(encodeGraph(decodeGraph(parseJson(text)).graph))).toBe(text);
});

const loaded: readonly [string, string, string][] = [
  [
    "a task gets its defaults",
    '{"a": {"class_name": "A", "zz": 1}}',
    '{"a": {"kind": "task", "class_name": "A", "model_endpoint_creation_strategy": "skip", "endpoint_type": 1}}',
  ],
  [
    "None stays None",
    '{"a": {"class_name": "A", "endpoint_type": null, "model_endpoint_creation_strategy": null}}',
    '{"a": {"kind": "task", "class_name": "A"}}',
  ],
  [
    "after may be a string",
    '{"a": {"after": "b", "handler": ""}}',
    '{"a": {"kind": "task", "after": ["b"], "handler": "", "model_endpoint_creation_strategy": "skip", "endpoint_type": 1}}',
  ],
  [
    "empty values go, false and 0 stay",
    '{"q": {"kind": "queue", "path": "", "shards": 0, "options": {}, "comment": null}}',
    '{"q": {"kind": "queue", "path": "", "shards": 0}}',
  ],
  [
    "values inside class_args stay",
    '{"a": {"class_args": {"x": null, "y": {}, "z": []}}}',
    '{"a": {"kind": "task", "class_args": {"x": null, "y": {}, "z": []}, "model_endpoint_creation_strategy": "skip", "endpoint_type": 1}}',
  ],
];

test.each(loaded)("as MLRun writes it: %s", (_, given, expected) => {
  const written = encodeAsMlrun(decodeGraph(steps(given)).graph);
  expect(identical(written.get("steps") ?? null, parseJson(expected))).toBe(true);
  expect(written.get("track_models")).toBe(false);
  expect(written.get("allow_cyclic")).toBe(false);
});

test("strip leaves out strategy and endpoint type on all levels", () => {
  const text = dumpJson(
    encodeAsMlrun(decodeGraph(goldenCase("vote-in-flow").data.get("graph") ?? null).graph, { strip: true }),
  );
  expect(text).not.toContain("endpoint_type");
  expect(text).not.toContain("model_endpoint_creation_strategy");
  expect(text).toContain("VotingEnsemble");
});

test.each([
  ['{"kind": "task"}', "GraphError", "illegal root step task"],
  ['{"steps": {"a": {"kind": "wild"}}}', "ValueError", "illegal object kind wild"],
  ['{"steps": {"a": {"kind": null}}}', "ValueError", "illegal object kind None"],
  ['{"steps": {"a": 5}}', "ValueError", "illegal child (should be dict or child kind), 5"],
  ['{"steps": [1]}', "ValueError", "children must be a dict"],
  ['{"kind": "router", "routes": 3}', "ValueError", "children must be a dict"],
  [
    '{"engine": "sync", "allow_cyclic": true}',
    "MLRunInvalidArgumentError",
    "Cyclic graphs are not supported with sync engine, please use async engine",
  ],
  ['{"model_endpoints_names": 3}', "TypeError", "'int' object is not iterable"],
  ['"text"', "MLRunInvalidArgumentError", "graph must be a dict or a valid object"],
  [
    '{"steps": {"a": {"class_args": "x"}}}',
    "GraphcellError",
    'Step "a": class_args is a str, but must be a dictionary.',
  ],
  ["{}", "GraphcellError", "There is no graph: the dictionary is empty."],
])("strictly read, %s is refused", (text, name, message) => {
  const value = parseJson(text);
  expect(() => decodeGraphStrict(value)).toThrow(expect.objectContaining({ name, message }));
  expect(() => decodeGraph(value)).not.toThrow();
  if (text !== "{}") expect(decodeGraph(value).problems.some((p) => p.severity === "error")).toBe(true);
});

test("reading changes nothing in what was read", () => {
  for (const { data } of goldenCases()) {
    const graph = mapIn(data, "graph");
    if (!graph) continue;
    const before = deepCopy(graph);
    encodeAsMlrun(decodeGraph(graph).graph);
    expect(identical(graph, before)).toBe(true);
  }
});

test("None is an empty flow", () => {
  expect(decodeGraph(null)).toMatchObject({ problems: [] });
  expect(encodeAsMlrun(decodeGraph(dict()).graph).size).toBe(0);
});
