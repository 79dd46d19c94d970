/** A part of a graph: what lies between two steps, with its links mended and its last step as the one that answers. */
import { type Graph, GraphcellError, partOf, readFunctionText, simulate, startsOf } from "@graphcell/core";

const step = (fn: string, after: readonly string[], more: object = {}) => ({
  kind: "task",
  class_name: "storey.Map",
  class_args: { _fn: fn },
  after,
  ...more,
});

const flow = (steps: object, more: object = {}): Graph =>
  readFunctionText(JSON.stringify({ engine: "async", steps, ...more })).graph;

const diamond = (): Graph =>
  flow({
    add: step("(event + 1)", []),
    left: step("(event * 10)", ["add"], { on_error: "catch" }),
    right: step("(event * 100)", ["add"]),
    join: step("(event - 1)", ["left", "right"], { responder: true }),
    last: step("(event)", ["join"]),
    catch: step("(event)", []),
  });

const answers = async (graph: Graph, body: number): Promise<unknown[]> =>
  (await simulate(graph, [{ body }], {})).events.map(({ response }) => response);

test("events run up to a step, which answers", async () => {
  expect(await answers(partOf(diamond(), { from: null, to: "left" }), 4)).toEqual([50]);
  expect([...partOf(diamond(), { from: null, to: "left" }).steps.keys()]).toEqual(["add", "left", "catch"]);
});

test("events enter at a step with the body that they have", async () => {
  expect(await answers(partOf(diamond(), { from: "right", to: "join" }), 4)).toEqual([399]);
  expect([...partOf(diamond(), { from: "right", to: "join" }).steps.keys()]).toEqual(["right", "join"]);
});

test("one step alone", async () => {
  expect(await answers(partOf(diamond(), { from: "join", to: "join" }), 4)).toEqual([3]);
});

test("the steps at which events may enter to get to another are those before it, and itself", () => {
  expect(startsOf(diamond(), "join")).toEqual(["add", "left", "right", "join"]);
  expect(startsOf(diamond(), "add")).toEqual(["add"]);
  expect(startsOf(diamond(), "nobody")).toEqual([]);
});

test.each([
  ["a step that there is not", diamond, { from: null, to: "nobody" }, /no step "nobody"/],
  ["a way that there is not", diamond, { from: "left", to: "right" }, /No way leads from step "left"/],
  [
    "a router",
    () => readFunctionText('{"kind": "router", "routes": {}}').graph,
    { from: null, to: "m" },
    /router/,
  ],
])("refuses %s with what to do", (_what, graph, part, message) => {
  const refused = () => partOf(graph(), part);
  expect(refused).toThrow(GraphcellError);
  expect(refused).toThrow(message);
});

test("a step that stands in a flow of its own, or is a route, runs with the whole that it belongs to", () => {
  const routes = { m1: { kind: "task", class_name: "M" } };
  const graph = flow({ prep: step("(event)", []), router: { kind: "router", routes, after: ["prep"] } });
  const part = partOf(graph, { from: null, to: "router/m1" });
  expect([...part.steps.keys()]).toEqual(["prep", "router"]);
  expect(part.steps.get("router")?.children.size).toBe(1);
});

test("what closes a cycle is cut with the steps behind it", async () => {
  const graph = flow(
    {
      start: step("(event)", []),
      begin: step("(event + 1)", ["start", "later"], { cycle_from: ["later"] }),
      later: step("(event)", ["begin"]),
    },
    { allow_cyclic: true },
  );
  expect([...partOf(graph, { from: null, to: "begin" }).steps.keys()]).toEqual(["start", "begin", "later"]);
  const open = partOf(graph, { from: "start", to: "start" });
  expect([...open.steps.keys()]).toEqual(["start"]);
  const alone = flow({
    a: step("(event)", []),
    b: step("(event)", ["a"], { before: ["c"] }),
    c: step("(event)", []),
  });
  expect([...partOf(alone, { from: null, to: "b" }).steps.keys()]).toEqual(["a", "b"]);
  expect(await answers(partOf(alone, { from: null, to: "b" }), 7)).toEqual([7]);
});
