/** The kernel port's contract over JupyterLab's own connection, on real kernels. */
import { KernelAPI, KernelManager, ServerConnection } from "@jupyterlab/services";
import type { Kernel } from "@jupyterlab/services";
import { WebSocket } from "ws";
import type { KernelPort } from "@graphcell/kernel-bridge";
import { createLabKernelPort } from "../../jupyterlab-ext/src/kernel";
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
