/** Jupyter servers that we start or join: what goes wrong with them, and what they leave behind. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import type { JupyterServer } from "@graphcell/kernel-bridge/node";
import type { KernelPort } from "@graphcell/kernel-bridge";
import { CancelSource, GraphcellError } from "@graphcell/core";
import { joinServer, startServer } from "@graphcell/kernel-bridge/node";
import type { PlainServer } from "../support/jupyter";
import { freePort, startPlainServer } from "../support/jupyter";
import { startProxy } from "../support/proxy";
import { python, root } from "../support/python";
import { lives, survivors } from "../support/processes";
import { all, codeOf, pause, printed, until } from "./kernel-port/case";

jest.setTimeout(60_000);

const folder = realpathSync(mkdtempSync(join(tmpdir(), "graphcell-test-")));
const pids = new Set<number>();

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  expect(await survivors(pids)).toEqual([]);
});

async function newKernel(server: JupyterServer): Promise<KernelPort> {
  const { id } = await server.startKernel();
  const port = await server.connect(id);
  for (const pid of (await printed(port, "import os; print(os.getpid(), os.getppid())")).split(" ")) {
    pids.add(Number(pid));
  }
  return port;
}

/** Makes a port that somebody listens on look free, once. */
async function holdPort(): Promise<{ readonly taken: number; release(): Promise<unknown> }> {
  const holder = net.createServer((socket) => socket.destroy());
  await new Promise<void>((done) => holder.listen(0, "127.0.0.1", done));
  const address = holder.address();
  const probe = new net.Server();
  jest.spyOn(probe, "address").mockReturnValue(address);
  jest.spyOn(net, "createServer").mockReturnValueOnce(probe);
  const taken = address !== null && typeof address === "object" ? address.port : 0;
  return { taken, release: () => new Promise((done) => holder.close(done)) };
}

async function errorOf(work: Promise<unknown>): Promise<GraphcellError> {
  const error: unknown = await work.then(
    () => new Error("no error"),
    (reason: unknown) => reason,
  );
  if (error instanceof GraphcellError) return error;
  throw error;
}

describe("a server of our own", () => {
  let server: JupyterServer;
  let port: KernelPort;

  beforeAll(async () => {
    mkdirSync(join(folder, "inside"));
    server = await startServer({ python, cwd: folder });
    port = await newKernel(server);
  });

  afterAll(() => server.stop());

  test("runs the Python that was chosen, in the folder that was given", async () => {
    expect(await printed(port, "import sys, os; print(sys.prefix, os.getcwd())")).toBe(
      `${join(root, ".venv")} ${folder}`,
    );
  });

  test("runs a kernel in a folder inside its root, and refuses one outside", async () => {
    const { id } = await server.startKernel({ cwd: join(folder, "inside") });
    const inside = await server.connect(id);
    expect(await printed(inside, "import os; print(os.getcwd())")).toBe(join(folder, "inside"));
    inside.dispose();
    await server.stopKernel(id);
    expect((await errorOf(server.startKernel({ cwd: root }))).code).toBe("GC_KERNEL_FOLDER");
  });

  test("names the kernelspec that it does not have", async () => {
    const error = await errorOf(server.startKernel({ name: "cobol" }));
    expect([error.code, error.message.includes('"cobol"')]).toEqual(["GC_KERNEL_START", true]);
  });

  test("has no kernel of a made-up id", async () => {
    const error = await errorOf(server.connect("00000000-0000-0000-0000-000000000000"));
    expect(error.code).toBe("GC_KERNEL_DEAD");
  });

  test("keeps its token out of command lines, kernels and files", async () => {
    const code = [
      "import os, glob",
      "line = open(f'/proc/{os.getppid()}/cmdline').read() if os.path.exists('/proc') else ''",
      "folder = os.path.dirname(os.environ['JUPYTER_RUNTIME_DIR'])",
      "files = [open(f).read() for f in glob.glob(folder + '/*.*')]",
      "print('token' in line.lower(), 'JUPYTER_TOKEN' in os.environ, any('token\"' in f for f in files))",
    ].join("\n");
    expect(await printed(port, code)).toBe("False False False");
  });

  test("deletes the subshell of a port that is disposed", async () => {
    const count =
      "import threading; print(sum(t.name.startswith('subshell') for t in threading.enumerate()))";
    const [kernel] = await server.listKernels();
    const second = await server.connect(kernel?.id ?? "");
    expect(await printed(port, count)).toBe("2");
    second.dispose();
    for (let tries = 0; tries < 50 && (await printed(port, count)) !== "1"; tries++) await pause(100);
    expect(await printed(port, count)).toBe("1");
  });

  test("connects to a kernel that is busy, and has a way past the cell", async () => {
    const [kernel] = await server.listKernels();
    const cell = all(port.execute("import time; time.sleep(2)"));
    await until(() => port.status === "busy", "busy");
    const second = await server.connect(kernel?.id ?? "");
    expect([second.status, port.status]).toEqual(["busy", "busy"]);
    expect(second.direct).toBeDefined();
    await cell;
    await until(() => second.status === "idle", "idle");
    second.dispose();
  });

  test("tells a port that somebody else restarted its kernel", async () => {
    const [kernel] = await server.listKernels();
    const second = await server.connect(kernel?.id ?? "");
    let restarts = 0;
    port.onRestart(() => restarts++);
    const cut = codeOf(port.execute("import time; time.sleep(30)"));
    await pause(300);
    await second.restart();
    expect(await cut).toBe("GC_KERNEL_DEAD");
    expect(await printed(port, "print('back')")).toBe("back");
    expect(restarts).toBe(1);
    expect(port.direct).toBeDefined();
    second.dispose();
  });
});

