/** What a simulation and a cell cost in a real kernel, next to what the kernel itself costs. */
import { join } from "node:path";
import {
  type EventSource,
  type Graph,
  type PyMap,
  decodeGraph,
  dict,
  isMap,
  never,
  simulate,
} from "@graphcell/core";
import { type KernelAgent, type KernelPort, attachAgent } from "@graphcell/kernel-bridge";
import { type JupyterServer, nodeHost, startServer } from "@graphcell/kernel-bridge/node";
import { kernelChain } from "./graphs";
import { type BenchContext, median, timeInTurns } from "./measure";
import { Peers } from "./peers";

const STEPS = 10;
const CALLS = 200;
const CELLS = 200;

/** Two kernels of one server: the agent in one of them, nothing of ours in the other. */
interface Kernels {
  readonly port: KernelPort;
  readonly bare: KernelPort;
  readonly agent: KernelAgent;
}

export async function run({ root }: BenchContext): Promise<Record<string, number>> {
  const windows = process.platform === "win32";
  const python = join(root, ".venv", windows ? "Scripts/python.exe" : "bin/python");
  const server = await startServer({ python, cwd: root });
  try {
    const port = await open(server);
    const agent = await attachAgent(port, { timers: nodeHost.timers });
    const kernels = { port, agent, bare: await open(server) };
    return { ...(await inline(kernels)), ...(await many(kernels, root)), ...(await cells(kernels)) };
  } finally {
    await server.stop();
  }
}

async function open(server: JupyterServer): Promise<KernelPort> {
  return server.connect((await server.startKernel()).id);
}

/** A flow of `STEPS` functions of the namespace, as MLRun's dictionary. */
function chain(): Graph {
  const steps: PyMap = new Map();
  for (let i = 0; i < STEPS; i++) {
    const after = i === 0 ? [] : [`s${i - 1}`];
    steps.set(`s${i}`, dict({ kind: "task", name: `s${i}`, handler: `step_${i}`, after }));
  }
  return decodeGraph(dict({ kind: "root", engine: "async", steps })).graph;
}

async function inline({ port, agent }: Kernels): Promise<Record<string, number>> {
  await execute(port, `for i in range(${STEPS}): exec(f"def step_{i}(x): return {{**x, 's{i}': {i}}}")`);
  const graph = chain();
  const expected = STEPS + 1;
  const once = async () => {
    const executor = await agent.executor({ variable: null, name: "bench" }, never);
    const result = await simulate(graph, [{ id: "e1", body: dict({ n: 1 }) }], { executor });
    await executor.end?.();
    const records = result.records.length;
    const last = result.records.at(-1)?.out[0]?.text ?? "";
    if (result.initError || records !== STEPS || last.split(":").length - 1 !== expected) {
      throw new Error(
        `The simulation went wrong: ${result.initError?.message ?? `${records} records, the last with ${last}`}`,
      );
    }
  };
  const [simulated, roundTrip, called] = await timeInTurns(
    [once, () => execute(port, "pass"), () => agent.evaluate("1")],
    CALLS,
    20,
  );
  return {
    "inline.simulate_10_steps_vs_roundtrip": median(simulated) / median(roundTrip),
    "inline.simulate_10_steps_vs_direct_call": median(simulated) / median(called),
    "inline.simulate_10_steps_ms": median(simulated),
    "inline.kernel_roundtrip_ms": median(roundTrip),
    "inline.direct_call_ms": median(called),
  };
}

const EVENTS = 100_000;
const ROUNDS = 3;

