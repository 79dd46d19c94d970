/** The kernel port's contract over the Jupyter extension's public API, and the way past a busy kernel beside it. */
import type { JupyterServer } from "@graphcell/kernel-bridge/node";
import { connectLoopback, startServer } from "@graphcell/kernel-bridge/node";
import { attachAgent, type KernelClient, type KernelPort } from "@graphcell/kernel-bridge";
import { never } from "@graphcell/core";
import { JupyterPort } from "@graphcell/vscode-ext/kernel/jupyterPort";
import { jupyterKernel } from "../support/jupyter-extension";
import { python, root } from "../support/python";
import { all, codeOf, until } from "./kernel-port/case";
import { kernelPortCases } from "./kernel-port";

jest.setTimeout(60_000);

interface Opened {
  readonly real: KernelClient;
  readonly port: JupyterPort;
  readonly other: KernelPort;
  readonly id: string;
}

let server: JupyterServer;
let opened: Opened | null = null;

beforeAll(async () => {
  server = await startServer({ python, cwd: root });
});

afterAll(() => server.stop());

async function open(): Promise<Opened> {
  const { id } = await server.startKernel();
  const [real, other] = await Promise.all([server.connect(id), server.connect(id)]);
  const port = new JupyterPort(jupyterKernel(real), {
    interrupt: () => real.interrupt(),
    restart: () => real.restart(),
    openDirect: connectLoopback,
  });
  return { real, port, other, id };
}

async function close({ real, port, other, id }: Opened): Promise<void> {
  for (const one of [port, real, other]) one.dispose();
  await server.stopKernel(id);
}

test.each(kernelPortCases(["executed", "restart", "other"]).map((one) => [one.name, one] as const))(
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

describe("the way past a busy kernel", () => {
  const timers = {
    schedule(callback: () => void, ms: number) {
      const timer = setTimeout(callback, ms);
      return { dispose: () => clearTimeout(timer) };
    },
  };

  test("the agent answers while a cell runs, and again after a restart", async () => {
    const current = await open();
    const agent = await attachAgent(current.port, { timers });
    expect(current.port.direct).toBeDefined();
    for (const round of [1, 2]) {
      const cell = all(current.other.execute("import time\nfor _ in range(600): time.sleep(0.05)"));
      cell.catch(() => undefined);
      await until(() => current.port.status === "busy", "the kernel is busy");
      expect(String(await agent.evaluate("40 + 2", never))).toBe("42");
      await current.real.interrupt();
      await cell;
      if (round === 2) break;
      await current.port.restart();
      await until(() => agent.attached && current.port.direct !== undefined, "the agent is back");
    }
    agent.dispose();
    await close(current);
  });

  test("a %%simulate cell is answered", async () => {
    const current = await open();
    const agent = await attachAgent(current.port, {
      timers,
      simulate: ({ graph }) => Promise.resolve({ bundle: { "text/plain": `ran ${graph}` } }),
    });
    const outputs = await all(current.other.execute("%%simulate small\n1"));
    expect(JSON.stringify(outputs)).toContain("ran small");
    agent.dispose();
    await close(current);
  });

  test("who does not know the token is not heard", async () => {
    const current = await open();
    const agent = await attachAgent(current.port, { timers });
    const answer = await all(
      current.real.execute(
        "import sys; print(sys.modules['_graphcell_agent.kernel']._installed.loopback.listen()['port'])",
      ),
    );
    const port = Number(answer.map((o) => (o.type === "stream" ? o.text : "")).join(""));
    const stranger = await connectLoopback({ port, token: "guess" });
    const asked = stranger.request('{"graphcell":1,"id":"1","calls":[{"op":"hello"}]}', 5_000);
    expect(await codeOf(asked)).toBe("GC_DIRECT_CLOSED");
    stranger.dispose();
    agent.dispose();
    await close(current);
  });
});
