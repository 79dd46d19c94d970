import { GraphcellError } from "@graphcell/core";
import { FakeExecutor } from "../../support/fake-executor";
import { NATIVE, STEPS, TWO, graphCell, open, settled } from "../../support/session-cells";
import { heldBy } from "../../support/session-ports";

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

  test("that waits for its kernel ends with it, and does not go on in the next one", async () => {
    const { ports, session } = open(TWO);
    ports.setStatus("idle");
    ports.run(heldBy(TWO));
    session.send({ type: "add-event", after: null, event: { bodyText: "1", bodyError: null } });
    ports.kernel.executor = () => {
      ports.setStatus("restarting");
      ports.setStatus("idle");
      return Promise.resolve(new FakeExecutor({}));
    };
    const card = await session.simulate();
    expect(card.failure?.message).toBe("The kernel was restarted.");
    const executor = new FakeExecutor({ classes: { Add: { do: (x) => (x as number) + 1 } } });
    ports.kernel.executor = () => Promise.resolve(executor);
    expect((await session.simulate()).failure).toBeNull();
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

test("what a step gave is compared with a run of the same events only", async () => {
  const { session } = open(NATIVE);
  session.send({ type: "add-event", after: null, event: { bodyText: '{"a": 1}', bodyError: null } });
  session.send({ type: "add-event", after: null, event: { bodyText: '{"a": 2}', bodyError: null } });
  await session.simulate({ saved: ["event-1"] });
  await session.simulate({ saved: ["event-2"] });
  expect(session.state.current?.overlay?.steps.get("rename")?.changed).toBe(false);
});
