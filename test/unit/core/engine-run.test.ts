import type { Graph } from "@graphcell/core";
import {
  CancelSource,
  type PyValue,
  STEP_CLASSES,
  decodeGraph,
  dict,
  expressionOf,
  fromWire,
  simulate,
} from "@graphcell/core";
import { FakeExecutor } from "../../support/fake-executor";

function graphOf(data: unknown): Graph {
  return decodeGraph(fromWire(data)).graph;
}

const MAP = { kind: "task", class_name: "storey.Map" };

describe("a run", () => {
  test("needs no executor where every step is native", async () => {
    const graph = graphOf({
      engine: "async",
      steps: {
        a: { ...MAP, class_args: { _fn: "(event['x'] + 1)" } },
        b: { ...MAP, class_args: { _fn: "({'y': event * 2})" }, after: ["a"], responder: true },
      },
    });
    const { events, records, termination } = await simulate(graph, [{ body: dict({ x: 4 }) }], {});
    expect(events).toMatchObject([{ id: "e1", status: "ok", response: dict({ y: 10 }) }]);
    expect(
      records.filter((r) => r.step !== "Complete").map((r) => [r.step, r.in.text, r.out[0].text]),
    ).toEqual([
      ["a", "{'x': 4}", "5"],
      ["b", "5", "{'y': 10}"],
    ]);
    expect(termination).toEqual({ status: "ok", result: null });
  });

  test("says which step needs Python when no kernel is there", async () => {
    const graph = graphOf({ engine: "async", steps: { a: { kind: "task", handler: "f" } } });
    const { initError } = await simulate(graph, [{ body: 1 }], {});
    expect(initError?.message).toMatch(/step a runs Python code, and no kernel is attached/);
  });

  test("an event that is dropped before the responder times out, whatever the clock would have to do", async () => {
    const graph = graphOf({
      engine: "async",
      steps: {
        b: {
          kind: "task",
          class_name: "storey.Batch",
          class_args: { max_events: 3, flush_after_seconds: 5 },
          full_event: false,
          responder: true,
        },
      },
    });
    const { events, termination } = await simulate(graph, [{ body: 1 }, { body: 2 }], { waitMs: 2000 });
    expect(events.map((event) => event.status)).toEqual(["timeout", "timeout"]);
    expect(termination?.status).toBe("ok");
  });

  test.each([
    ["a chain of 5000 steps", 5000, 1],
    ["a fan-out of 5000", 2, 5000],
  ])("%s ends well", async (_, depth, width) => {
    const steps: Record<string, unknown> = { s0: { ...MAP, class_args: { _fn: "(event)" } } };
    for (let i = 1; i < depth; i++) {
      for (let j = 0; j < width; j++) {
        steps[width === 1 ? `s${i}` : `s${i}x${j}`] = {
          ...MAP,
          class_args: { _fn: "(event)" },
          after: [`s${i - 1}`],
        };
      }
    }
    const { records, events } = await simulate(graphOf({ engine: "async", steps }), [{ body: 1 }], {});
    expect(records.length).toBe(Object.keys(steps).length);
    expect(events[0].status).toBe("ok");
  });

  test("can be cancelled while a call is out", async () => {
    const graph = graphOf({ engine: "async", steps: { a: { kind: "task", handler: "f", responder: true } } });
    const cancel = new CancelSource();
    const executor = new FakeExecutor({ functions: { f: () => new Promise<PyValue>(() => undefined) } });
    const running = simulate(graph, [{ body: 1 }, { body: 2 }], { executor, cancel });
    await Promise.resolve();
    cancel.cancel();
    const { events, cancelled } = await running;
    expect(cancelled).toBe(true);
    expect(events.map((event) => event.status)).toEqual(["cancelled", "cancelled"]);
  });

  test("can be cancelled in a long native run, because it lets the host breathe", async () => {
    const graph = graphOf({
      engine: "async",
      steps: {
        a: { ...MAP, class_args: { _fn: "(event)" } },
        b: { ...MAP, class_args: { _fn: "(event)" }, after: ["a"] },
      },
    });
    const cancel = new CancelSource();
    const breathe = (): Promise<void> => {
      cancel.cancel();
      return Promise.resolve();
    };
    const { cancelled } = await simulate(graph, [{ body: 1, repeat: 200_000 }], {
      cancel,
      breathe,
      trace: "none",
    });
    expect(cancelled).toBe(true);
  });

  test("repeats an event and gives each time an id", async () => {
    const graph = graphOf({ engine: "sync", steps: { a: { kind: "task", handler: "(event)" } } });
    const { events } = await simulate(graph, [{ id: "x", body: 1, repeat: 3 }], {});
    expect(events.map((event) => event.id)).toEqual(["x-1", "x-2", "x-3"]);
  });
});

describe("a small expression", () => {
  test.each<[string, unknown, unknown]>([
    ["(event + 1)", 1, 2],
    ["(event['x'] > 5)", { x: 6 }, true],
    ["(1 < event <= 3)", 3, true],
    ["(event.get('k', 'none'))", {}, "none"],
    ["('a' in event and not event['a'])", { a: 0 }, true],
    ["(event / 2)", 4, { $type: "float", value: "2.0" }],
    ["(-event // 2)", 3, -2],
    ["(event % 3)", -4, 2],
    ["(2 ** 10)", null, 1024],
    ["([event, (event, 1)])", 5, [5, { $type: "tuple", items: [5, 1] }]],
    ["({'v': event} if event else None)", 0, null],
    ["(event is not None)", 0, true],
    ["(len(event))", "äb😀", 3],
    ["(event[-1])", [1, 2], 2],
  ])("%s of %j is %j", (text, event, value) => {
    expect(expressionOf(text)?.(fromWire(event))).toEqual(fromWire(value));
  });

  test.each([
    "(event.x)(1)",
    "([x for x in event])",
    "(f'{event}')",
    "(lambda x: x)",
    "(open('f'))",
    "(event @ 2)",
    "(a)",
  ])("%s is left to Python", (text) => expect(expressionOf(text)).toBeNull());

  test("a missing key raises as Python does", () => {
    expect(() => expressionOf("(event['x'])")?.(dict())).toThrow(
      expect.objectContaining({ className: "KeyError", message: "'x'" }),
    );
  });
});

describe("the registry", () => {
  test("names every class once, and says what it does", () => {
    const names = STEP_CLASSES.flatMap((row) => row.names);
    expect(new Set(names).size).toBe(names.length);
    for (const row of STEP_CLASSES) {
      expect(row.meaning).toMatch(/^[A-Z].*\.$/);
      expect(row.make !== undefined || row.reason !== undefined).toBe(true);
      for (const arg of row.args) expect(arg.meaning).toMatch(/^\S.*\.$/);
    }
  });
});