test("stop() ends the server, its kernels and its folder, while code runs", async () => {
  const server = await startServer({ python, cwd: folder });
  const port = await newKernel(server);
  const own = await printed(port, "import os; print(os.path.dirname(os.environ['JUPYTER_RUNTIME_DIR']))");
  const cut = codeOf(port.execute("import time; time.sleep(30)"));
  await pause(200);
  await server.stop();
  expect(await cut).toBe("GC_KERNEL_CLOSED");
  expect(await survivors(pids)).toEqual([]);
  expect(existsSync(own)).toBe(false);
});

test("a server that is killed fails what runs, says so, and needs no reconnection", async () => {
  const server = await startServer({ python, cwd: folder });
  const port = await newKernel(server);
  const ended: string[] = [];
  server.onEnd((error) => ended.push(error.message));
  const pid = Number(await printed(port, "import os; print(os.getppid())"));
  const cut = codeOf(port.execute("import time; time.sleep(30)"));
  await pause(200);
  process.kill(pid, "SIGKILL");
  expect(await cut).toBe("GC_KERNEL_DEAD");
  expect(port.status).toBe("dead");
  expect(await codeOf(port.execute("1"))).toBe("GC_KERNEL_DEAD");
  expect(ended).toHaveLength(1);
  await server.stop();
});

test("a server ends when the process that started it is killed", async () => {
  const script = join(folder, "parent.mjs");
  buildSync({
    stdin: {
      resolveDir: root,
      contents: `
        import { startServer } from "@graphcell/kernel-bridge/node";
        const server = await startServer({ python: ${JSON.stringify(python)}, cwd: ${JSON.stringify(folder)} });
        const port = await server.connect((await server.startKernel()).id);
        const code = "import os; print(os.getpid(), os.getppid(), os.environ['JUPYTER_RUNTIME_DIR'])";
        for await (const output of port.execute(code)) if (output.type === "stream") console.log(output.text.trim());
        setInterval(() => {}, 1000);
      `,
      loader: "ts",
    },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: script,
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    external: ["bufferutil", "utf-8-validate"],
  });
  const parent = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<string>((done) => parent.stdout.setEncoding("utf8").once("data", done));
  const [kernel, server, runtime = ""] = line.trim().split(" ");
  expect([Number(kernel), Number(server)].map(lives)).toEqual([true, true]);
  parent.kill("SIGKILL");
  expect(await survivors([Number(kernel), Number(server)])).toEqual([]);
  await until(() => !existsSync(join(runtime, "..")), "the server's folder is gone");
});

