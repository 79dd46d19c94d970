import { type Intent, decodeMetadata, encodeMetadata } from "@graphcell/core";
import { NATIVE, STEPS, THREE, TWO, graphCell, open, settled } from "../../support/session-cells";
import { heldBy } from "../../support/session-ports";

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
