import { CancelSource, type Graph, type RunResult, decodeGraph, fromWire, simulate } from "@graphcell/core";
import { FakeExecutor, type FakeFunction, type FakeOptions, Raise } from "../../support/fake-executor";

const calls: string[] = [];

const functions: Record<string, FakeFunction> = {
  inc(x) {
    calls.push(`inc ${String(x)}`);
    if (x === 7) throw new Raise("ValueError", "seven");
    return typeof x === "number" ? x + 1 : x;
  },
  even: (x) => typeof x === "number" && x % 2 === 0,
  twice(x) {
    calls.push(`twice ${String(x)}`);
    return typeof x === "number" ? x * 2 : x;
  },
};

function graphOf(engine: string, filters: boolean, responder: boolean): Graph {
  const steps: Record<string, unknown> = {
    a: { kind: "task", handler: "inc" },
    b: filters
      ? { kind: "task", class_name: "storey.Filter", class_args: { _fn: "even" }, after: ["a"] }
      : { kind: "task", handler: "inc", after: ["a"] },
    c: { kind: "task", handler: "twice", after: ["b"], ...(responder ? { responder: true } : {}) },
  };
  return decodeGraph(fromWire({ engine, steps })).graph;
}

function run(
  graph: Graph,
  options: Partial<FakeOptions>,
  count: number,
  keepRecords = 6,
): Promise<RunResult> {
  calls.length = 0;
  const executor = new FakeExecutor({ functions, segments: true, ...options });
  const events = Array.from({ length: count }, (_, i) => (i === 5 ? { body: '"text"' } : { body: i }));
  return simulate(graph, events, { executor, trace: "records", errorStream: "dummy://", keepRecords });
}

function told(result: RunResult): unknown {
  return {
    events: result.events.map(({ ms: _, ...event }) => event),
    errors: result.errorStream,
    termination: result.termination,
    sums: result.trace?.steps.map(({ name, entered, emitted, failed }) => [name, entered, emitted, failed]),
    ways: ways(result),
  };
}

function ways({ trace }: RunResult): unknown {
  return [...(trace?.paths.ways() ?? [])].map((way) => JSON.stringify(way)).sort();
}

describe("events in batches", () => {
  test.each([
    ["async", false, true],
    ["async", true, true],
    ["async", true, false],
    ["sync", false, false],
  ])(
    "give what they give one by one: %s engine, filter %s, responder %s",
    async (engine, filters, responder) => {
      const graph = graphOf(engine, filters, responder);
      const each = await run(graph, {}, 60);
      const order = [...calls];
      const batched = await run(graph, { batches: 16 }, 60);
      expect(told(batched)).toEqual(told(each));
      expect(calls).toEqual(order);
      const all = await run(graph, { batches: 16 }, 60, 1000);
      const shown = (result: RunResult) => result.records.map(({ ms: _, ...record }) => record);
      expect(shown(all)).toEqual(shown(await run(graph, {}, 60, 1000)));
    },
  );

  test("take far fewer requests than events", async () => {
    const executor = new FakeExecutor({ functions, segments: true, batches: 1000 });
    await simulate(graphOf("async", false, true), [{ body: 20, repeat: 5000 }], { executor, trace: "none" });
    expect(executor.asked.run).toBe(0);
    expect(executor.asked.batch).toBeLessThan(30);
  });

  test("a body that has to go alone ends them, and nothing is done twice", async () => {
    const result = await run(graphOf("async", false, true), { batches: 0 }, 8);
    expect(result.events.map((event) => event.response)).toHaveLength(8);
    expect(calls.filter((call) => call === "inc 3")).toHaveLength(2);
  });

  test("who cancels keeps what was done", async () => {
    const cancel = new CancelSource();
    const executor = new FakeExecutor({ functions, segments: true, batches: 1000 });
    const result = await simulate(graphOf("async", false, true), [{ body: 20, repeat: 50_000 }], {
      executor,
      cancel: cancel.token,
      onProgress: (done) => {
        if (done > 100) cancel.cancel();
      },
    });
    expect(result.cancelled).toBe(true);
    expect(result.results.status(50)).toBe("ok");
    expect(result.results.status(49_999)).toBe("cancelled");
    expect(result.results.length).toBe(50_000);
  });
});
