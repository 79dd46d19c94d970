import { GraphcellError, type Intent, createSession, decodeMetadata, encodeMetadata } from "@graphcell/core";
import { FakeExecutor } from "../../support/fake-executor";
import { FakePorts, heldBy } from "../../support/session-ports";

const STEPS = "class Add:\n    def do(self, x):\n        return x + 1\n";
const graphCell = (chain: string) =>
  `import mlrun\nfn = mlrun.new_function("adder", kind="serving")\ngraph = fn.set_topology("flow")\ngraph${chain}\n`;
const TWO = [STEPS, graphCell('.to("Add", "one").to("Add", "two").respond()')];
const THREE = [STEPS, graphCell('.to("Add", "one").to("Add", "two").to("Add", "three").respond()')];
/** Needs no kernel: all steps are built in. */
const NATIVE = [
  'import mlrun\nfn = mlrun.new_function("native", kind="serving")\ngraph = fn.set_topology("flow")\n' +
    'graph.to("storey.Rename", "rename", mapping={"a": "b"}).respond()\n',
];

function open(sources: readonly string[], metadata?: unknown) {
  const ports = new FakePorts(sources);
  ports.metadata = metadata;
  const session = createSession(ports);
  const truth = () =>
    Object.fromEntries(
      (session.state.current?.picture.nodes ?? [])
        .filter((n) => n.kind !== "start")
        .map((n) => [n.id, n.truth]),
    );
  return { ports, session, truth };
}

const settled = () => new Promise((done) => setTimeout(done, 0));

describe("what is drawn", () => {
  test("the text's graph, agreed while there is no kernel to contradict it", () => {
    const { session, truth } = open(TWO);
    expect(session.state.current?.name).toBe("adder");
    expect(truth()).toEqual({ one: "agreed", two: "agreed" });
  });

  test("a step that was typed but not run is written, the others agree", () => {
    const { ports, truth } = open(TWO);
    ports.run(heldBy(TWO));
    ports.type(THREE);
    expect(truth()).toEqual({ one: "agreed", two: "edited", three: "written" });
  });

  test("nothing is agreed when the kernel holds no graph yet", () => {
    const { ports, truth } = open(TWO);
    ports.run([]);
    expect(truth()).toEqual({ one: "written", two: "written" });
  });

  test("a step whose code was deleted stays as a ghost of the kernel", () => {
    const { ports, truth } = open(THREE);
    ports.run(heldBy(THREE));
    ports.type(TWO);
    expect(truth()).toMatchObject({ one: "agreed", three: "kernel-only" });
  });

  test("a graph whose variable was renamed is known by its name, as MLRun writes it", () => {
    const named = (sources: readonly string[]) => sources.map((s) => s.replace('"adder"', '"My_Adder"'));
    const { ports, session } = open(named(TWO));
    const [held] = heldBy(named(TWO));
    ports.run([{ ...held, name: "my-adder" }]);
    ports.type(named(TWO).map((s) => s.replaceAll("fn", "adder")));
    expect(session.state.graphs.map(({ name, where }) => [name, where])).toEqual([["My_Adder", "both"]]);
  });

  test("a class that was changed after it ran marks its steps", () => {
    const { ports, truth } = open(TWO);
    ports.run(heldBy(TWO));
    ports.type([STEPS.replace("+ 1", "+ 2"), TWO[1]]);
    expect(truth()).toEqual({ one: "edited", two: "edited" });
  });

  test("typing a comment elsewhere changes neither picture nor its revision", () => {
    const { ports, session } = open(TWO);
    const before = session.state.current?.pictureRevision;
    ports.type([...TWO, "# a note"]);
    expect(session.state.current?.pictureRevision).toBe(before);
  });

  test("the graph follows the cursor between cells that build different graphs", () => {
    const other = graphCell('.to("Add", "only").respond()')
      .replaceAll("adder", "other")
      .replaceAll("fn", "fn2")
      .replaceAll("graph", "graph2");
    const { ports, session } = open([...TWO, other]);
    expect(session.state.graphs.map((g) => g.id)).toEqual(["adder", "other"]);
    ports.moveCursor(2);
    expect(session.state.current?.id).toBe("other");
    ports.moveCursor(1);
    expect(session.state.current?.id).toBe("adder");
  });
});

