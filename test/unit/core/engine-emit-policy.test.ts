import { decodeGraph, fromWire, simulate } from "@graphcell/core";

const NOON = Date.UTC(2026, 0, 1, 12);
const AGGREGATES = [{ name: "n", column: "v", operations: ["sum"], windows: ["1h"], period: "10m" }];

/** What the step after the aggregation gets, as text, when the first event waits for this long. */
async function emitted(
  policy: Readonly<Record<string, unknown>>,
  waitMs: number,
): Promise<readonly string[]> {
  const args = { aggregates: AGGREGATES, table: "$t", key_field: "k", emit_policy: policy };
  const { graph } = decodeGraph(
    fromWire({
      engine: "async",
      steps: {
        g: { kind: "task", class_name: "storey.AggregateByKey", class_args: args },
        m: {
          kind: "task",
          class_name: "storey.Map",
          class_args: { _fn: "(event)" },
          after: ["g"],
          responder: true,
        },
      },
    }),
  );
  const { records } = await simulate(graph, [{ body: fromWire({ k: "a", v: 2 }) }], {
    now: NOON + 1000,
    waitMs,
  });
  return records.filter((record) => record.step === "m").map((record) => record.in.text);
}

const MINUTE = 60_000;

test.each([
  ["everyEvent", { mode: "everyEvent" }, MINUTE, 1],
  ["maxEvents that are not reached", { mode: "maxEvents", maxEvents: 2 }, MINUTE, 0],
  ["afterPeriod, too early", { mode: "afterPeriod" }, 9 * MINUTE, 0],
  ["afterPeriod, two periods on", { mode: "afterPeriod" }, 21 * MINUTE, 2],
  ["afterPeriod with a delay", { mode: "afterPeriod", delay: 120 }, 21 * MINUTE, 1],
  ["afterWindow", { mode: "afterWindow" }, 61 * MINUTE, 1],
  ["afterDelay, for which Storey never emits", { mode: "afterDelay", delay: 1 }, 61 * MINUTE, 0],
])("%s", async (_title, policy, waitMs, count) => {
  expect(await emitted(policy, waitMs)).toHaveLength(count);
});

test("a period's event carries the features, the key and the clock's mark", async () => {
  expect(await emitted({ mode: "afterPeriod" }, 11 * MINUTE)).toEqual([
    `{'n_sum_1h': 2.0, 'key': 'a', 'time': ${NOON + 10 * MINUTE}.0}`,
  ]);
});
