/** The engine against Storey, MLRun and RxJS, in turns on one machine: how many times longer they take. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  type EventSource,
  type Graph,
  type MockEvent,
  type SimulateOptions,
  dict,
  simulate,
} from "@graphcell/core";
import { from, map } from "rxjs";
import { branches, chain, fanout3, filterFlatMapBatch, linear3, linear3Dict, router10 } from "./graphs";
import { type BenchContext, median } from "./measure";
import { Peers } from "./peers";

const ROUNDS = 5;
/** Events that the peers get in each round, and those that we and RxJS get. */
const THEIRS = 4_000;
const OURS = 200_000;

/** Numbers from 0 on, each made when it is sent. */
function generated(count: number): EventSource {
  return { length: count, at: (i) => ({ body: i }) };
}

type Trace = NonNullable<SimulateOptions["trace"]>;

function numbers(count: number): readonly MockEvent[] {
  return Array.from({ length: count }, (_, i) => ({ body: i }));
}

/** Microseconds per event of a run; it must have gone well. */
async function ours(graph: Graph, events: readonly MockEvent[] | EventSource, trace: Trace): Promise<number> {
  const begun = performance.now();
  const result = await simulate(graph, events, { trace });
  const ms = performance.now() - begun;
  const last = result.results.status(events.length - 1);
  if (result.initError || last !== "ok") {
    throw new Error(`the run went wrong: ${result.initError?.message ?? last}`);
  }
  return (ms / events.length) * 1000;
}

/** Medians of microseconds in turns: theirs first, then each of ours. */
async function turns(
  works: readonly (() => Promise<number>)[],
  rounds = ROUNDS,
  warmUp = 1,
): Promise<readonly number[]> {
  const times = works.map((): number[] => []);
  for (let round = -warmUp; round < rounds; round++) {
    for (const [i, work] of works.entries()) {
      const micros = await work();
      if (round >= 0) times[i].push(micros);
    }
  }
  return times.map(median);
}

async function againstStorey(peers: Peers, name: string, graph: Graph): Promise<Record<string, number>> {
  const events = numbers(OURS);
  const [theirs, bare, traced] = await turns([
    () => peers.micros(name, THEIRS),
    () => ours(graph, events, "none"),
    () => ours(graph, events, "records"),
  ]);
  return {
    [`engine.${name}_vs_storey`]: theirs / bare,
    [`engine.${name}_traced_vs_storey`]: theirs / traced,
    [`engine.${name}_us`]: bare,
    [`engine.${name}_traced_us`]: traced,
    [`engine.${name}_storey_us`]: theirs,
  };
}

async function againstRxjs(): Promise<Record<string, number>> {
  const events = numbers(OURS);
  const rx = () => {
    const begun = performance.now();
    const answers: number[] = [];
    from(events)
      .pipe(
        map((event) => Number(event.body) + 1),
        map((x) => x * 2),
        map((x) => x - 3),
      )
      .subscribe((answer) => void answers.push(answer));
    const ms = performance.now() - begun;
    if (answers.length !== OURS) throw new Error("RxJS lost events");
    return Promise.resolve((ms / OURS) * 1000);
  };
  const [theirs, own] = await turns([rx, () => ours(linear3(), events, "none")], 3 * ROUNDS, ROUNDS);
  return { "engine.linear3_vs_rxjs": theirs / own, "engine.linear3_rxjs_us": theirs };
}

async function routers(peers: Peers): Promise<Record<string, number>> {
  const events = Array.from({ length: OURS / 4 }, (_, i) => ({
    path: `/v2/models/m${i % 10}/infer`,
    body: dict({ x: i }),
  }));
  const [theirs, own] = await turns([
    () => peers.micros("router10", THEIRS),
    () => ours(router10(), events, "none"),
  ]);
  return { "engine.router10_vs_mlrun": theirs / own, "engine.router10_us": own };
}

async function compiling(peers: Peers): Promise<Record<string, number>> {
  const steps = 4_500;
  const compile = async () => {
    const graph = branches(steps);
    const begun = performance.now();
    const { initError } = await simulate(graph, [], { trace: "none" });
    if (initError) throw new Error(initError.message);
    return ((performance.now() - begun) / steps) * 1000;
  };
  const [theirs, own] = await turns([() => peers.micros("compile", steps), compile]);
  return {
    "engine.compile_4500_steps_vs_mlrun": theirs / own,
    "engine.compile_4500_steps_ms": (own * steps) / 1000,
  };
}

/** Time per event and per step must not grow with their number. */
async function sizes(): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  for (const count of [1_000, 10_000, 100_000, 1_000_000]) {
    const [micros] = await turns([() => ours(linear3(), generated(count), "records")]);
    figures[`engine.us_per_event_of_${count}`] = micros;
  }
  for (const steps of [10, 100, 1_000, 4_000]) {
    const graph = chain(steps);
    const count = 1_000_000 / steps;
    // Compiling the graph is another figure.
    const [whole, compiling] = await turns([
      async () => (await ours(graph, generated(count), "records")) * count,
      () => ours(graph, generated(1), "records"),
    ]);
    figures[`engine.ns_per_step_of_${steps}`] = ((whole - compiling) / (count - 1) / steps) * 1000;
  }
  return figures;
}

/** Peak memory of a process that sends a million events through three traced steps, in millions of bytes. */
async function memory(root: string): Promise<Record<string, number>> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(root, "scripts/bench.mjs"),
    "--memory",
  ]);
  return { "engine.rss_mb_1m_events": Number(stdout) };
}

/** What that process does: peak resident megabytes. */
export async function measureMemory(): Promise<number> {
  await ours(linear3(), generated(1_000_000), "records");
  // Kilobytes on all systems, of what was resident at any time.
  return process.resourceUsage().maxRSS / 1000;
}

export async function run({ root }: BenchContext): Promise<Record<string, number>> {
  const peers = new Peers(root);
  try {
    return {
      ...(await againstStorey(peers, "linear3", linear3())),
      ...(await againstStorey(peers, "linear3_dict", linear3Dict())),
      ...(await againstStorey(peers, "filter_flatmap_batch", filterFlatMapBatch())),
      ...(await againstStorey(peers, "fanout3", fanout3())),
      ...(await againstRxjs()),
      ...(await routers(peers)),
      ...(await compiling(peers)),
      ...(await sizes()),
      ...(await memory(root)),
    };
  } finally {
    peers.end();
  }
}