describe("events", () => {
  test("are kept in the notebook's metadata as typed", () => {
    const { ports, session } = open(TWO);
    session.send({
      type: "add-event",
      after: null,
      name: "first",
      event: { bodyText: "1.0", bodyError: null },
    });
    session.send({ type: "add-event", after: null });
    expect(ports.metadata).toEqual({
      version: 1,
      graphs: {
        adder: {
          events: [
            { id: "event-1", name: "first", bodyText: "1.0" },
            { id: "event-2", name: "event 2", bodyText: "{}" },
          ],
        },
      },
    });
  });

  test("can be duplicated, moved, edited and deleted", () => {
    const { session } = open(TWO);
    const names = () => session.state.current?.events.map((e) => e.name);
    const intents: Intent[] = [
      { type: "add-event", after: null, name: "a" },
      { type: "add-event", after: null, name: "b" },
      { type: "duplicate-event", event: "event-1" },
      { type: "move-event", event: "event-2", to: 0 },
      { type: "edit-event", event: "event-1", name: "A", to: { bodyText: "{bad", bodyError: null } },
    ];
    for (const intent of intents) session.send(intent);
    expect(names()).toEqual(["b", "A", "a copy"]);
    expect(session.state.current?.events[1].event.bodyError?.message).toContain("Expecting property name");
    session.send({ type: "delete-event", event: "event-2" });
    expect(names()).toEqual(["A", "a copy"]);
  });

  test("that somebody else changed are read again", () => {
    const { ports, session } = open(TWO);
    ports.changeMetadata({ version: 1, graphs: { adder: { events: [5, { body: { x: 1 } }] } } });
    expect(session.state.current?.events.map((e) => e.event.bodyText)).toEqual(["5", '{"x": 1}']);
  });

  test("metadata that is not understood is written back as it was", () => {
    const data = {
      version: 1,
      other: { keep: true },
      graphs: { g: { note: 1, events: [{ id: "e", name: "n", bodyText: "1", expected: { a: 1 } }] } },
    };
    expect(encodeMetadata(decodeMetadata(data))).toEqual(data);
  });

  const ODD: readonly (readonly [unknown, unknown])[] = [
    ["text", { unread: "text" }],
    [
      { graphs: [5], more: 1 },
      { unread: { graphs: [5] }, more: 1 },
    ],
    [
      { version: 9, graphs: { g: 7 } },
      { unread: { version: 9 }, graphs: { g: { unread: 7 } } },
    ],
    [
      { graphs: { g: { events: "none", direction: 3, unread: { collapsed: 4 } } } },
      { graphs: { g: { unread: { collapsed: 4, events: "none", direction: 3 } } } },
    ],
    [
      { graphs: { g: { events: [{ id: "a", name: null, bodyText: "1", path: 1, repeat: "x" }] } } },
      {
        graphs: {
          g: {
            events: [
              { id: "a", name: "event 1", bodyText: "1", unread: { name: null, path: 1, repeat: "x" } },
            ],
          },
        },
      },
    ],
  ];
  test.each(ODD)("odd metadata %j stays in the notebook when events are added", (data, kept) => {
    const { ports, session } = open(TWO, data);
    expect(ports.metadata).toEqual(data);
    for (const name of ["a", "b"]) session.send({ type: "add-event", after: null, name });
    const { graphs, ...rest } = ports.metadata as { graphs: Record<string, unknown> };
    const { adder, ...others } = graphs;
    expect(adder).toMatchObject({ events: [{ name: "a" }, { name: "b" }] });
    const left = Object.keys(others).length > 0 ? { graphs: others } : {};
    expect({ ...rest, ...left }).toEqual({ version: 1, ...(kept as object) });
  });

  test.each([undefined, null, 5, "x", [], { graphs: [] }, { graphs: { a: 1, b: { events: 3 } } }])(
    "metadata %j does not break the notebook",
    (data) => {
      expect(() => decodeMetadata(data)).not.toThrow();
    },
  );
});

