import type { Graph } from "@graphcell/core";
import { type PyValue, type RunResult, decodeGraph, dict, float, fromWire, simulate } from "@graphcell/core";
import { FakeExecutor, type FakeFunction, Raise } from "../../support/fake-executor";

function graphOf(data: unknown): Graph {
  return decodeGraph(fromWire(data)).graph;
}

function chain(engine: string, n: number, more: Record<string, unknown> = {}): Graph {
  const steps: Record<string, unknown> = {};
  for (let i = 0; i < n; i++) {
    steps[`s${i}`] = { kind: "task", handler: "inc", ...(i > 0 ? { after: [`s${i - 1}`] } : {}), ...more };
  }
  (steps[`s${n - 1}`] as Record<string, unknown>).responder = true;
  return graphOf({ engine, steps });
}

const inc: FakeFunction = (x) => {
  if (x === 7) throw new Raise("ValueError", "seven");
  return typeof x === "number" ? x + 1 : x;
};

async function run(graph: Graph, executor: FakeExecutor, body: PyValue): Promise<RunResult> {
  return simulate(graph, [{ id: "e1", body }], { executor, trace: "records", errorStream: "dummy://" });
}

/** What both ways must agree on: everything but how long it took. */
function shown(result: RunResult): unknown {
  return {
    events: result.events.map(({ ms: _, ...event }) => event),
    records: result.records.map(({ ms: _, ...record }) => record),
    errors: result.errorStream,
    termination: result.termination,
  };
}

describe("segments", () => {
  test.each([
    ["async", 10, 20],
    ["sync", 10, 20],
  ])("ten steps of the %s engine take one round trip", async (engine, body, answer) => {
    const executor = new FakeExecutor({ functions: { inc }, segments: true });
    const result = await run(chain(engine, 10), executor, body);
    expect(result.events[0].response).toBe(answer);
    expect(executor.asked).toEqual({ load: 10, call: 0, run: 1, batch: 0 });
  });

  test.each([
    ["async, all well", "async", 0],
    ["sync, all well", "sync", 0],
    ["async, a step raises", "async", 3],
    ["sync, a step raises", "sync", 3],
  ])("%s: the same records and results as step by step", async (_, engine, body) => {
    const one = await run(chain(engine, 6), new FakeExecutor({ functions: { inc }, segments: true }), body);
    const each = await run(chain(engine, 6), new FakeExecutor({ functions: { inc } }), body);
    expect(shown(one)).toEqual(shown(each));
  });

  test("branches that end in the kernel are asked for at once, in the order in which they run", async () => {
    const steps: Record<string, unknown> = {};
    for (const lane of ["a", "b", "c"]) {
      for (let i = 0; i < 3; i++) {
        steps[`${lane}${i}`] = {
          kind: "task",
          handler: lane,
          ...(i > 0 ? { after: [`${lane}${i - 1}`] } : {}),
        };
      }
    }
    (steps.c2 as Record<string, unknown>).responder = true;
    const graph = graphOf({ engine: "async", steps });
    const heard: string[] = [];
    const note =
      (lane: string): FakeFunction =>
      (x) => {
        heard.push(lane);
        return typeof x === "number" ? x + 1 : x;
      };
    const functions = { a: note("a"), b: note("b"), c: note("c") };
    const open = { now: 0, most: 0 };
    const together = new FakeExecutor({ functions, segments: true, later: true });
    const { run: ask } = together;
    const counted = Object.assign(Object.create(together) as FakeExecutor, {
      run: (...args: Parameters<NonNullable<typeof ask>>) => {
        open.most = Math.max(open.most, ++open.now);
        return Promise.resolve(ask?.(...args) ?? []).finally(() => open.now--);
      },
    });
    const one = await run(graph, counted, 0);
    expect(heard.join("")).toBe("aaabbbccc");
    expect(open.most).toBe(3);
    heard.length = 0;
    const each = await run(graph, new FakeExecutor({ functions, later: true }), 0);
    expect(heard.join("")).toBe("aaabbbccc");
    expect(shown(one)).toEqual(shown(each));
  });

  test("a filter in a chain drops the event", async () => {
    const graph = graphOf({
      engine: "async",
      steps: {
        a: { kind: "task", handler: "inc" },
        f: { kind: "task", class_name: "storey.Filter", class_args: { _fn: "small" }, after: ["a"] },
        b: { kind: "task", handler: "inc", after: ["f"] },
      },
    });
    const functions = { inc, small: (x: PyValue) => typeof x === "number" && x < 5 };
    for (const body of [1, 6]) {
      const one = await run(graph, new FakeExecutor({ functions, segments: true }), body);
      const each = await run(graph, new FakeExecutor({ functions }), body);
      expect(shown(one)).toEqual(shown(each));
    }
  });

  test("result paths hold in a chain as they do in single steps", async () => {
    const graph = chain("async", 3, { result_path: "out" });
    const result = await simulate(graph, [{ body: dict({ a: float(1) }) }], {
      executor: new FakeExecutor({ functions: { inc: () => 5 } }),
    });
    expect(result.events[0].response).toEqual(dict({ a: float(1), out: 5 }));
  });

  test("a step with an error handler is called by itself", async () => {
    const graph = graphOf({
      engine: "async",
      steps: {
        a: { kind: "task", handler: "inc", on_error: "c" },
        b: { kind: "task", handler: "inc", after: ["a"], responder: true },
        c: { kind: "error_step", handler: "caught", base_step: "a" },
      },
    });
    const executor = new FakeExecutor({ functions: { inc, caught: () => "saved" }, segments: true });
    const result = await run(graph, executor, 7);
    expect(result.events[0].response).toBe("saved");
    expect(executor.asked.run).toBe(0);
    expect(result.records.find((record) => record.step === "a")?.handledBy).toBe("c");
  });
});
