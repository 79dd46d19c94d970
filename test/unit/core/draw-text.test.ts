import {
  type PyMap,
  type PyValue,
  decodeGraph,
  dotOf,
  isMap,
  mermaidOf,
  parseJson,
  pictureOf,
  textOf,
} from "@graphcell/core";
import { goldenCase, goldenCases } from "../../support/golden";

const graphOf = (id: string) => decodeGraph(goldenCase(id).data.get("graph") ?? null).graph;
const result = (id: string, name: string): PyValue => {
  const value = goldenCase(id).data.get("result");
  return isMap(value) ? (value.get(name) ?? null) : null;
};
const graph = (text: string) => decodeGraph(parseJson(text)).graph;

test.each(["plot-graph-error-handler", "plot-router-in-flow", "plot-router"])(
  "%s: DOT is that of graph.plot()",
  (id) => {
    expect(dotOf(graphOf(id))).toBe(result(id, "dot"));
  },
);

test("DOT takes a source, targets and attributes", () => {
  const source = { name: "csv", shape: "egg" };
  const targets = [
    { name: "parquet/parquet", shape: "cylinder" },
    { name: "nosql/mytable", shape: "cylinder", after: ["a"] },
  ];
  expect(dotOf(graphOf("plot-source-targets"), { source, targets })).toBe(
    result("plot-source-targets", "dot"),
  );
  expect(dotOf(graphOf("plot-router"), { attributes: { rankdir: "TB" } })).toBe(
    result("plot-router", "fn_dot"),
  );
});

test("every recorded graph can be drawn, and so can broken ones", () => {
  const broken = [
    '{"steps": {"a": {"after": ["z"]}, "b": 5, "c": {"after": ["c"], "on_error": "q"}}}',
    '{"kind": "x"}',
    "[]",
  ];
  const all = [
    ...goldenCases().map(({ data }: { data: PyMap }) => data.get("graph") ?? null),
    ...broken.map((t) => parseJson(t)),
  ];
  for (const value of all) {
    const read = decodeGraph(value).graph;
    const picture = pictureOf(read);
    const ids = new Set([...picture.nodes, ...picture.groups].map((x) => x.id));
    for (const edge of picture.edges) expect([ids.has(edge.from), ids.has(edge.to)]).toEqual([true, true]);
    expect(dotOf(read)).toMatch(/^digraph "mlrun-flow" \{\n/);
    expect(mermaidOf(read)).toMatch(/^flowchart LR\n/);
    expect(textOf(read)).toMatch(/\n$/);
  }
});

const branched = `{"on_error": "all", "steps": {
  "a": {"class_name": "A", "on_error": "oops"},
  "b": {"after": ["a", "d"], "cycle_from": ["d"], "handler": "h"},
  "c": {"after": ["a"], "kind": "queue", "path": "v3io:///x"},
  "d": {"after": ["b", "c"], "function": "f", "responder": true},
  "oops": {"kind": "error_step", "handler": "e", "before": ["d"]},
  "all": {"kind": "error_step", "handler": "e"},
  "lost": {"after": ["lost"]}}}`;

test("text is a tree from the start on", () => {
  expect(textOf(graph(branched))).toBe(
    [
      "start",
      "├─ a  task  A",
      "│  ├─ b  task  h",
      "│  │  └─ d  task  in f  responds",
      "│  │     └─ b (back)",
      "│  ├─ c  queue  v3io:///x",
      "│  │  └─ d ^",
      "│  └─ on error: oops  error_step  e",
      "│     └─ d ^",
      "└─ on error: all  error_step  e",
      "not reached",
      "└─ lost  task",
      "   └─ lost (back)",
      "",
    ].join("\n"),
  );
});

test("a root router's text lists its routes", () => {
  expect(textOf(graphOf("plot-router"))).toBe("router  router\n• m1  task  M\n• m2:v1  task  M\n");
});

test("a picture has edges of all kinds, lanes and marks", () => {
  const picture = pictureOf(graph(branched), {
    truth: new Map([["a", "written"]]),
    unknown: new Map([["b", ["name"]]]),
    problems: new Map([["c", { worst: "error", count: 2 }]]),
  });
  expect(picture.edges.map((e) => `${e.from} ${e.kind} ${e.to} ${e.truth}`)).toEqual([
    ":start flow a written",
    ":start error all agreed",
    "a flow b written",
    "a flow c written",
    "b flow d agreed",
    "c flow d agreed",
    "d back b agreed",
    "oops flow d agreed",
    "lost back lost agreed",
    "a error oops written",
  ]);
  expect(picture.groups).toEqual([{ id: "function:f", kind: "function", label: "f", parent: null }]);
  const node = (id: string) => picture.nodes.find((n) => n.id === id);
  expect(node("d")).toMatchObject({ group: "function:f", responder: true });
  expect(node("b")).toMatchObject({ unknown: ["name"], kind: "task", detail: "h" });
  expect(node("c")).toMatchObject({ kind: "queue", detail: "v3io:///x", problems: { count: 2 } });
});

test("a router with routes is a frame and edges end at it", () => {
  const picture = pictureOf(graphOf("plot-router-in-flow"));
  expect(picture.groups).toMatchObject([{ id: "router", kind: "router", label: "router", parent: null }]);
  expect(picture.nodes.map((n) => `${n.id} ${n.kind} ${n.group ?? "-"}`)).toEqual([
    ":start start -",
    "pre task -",
    "router/m1 model router",
    "router/m2 model router",
    "post task -",
  ]);
  expect(picture.edges.map((e) => `${e.from}>${e.to}`)).toEqual([":start>pre", "pre>router", "router>post"]);
});

test("a root router hangs on the start", () => {
  const picture = pictureOf(graphOf("plot-router"));
  expect(picture.edges).toMatchObject([{ from: ":start", to: "router" }]);
  expect(picture.nodes.map((n) => n.id)).toEqual([":start", "router/m1", "router/m2:v1"]);
});

test("a flow in a flow is a frame with its own links", () => {
  const picture = pictureOf(graphOf("flow-nested-flow"));
  expect(picture.groups).toMatchObject([{ id: "sub", kind: "flow" }]);
  expect(picture.edges.map((e) => `${e.from}>${e.to}`)).toContain("outer>sub");
  expect(picture.nodes.filter((n) => n.group === "sub").length).toBeGreaterThan(0);
});

test("Mermaid text escapes what Mermaid would read", () => {
  const text = mermaidOf(
    graph('{"steps": {"a \\"#1\\"": {"class_name": "A"}, "q": {"kind": "queue", "after": ["a \\"#1\\""]}}}'),
  );
  expect(text).toBe(
    'flowchart LR\n  n0(("start"))\n  n1["a #34;#35;1#34;"]\n  n2(["q"])\n  n0 --> n1\n  n1 --> n2\n',
  );
});