describe("a run", () => {
  test("of built-in steps needs no kernel and shows on the steps", async () => {
    const { session } = open(NATIVE);
    session.send({ type: "add-event", after: null, event: { bodyText: '{"a": 1}', bodyError: null } });
    const card = await session.simulate();
    expect(card.failure).toBeNull();
    expect(card.events).toMatchObject([{ run: { status: "ok", code: 200, response: { text: "{'b': 1}" } } }]);
    expect(session.state.current?.overlay?.steps.get("rename")).toMatchObject({ state: "ok", in: 1, out: 1 });
    expect(session.state.current?.events[0].result?.status).toBe("ok");
    session.send({ type: "select-step", step: "rename" });
    expect(session.state.current?.selection.records).toMatchObject([
      { in: { text: "{'a': 1}" }, out: [{ text: "{'b': 1}" }] },
    ]);
  });

  test("stays with a step that is renamed, and not with one that gets the old name", async () => {
    const executor = new FakeExecutor({ classes: { Add: { do: (x) => (x as number) + 1 } } });
    const { ports, session } = open(TWO);
    ports.kernel.status = "idle";
    ports.kernel.executor = () => Promise.resolve(executor);
    ports.run(heldBy(TWO));
    session.send({ type: "add-event", after: null, event: { bodyText: "1", bodyError: null } });
    await session.simulate();
    const ran = () => [...(session.state.current?.overlay?.steps.keys() ?? [])].sort();
    const renamed = (chain: string) => [STEPS, graphCell(chain)];
    expect(ran()).toEqual(["one", "two"]);
    // The kernel has it under its old name until the cell runs.
    ports.type(renamed('.to("Add", "un").to("Add", "two").respond()'));
    expect(ran()).toEqual(["one", "two"]);
    ports.type(renamed('.to("Add", "uno").to("Add", "two").respond()'));
    ports.run(heldBy(renamed('.to("Add", "uno").to("Add", "two").respond()')));
    expect(ran()).toEqual(["two", "uno"]);
    session.send({ type: "select-step", step: "uno" });
    expect(session.state.current?.selection.records).toMatchObject([{ out: [{ text: "2" }] }]);
    const other = renamed('.to("Add", "uno").to("Add", "one").to("Add", "two").respond()');
    ports.type(other);
    ports.run(heldBy(other));
    expect(ran()).toEqual(["two", "uno"]);
    ports.type(TWO);
    ports.run(heldBy(TWO));
    expect(ran()).toEqual(["one", "two"]);
  });

  test("gives its card as it is so far while it goes on", async () => {
    const executor = new FakeExecutor({ classes: { Add: { do: (x) => (x as number) + 1 } } });
    const { ports, session } = open(TWO);
    ports.kernel.status = "idle";
    ports.kernel.executor = () => Promise.resolve(executor);
    // Each call of a step takes half a second of the clock.
    const call = executor.call.bind(executor);
    executor.call = async (request) => {
      await settled();
      ports.advance(500);
      return call(request);
    };
    for (const bodyText of ["1", "2", "3"])
      session.send({ type: "add-event", after: null, event: { bodyText, bodyError: null } });
    const soFar: [number, number, number][] = [];
    const card = await session.simulate({
      onCard: ({ progress, events, records }) =>
        soFar.push([progress?.done ?? -1, events.length, records.length]),
    });
    expect(card.progress).toBeUndefined();
    expect(card.events).toHaveLength(3);
    expect(soFar.length).toBeGreaterThanOrEqual(4);
    // Events that are through are told with their answers and with what their steps gave.
    expect(soFar.every(([done, events]) => events <= done)).toBe(true);
    expect(soFar.map(([, events]) => events)).toContain(2);
    expect(soFar.map(([, , records]) => records)).toContain(4);
    ports.advance(1000);
    expect(soFar.length).toBeLessThan(8);
  });

  test("leaves out an event that is not JSON, says so, and runs the others", async () => {
    const { session } = open(NATIVE);
    session.send({ type: "add-event", after: null, name: "bad", event: { bodyText: "{", bodyError: null } });
    await expect(session.simulate()).rejects.toMatchObject({ code: "GC_EVENT_BODY" });
    session.send({ type: "add-event", after: null, event: { bodyText: '{"a": 1}', bodyError: null } });
    const card = await session.simulate();
    expect(card.events).toMatchObject([{ run: { status: "ok" } }]);
    expect(session.state.notices.map(({ message }) => message)).toEqual([
      'Event "bad" was left out: the body is not JSON.',
    ]);
    session.send({ type: "delete-event", event: "event-1" });
    await session.simulate();
    expect(session.state.notices).toEqual([]);
  });

  test("that breaks keeps the results that it had", async () => {
    const executor = new FakeExecutor({ classes: { Add: { do: (x) => (x as number) + 1 } }, later: true });
    const lost = new GraphcellError("GC_KERNEL_DEAD", "The kernel died.", "Run the cells again.");
    const call = executor.call.bind(executor);
    executor.call = (request) => (executor.asked.call === 2 ? Promise.reject(lost) : call(request));
    const { ports, session } = open(TWO);
    ports.kernel.status = "idle";
    ports.kernel.executor = () => Promise.resolve(executor);
    for (const bodyText of ["1", "2"])
      session.send({ type: "add-event", after: null, event: { bodyText, bodyError: null } });
    const card = await session.simulate();
    expect(card.failure?.message).toBe("The kernel died.");
    expect(card.events).toMatchObject([{ run: { status: "ok", response: { text: "3" } } }]);
    const { current } = session.state;
    expect(current?.run).toMatchObject({ phase: "failed", done: 1, total: 2 });
    expect(current?.events.map(({ result }) => result?.status)).toEqual(["ok", undefined]);
    expect(current?.overlay?.steps.get("two")).toMatchObject({ state: "ok", in: 1, out: 1 });
  });

  test("repeats an event and counts every pass", async () => {
    const { session } = open(NATIVE);
    session.send({
      type: "add-event",
      after: null,
      event: { bodyText: '{"a": 1}', bodyError: null, repeat: 5 },
    });
    await session.simulate();
    expect(session.state.current?.overlay?.steps.get("rename")).toMatchObject({ in: 5, out: 5 });
    expect(session.state.current?.run).toMatchObject({ phase: "done", total: 5, done: 5 });
  });

  test("marks a result that differs from the run before", async () => {
    const { session } = open(NATIVE);
    session.send({ type: "add-event", after: null, event: { bodyText: '{"a": 1}', bodyError: null } });
    await session.simulate();
    session.send({
      type: "edit-event",
      event: "event-1",
      name: "e",
      to: { bodyText: '{"a": 2}', bodyError: null },
    });
    expect(session.state.current?.events[0].result).toBeNull();
    await session.simulate();
    expect(session.state.current?.events[0].result).toMatchObject({ changed: true });
  });

  test("of a part says which, and one of a part that there is not keeps what was there", async () => {
    const { session } = open(NATIVE);
    session.send({ type: "add-event", after: null, event: { bodyText: '{"a": 1}', bodyError: null } });
    const part = { from: null, to: "rename" };
    await session.simulate({ part });
    expect(session.state.current?.run).toMatchObject({ phase: "done", part });
    session.send({ type: "run-events", events: "all", part: { from: null, to: "nobody" } });
    await settled();
    expect(session.state.notices).toMatchObject([{ message: 'The graph has no step "nobody".' }]);
    expect(session.state.current?.run).toMatchObject({ phase: "done", part });
    expect(session.state.current?.events[0].result?.status).toBe("ok");
    // What the whole gives is no change against what a part gave.
    await session.simulate();
    expect(session.state.current?.run?.part).toBeUndefined();
    expect(session.state.current?.events[0].result?.changed).toBe(false);
  });

  test("is refused in a place that is not trusted, until it is", async () => {
    const { ports, session } = open(NATIVE);
    session.send({ type: "add-event", after: null, event: { bodyText: '{"a": 1}', bodyError: null } });
    ports.notebook.restricted = true;
    session.send({ type: "run-events", events: "all" });
    await settled();
    expect(session.state.current?.run).toBeNull();
    expect(session.state.notices).toMatchObject([{ message: expect.stringMatching(/Restricted Mode/) }]);
    ports.notebook.restricted = false;
    session.trustChanged();
    expect(session.state.notices).toEqual([]);
    expect((await session.simulate()).events).toMatchObject([{ run: { status: "ok" } }]);
  });

  test("is outdated once the graph has changed", async () => {
    const { ports, session } = open(NATIVE);
    session.send({ type: "add-event", after: null, event: { bodyText: "{}", bodyError: null } });
    await session.simulate();
    ports.type([NATIVE[0].replace('"b"', '"c"').replace('"rename"', '"renamed"')]);
    expect(session.state.current?.run?.outdated).toBe(true);
    expect(session.state.current?.run?.kernelEnded).toBeUndefined();
  });

  test("is outdated by the end of its kernel, and says that it was that", async () => {
    const { ports, session } = open(NATIVE);
    ports.kernel.executor = () => Promise.resolve(new FakeExecutor({ classes: {} }));
    ports.run(heldBy(NATIVE));
    session.send({ type: "add-event", after: null, event: { bodyText: "{}", bodyError: null } });
    await session.simulate();
    expect(session.state.current?.run).toMatchObject({ phase: "done", outdated: false });
    ports.kernel.report = null;
    ports.setStatus("dead");
    expect(session.state.current?.run).toMatchObject({ outdated: true, kernelEnded: true });
  });

  test("whose event is not JSON says so and runs nothing", async () => {
    const { session } = open(NATIVE);
    session.send({ type: "add-event", after: null, name: "bad", event: { bodyText: "{", bodyError: null } });
    session.send({ type: "run-events", events: "all" });
    await settled();
    expect(session.state.notices).toMatchObject([
      { message: expect.stringContaining('The body of event "bad" is not JSON') },
    ]);
    session.send({ type: "dismiss", notice: session.state.notices[0].id });
    expect(session.state.notices).toEqual([]);
  });

  test("that needs Python without a kernel says what to do", async () => {
    const { session } = open(TWO);
    session.send({ type: "add-event", after: null, event: { bodyText: "1", bodyError: null } });
    const card = await session.simulate();
    expect(card.failure?.message ?? card.events[0]?.run.error?.message).toMatch(/kernel/i);
  });

  test("of a graph that is not there names those that are", async () => {
    const { session } = open(NATIVE);
    await expect(session.simulate({ graph: "nope" })).rejects.toMatchObject({
      message: 'There is no graph "nope".',
      remedy: "Graphs here: native.",
    });
  });
});

