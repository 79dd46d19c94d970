import {
  type PyMap,
  PyObject,
  type PyValue,
  decodeGraph,
  deploy,
  encodeGraph,
  identical,
  isMap,
  parseJson,
} from "@graphcell/core";
import { comparable, goldenCases, mapIn } from "../../support/golden";

const planned = goldenCases().filter((c) => c.data.has("plan"));
/** The function that the recorded mock server ran as; it is an argument of the server, not of the function's spec. */
const currentFunction = (data: PyMap): string | undefined =>
  /^MOCK_KW\s*=.*["']?current_function["']?\s*[:=]\s*["']([^"']*)["']/m.exec(String(data.get("source")))?.[1];

const specOf = (data: PyMap): PyMap | undefined => {
  const fn = mapIn(data, "function");
  return fn ? (mapIn(fn, "spec") ?? undefined) : undefined;
};
const deployed = ({ data }: { data: PyMap }) =>
  deploy(decodeGraph(data.get("graph") ?? null).graph, {
    currentFunction: currentFunction(data),
    spec: specOf(data),
  });
const plain = (value: PyValue): unknown =>
  isMap(value) ? Object.fromEntries([...value].map(([k, v]) => [k, plain(v)])) : value;

test.each(planned)("$id: starts, links and responders are MLRun's", (row) => {
  const { graph, startSteps, next, responders, waitForResult } = deployed(row);
  const recorded = plain(row.data.get("plan") ?? null);
  if (graph.topology === "router") {
    expect([...graph.steps.keys()]).toEqual((recorded as { routes: string[] }).routes);
    return;
  }
  expect({
    topology: "flow",
    engine: graph.root.field("engine") ?? null,
    start_steps: startSteps,
    next: Object.fromEntries(next),
    responders,
    wait_for_result: waitForResult,
  }).toEqual(recorded);
});

test.each(planned)("$id: the graph is deployed as MLRun deploys it", (row) => {
  const expected = row.data.get("graph_deployed") ?? row.data.get("graph") ?? null;
  const { graph } = deployed(row);
  const actual = comparable(encodeGraph(graph));
  if (!identical(actual, comparable(expected))) expect(plain(actual)).toEqual(plain(comparable(expected)));
  expect(identical(actual, comparable(expected))).toBe(true);
});

const failing = [
  "err-on-error-unknown",
  "err-step-handler-before-sync",
  "flow-after-unknown-in-dict",
  "flow-duplicate-names",
  "flow-loop-error",
  "flow-self-loop-error",
  "flow-sync-two-starts-error",
  "flow-two-responders",
  "multi-current-unknown",
];

test.each(goldenCases().filter((c) => failing.includes(c.id)))("$id: the start fails as in MLRun", (row) => {
  const error = row.data.get("error");
  if (!(error instanceof PyObject)) throw new Error("the case has no error");
  expect(() => deployed(row)).toThrow(
    expect.objectContaining({ className: error.fields.get("class"), message: error.fields.get("message") }),
  );
});

test.each([
  ['{"steps": {"a": {"class_name": "A", "name": "other"}}}', "KeyError", "'other'"],
  [
    '{"steps": {"r": {"kind": "router"}}}',
    "MLRunRuntimeError",
    "You have to add models to the router step before initializing it",
  ],
  [
    '{"steps": {"f": {"kind": "flow"}}}',
    "AttributeError",
    "'FlowStep' object has no attribute 'async_object'",
  ],
  [
    '{"final_step": "z", "steps": {"a": {}}}',
    "GraphError",
    "final_step (z) specified and not found in graph steps",
  ],
  [
    '{"steps": {"a": {}, "e": {"kind": "error_step", "before": ["z"]}}}',
    "MLRunInvalidArgumentError",
    "cant set before, there is no step named z",
  ],
  ['{"steps": {"a": {"kind": "model_runner", "class_args": {}}}}', "KeyError", "'models'"],
])("%s does not start", (text, className, message) => {
  const { graph } = decodeGraph(parseJson(text));
  expect(() => deploy(graph)).toThrow(expect.objectContaining({ className, message }));
});

test("a long chain and a wide mesh are planned in no time", () => {
  const rows: string[] = [];
  for (let i = 0; i < 40; i++) {
    for (const side of ["a", "b"]) {
      const after = i === 0 ? "[]" : `["a${i - 1}", "b${i - 1}"]`;
      rows.push(`"${side}${i}": {"after": ${after}}`);
    }
  }
  const mesh = decodeGraph(parseJson(`{"steps": {${rows.join(",")}}}`)).graph;
  expect(deploy(mesh).startSteps).toEqual(["a0", "b0"]);
  const chain = Array.from(
    { length: 4500 },
    (_, i) => `"s${i}": {"after": ${i === 0 ? "[]" : `["s${i - 1}"]`}}`,
  );
  const long = decodeGraph(parseJson(`{"steps": {${chain.join(",")}}}`)).graph;
  expect(deploy(long).finalStep).toBe("s4499");
});
