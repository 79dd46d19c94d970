import { type MockEvent, type TraceOp, decodeGraph, fromWire, simulate, toWire } from "@graphcell/core";
import { FakeExecutor } from "../../support/fake-executor";

const flow = (steps: Record<string, object>) => decodeGraph(fromWire({ engine: "async", steps })).graph;

const SOURCE = { class_name: "storey.SyncEmitSource" };

const run = (steps: Record<string, object>, events: readonly MockEvent[], executor = new FakeExecutor({})) =>
  simulate(flow(steps), events, { executor, trace: "ops" });

const at = (ops: readonly TraceOp[]) => ops.map((op) => `${op.op} ${op.step}`);

test("a flow that begins with a source completes events", async () => {
  const { events, termination } = await run(
    {
      source: SOURCE,
      rename: { class_name: "storey.Rename", class_args: { mapping: { a: "b" } }, after: ["source"] },
      done: { class_name: "storey.Complete", after: ["rename"] },
    },
    [{ body: fromWire({ a: 1 }) }],
  );
  expect(events.map(({ status, response }) => [status, toWire(response ?? null)])).toEqual([
    ["ok", { b: 1 }],
  ]);
  expect(termination).toEqual({ status: "ok", result: null });
});

test("a flow without Complete just takes events", async () => {
  const { events, ops } = await run(
    { source: SOURCE, flat: { class_name: "storey.Flatten", after: ["source"] } },
    [{ body: fromWire([1, 2]) }],
  );
  expect(events[0].status).toBe("emitted");
  expect(at(ops)).toEqual(["in flat", "out flat", "out flat", "terminate flat"]);
});

test("the first error stops the source: later events and the end raise it too", async () => {
  const { events, termination } = await run(
    {
      source: SOURCE,
      flat: { class_name: "storey.Flatten", after: ["source"] },
      done: { class_name: "storey.Complete", after: ["flat"] },
    },
    [{ body: 1 }, { body: fromWire([1]) }],
  );
  expect(events.map(({ status, error }) => [status, error?.message])).toEqual([
    ["error", "'int' object is not iterable"],
    ["error", "'int' object is not iterable"],
  ]);
  expect(termination?.error?.class).toBe("TypeError");
});

test("the source takes keys from bodies, over those that events have", async () => {
  const { ops } = await run(
    {
      source: { ...SOURCE, class_args: { key_field: "k" } },
      flat: { class_name: "storey.Flatten", after: ["source"] },
    },
    [{ body: fromWire({ k: "own" }), key: "given" }],
  );
  expect(ops[0]).toMatchObject({ op: "in", key: "own" });
});

test("outlets stand in the order that the flow says", async () => {
  const { ops } = await run(
    {
      source: SOURCE,
      r: { class_name: "storey.Flatten", after: ["source"], outlets: ["second", "first"] },
      first: { class_name: "storey.Flatten", after: ["r"] },
      second: { class_name: "storey.Flatten", after: ["r"] },
    },
    [{ body: fromWire([[1]]) }],
  );
  expect(at(ops).slice(0, 4)).toEqual(["in r", "out r", "in second", "out second"]);
});

test("two steps of one name that a step chooses between can't start", async () => {
  const executor = new FakeExecutor({
    classes: { Choose: { select_outlets: () => ["x"] } },
    mro: { Choose: ["__main__.Choose", "storey.flow.Choice", "storey.flow.Flow"] },
  });
  const { initError } = await run(
    {
      source: SOURCE,
      choose: { class_name: "Choose", after: ["source"] },
      x: { class_name: "storey.Flatten", after: ["choose"] },
      "x#2": { name: "x", class_name: "storey.Flatten", after: ["choose"] },
    },
    [{ body: 1 }],
    executor,
  );
  expect(initError?.message).toBe("Ambiguous outlet name 'x' in step 'choose'");
});
