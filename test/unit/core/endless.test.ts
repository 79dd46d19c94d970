/** Flows that never come to an end: they are ended, with what they did, and never hold up who waits. */
import { type Graph, type PyValue, CancelSource, readFunctionText, simulate } from "@graphcell/core";

/** Each event comes back twice: Storey's limit of visits counts for each copy alone, so there is no end. */
const FOREVER = `{"engine": "async", "allow_cyclic": true, "steps": {
  "a": {"kind": "task", "class_name": "storey.Map", "class_args": {"_fn": "(event + 1)"}, "after": ["b", "c"]},
  "b": {"kind": "task", "class_name": "storey.Map", "class_args": {"_fn": "(event)"}, "after": ["a"]},
  "c": {"kind": "task", "class_name": "storey.Map", "class_args": {"_fn": "(event)"}, "after": ["a"], "responder": true}}}`;
const START = `{"engine": "async", "allow_cyclic": true, "steps": {
  "first": {"kind": "task", "class_name": "storey.Map", "class_args": {"_fn": "(event)"}},`;

const forever = (): Graph =>
  readFunctionText(FOREVER.replace(/^.*"steps": \{/, START).replace('["b", "c"]', '["first", "b", "c"]'))
    .graph;

test("an event that goes round for ever ends the run; what was done before stays", async () => {
  const result = await simulate(forever(), [{ body: 1 }, { body: 2 }], { mostTurns: 200_000 });
  expect(result.endless).toEqual({ event: 0, step: "a" });
  expect(result.events.map(({ status }) => status)).toEqual(["ok", "cancelled"]);
  expect(result.trace?.digest("first")?.entered).toBe(1);
  expect(result.trace?.digest("a")?.entered).toBeGreaterThan(1000);
  // Only a bounded part of its records is kept.
  expect(result.records.length).toBeLessThanOrEqual(20_000);
});

test("it is cancelled at once, and lets its host work meanwhile", async () => {
  const source = new CancelSource();
  let breaths = 0;
  const result = await simulate(forever(), [{ body: 1 }], {
    cancel: source.token,
    breathe: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      if (++breaths === 3) source.cancel();
    },
  });
  expect(result.cancelled).toBe(true);
  expect(result.endless).toBeNull();
  expect(breaths).toBe(3);
});

test("a long flow that ends is not taken for endless", async () => {
  const text = `{"engine": "async", "steps": {
    "many": {"kind": "task", "class_name": "storey.FlatMap", "class_args": {"_fn": "(event)"}},
    "one": {"kind": "task", "class_name": "storey.Map", "class_args": {"_fn": "(event)"}, "after": ["many"]},
    "other": {"kind": "task", "class_name": "storey.Map", "class_args": {"_fn": "(event)"}, "after": ["many"]}}}`;
  const body = Array.from({ length: 30_000 }, (_, i) => i);
  const result = await simulate(readFunctionText(text).graph, [{ body }], {});
  expect(result.endless).toBeNull();
  expect(result.trace?.digest("other")?.entered).toBe(30_000);
});

test("a body that is nested thousands of times is told as far as that goes", async () => {
  const text = `{"engine": "sync", "steps": {"same": {"kind": "task", "class_name": "storey.Map", "class_args": {"_fn": "(event)"}}}}`;
  let body: PyValue = 1;
  for (let i = 0; i < 20_000; i++) body = [body];
  const result = await simulate(readFunctionText(text.replace("sync", "async")).graph, [{ body }], {});
  expect(result.initError).toBeNull();
  expect(result.events).toHaveLength(1);
  expect(result.records.map(({ step }) => step)).toEqual(["same"]);
});
