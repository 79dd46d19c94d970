import { GraphcellError } from "@graphcell/core";
import { type DeployHost, DeploySession } from "@graphcell/core/nuclio";

/** A host whose connections come when they are let, and whose cluster can't be reached. */
function setUp() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let reached = 0;
  const host: DeployHost = {
    graph: () => null,
    folder: {
      read: () => Promise.resolve(null),
      write: () => Promise.resolve(),
      list: () => Promise.resolve([]),
    },
    events: () => [],
    connections: () => opened.then(() => [{ name: "dev", url: "http://dev:8070" }]),
    cluster: () => {
      reached++;
      return Promise.reject(new GraphcellError("GC_TEST", "Nobody is there.", "Start it."));
    },
    newId: () => "id",
  };
  return { session: new DeploySession(host), open: () => open(), reached: () => reached };
}

test("what is asked before the connections are known waits for them, and is done once", async () => {
  const { session, open, reached } = setUp();
  const refreshed = session.send({ type: "refresh" });
  const both = [session.send({ type: "check" }), session.send({ type: "check" })];
  expect(reached()).toBe(0);
  open();
  await Promise.all([refreshed, ...both]);
  expect(reached()).toBe(1);
  expect(session.state).toMatchObject({ phase: "idle", failure: { message: "Nobody is there." } });
});

test("what is asked while the cluster is looked at waits, and is not forgotten", async () => {
  const { session, open, reached } = setUp();
  open();
  await session.send({ type: "refresh" });
  const look = session.send({ type: "check" });
  expect(session.state.phase).toBe("idle");
  await Promise.resolve();
  await Promise.resolve();
  expect(session.state.phase).toBe("looking");
  await Promise.all([look, session.send({ type: "push" })]);
  expect(reached()).toBe(2);
});
