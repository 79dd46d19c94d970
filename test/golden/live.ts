import { join } from "node:path";
import { type Executor, type Graph, decodeGraph, never } from "@graphcell/core";
import { type KernelAgent, type KernelPort, attachAgent } from "@graphcell/kernel-bridge";
import { type RunningKernel, nodeHost, startServer } from "@graphcell/kernel-bridge/node";
import { type Case, mapAt, textAt } from "./case";
import type { LiveExecutor } from "./runner";

/** A kernel for live cases: its executor for each case, and its end. */
export interface Live {
  readonly executorFor: LiveExecutor;
  close(): Promise<void>;
}

/** Takes what an earlier case left out of the namespace, and puts there what the recorder offers. */
const CLEAN = `
for _name in [n for n in globals() if not n.startswith("_") and n not in ("In", "Out", "get_ipython", "exit", "quit", "open")]:
    del globals()[_name]
HTTP_URL = "http://127.0.0.1:18765"
import os as _os, tempfile as _tempfile, warnings as _warnings
_os.chdir(_tempfile.gettempdir())
_os.environ.setdefault("MLRUN_LOG_LEVEL", "ERROR")
_warnings.filterwarnings("ignore")
`;

/** Starts a server and a kernel; each case's program runs in the kernel's emptied namespace. */
export async function liveExecutor(root: string): Promise<Live> {
  const python = join(root, ".venv", process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const server = await startServer({ python, cwd: root });
  let kernel: Kernel | null = null;
  const open = async (): Promise<Kernel> => {
    const running = await server.startKernel();
    const port = await server.connect(running.id);
    return { running, port, agent: await attachAgent(port, { timers: nodeHost.timers }) };
  };
  return {
    executorFor: async (one: Case) => {
      kernel ??= await open();
      const { port, agent } = kernel;
      await execute(port, CLEAN);
      await execute(port, one.source);
      if (one.mode === "storey") return storeyFlow(agent);
      const meta = mapAt(mapAt(one.values, "function"), "metadata");
      const spec = mapAt(mapAt(one.values, "function"), "spec");
      const graph = { variable: "fn", name: textAt(meta, "name"), spec };
      const executor: Executor = await agent.executor(graph, never);
      return { executor, close: () => Promise.resolve() };
    },
    close: async () => {
      kernel?.agent.dispose();
      kernel?.port.dispose();
      await server.stop();
    },
  };
}

interface Kernel {
  readonly running: RunningKernel;
  readonly port: KernelPort;
  readonly agent: KernelAgent;
}

/** The flow that the program left in the variable `flow`, as the agent tells of it. */
async function storeyFlow(agent: KernelAgent): Promise<{
  readonly executor: Executor;
  readonly graph: Graph;
  close(): Promise<void>;
}> {
  const { graphs } = await agent.scan();
  const found = graphs.find((graph) => graph.variables.includes("flow"));
  if (!found) throw new Error("the kernel tells of no flow in the variable flow");
  const executor = await agent.executor({ variable: "flow", name: found.name }, never);
  return { executor, graph: decodeGraph(found.graph).graph, close: () => Promise.resolve() };
}

/** Runs code and throws what it raised. */
async function execute(port: KernelPort, code: string): Promise<void> {
  for await (const output of port.execute(code)) {
    if (output.type === "error") throw new Error(`${output.name}: ${output.value}`);
  }
}
