import {
  type Graph,
  type MockEvent,
  type Parity,
  type PyMap,
  type PyValue,
  type RealRun,
  type RunReal,
  type RunResult,
  compareRuns,
  createSession,
  decodeGraph,
  dict,
  differenceSentence,
  fromWire,
  never,
  opaqueSentence,
  paritySentence,
  parseWire,
  simulate,
  verify,
} from "@graphcell/core";
import { FakeExecutor } from "../../support/fake-executor";
import { FakePorts } from "../../support/session-ports";

const GRAPH = decodeGraph(
  fromWire({
    engine: "async",
    steps: {
      rename: { kind: "task", class_name: "storey.Rename", class_args: { mapping: { a: "b" } } },
      last: { kind: "task", handler: "(event)", after: ["rename"], responder: true },
      side: { kind: "task", class_name: "storey.Filter", class_args: { _fn: "(False)" }, after: ["rename"] },
    },
  }),
).graph;

const EVENTS: readonly MockEvent[] = [{ id: "e1", body: dict({ a: 1 }) }];

const ours = (graph: Graph = GRAPH): Promise<RunResult> =>
  simulate(graph, EVENTS, { executor: new FakeExecutor({}), trace: "ops", errorStream: "dummy://" });

/** A real run that did just what the simulation did, but for what a test changes. */
function realOf(run: RunResult, change: (op: PyMap) => void = () => undefined): RealRun {
  const ops = run.ops.map((op) => {
    const made: PyMap = new Map();
    // None of these runs raises: all fields are values.
    for (const [name, value] of Object.entries(op)) made.set(name, value as PyValue);
    change(made);
    return made;
  });
  const { initError, events, termination, streams, errorStream } = run;
  return { mlrun: "1.12.1", initError, events, ops, termination, streams, errorStream, cancelled: false };
}

const compared = async (change?: (op: PyMap) => void): Promise<Parity> => {
  const run = await ours();
  return compareRuns(GRAPH, realOf(run, change), run);
};

test("two runs that did the same agree in all operations", async () => {
  const parity = await compared();
  expect(parity).toMatchObject({ agrees: true, events: [{ id: "e1", agrees: true }], differences: [] });
  expect(parity.agreeing).toBe(parity.operations);
  expect(paritySentence(parity)).toBe(
    `Agrees with MLRun 1.12.1: ${parity.operations} operations of 1 event are the same.`,
  );
});

test.each<[string, PyValue, PyValue, boolean]>([
  ["1 and 1.0", 1, parseWire("1.0"), false],
  ["0.0 and -0.0", parseWire("0.0"), parseWire("-0.0"), false],
  ["nan and nan", NaN, NaN, true],
  ["a list and a tuple", parseWire("[1]"), parseWire('{"$type": "tuple", "items": [1]}'), false],
  ["dicts in another order", parseWire('{"a": 1, "b": 2}'), parseWire('{"b": 2, "a": 1}'), true],
  ["two times of the day", "2024-01-01 10:00:00.123456+00:00", "2025-02-02 11:00:00.1+00:00", true],
  ["two made-up ids", "0".repeat(32), `${"ab".repeat(16)}-0000`, true],
  ["two texts", "a", "b", false],
])("%s", async (_, theirs, own, alike) => {
  const run = await ours();
  const change = (value: PyValue) => ({ ...run, events: [{ ...run.events[0], response: value }] });
  const parity = compareRuns(GRAPH, realOf(change(theirs)), change(own));
  expect(parity.agrees).toBe(alike);
});

test("the first difference is named by event, step and place, with both values", async () => {
  const parity = await compared((op) => {
    if (op.get("step") === "last" && op.get("op") === "out") op.set("body", parseWire('{"b": 2}'));
  });
  expect(parity.differences[0]).toEqual({
    event: "e1",
    step: "last",
    what: "out",
    place: "body/b",
    mlrun: "2",
    graphcell: "1",
  });
  expect(parity.events).toEqual([{ id: "e1", agrees: false }]);
  expect(differenceSentence(parity.differences[0])).toBe("event e1, step last: what it emits (at body/b)");
});

test("work of different steps in another order is no difference: a real server has threads", async () => {
  const run = await ours();
  const real = realOf(run);
  const steps = [...real.ops].sort((a, b) => (String(a.get("step")) < String(b.get("step")) ? -1 : 1));
  expect(compareRuns(GRAPH, { ...real, ops: steps }, run).agrees).toBe(true);
});

test("what only one side did is told with nothing on the other", async () => {
  const run = await ours();
  const real = realOf(run);
  const [first] = compareRuns(GRAPH, { ...real, ops: real.ops.slice(0, -1) }, run).differences;
  expect(first.mlrun).toBe("nothing");
});

