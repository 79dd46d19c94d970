import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderOf, notebookText, run } from "../../support/command";
import { StandInDashboard } from "../../support/dashboard";

const STEPS =
  "import json\nclass Clean:\n    def do(self, event):\n        return json.loads(json.dumps(event))";
const graph = (body: string): string =>
  `import mlrun\nfn = mlrun.new_function("words", kind="serving")\ngraph = fn.set_topology("flow", engine="async")\n${body}`;
const LINE = graph(`graph.to("Clean", name="clean").respond()`);

const file = folderOf({
  "words.ipynb": notebookText([STEPS, LINE], "words", ['{"a": 1}']),
  "changed.ipynb": notebookText([
    STEPS,
    graph(`graph.to("Clean", name="clean", x=2).to("Clean", name="more").respond()`),
  ]),
  "bad.ipynb": notebookText([graph(`graph.to("Nope", name="nope").respond()`)]),
  "loop.ipynb": notebookText([STEPS, graph(`for n in names():\n    graph.to("Clean", name=n)`)]),
});

let cluster: StandInDashboard;
let home: string;
const before = { ...process.env };

beforeEach(async () => {
  cluster = await StandInDashboard.start();
  cluster.functions.instant = true;
  home = mkdtempSync(join(tmpdir(), "graphcell-home-"));
  process.env["XDG_STATE_HOME"] = home;
  process.env["GRAPHCELL_CONNECTIONS"] = join(home, "connections.yaml");
});
afterEach(async () => {
  await cluster.stop();
  rmSync(home, { recursive: true, force: true });
  process.env = { ...before };
});

const connections = (text: string): void => writeFileSync(join(home, "connections.yaml"), text);
const deploy = (...more: string[]) =>
  run(["deploy", file("words.ipynb"), "--dashboard", cluster.url, ...more]);
const at = (...argv: string[]) => run([...argv, "--dashboard", cluster.url]);

test("deploy pushes and says where the function is", async () => {
  const { code, out } = await deploy();
  expect(code).toBe(0);
  expect(out).toMatch(/^words {2}ready {2}http:\/\/127\.0\.0\.1:\d+\nReady: "words"\.\n$/);
});

test("deploy --json prints one object and nothing else", async () => {
  const { out, err } = await deploy("--json");
  expect(JSON.parse(out)).toMatchObject({
    ok: true,
    project: "default",
    functions: [{ key: "", name: "words", phase: "ready", state: "ready", explanation: null }],
  });
  expect(err).toBe("");
});

test("deploy --dry-run sends nothing and shows what it would send", async () => {
  const { code, out } = await deploy("--dry-run", "--json");
  expect(code).toBe(0);
  const [fn] = (JSON.parse(out) as { functions: { source: string; steps: string[] }[] }).functions;
  expect(fn.steps).toEqual(["clean"]);
  expect(fn.source).toContain("class Clean");
  expect(cluster.functions.accepted).toEqual([]);
});

test("deploy stops before sending at an error of the graph", async () => {
  const { code, err } = await run(["deploy", file("bad.ipynb"), "--dashboard", cluster.url]);
  expect(code).toBe(1);
  expect(err).toContain("[unknown-class]");
  expect(err).toContain("nothing was sent");
  expect(cluster.functions.accepted).toEqual([]);
});

test("deploy says what can be known only by running", async () => {
  const { code, err } = await run(["deploy", file("loop.ipynb"), "--dashboard", cluster.url]);
  expect(code).toBe(1);
  expect(err).toContain("Give --run");
});

test("deploy makes a missing project when asked", async () => {
  const without = await deploy("--project", "demo");
  expect(without).toMatchObject({ code: 1 });
  expect(without.err).toContain('There is no project "demo"');
  expect((await deploy("--project", "demo", "--create-project")).code).toBe(0);
  expect(cluster.projects.has("demo")).toBe(true);
});

test("a failed deployment is told by cell and line, with exit code 1", async () => {
  cluster.functions.endings.set("words", "075-import-fails-poll");
  const { code, err } = await deploy();
  expect(code).toBe(1);
  expect(err).toContain('words.ipynb:cell 1:1: Function "words" did not start: its image has no module');
});

test("a cluster that can't be reached is exit code 3", async () => {
  const { url } = cluster;
  await cluster.down();
  const { code, err } = await run(["deploy", file("words.ipynb"), "--dashboard", url]);
  expect(code).toBe(3);
  expect(err).toContain("Nothing listens at the address");
}, 30_000);

test("--no-wait returns once the cluster has accepted", async () => {
  const { code, out } = await deploy("--no-wait");
  expect(code).toBe(0);
  expect(out).toContain("Accepted");
});

test("--save-source leaves the source beside the notebook", async () => {
  await deploy("--save-source");
  expect(readFileSync(file("words.py"), "utf8")).toContain("def init_context(context):");
});