test("a step stays chosen while its name is typed", () => {
  const { ports, session } = open(TWO);
  session.send({ type: "select-step", step: "two" });
  expect(session.state.current?.selection.step).toBe("two");
  for (const name of ["twos", "twosome", "pair"]) {
    ports.type([STEPS, TWO[1].replace('"two"', `"${name}"`)]);
    expect(session.state.current?.selection.step).toBe(name);
  }
});

describe("while nobody looks", () => {
  test("typing builds no state, but tells that there is something new", () => {
    const { ports, session } = open(TWO);
    const before = session.state.revision;
    let touched = 0;
    session.onTouch(() => touched++);
    for (const sources of [THREE, TWO, THREE]) ports.type(sources);
    expect(touched).toBe(3);
    expect(session.state.revision).toBe(before + 1);
    expect(session.state.current?.picture.nodes.map((n) => n.id)).toContain("three");
  });

  test("the cursor is followed to where it was last", () => {
    const other = graphCell('.to("Add", "only").respond()').replaceAll("adder", "other");
    const { ports, session } = open([...TWO, other.replaceAll("fn", "fn2").replaceAll("graph", "graph2")]);
    ports.moveCursor(1);
    ports.moveCursor(2);
    ports.type([...ports.notebook.cells.map((cell) => cell.source), "# more"]);
    expect(session.state.current?.name).toBe("other");
  });
});

