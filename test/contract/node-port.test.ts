/** The kernel port's contract on real kernels, over a Jupyter server from Node. */
import type { JupyterServer } from "@graphcell/kernel-bridge/node";
import type { KernelPort } from "@graphcell/kernel-bridge";
import { startServer } from "@graphcell/kernel-bridge/node";
import { python, root } from "../support/python";
import { survivors } from "../support/processes";
import { all, printed } from "./kernel-port/case";
import { kernelPortCases } from "./kernel-port";

jest.setTimeout(60_000);

interface Opened {
  readonly port: KernelPort;
  readonly other: KernelPort;
  readonly kernelId: string;
}

let server: JupyterServer;
let opened: Opened | null = null;
const pids = new Set<number>();

beforeAll(async () => {
  server = await startServer({ python, cwd: root });
});

afterAll(async () => {
  await server.stop();
  expect(await survivors(pids)).toEqual([]);
});

async function open(): Promise<Opened> {
  const { id: kernelId } = await server.startKernel();
  const [port, other] = await Promise.all([server.connect(kernelId), server.connect(kernelId)]);
  const text = await printed(port, "import os; print(os.getpid(), os.getppid())");
  for (const pid of text.split(" ")) pids.add(Number(pid));
  return { port, other, kernelId };
}

async function close({ port, other, kernelId }: Opened): Promise<void> {
  port.dispose();
  other.dispose();
  await server.stopKernel(kernelId);
}

test.each(kernelPortCases(["direct", "executed", "restart", "other"]).map((one) => [one.name, one] as const))(
  "%s",
  async (_name, { run, destroys }) => {
    opened ??= await open();
    const current = opened;
    let usable = false;
    try {
      await run({
        port: current.port,
        runAsOther: async (code) => void (await all(current.other.execute(code))),
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