test("steps that no event reached, or that run elsewhere, are named as opaque", async () => {
  const { graph } = decodeGraph(
    fromWire({
      engine: "async",
      steps: {
        none: { kind: "task", class_name: "storey.Filter", class_args: { _fn: "(False)" } },
        far: { kind: "task", class_name: "$remote", class_args: { url: "http://x" }, after: ["none"] },
        late: { kind: "task", handler: "(event)", after: ["none"] },
      },
    }),
  );
  const run = await ours(graph);
  const { opaque } = compareRuns(graph, realOf(run), run);
  expect(opaque).toEqual([
    { step: "far", why: "network" },
    { step: "late", why: "not reached" },
  ]);
  expect(opaqueSentence(opaque)).toBe(
    "Not compared in full: far (it calls a service), late (no event came to it).",
  );
});

test("verify gives both engines the same numbered events, and says how far it is", async () => {
  const seen: (readonly MockEvent[])[] = [];
  const steps: string[] = [];
  const runReal: RunReal = async (_graph, events, _cancel, onProgress) => {
    seen.push(events);
    onProgress(1);
    onProgress(2);
    const run = await simulate(GRAPH, events, { trace: "ops", errorStream: "dummy://" });
    return realOf(run);
  };
  const parity = await verify({
    graph: GRAPH,
    spec: dict(),
    variable: "fn",
    name: "f",
    events: [{ body: dict({ a: 1 }), repeat: 2 }],
    executor: new FakeExecutor({}),
    runReal,
    cancel: never,
    onProgress: (done, total) => steps.push(`${done}/${total}`),
  });
  expect(seen[0].map((event) => event.id)).toEqual(["e1", "e2"]);
  expect(parity.differences).toEqual([]);
  expect(steps).toEqual(["1/4", "2/4", "3/4", "4/4"]);
  expect(parity.agrees).toBe(true);
});

describe("a session", () => {
  const CELL =
    'import mlrun\nfn = mlrun.new_function("native", kind="serving")\ngraph = fn.set_topology("flow")\n' +
    'graph.to("storey.Rename", "rename", mapping={"a": "b"}).respond()\n';

  function open(runReal?: RunReal) {
    const ports = new FakePorts([CELL], () => Promise.resolve(new FakeExecutor({})));
    Object.assign(ports.kernel, { status: "idle", ...(runReal ? { runReal } : {}) });
    const session = createSession(ports);
    session.send({ type: "add-event", after: null, event: { bodyText: '{"a": 1}', bodyError: null } });
    return { ports, session };
  }

  test("verifies its saved events and keeps the result until the graph changes", async () => {
    const { ports, session } = open(async (real, events) => {
      const { graph } = decodeGraph(real.graph);
      return realOf(await simulate(graph, events, { trace: "ops", errorStream: "dummy://" }));
    });
    await session.verify();
    expect(session.state.current?.parity).toMatchObject({
      phase: "done",
      parity: { agrees: true },
      outdated: false,
    });
    ports.type([CELL.replace('"rename"', '"renamed"')]);
    expect(session.state.current?.parity).toMatchObject({ outdated: true });
  });

  test("says why it can't verify", async () => {
    const { session } = open(() => Promise.reject(new Error("broken")));
    await session.verify();
    expect(session.state.current?.parity).toMatchObject({
      phase: "failed",
      failure: { message: "The comparison broke: broken" },
    });
  });

  test("ends a comparison that is cancelled", async () => {
    const { session } = open(
      (_graph, _events, cancel) =>
        new Promise((_, reject) => cancel.onCancel(() => reject(new Error("cancelled")))),
    );
    const done = session.verify();
    expect(session.state.current?.parity?.phase).toBe("running");
    session.send({ type: "cancel-verify" });
    await done;
    expect(session.state.current?.parity?.phase).toBe("cancelled");
  });

  test("ends a comparison whose kernel is restarted before it begins", async () => {
    const asked: string[] = [];
    const { ports, session } = open(() => Promise.reject(new Error(`asked ${asked.push("real")}`)));
    const done = session.verify();
    ports.setStatus("restarting");
    ports.setStatus("idle");
    await done;
    expect(session.state.current?.parity?.failure?.message).toBe("The kernel was restarted.");
    expect(asked).toEqual([]);
  });

  test("of a host without a way to MLRun says so", async () => {
    const { session } = open();
    await session.verify();
    expect(session.state.current?.parity?.failure?.message).toMatch(/can't run MLRun's mock server/);
  });
});
