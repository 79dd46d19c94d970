/** The kernel port's contract over JupyterLab's own connection, on real kernels. */
import { KernelAPI, KernelManager, ServerConnection } from "@jupyterlab/services";
import type { Kernel } from "@jupyterlab/services";
import { WebSocket } from "ws";
import { attachAgent, bootstrapCode, type KernelPort } from "@graphcell/kernel-bridge";
import { nodeHost } from "@graphcell/kernel-bridge/node";
import { createLabKernelPort, type LabPort } from "../../jupyterlab-ext/src/kernel";
import type { PlainServer } from "../support/jupyter";
import { startPlainServer } from "../support/jupyter";
import { survivors } from "../support/processes";
import { all, printed } from "./kernel-port/case";
import { kernelPortCases } from "./kernel-port";

jest.setTimeout(60_000);

interface Opened {
  readonly kernel: Kernel.IKernelConnection;
  readonly other: Kernel.IKernelConnection;
  readonly port: KernelPort;
  readonly otherPort: KernelPort;
}

let server: PlainServer;
let manager: KernelManager;
let opened: Opened | null = null;
const pids = new Set<number>();

beforeAll(async () => {
  // JupyterLab tells each step of a connection.
  jest.spyOn(console, "debug").mockImplementation(() => {});
  jest.spyOn(console, "warn").mockImplementation(() => {});
  server = await startPlainServer();
  const serverSettings = ServerConnection.makeSettings({
    baseUrl: server.url,
    wsUrl: server.url.replace("http", "ws"),
    token: server.token,
    appendToken: true,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
  });
  manager = new KernelManager({ serverSettings });
  await manager.ready;
});

afterAll(async () => {
  await KernelAPI.listRunning(manager.serverSettings).then((models) =>
    Promise.all(models.map(({ id }) => KernelAPI.shutdownKernel(id, manager.serverSettings))),
  );
  manager.dispose();
  await server.stop();
  expect(await survivors(pids)).toEqual([]);
});

async function open(): Promise<Opened> {
  const kernel = await manager.startNew({ name: "python3" });
  const other = manager.connectTo({ model: kernel.model });
  const port = createLabKernelPort(kernel);
  const text = await printed(port, "import os; print(os.getpid(), os.getppid())");
  for (const pid of text.split(" ")) pids.add(Number(pid));
  return { kernel, other, port, otherPort: createLabKernelPort(other) };
}

async function close({ kernel, other, port, otherPort }: Opened): Promise<void> {
  port.dispose();
  otherPort.dispose();
  other.dispose();
  if (!kernel.isDisposed) await kernel.shutdown();
}

const features = ["direct", "executed", "restart", "other"] as const;

test.each(kernelPortCases(features).map((one) => [one.name, one] as const))(
  "%s",
  async (_name, { run, destroys }) => {
    opened ??= await open();
    const current = opened;
    let usable = false;
    try {
      await run({
        port: current.port,
        runAsOther: async (code) => void (await all(current.otherPort.execute(code))),
      });
      usable = !destroys;
    } finally {
      if (!usable) {
        opened = null;
        await close(current);
      }
    }
  },
);

describe("code that goes first", () => {
  const FIRST = "import builtins\nbuiltins.order = ['first']";
  const SAY = "print(builtins.order)";
  const KILL = "import os; os._exit(1)";

  interface First {
    readonly kernel: Kernel.IKernelConnection;
    readonly port: LabPort;
  }

  /** Runs a cell at once, as JupyterLab does; what it printed. */
  async function cell({ kernel }: Pick<First, "kernel">, code: string): Promise<string> {
    let text = "";
    const future = kernel.requestExecute({ code });
    future.onIOPub = ({ content }) => {
      if ("text" in content) text += content.text;
      if ("evalue" in content) text += content.evalue;
      if ("data" in content) text = String((content.data as Record<string, unknown>)["text/plain"]);
    };
    await future.done;
    return text.trim();
  }

  async function start(first = FIRST): Promise<First> {
    const kernel = await manager.startNew({ name: "python3" });
    return { kernel, port: createLabKernelPort(kernel, { first }) };
  }

  async function end({ kernel, port }: First): Promise<void> {
    port.dispose();
    await kernel.shutdown();
  }

  /** What a cell says that is run as soon as the kernel's status is `status`. */
  function cellWhen({ kernel }: First, status: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const listen = (_: unknown, now: string) => {
        if (now !== status) return;
        kernel.statusChanged.disconnect(listen);
        // JupyterLab drops what it is given inside of the signal.
        queueMicrotask(() => void cell({ kernel }, SAY).then(resolve, reject));
      };
      kernel.statusChanged.connect(listen);
    });
  }

  test("runs before a cell that is given while the kernel starts", async () => {
    const opened = await start();
    expect(await cell(opened, SAY)).toBe("['first']");
    await end(opened);
  });

  test("runs before a cell that is given while the kernel restarts", async () => {
    const opened = await start();
    await opened.port.connected();
    for (let i = 0; i < 2; i++) {
      const early = cellWhen(opened, "restarting");
      const restarted = opened.kernel.restart();
      expect(await early).toBe("['first']");
      await restarted;
    }
    expect(await printed(opened.port, SAY)).toBe("['first']");
    await end(opened);
  });

  test("runs before a cell that is given when the kernel has died and comes back", async () => {
    const opened = await start();
    await opened.port.connected();
    const early = cellWhen(opened, "autorestarting");
    await cell(opened, KILL).catch(() => null);
    expect(await early).toBe("['first']");
    await end(opened);
  });

  test("runs in the process that somebody else's restart made", async () => {
    const opened = await start();
    await opened.port.connected();
    const other = manager.connectTo({ model: opened.kernel.model });
    const anew = new Promise<void>((resolve) => opened.port.onRestart(resolve));
    await other.restart();
    await anew;
    expect(await printed(opened.port, SAY)).toBe("['first']");
    other.dispose();
    await end(opened);
  });

  test("that fails leaves the port as it is without it", async () => {
    const opened = await start("1 / 0");
    expect(await printed(opened.port, "print('works')")).toBe("works");
    await end(opened);
  });

  test.each(["start", "restart"])(
    "as the agent: %%simulate is found and answered right after a %s",
    async (when) => {
      const opened = await start(bootstrapCode({ expect: true }));
      const attached = opened.port.connected().then(() =>
        attachAgent(opened.port, {
          timers: nodeHost.timers,
          simulate: () => Promise.resolve({ bundle: { "text/plain": "done" } }),
        }),
      );
      let early = cell(opened, "%%simulate\n{}");
      if (when === "restart") {
        await Promise.all([early, attached]);
        await opened.kernel.restart();
        early = cell(opened, "%%simulate\n{}");
      }
      expect(await early).toBe("done");
      (await attached).dispose();
      await end(opened);
    },
  );
});
