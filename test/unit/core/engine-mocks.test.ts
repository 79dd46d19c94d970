import {
  decodeGraph,
  decodeMetadata,
  encodeMetadata,
  fromWire,
  mockedResults,
  simulate,
  toWire,
} from "@graphcell/core";

const graph = (engine: string, steps: Record<string, object>) =>
  decodeGraph(fromWire({ engine, steps })).graph;

const KAFKA = { kind: "task", class_name: "storey.KafkaTarget", responder: true };

const mocks = new Map([["k", fromWire({ sent: true })]]);

test.each(["async", "sync"])(
  "a step that needs a service gives the result that was written down, %s",
  async (engine) => {
    const { events, initError } = await simulate(graph(engine, { k: KAFKA }), [{ body: 1 }], { mocks });
    expect(initError).toBeNull();
    expect(toWire(events[0].response ?? null)).toEqual({ sent: true });
  },
);

test("each event gets a result of its own", async () => {
  const steps = {
    k: { ...KAFKA, responder: false },
    r: {
      class_name: "storey.Rename",
      class_args: { mapping: { sent: "was" } },
      after: ["k"],
      responder: true,
    },
  };
  const { events } = await simulate(graph("async", steps), [{ body: 1 }, { body: 2 }], { mocks });
  expect(events.map(({ response }) => toWire(response ?? null))).toEqual([{ was: true }, { was: true }]);
});

test("a mocked step of the user's needs no kernel", async () => {
  const steps = { k: { kind: "task", handler: "score", responder: true } };
  const { events } = await simulate(graph("async", steps), [{ body: 1 }], { mocks });
  expect(toWire(events[0].response ?? null)).toEqual({ sent: true });
});

test("mocked results are kept with a notebook's events", () => {
  const data = { version: 1, graphs: { d: { mocks: { k: '{"x": 1.0}' } } } };
  const metadata = decodeMetadata(data);
  expect(encodeMetadata(metadata)).toEqual(data);
  const kept = metadata.graphs.get("d");
  expect(kept && [...mockedResults(kept)].map(([step, value]) => [step, toWire(value)])).toEqual([
    ["k", { x: { $type: "float", value: "1.0" } }],
  ]);
});

test("a mocked result that is not JSON is named", () => {
  const kept = decodeMetadata({ graphs: { d: { mocks: { k: "{x" } } } }).graphs.get("d");
  expect(() => kept && mockedResults(kept)).toThrow(/mocked result of step "k" is not JSON/);
});

test("tables that a run wrote, and rows for files, can be looked at", async () => {
  const steps = {
    t: { class_name: "storey.NoSqlTarget", class_args: { table: "people", columns: ["a"] } },
    f: { class_name: "storey.CSVTarget", class_args: { path: "out.csv" }, after: ["t"], responder: true },
  };
  const event = { body: fromWire({ a: 1, b: 2 }), key: "k1" };
  const { tables, files } = await simulate(graph("async", steps), [event], {});
  expect(toWire(new Map([...(tables.get("people") ?? [])]))).toEqual({ k1: { a: 1 } });
  expect(files.get("out.csv")?.map(toWire)).toEqual([{ a: 1, b: 2 }]);
});
