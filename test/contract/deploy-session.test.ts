/** The state that the deploy view shows, against the stand-in dashboard. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cell, parseNotebook } from "@graphcell/core";
import {
  type Connection,
  Dashboard,
  type DeployFunctionState,
  type DeployHost,
  DeploySession,
  STATS_HEADER,
  STATS_VARIABLE,
  deployedMarks,
} from "@graphcell/core/nuclio";
import { ClusterHttp, DiskFolder, systemClock } from "@graphcell/kernel-bridge/node";
import { StandInDashboard } from "../support/dashboard";

const SOURCES = [
  "import json\nclass Clean:\n    def do(self, event):\n        return json.loads(json.dumps(event))",
  'import mlrun\nfn = mlrun.new_function("words", kind="serving")\ngraph = fn.set_topology("flow", engine="async")\ngraph.to("Clean", name="clean").respond()',
];

let cluster: StandInDashboard;
let session: DeploySession;
let folder: DiskFolder;
let path: string;
let metrics: string | null = null;
let pages: Server | null = null;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "graphcell-deploy-"));
  folder = new DiskFolder(path);
  cluster = await StandInDashboard.start();
  cluster.functions.instant = true;
  session = new DeploySession(hostOf(cluster));
  await session.send({ type: "refresh" });
});
afterEach(async () => {
  session.dispose();
  pages?.close();
  [pages, metrics] = [null, null];
  await cluster.stop();
  await rm(path, { recursive: true, force: true });
});

function notebookText(...sources: readonly string[]): string {
  const cells = sources.map((source) => ({ cell_type: "code", source, metadata: {}, outputs: [] }));
  return JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells });
}

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
    get metrics() {
      return metrics;
    },
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
    folder,
    simulate: () => Promise.resolve({ text: '{"id": "s", "x": [1, 2]}', reason: "" }),
    revision: () =>
      Promise.resolve(notebookText(SOURCES[0], SOURCES[1].replace('name="clean"', 'name="old"'))),
    graph() {
      const [parsed] = parseNotebook(cells).graphs;
      const { graph, spec, name, variables } = parsed;
      return { graph, spec, name, cells, graphNames: variables, problems: [] };
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

test("compares with the cluster and with a revision of git, as one picture", async () => {
  await session.send({ type: "compare", revision: null });
  expect(session.state.failure?.message).toBe("The graph is not in the cluster yet.");
  await session.send({ type: "push" });
  await session.send({ type: "compare", revision: null });
  expect(session.state.difference).toMatchObject({ revision: null, steps: [] });
  await session.send({ type: "compare", revision: "HEAD" });
  const { difference } = session.state;
  expect(difference?.steps.map(({ step, change }) => [step, change])).toEqual([
    ["clean", "added"],
    ["old", "removed"],
  ]);
  const truths = difference?.picture.nodes.map(({ id, truth }) => [id, truth]);
  expect(truths).toEqual([
    [":start", "agreed"],
    ["clean", "written"],
    ["old", "kernel-only"],
  ]);
});

const sourceSent = (): string => {
  const build = cluster.functions.records.get("words")?.spec["build"] as Record<string, string> | undefined;
  return Buffer.from(build?.["functionSourceCode"] ?? "", "base64").toString();
};

test("a source that was edited is sent, and can be kept beside the notebook", async () => {
  await session.send({ type: "show-source", key: "" });
  expect(session.state.source).toMatchObject({ name: "words", edited: false, file: "words.py" });
  const text = (session.state.source?.text ?? "").replace("import json", "import json as j, json");
  await session.send({ type: "edit-source", key: "", text });
  expect(session.state.source).toMatchObject({ edited: true, text });
  await session.send({ type: "push" });
  expect(sourceSent().startsWith(text)).toBe(true);
  await writeFile(join(path, "words.py"), "# mine\n");
  await session.send({ type: "save-source", key: "" });
  expect(session.state.failure?.message).toBe("There is another words.py beside the notebook.");
  expect(await readFile(join(path, "words.py"), "utf8")).toBe("# mine\n");
  await rm(join(path, "words.py"));
  await session.send({ type: "save-source", key: "" });
  expect(session.state).toMatchObject({ failure: null, source: { edited: false, text } });
  expect(await readFile(join(path, "words.py"), "utf8")).toBe(text);
  expect(await readFile(join(path, "graphcell.deploy.yaml"), "utf8")).toBe(
    "functions:\n  words:\n    source: words.py\n",
  );
  await session.send({ type: "push", force: true });
  expect(sourceSent().startsWith(text)).toBe(true);
});

test("the form writes the settings file, keeps its comments, and refuses what can't be", async () => {
  await writeFile(join(path, "graphcell.deploy.yaml"), "# ours\nproject: default\n");
  await session.send({ type: "refresh" });
  await session.send({ type: "check" });
  await session.send({ type: "show-settings", scope: "functions.words" });
  const field = (id: string) => session.state.form?.fields.find((one) => one.id === id);
  expect(field("maxReplicas")).toMatchObject({ value: "", otherwise: "1" });
  expect(field("baseImage")?.otherwise).toBe("mlrun/mlrun:1.12.1");
  await session.send({ type: "set-setting", field: "maxReplicas", text: "many" });
  expect(session.state.form?.refused).toMatchObject({ field: "maxReplicas", text: "many" });
  await session.send({ type: "set-setting", field: "maxReplicas", text: "3" });
  await session.send({ type: "set-setting", field: "env", text: "MODE: 'yes'" });
  expect(session.state.form?.refused).toBeNull();
  expect(field("maxReplicas")?.value).toBe("3");
  const written = await readFile(join(path, "graphcell.deploy.yaml"), "utf8");
  expect(written.startsWith("# ours\nproject: default\n")).toBe(true);
  await session.send({ type: "push" });
  const spec = cluster.functions.records.get("words")?.spec;
  expect(spec?.["maxReplicas"]).toBe(3);
  expect(spec?.["env"]).toContainEqual({ name: "MODE", value: "yes" });
});

test("settings that can't be used are told, and the clusters are known all the same", async () => {
  await writeFile(join(path, "graphcell.deploy.yaml"), "functions: {words: {replicas: many}}\n");
  await session.send({ type: "refresh" });
  expect(session.state.connections).toHaveLength(1);
  expect(session.state.failure?.message).toContain("functions.words.replicas");
});

test("an event goes to the cluster and to the simulation, and both answers are compared but for their ids", async () => {
  await session.send({ type: "push" });
  cluster.answerCall = () => ({ status: 200, text: '{"x":[1,2],"id":"c"}' });
  await session.send({ type: "invoke", event: "event-1" });
  expect(session.state.answer?.simulated).toBeNull();
  await session.send({ type: "invoke", event: "event-1", compare: true });
  expect(session.state.answer?.simulated).toMatchObject({ same: true });
  cluster.answerCall = () => ({ status: 200, text: '{"x":[1,3],"id":"c"}' });
  await session.send({ type: "invoke", event: "event-1", compare: true });
  expect(session.state.answer?.simulated).toMatchObject({ same: false });
});

test("a deployment that was left is found again, and followed to its end", async () => {
  cluster.functions.instant = false;
  const left = session.onChange((state) => {
    if (state.functions[0]?.phase === "building") void session.send({ type: "cancel" });
  });
  await session.send({ type: "push" });
  left.dispose();
  expect(session.state.functions[0]?.phase).toBe("left");
  const later = new DeploySession(hostOf(cluster));
  await later.send({ type: "refresh" });
  await later.send({ type: "check" });
  expect(later.state).toMatchObject({
    phase: "idle",
    functions: [{ phase: "ready" }],
    summary: 'Ready: "words".',
  });
  later.dispose();
});

test("lists the project's functions and writes those of the graph beside the notebook", async () => {
  await session.send({ type: "push" });
  await session.send({ type: "list" });
  expect(session.state.listed).toMatchObject([{ name: "words", state: "ready", graph: "words" }]);
  await session.send({ type: "export" });
  expect(session.state.summary).toContain("words-nuclio");
  expect(await readFile(join(path, "words-nuclio/words.yaml"), "utf8")).toContain("name: words");
  expect(await readFile(join(path, "words-nuclio/words.py"), "utf8")).toContain("class Clean:");
});

test("a line of the log that names the source leads to its cell", async () => {
  await session.send({ type: "push" });
  cluster.log =
    'Traceback (most recent call last):\n  File "/opt/nuclio/main.py", line 4, in do\nValueError: no\n';
  await session.send({ type: "show-log", name: "words" });
  const source = session.state.log;
  expect(source?.places).toEqual([{ line: 1, place: { cellId: "c0", cell: 0, line: 2 } }]);
});

const METRICS = `nuclio_processor_handled_events_total{function="words",result="success"} 9
nuclio_processor_stream_high_water_mark_committed_lag{function="words",trigger_id="q"} 5
`;

test("watches the functions: replicas, calls, times of the steps, and what is not committed", async () => {
  await session.send({ type: "push" });
  const key = (cluster.functions.records.get("words")?.spec["env"] as { name: string; value: string }[]).find(
    ({ name }) => name === STATS_VARIABLE,
  )?.value;
  const asked: (string | undefined)[] = [];
  cluster.answerCall = (call) => {
    asked.push(call.headers[STATS_HEADER]);
    return { status: 200, text: '{"replica":"r","counts":{"":[4,1,0.02],"clean":[4,1,0.008]}}' };
  };
  const server = createServer((request, response) => {
    response.end(request.url === "/of/words" ? METRICS : "");
  });
  pages = server;
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  metrics = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/of/{function}`;
  const seen = new Promise<DeployFunctionState>((done) => {
    session.onChange(({ functions: [fn] }) => {
      if (fn.live !== null) done(fn);
    });
  });
  const watching = session.send({ type: "watch" });
  expect((await seen).live).toEqual({
    calls: 4,
    errors: 1,
    ms: 5,
    replicas: 1,
    lag: 5,
    steps: { clean: { calls: 4, errors: 1, ms: 2 } },
  });
  expect(deployedMarks(session.state)).toMatchObject([
    { word: "ready, 4 calls, 1 error, 5.0 ms, 5 not committed", numbers: { clean: { calls: 4 } } },
  ]);
  expect(new Set(asked)).toEqual(new Set([key]));
  await session.send({ type: "cancel" });
  await watching;
  expect(session.state).toMatchObject({ phase: "idle", failure: null });
  expect(deployedMarks(session.state)[0].numbers).toBeUndefined();
});

test("settings that can't be read are not written over", async () => {
  await mkdir(join(path, "graphcell.deploy.yaml"));
  await session.send({ type: "refresh" });
  expect(session.state.failure?.message).toContain("graphcell.deploy.yaml can't be read (EISDIR)");
});