describe("starting", () => {
  test("says where there is no Python", async () => {
    const error = await errorOf(startServer({ python: join(folder, "nowhere", "python"), cwd: folder }));
    expect([error.code, error.message.includes("nowhere")]).toEqual(["GC_PYTHON_MISSING", true]);
  });

  test("says with which command a Python gets what it lacks", async () => {
    const bare = join(folder, "bare");
    const made = spawn(python, ["-m", "venv", "--without-pip", bare], { stdio: "ignore" });
    await new Promise((done) => made.on("close", done));
    const path = join(bare, process.platform === "win32" ? "Scripts" : "bin", "python");
    const error = await errorOf(startServer({ python: path, cwd: folder }));
    expect([error.code, error.remedy]).toEqual([
      "GC_SERVER_MISSING",
      `Install it: ${path} -m pip install jupyter_server ipykernel`,
    ]);
  });

  test("ends with an error when it takes too long, and leaves nothing behind", async () => {
    const error = await errorOf(startServer({ python, cwd: folder, timeoutMs: 100 }));
    expect(error.code).toBe("GC_SERVER_TIMEOUT");
  });

  test("can be cancelled", async () => {
    const cancel = new CancelSource();
    const start = errorOf(startServer({ python, cwd: folder, cancel }));
    setTimeout(() => cancel.cancel(), 200);
    expect((await start).code).toBe("GC_CANCELLED");
  });

  test("imports nothing from the notebook's folder", async () => {
    const trap = join(folder, "trap");
    mkdirSync(trap);
    for (const name of ["json", "tornado", "importlib", "socket"]) {
      writeFileSync(join(trap, `${name}.py`), `open(${JSON.stringify(join(trap, "sprung"))}, "w").close()`);
    }
    const server = await startServer({ python, cwd: trap });
    await server.stop();
    expect(existsSync(join(trap, "sprung"))).toBe(false);
  });
});