/** Three Python functions over many events, traced, against MLRun's mock server and a plain loop in Python. */
async function many({ port, agent }: Kernels, root: string): Promise<Record<string, number>> {
  await execute(
    port,
    `
def add_a(event): return {**event, "a": event["n"] + 1}
def add_b(event): return {**event, "b": event["a"] * 2}
def add_c(event): return {**event, "c": event["b"] - 3}
`,
  );
  const events: EventSource = { length: EVENTS, at: (i) => ({ body: dict({ n: i }) }) };
  const ours = (engine: "sync" | "async") => async (): Promise<number> => {
    const begun = performance.now();
    const executor = await agent.executor({ variable: null, name: "bench" }, never);
    const result = await simulate(kernelChain(engine), events, { executor, trace: "records" });
    const ms = performance.now() - begun;
    const last = result.results.response(EVENTS - 1);
    if (!isMap(last ?? null) || (last as PyMap).get("c") !== 2 * EVENTS - 3)
      throw new Error("a wrong answer");
    return (ms / EVENTS) * 1000;
  };
  const peers = new Peers(root);
  const works = [
    ours("async"),
    ours("sync"),
    () => peers.micros("mlrun_async", 3_000),
    () => peers.micros("mlrun_sync", 20_000),
    () => peers.micros("hand_loop", EVENTS),
  ];
  const times = works.map((): number[] => []);
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [i, work] of works.entries()) {
        const micros = await work();
        if (round > 0) times[i].push(micros);
      }
    }
  } finally {
    peers.end();
  }
  const [async_, sync, mlrunAsync, mlrunSync, hand] = times.map(median);
  return {
    "kernel.linear3_vs_mlrun_async": mlrunAsync / async_,
    "kernel.linear3_vs_mlrun_sync": mlrunSync / sync,
    "kernel.linear3_vs_hand_loop": hand / async_,
    "kernel.linear3_us": async_,
    "kernel.linear3_sync_us": sync,
    "kernel.linear3_mlrun_async_us": mlrunAsync,
    "kernel.linear3_mlrun_sync_us": mlrunSync,
    "kernel.linear3_hand_loop_us": hand,
  };
}

const NAMES = `for i in range(2000): globals()[f"name_{i}"] = [i, str(i)]`;

const GRAPH = `
import mlrun
def handle(x): return x
fn = mlrun.new_function("bench", kind="serving")
at = fn.set_topology("flow", engine="async")
for i in range(100): at = at.to(name=f"s{i}", handler="handle", class_args={"a": i, "b": [1, 2, 3]})
at.respond()
`;

async function cells(kernels: Kernels): Promise<Record<string, number>> {
  const small = await overhead(kernels);
  await both(kernels, NAMES);
  await both(kernels, GRAPH);
  const large = await overhead(kernels);
  return {
    "agent.cell_overhead_ms": large.difference,
    "agent.cell_overhead_empty_namespace_ms": small.difference,
    "agent.empty_cell_ms": large.without,
    "agent.look_at_namespace_ms": await lookTime(kernels.port),
  };
}

async function both({ port, bare }: Kernels, code: string): Promise<void> {
  await execute(port, code);
  await execute(bare, code);
}

/** An empty cell in both kernels, in turns. */
async function overhead({
  port,
  bare,
  agent,
}: Kernels): Promise<{ readonly difference: number; readonly without: number }> {
  // What changed is told first: from here on nothing does.
  await agent.scan();
  const [plain, attached] = await timeInTurns(
    [() => execute(bare, "pass"), () => execute(port, "pass")],
    CELLS,
    20,
  );
  return { difference: median(attached) - median(plain), without: median(plain) };
}

/** Time of the agent's hook alone, as the kernel's own clock has it. */
async function lookTime(port: KernelPort): Promise<number> {
  const code = `
import time
_hooks = [f for f in get_ipython().events.callbacks["post_run_cell"] if "graphcell" in f.__module__]
assert _hooks
_times = []
for _ in range(200):
    _begun = time.perf_counter()
    for _f in _hooks: _f(None)
    _times.append(time.perf_counter() - _begun)
print(sorted(_times)[100] * 1000)
`;
  return Number(await execute(port, code));
}

/** Runs a cell to its end; gives what it printed. */
async function execute(port: KernelPort, code: string): Promise<string> {
  let printed = "";
  for await (const output of port.execute(code)) {
    if (output.type === "error") throw new Error(`${output.name}: ${output.value}`);
    if (output.type === "stream" && output.name === "stdout") printed += output.text;
  }
  return printed;
}
