import {
  type HostMessage,
  type SessionState,
  SessionMirror,
  StateFeed,
  createSession,
  decodeIntent,
  decodeViewMessage,
} from "@graphcell/core";
import { FakePorts, heldBy } from "../../support/session-ports";

const graphCell = (chain: string) =>
  `import mlrun\nfn = mlrun.new_function("adder", kind="serving")\ngraph = fn.set_topology("flow")\ngraph${chain}\n`;
const TWO = [graphCell('.to("storey.Rename", "one", mapping={}).to("storey.Rename", "two").respond()')];
const THREE = [
  graphCell('.to("storey.Rename", "one").to("storey.Rename", "two").to("storey.Rename", "three")'),
];

/** A session, its feed, and the mirror at the other end of a channel that carries JSON text only. */
function linked(sources: readonly string[] = TWO) {
  const ports = new FakePorts(sources);
  const session = createSession(ports);
  const sent: HostMessage[] = [];
  const feed = new StateFeed(session, (message) => {
    sent.push(message);
    queue.push(JSON.stringify(message));
  });
  let queue: string[] = [];
  const told: SessionState[] = [];
  const join = () => {
    const mirror = new SessionMirror((message) => {
      const decoded = decodeViewMessage(JSON.parse(JSON.stringify(message)));
      if (decoded) feed.receive(decoded);
    });
    mirror.onChange((state) => told.push(state));
    return mirror;
  };
  const mirror = join();
  const deliver = (to = mirror) => {
    while (queue.length > 0) {
      const texts = queue;
      queue = [];
      for (const text of texts) {
        const message = JSON.parse(text) as HostMessage;
        if (message.type === "state") to.receive(message);
      }
    }
  };
  return { ports, session, feed, mirror, join, sent, deliver, told };
}

/** The revision counts changes that the view may not have seen one by one. */
const content = ({ revision: _, ...state }: SessionState) => state;

test("the view has the session's state after it has said that it is ready", () => {
  const { session, feed, mirror, deliver } = linked();
  feed.receive({ type: "ready" });
  deliver();
  expect(content(mirror.state)).toEqual(content(session.state));
  expect(mirror.state.current?.steps).toBeInstanceOf(Map);
  expect(mirror.state.current?.collapsed).toBeInstanceOf(Set);
});

test("typing sends the picture, and a selection does not send it again", () => {
  const { ports, session, feed, mirror, deliver, sent } = linked();
  feed.receive({ type: "ready" });
  deliver();
  ports.type(THREE);
  deliver();
  expect(mirror.state.current?.picture.nodes.map((n) => n.id)).toContain("three");
  session.send({ type: "select-step", step: "two" });
  deliver();
  const last = sent.at(-1);
  expect(last?.type === "state" && Object.keys(last.change.current ?? {})).toEqual(["selection"]);
  expect(content(mirror.state)).toEqual(content(session.state));
});

test("changes made while the view is busy with one become one", () => {
  const { ports, feed, deliver, sent, mirror, session } = linked();
  feed.receive({ type: "ready" });
  deliver();
  const before = sent.length;
  for (let i = 0; i < 10; i++) ports.type([TWO[0].replace("one", `one${i}`)]);
  deliver();
  expect(sent.length - before).toBe(2);
  expect(content(mirror.state)).toEqual(content(session.state));
});

test("a run's marks arrive, and go with the graph", () => {
  const { ports, session, feed, mirror, deliver } = linked();
  ports.run(heldBy(TWO));
  feed.receive({ type: "ready" });
  deliver();
  ports.type(["x = 1"]);
  ports.run([]);
  deliver();
  expect(mirror.state.current).toBeNull();
  expect(content(mirror.state)).toEqual(content(session.state));
});

test("a view that comes back is told everything anew", () => {
  const { ports, session, feed, join, deliver } = linked();
  feed.receive({ type: "ready" });
  deliver();
  feed.pause();
  ports.type(THREE);
  const again = join();
  feed.receive({ type: "ready" });
  deliver(again);
  expect(content(again.state)).toEqual(content(session.state));
});

test("another session takes the place of the first", () => {
  const { feed, mirror, deliver } = linked();
  feed.receive({ type: "ready" });
  deliver();
  const other = createSession(new FakePorts(THREE));
  feed.setLink(other);
  deliver();
  expect(content(mirror.state)).toEqual(content(other.state));
});

test("intents go to the session as they are", () => {
  const { session, feed, mirror, deliver } = linked();
  feed.receive({ type: "ready" });
  deliver();
  mirror.send({ type: "select-step", step: "two" });
  expect(session.state.current?.selection.step).toBe("two");
  mirror.send({ type: "add-event", after: null, name: "first", event: { bodyText: "1.0", bodyError: null } });
  expect(session.state.current?.events.map(({ name, event }) => [name, event.bodyText])).toEqual([
    ["first", "1.0"],
  ]);
});

test.each([
  [null],
  [{ type: "delete-everything" }],
  [{ type: "reveal", range: { cellId: 3 } }],
  [{ type: "set-setting", name: "python", value: "/bin/sh" }],
  [{ type: "set-setting", name: "autoRun", value: "yes" }],
  [{ type: "export", format: "exe" }],
  [{ type: "run-events", events: [1] }],
  [{ type: "run-events", events: "all", part: { from: 3, to: "two" } }],
  [{ type: "add-event", after: null, event: { bodyText: 1 } }],
])("what is no intent is refused: %j", (data) => {
  expect(decodeIntent(data)).toBeNull();
  expect(decodeViewMessage({ type: "intent", intent: data })).toBeNull();
});
