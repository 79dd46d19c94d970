/** The state that the deploy view shows, against the stand-in dashboard. */
import { type Cell, parseNotebook } from "@graphcell/core";
import { type Connection, Dashboard, DeploySession, type DeployHost } from "@graphcell/core/nuclio";
import { ClusterHttp, systemClock } from "@graphcell/kernel-bridge/node";
import { StandInDashboard } from "../support/dashboard";

const SOURCES = [
  "import json\nclass Clean:\n    def do(self, event):\n        return json.loads(json.dumps(event))",
  'import mlrun\nfn = mlrun.new_function("words", kind="serving")\ngraph = fn.set_topology("flow", engine="async")\ngraph.to("Clean", name="clean").respond()',
];

let cluster: StandInDashboard;
let session: DeploySession;

beforeEach(async () => {
  cluster = await StandInDashboard.start();
  cluster.functions.instant = true;
  session = new DeploySession(hostOf(cluster));
  await session.send({ type: "refresh" });
});
afterEach(async () => {
  session.dispose();
  await cluster.stop();
});

function hostOf({ url }: StandInDashboard): DeployHost {
  const cells: Cell[] = SOURCES.map((source, i) => ({ id: `c${String(i)}`, kind: "code", source }));
  const connection: Connection = {
    name: "dev",
    url,
    namespace: null,
    authentication: { kind: "none" },
    ca: null,
    proxy: null,
    project: null,
    functionHost: null,
  };
  const http = new ClusterHttp(connection);
  const headers = () => Promise.resolve({});
  let ids = 0;
  return {
    connections: () => Promise.resolve([{ name: "dev", url }]),
    cluster: () =>
      Promise.resolve({ http, dashboard: new Dashboard({ connection, http, clock: systemClock, headers }) }),
    newId: () => `push-${String(++ids)}`,
    events: () => [{ id: "event-1", name: "first", event: { body: 4 } }],
    request() {
      const [parsed] = parseNotebook(cells).graphs;
      const { graph, spec, name, variables } = parsed;
      return { graph, spec, name, cells, graphNames: variables, settings: {} };
    },
  };
}

test("tells clusters and the graph before anything is asked of a cluster", () => {
  expect(session.state).toMatchObject({ phase: "idle", connection: "dev", graph: "words", cluster: "" });
  expect(cluster.seen).toEqual([]);
});

test("checks, makes a missing project, pushes, calls and deletes", async () => {
  await session.send({ type: "set-project", project: "demo" });
  await session.send({ type: "check" });
  expect(session.state).toMatchObject({ canCreateProject: true, cluster: "local, latest" });
  await session.send({ type: "push" });
  expect(session.state.summary).toBe("Nothing was sent, because of the errors above.");
  await session.send({ type: "create-project" });
  await session.send({ type: "push" });
  expect(session.state).toMatchObject({
    summary: 'Ready: "words".',
    functions: [{ phase: "ready", state: "ready" }],
  });
  cluster.answerCall = (call) => ({ status: 200, text: `got ${call.body}` });
  await session.send({ type: "invoke", event: "event-1" });
  expect(session.state.answer).toMatchObject({ event: "first", status: 200, body: "got 4", explanation: "" });
  cluster.answerCall = () => ({ status: 400, text: "ValueError: no" });
  await session.send({ type: "invoke", event: "event-1" });
  expect(session.state.answer?.explanation).toContain("A step raised ValueError: no.");
  await session.send({ type: "delete", name: "words", confirm: "word" });
  expect(session.state.failure?.remedy).toBe("Type words to delete it.");
  await session.send({ type: "delete", name: "words", confirm: "words" });
  expect(session.state).toMatchObject({ failure: null, functions: [{ phase: "absent" }] });
});

test("a failed deployment stands in the state, explained", async () => {
  cluster.functions.endings.set("words", "109-graph-missing-class-poll");
  await session.send({ type: "push" });
  const [fn] = session.state.functions;
  expect(fn.phase).toBe("failed");
  expect(fn.explanation).toMatchObject({
    step: "clean",
    sentence: 'Step "clean" needs "Clean", which the deployed source does not have.',
  });
});

test("a push can be cancelled, and the state says so", async () => {
  cluster.functions.instant = false;
  const off = session.onChange((state) => {
    if (state.functions[0]?.phase === "building") void session.send({ type: "cancel" });
  });
  await session.send({ type: "push" });
  off.dispose();
  expect(session.state).toMatchObject({ phase: "idle", functions: [{ phase: "left" }] });
});

test("a cluster that is gone is a sentence, and nothing hangs", async () => {
  const { url } = cluster;
  await cluster.down();
  await session.send({ type: "show-log", name: "words" });
  expect(session.state.failure?.message).toContain("Nothing listens at the address");
  expect(url).toBeTruthy();
  await cluster.up();
}, 30_000);

test("the state is plain data", () => {
  expect(structuredClone(session.state)).toEqual(session.state);
});
