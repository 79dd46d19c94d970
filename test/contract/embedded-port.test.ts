/** The kernel port's contract over the embedded Python, and the agent in it. */
import { dict, never, parseNotebook, simulate } from "@graphcell/core";
import { type KernelClient, attachAgent } from "@graphcell/kernel-bridge";
import { EmbeddedKernel, type EmbeddedOptions, nodeHost } from "@graphcell/kernel-bridge/node";
import { embeddedPython } from "../support/embedded";
import { codeCells } from "../support/notebook";
import { all, printed } from "./kernel-port/case";
import { kernelPortCases } from "./kernel-port";

jest.setTimeout(60_000);

interface Opened {
  readonly kernel: EmbeddedKernel;
  readonly port: KernelClient;
  readonly other: KernelClient;
}

let options: EmbeddedOptions & { dispose(): void };
let opened: Opened | null = null;

beforeAll(async () => {
  options = await embeddedPython();
});

afterAll(async () => {
  if (opened) await close(opened);
  options.dispose();
});

async function open(): Promise<Opened> {
  const kernel = await EmbeddedKernel.start(options);
  const [port, other] = await Promise.all([kernel.connect(), kernel.connect()]);
  return { kernel, port, other };
}

async function close({ kernel, port, other }: Opened): Promise<void> {
  port.dispose();
  other.dispose();
  await kernel.stop();
}

/** It has one thread, so nothing gets past a running cell; and no queue of IPython's to sweep. */
const LEFT_OUT = new Set([
  "code that somebody's failing cell swept out of the kernel's queue runs nevertheless",
]);
const cases = kernelPortCases(["executed", "restart", "other"]).filter(({ name }) => !LEFT_OUT.has(name));

test.each(cases.map((one) => [one.name, one] as const))("%s", async (_name, { run, destroys }) => {
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
});

const STEPS =
  "class Add:\n    def __init__(self, n=1):\n        self.n = n\n    def do(self, x):\n        print('adding', self.n)\n        return x + self.n\n\nasync def double(x):\n    import asyncio\n    await asyncio.sleep(0.01)\n    return 2 * x\n";
const GRAPH =
  'fn = mlrun.new_function("f", kind="serving")\ngraph = fn.set_topology("flow")\ngraph.to("Add", "one", n=2).to(name="two", handler="double").respond()';

test("a graph that is only parsed runs in it, with steps in plain Python", async () => {
  const { kernel, port, other } = await open();
  try {
    await printed(port, STEPS);
    const agent = await attachAgent(port, { timers: nodeHost.timers });
    const [graph] = parseNotebook(codeCells(STEPS, `import mlrun\n${GRAPH}`)).graphs;
    const executor = await agent.executor({ variable: "fn", name: "f", spec: dict() }, never);
    const run = await simulate(graph.graph, [{ body: 3 }, { body: "x" }], { executor });
    const [ok, failed] = run.events;
    expect([ok.status, ok.response, failed.status]).toEqual(["ok", 10, "error_response"]);
    agent.dispose();
  } finally {
    await close({ kernel, port, other });
  }
});

test("a folder without it says what to do", async () => {
  const start = EmbeddedKernel.start({ ...options, pyodide: "/nowhere" });
  await expect(start).rejects.toMatchObject({ code: "GC_NO_PYTHON" });
});