describe("a server that we join", () => {
  let plain: PlainServer;

  beforeAll(async () => {
    plain = await startPlainServer();
    pids.add(plain.pid);
  });

  afterAll(() => plain.stop());

  test("refuses a wrong token, and the error does not show it", async () => {
    for (const token of ["wrong-token", ""]) {
      const error = await errorOf(joinServer({ url: plain.url, token }));
      expect([error.code, error.message.includes("wrong-token")]).toEqual(["GC_SERVER_TOKEN", false]);
    }
  });

  test.each(["lab/tree/a.ipynb", "tree", "", "notebooks/x/y.ipynb"])(
    "is joined by the address of a page: %s",
    async (page) => {
      const server = await joinServer({ url: `${plain.url}${page}?token=${plain.token}` });
      expect(server.url).toBe(plain.url);
      expect(await server.listKernels()).toEqual([]);
      await server.stop();
    },
  );

  test("goes on when we leave it", async () => {
    const server = await joinServer(plain);
    const { id } = await server.startKernel();
    await server.connect(id);
    await server.stop();
    const again = await joinServer(plain);
    expect((await again.listKernels()).map((kernel) => kernel.id)).toEqual([id]);
    await again.stopKernel(id);
    await again.stop();
  });

  test("a message that it would not take is refused here, and the connection lives", async () => {
    const server = await joinServer(plain);
    const port = await newKernel(server);
    expect(await codeOf(port.execute(`'${"x".repeat(11 * 2 ** 20)}'`))).toBe("GC_MESSAGE_SIZE");
    expect(await printed(port, "print('whole')")).toBe("whole");
    await server.stop();
  });

  test("a cut in the middle of a cell loses no output", async () => {
    const proxy = await startProxy(plain.port);
    const server = await joinServer({ ...plain, url: `http://127.0.0.1:${proxy.port}/` });
    const port = await newKernel(server);
    const seen: string[] = [];
    port.onStatus((status) => seen.push(status));
    const cell = all(port.execute("import time\nfor i in range(20): print(i, flush=True); time.sleep(0.1)"));
    await pause(500);
    proxy.cut();
    await pause(600);
    proxy.mend();
    const text = (await cell).map((output) => (output.type === "stream" ? output.text : "")).join("");
    expect(text.trim().split("\n").map(Number)).toEqual([...Array(20).keys()]);
    expect(seen).toContain("disconnected");
    expect(await printed(port, "print('after')")).toBe("after");
    expect(port.status).toBe("idle");
    expect(port.direct).toBeDefined();
    await server.stop();
    await proxy.close();
  });

  test("code that is given while the connection is cut runs when it is back", async () => {
    const proxy = await startProxy(plain.port);
    const server = await joinServer({ ...plain, url: `http://127.0.0.1:${proxy.port}/` });
    const port = await newKernel(server);
    proxy.cut();
    await until(() => port.status === "disconnected", "disconnected");
    expect(port.direct).toBeUndefined();
    const late = printed(port, "print('late')");
    setTimeout(() => proxy.mend(), 1_000);
    expect(await late).toBe("late");
    await server.stop();
    await proxy.close();
  });

  test("a request that got lost in a cut ends with an error instead of waiting for ever", async () => {
    const proxy = await startProxy(plain.port);
    const server = await joinServer({ ...plain, url: `http://127.0.0.1:${proxy.port}/` });
    const port = await newKernel(server);
    proxy.cut();
    // The socket does not know of the cut yet: what it sends goes nowhere.
    const lost = codeOf(port.execute("print('never')"));
    setTimeout(() => proxy.mend(), 300);
    expect(await lost).toBe("GC_KERNEL_LOST");
    expect(await printed(port, "print('next')")).toBe("next");
    await server.stop();
    await proxy.close();
  });
});

test("a server that is gone and comes back has lost the kernel: the port says so", async () => {
  const port = await freePort();
  const first = await startPlainServer({ port, token: "same" });
  const server = await joinServer(first);
  const kernel = await newKernel(server);
  const seen: string[] = [];
  kernel.onStatus((status) => seen.push(status));
  const cut = codeOf(kernel.execute("import time; time.sleep(60)"));
  await pause(200);
  process.kill(first.pid, "SIGKILL");
  await until(() => kernel.status === "disconnected", "disconnected");
  const second = await startPlainServer({ port, token: "same" });
  pids.add(second.pid);
  expect(await cut).toBe("GC_KERNEL_DEAD");
  expect([kernel.status, await codeOf(kernel.execute("1"))]).toEqual(["dead", "GC_KERNEL_DEAD"]);
  const again = await newKernel(server);
  expect(await printed(again, "print('a new kernel')")).toBe("a new kernel");
  await server.stop();
  await second.stop();
  await first.stop();
});

test.each([
  ["ftp://127.0.0.1/", "GC_SERVER_URL"],
  ["not an address", "GC_SERVER_URL"],
  ["http://127.0.0.1:9/", "GC_SERVER_UNREACHABLE"],
])("joining %s fails with %s", async (url, code) => {
  expect((await errorOf(joinServer({ url, token: "t" }))).code).toBe(code);
});

test("joining what is no Jupyter server says so", async () => {
  const server = createServer((_request, response) => response.end("hello"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  expect((await errorOf(joinServer({ url: `http://127.0.0.1:${port}/` }))).code).toBe("GC_SERVER_URL");
  await new Promise((done) => server.close(done));
});

test("another port is taken when somebody was faster with the first", async () => {
  const { taken, release } = await holdPort();
  const server = await startServer({ python, cwd: folder });
  try {
    expect(new URL(server.url).port).not.toBe(String(taken));
    expect(await printed(await newKernel(server), "print('works')")).toBe("works");
  } finally {
    await server.stop();
    await release();
  }
});