describe("running by itself", () => {
  const saved = {
    version: 1,
    graphs: { native: { events: [{ id: "e", name: "e", bodyText: '{"a": 1}' }] } },
  };

  test("follows a cell that ran, when it is switched on", async () => {
    const { ports, session } = open(NATIVE, saved);
    session.setSettings({ autoRun: true });
    ports.run(heldBy(NATIVE));
    ports.advance(200);
    await settled();
    expect(session.state.current?.run).toBeNull();
    ports.run(heldBy(NATIVE));
    ports.advance(200);
    await settled();
    expect(session.state.current?.run).toMatchObject({ total: 1 });
  });

  test("does nothing in a notebook that is not trusted", async () => {
    const { ports, session } = open(NATIVE, saved);
    Object.assign(ports.notebook, { trusted: false });
    session.setSettings({ autoRun: true });
    for (let i = 0; i < 3; i++) ports.run(heldBy(NATIVE));
    ports.advance(200);
    await settled();
    expect(session.state.current?.run).toBeNull();
  });

  test("does nothing while it is switched off, or only text was typed", async () => {
    const { ports, session } = open(NATIVE, saved);
    ports.run(heldBy(NATIVE));
    ports.run(heldBy(NATIVE));
    session.setSettings({ autoRun: true });
    ports.type([NATIVE[0].replace('"b"', '"c"')]);
    ports.advance(200);
    await settled();
    expect(session.state.current?.run).toBeNull();
  });
});

test("what a step gave is compared with a run of the same events only", async () => {
  const { session } = open(NATIVE);
  session.send({ type: "add-event", after: null, event: { bodyText: '{"a": 1}', bodyError: null } });
  session.send({ type: "add-event", after: null, event: { bodyText: '{"a": 2}', bodyError: null } });
  await session.simulate({ saved: ["event-1"] });
  await session.simulate({ saved: ["event-2"] });
  expect(session.state.current?.overlay?.steps.get("rename")?.changed).toBe(false);
});

test("an export is handed to the host under a file name", async () => {
  const { ports, session } = open(TWO);
  for (const format of ["svg", "mermaid", "dot", "yaml", "json"] as const)
    session.send({ type: "export", format });
  // What makes the files is loaded first.
  while (ports.performed.length < 5) await new Promise((next) => setImmediate(next));
  expect(ports.performed.map((p) => (p.type === "save" ? p.name : ""))).toEqual([
    "adder.svg",
    "adder.mmd",
    "adder.dot",
    "adder.graph.yaml",
    "adder.graph.json",
  ]);
});
