import { type Executor, type ScriptPort, createSession } from "@graphcell/core";
import { FolderScripts } from "@graphcell/core/folder-scripts";
import { ScriptExecutor, ScriptRuntime, bodiesOf, readScripts } from "@graphcell/core/script";
import { FakePorts } from "../../../support/session-ports";

const GRAPH =
  'import mlrun\nfn = mlrun.new_function("shop", kind="serving")\n' +
  'graph = fn.set_topology("flow", engine="async")\ngraph.to(name="a", handler="double").respond()';

/** A session whose notebook lies in a folder of these files. */
function setUp(files: Record<string, string>) {
  const read = (path: string): Promise<string | null> => Promise.resolve(files[path] ?? null);
  const list = (): Promise<{ name: string; isFolder: boolean }[]> =>
    Promise.resolve(Object.keys(files).map((name) => ({ name, isFolder: false })));
  const beside = new FolderScripts({ read, list }, () => {
    throw new Error("no worker here");
  });
  let asked = 0;
  const scripts: ScriptPort = {
    names(graph) {
      asked++;
      return beside.names(graph);
    },
    // Here, instead of in a worker.
    async executor(): Promise<Executor> {
      const { modules } = await readScripts("steps.ts", read);
      return new ScriptExecutor(new ScriptRuntime("steps.ts", bodiesOf(modules), () => undefined));
    },
  };
  const ports = Object.assign(new FakePorts([GRAPH]), { scripts });
  const session = createSession(ports);
  session.onChange(() => undefined);
  const codes = (): readonly string[] =>
    (session.state.current?.problems ?? []).map((problem) => problem.code);
  const settled = async (): Promise<void> => {
    ports.advance(1_000);
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  return { ports, session, codes, settled, asked: () => asked };
}

const FILES = {
  "graphcell.deploy.yaml": "functions:\n  shop:\n    source: steps.ts\n",
  "steps.ts": "export const double = (x: number) => 2 * x;",
};

test("names that a file beside the notebook exports are no problem", async () => {
  const { session, codes, settled, asked } = setUp(FILES);
  expect(codes()).toEqual(["unknown-handler"]);
  await settled();
  expect(codes()).toEqual([]);
  expect(session.state.current?.scripted).toBe(true);
  expect([...(session.language().scriptNames ?? [])]).toEqual(["double"]);
  expect(asked()).toBe(1);
});

test("a name that the file does not have is one, with the name that was meant", async () => {
  const { ports, session, codes, settled } = setUp(FILES);
  await settled();
  ports.type([GRAPH.replace('"double"', '"dubble"')]);
  await settled();
  expect(codes()).toEqual(["unknown-handler"]);
  expect(session.state.current?.problems[0].remedy).toContain('"double"');
});

test.each([
  ["no settings", { "steps.ts": FILES["steps.ts"] }],
  ["settings that can't be read", { ...FILES, "graphcell.deploy.yaml": "functions: [" }],
  ["a file that can't be parsed", { ...FILES, "steps.ts": "export const" }],
  ["a source in Python", { ...FILES, "graphcell.deploy.yaml": "functions:\n  shop:\n    source: s.py\n" }],
])("with %s the problem stays, and nobody asks again and again", async (_, files) => {
  const { codes, settled, asked } = setUp(files);
  codes();
  await settled();
  await settled();
  expect(codes()).toEqual(["unknown-handler"]);
  expect(asked()).toBe(1);
});

test("a notebook that has all names asks for no file", async () => {
  const { ports, codes, settled, asked } = setUp(FILES);
  ports.type([`def double(x):\n    return x\n\n${GRAPH}`]);
  codes();
  await settled();
  expect(asked()).toBe(0);
});

test("the steps run without a kernel", async () => {
  const { session } = setUp(FILES);
  session.send({ type: "add-event", after: null, event: { bodyText: "21", bodyError: null } });
  const card = await session.simulate();
  expect(card.events[0]?.run?.response?.text).toBe("42");
});

test("MLRun's mock server has nothing to compare with", async () => {
  const { session } = setUp(FILES);
  session.send({ type: "add-event", after: null, event: { bodyText: "21", bodyError: null } });
  await session.verify();
  expect(session.state.current?.parity?.failure?.message).toBe(
    'The steps of "shop" are TypeScript or JavaScript, which MLRun can\'t run.',
  );
});
