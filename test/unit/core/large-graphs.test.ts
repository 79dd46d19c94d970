/** Graphs and events far beyond what people write: read, checked, laid out and run like any other. */
import {
  type Graph,
  type PyValue,
  check,
  compactSize,
  isMap,
  layout,
  pictureOf,
  readFunctionText,
  simulate,
} from "@graphcell/core";

type Steps = Record<string, object>;

const graphOf = (steps: Steps, engine: "async" | "sync" = "async"): Graph =>
  readFunctionText(JSON.stringify({ engine, steps })).graph;
const mapStep = (after: readonly string[], more: object = {}) => ({
  kind: "task",
  class_name: "storey.Map",
  class_args: { _fn: "(event + 1)" },
  after,
  ...more,
});

/** Everything but the run; how many boxes it draws. */
function drawn(graph: Graph): number {
  expect(check(graph).filter(({ severity }) => severity === "error")).toEqual([]);
  const placed = layout(pictureOf(graph), { direction: "TB", sizes: compactSize, collapsed: new Set() });
  return [...placed.nodes.values()].filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)).length;
}

const run = (graph: Graph, body: PyValue) => simulate(graph, [{ body }], {});

describe("a chain of 5,000 steps", () => {
  const names = Array.from({ length: 5000 }, (_, i) => `s${i}`);

  test("of Storey's", async () => {
    const steps: Steps = {};
    names.forEach((name, i) => {
      steps[name] = mapStep(i === 0 ? [] : [names[i - 1]], i === 4999 ? { responder: true } : {});
    });
    const graph = graphOf(steps);
    expect(drawn(graph)).toBe(5001);
    expect((await run(graph, 1)).events).toMatchObject([{ status: "ok", response: 5001 }]);
  });

  test("of a sync flow", async () => {
    const steps: Steps = {};
    names.forEach((name, i) => {
      steps[name] = { kind: "task", handler: "(event + 1)", after: i === 0 ? [] : [names[i - 1]] };
    });
    expect((await run(graphOf(steps, "sync"), 1)).events).toMatchObject([{ status: "ok", response: 5001 }]);
  });
});

test("a fan-out of 5,000", async () => {
  const steps: Steps = { first: mapStep([]) };
  for (let i = 0; i < 5000; i++) steps[`s${i}`] = mapStep(["first"]);
  const graph = graphOf(steps);
  expect(drawn(graph)).toBe(5002);
  const result = await run(graph, 1);
  expect(["s0", "s4999"].map((step) => result.trace?.digest(step)?.entered)).toEqual([1, 1]);
});

test("a tree of 10,000 steps", async () => {
  const steps: Steps = {};
  for (let i = 0; i < 10_000; i++) steps[`s${i}`] = mapStep(i === 0 ? [] : [`s${Math.floor(i / 2)}`]);
  const graph = graphOf(steps);
  expect(drawn(graph)).toBe(10_001);
  const result = await run(graph, 1);
  expect(result.trace?.digest("s9999")?.entered).toBe(1);
});

test.each<[string, PyValue]>([
  ["text", "x".repeat(50_000_000)],
  ["numbers", Array.from({ length: 5_000_000 }, (_, i) => i)],
])("an event of 50 MB of %s", async (_, body) => {
  const steps = {
    a: mapStep([], { class_args: { _fn: "(event)" } }),
    b: mapStep(["a"], { class_args: { _fn: "({'x': event})" }, responder: true }),
  };
  const result = await run(graphOf(steps), body);
  const [{ response }] = result.events;
  const inner = isMap(response) ? response.get("x") : undefined;
  expect(Array.isArray(inner) || typeof inner === "string" ? inner.length : 0).toBe((body as string).length);
  // What is shown of it is small.
  expect(result.records.every((record) => record.in.text.length < 20_000)).toBe(true);
});