test("invoke sends the saved events, and tells an error of the function in a sentence", async () => {
  await deploy();
  cluster.answerCall = (call) => ({ status: 200, body: JSON.parse(call.body) as unknown });
  expect(await at("invoke", file("words.ipynb"))).toMatchObject({
    code: 0,
    out: expect.stringContaining('{"a":1}') as string,
  });
  cluster.answerCall = () => ({ status: 400, text: "ValueError: asked to fail" });
  const { code, err } = await at("invoke", "words", "--body", '{"x": 1}');
  expect(code).toBe(1);
  expect(err).toContain("A step raised ValueError: asked to fail.");
});

test("list, logs and diff", async () => {
  await deploy();
  expect((await at("list")).out).toMatch(/^words +ready +default/);
  cluster.log = "26.11.23 20:11:39.765 \u001b[34m(I)\u001b[0m \u001b[37mprocessor\u001b[0m hello {}\n";
  expect((await at("logs", "words")).out).toContain("(I) processor hello");
  expect(await at("diff", file("words.ipynb"))).toMatchObject({ code: 0, out: "No difference.\n" });
  const { code, out } = await at("diff", file("changed.ipynb"));
  expect(code).toBe(1);
  expect(out).toContain("~ clean");
  expect(out).toContain("+ more");
  expect(out).toContain("responder: True -> None");
});

test("delete asks for the name, and deletes", async () => {
  await deploy();
  const { code, err } = await at("delete", "words");
  expect(code).toBe(2);
  expect(err).toContain("--confirm words");
  expect(await at("delete", "words", "--confirm", "words")).toMatchObject({ code: 0 });
  expect((await at("list", "--json")).out).toBe("[]\n");
});

test("rollback pushes what a function was before", async () => {
  await deploy();
  await run(["deploy", file("changed.ipynb"), "--dashboard", cluster.url]);
  expect((await at("diff", file("words.ipynb"))).code).toBe(1);
  expect(await at("rollback", "words")).toMatchObject({ code: 0 });
  expect(await at("diff", file("words.ipynb"))).toMatchObject({ code: 0 });
  expect((await at("rollback", "words", "--to", "9")).err).toContain("There is no version 9");
});

test("export writes function files without a cluster, and Kubernetes resources", async () => {
  const { code, out } = await run(["export", file("words.ipynb")]);
  expect(code).toBe(0);
  expect(out).toContain("kind: NuclioFunction");
  expect(out).toContain("# words.py");
  expect((await run(["export", file("words.ipynb"), "--form", "kubernetes"])).code).toBe(2);
  const resources = await run([
    "export",
    file("words.ipynb"),
    "--form",
    "kubernetes",
    "--image",
    "reg/words:1",
  ]);
  expect(resources.out).toContain("state: waitingForResourceConfiguration");
  expect(resources.out).toContain("image: reg/words:1");
});

describe("connections", () => {
  const named = (): void =>
    connections(
      `connections:\n  dev:\n    url: ${cluster.url}\n    project: default\n    authentication: {kind: bearer}\n`,
    );

  test("are taken by name, with their secret from the environment only", async () => {
    named();
    const without = await run(["list"]);
    expect(without.code).toBe(3);
    expect(without.err).toContain("GRAPHCELL_SECRET_DEV");
    process.env["GRAPHCELL_SECRET_DEV"] = "top-secret";
    expect((await run(["list"])).code).toBe(0);
    expect(cluster.seen.at(-1)?.headers["authorization"]).toBe("Bearer top-secret");
    const shown = await run(["connections"]);
    expect(shown.out).toContain("* dev");
    expect(shown.out + shown.err).not.toContain("top-secret");
  });

  test("may have their secret from a program, whose output is never shown", async () => {
    connections(
      `connections:\n  dev:\n    url: ${cluster.url}\n    authentication: {kind: bearer}\n` +
        `    secret: {command: [${JSON.stringify(process.execPath)}, "-e", "console.log('from-a-program')"]}\n`,
    );
    expect((await run(["list"])).code).toBe(0);
    expect(cluster.seen.at(-1)?.headers["authorization"]).toBe("Bearer from-a-program");
  });

  test("a secret in the file is refused, and not repeated", async () => {
    connections(`connections:\n  dev:\n    url: ${cluster.url}\n    token: abcdefgh\n`);
    const { code, err } = await run(["list"]);
    expect(code).toBe(3);
    expect(err).toContain("No secret belongs in this file");
    expect(err).not.toContain("abcdefgh");
  });

  test("one that does not exist is told with those that do", async () => {
    named();
    expect((await run(["list", "--connection", "prod"])).err).toContain("Name one of dev");
  });
});

test.each([
  [["deploy"], "needs a file"],
  [["deploy", "a", "b"], "takes one file or name"],
  [["logs", "x", "--lines", "no"], "--lines takes a whole number"],
  [["export", "x.ipynb", "--form", "zip"], "no form"],
  [["deploy", "x.ipynb", "--nope"], "Unknown option"],
])("%j is wrong use", async (argv, text) => {
  const { code, err } = await run(argv);
  expect(code).toBe(2);
  expect(err).toContain(text);
});
