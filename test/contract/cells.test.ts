/** A notebook's cells on a real kernel, over a Jupyter server of our own; and that server's life after its parent's. */
import { spawn } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import type { CellOutput, KernelClient } from "@graphcell/kernel-bridge";
import type { JupyterServer } from "@graphcell/kernel-bridge/node";
import { joinServer, randomToken, startServer } from "@graphcell/kernel-bridge/node";
import { python, root } from "../support/python";
import { lives, survivors } from "../support/processes";
import { printed, until } from "./kernel-port/case";

jest.setTimeout(60_000);

const folder = realpathSync(mkdtempSync(join(tmpdir(), "graphcell-cells-")));
const pids = new Set<number>();
let server: JupyterServer;
let kernel: KernelClient;

beforeAll(async () => {
  server = await startServer({ python, cwd: folder });
  kernel = await server.connect((await server.startKernel()).id);
  const text = await printed(kernel, "import os; print(os.getpid(), os.getppid())");
  for (const pid of text.split(" ")) pids.add(Number(pid));
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  expect(await survivors(pids)).toEqual([]);
});

interface Ran {
  readonly counts: (number | null)[];
  readonly outputs: CellOutput[];
  readonly cleared: boolean[];
  readonly how: string;
  readonly error: string;
}

function run(code: string, input: string | null = null): Promise<Ran> {
  const counts: (number | null)[] = [];
  const outputs: CellOutput[] = [];
  const cleared: boolean[] = [];
  return new Promise((done) =>
    kernel.cells.run(code, "cell-1", {
      begun: (count) => counts.push(count),
      output: (output) => outputs.push(output),
      clear: (wait) => cleared.push(wait),
      input: () => Promise.resolve(input),
      ended: (how, error) => done({ counts, outputs, cleared, how, error: error?.code ?? "" }),
    }),
  );
}

const text = ({ outputs }: Ran) =>
  outputs.map(({ output }) => (output.type === "stream" ? output.text : "")).join("");

test("cells have numbers that rise, and the last line's value is their result", async () => {
  const first = await run("1 + 1");
  const second = await run("2 + 2");
  expect((second.counts[0] ?? 0) - (first.counts[0] ?? 0)).toBe(1);
  expect(second.outputs).toMatchObject([
    { output: { type: "data", data: { "text/plain": "4" } }, result: { count: second.counts[0] } },
  ]);
  expect(second.how).toBe("ok");
});

test("an error ends a cell as failed, with its traceback", async () => {
  const ran = await run("1 / 0");
  expect(ran.how).toBe("failed");
  expect(ran.outputs).toMatchObject([{ output: { type: "error", name: "ZeroDivisionError" } }]);
});

test("input is asked for and given", async () => {
  expect(text(await run("print(input('name? ')[::-1])", "abc")).trim()).toBe("cba");
});

test("a display changes while another cell runs", async () => {
  const updates: unknown[] = [];
  const listening = kernel.cells.onUpdate((update) => updates.push(update));
  const ran = await run("from IPython.display import display\nh = display('a', display_id='one')");
  expect(ran.outputs[0]?.displayId).toBe("one");
  await run("h.update('b')");
  listening.dispose();
  expect(updates).toMatchObject([{ displayId: "one", output: { data: { "text/plain": "'b'" } } }]);
});

test("outputs are cleared at once, or when the next comes", async () => {
  const ran = await run(
    "from IPython.display import clear_output\nclear_output()\nprint(1)\nclear_output(wait=True)\nprint(2)",
  );
  expect(ran.cleared).toEqual([false, true]);
});

test("a cell counts as somebody's code: who follows the namespace looks again", async () => {
  let told = 0;
  const listening = kernel.onExecuted(() => told++);
  await run("z = 1");
  await until(() => told > 0, "the cell is told of");
  listening.dispose();
});

test("an interrupt ends a cell as failed", async () => {
  const running = run("import time\nfor _ in range(600): time.sleep(0.05)");
  await until(() => kernel.status === "busy", "the kernel is busy");
  await kernel.interrupt();
  expect((await running).how).toBe("failed");
});

test("a restart ends the running cell with an error, and the next cell runs in the new process", async () => {
  const running = run("import time; time.sleep(60)");
  await until(() => kernel.status === "busy", "the kernel is busy");
  await kernel.restart();
  expect(await running).toMatchObject({ how: "failed", error: "GC_KERNEL_DEAD" });
  expect((await run("1")).counts).toEqual([1]);
  pids.add(Number(await printed(kernel, "import os; print(os.getpid())")));
});

/** A process that starts a server which lingers, tells its address, and waits to be killed. */
function parent(token: string, lingers: number) {
  const file = join(folder, "parent.cjs");
  buildSync({
    stdin: {
      contents: `
        import { startServer } from "@graphcell/kernel-bridge/node";
        async function begin() {
          const server = await startServer(${JSON.stringify({ python, cwd: folder, token, lingers })});
          const kernel = await server.startKernel();
          console.log(JSON.stringify({ url: server.url, kernel: kernel.id }));
        }
        void begin();`,
      resolveDir: root,
      loader: "ts",
    },
    outfile: file,
    bundle: true,
    platform: "node",
    logLevel: "error",
  });
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
  const told = new Promise<{ url: string; kernel: string }>((done) => {
    let line = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      line += chunk;
      if (line.includes("\n")) done(JSON.parse(line) as { url: string; kernel: string });
    });
  });
  return { child, told };
}

test("a server that lingers can be joined by its parent's successor, and ends when nobody is connected", async () => {
  const token = randomToken();
  const { child, told } = parent(token, 2);
  const { url, kernel: id } = await told;
  child.kill("SIGKILL");
  const joined = await joinServer({ url, token, ownRoot: folder });
  const again = await joined.connect(id);
  const [process_] = (await printed(again, "import os; kept = 7; print(os.getpid(), os.getppid())"))
    .split(" ")
    .map(Number);
  // Longer than it lingers: a connection keeps it.
  await new Promise((next) => setTimeout(next, 4_000));
  expect((await printed(again, "print(kept)")).trim()).toBe("7");
  again.dispose();
  await until(() => !lives(process_ ?? 0), "the kernel ends");
});
