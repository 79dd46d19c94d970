import { never } from "@graphcell/core";
import { attachAgent } from "@graphcell/kernel-bridge";
import { nodeHost } from "@graphcell/kernel-bridge/node";
import { type Case, mapAt, readCase, textAt } from "../golden/case";
import { type LiveExecutor, runCase } from "../golden/runner";
import { type Program, sourceOf } from "./program";
import type { Recorded, Worker } from "./worker";

/** What became of a program: its case as recorded, and where our engine differs. */
export interface Checked {
  readonly record: string;
  readonly differences: readonly string[];
  /** The program never ends in the real mlrun, or makes more than anybody can compare. */
  readonly endless: boolean;
}

/** Runs a program in the real mlrun and in our engine. What differs between two real runs does not count. */
export async function check(worker: Worker, id: string, program: Program): Promise<Checked> {
  const first = await compare(worker, id, program, []);
  if (first.differences.length === 0) return first;
  const volatile = new Set<string>();
  for (let i = 0; i < AGAIN; i++)
    for (const part of await volatileParts(worker, id, program, first.record)) volatile.add(part);
  return compare(worker, id, program, [...volatile]);
}

/** Further runs of a program that differs: threads take turns as they like, most often the same way. */
const AGAIN = 3;

async function compare(
  worker: Worker,
  id: string,
  program: Program,
  volatile: readonly string[],
): Promise<Checked> {
  const recorded = await worker.record(id, sourceOf(program), "fuzz", "made by the fuzzer");
  try {
    const record = volatile.length === 0 ? recorded.text : withVolatile(recorded.text, volatile);
    if (recorded.hung) return { record, differences: [], endless: true };
    const one = readCase(record);
    if (one === null) throw new Error(`${id}: the recorder wrote no case`);
    const { differences } = await runCase(one, liveOn(recorded));
    return { record, differences, endless: false };
  } finally {
    await recorded.close();
  }
}

function liveOn(recorded: Recorded): LiveExecutor {
  return async (one: Case) => {
    const agent = await attachAgent(recorded.port, { timers: nodeHost.timers });
    const meta = mapAt(mapAt(one.values, "function"), "metadata");
    const spec = mapAt(mapAt(one.values, "function"), "spec");
    const executor = await agent.executor({ variable: "fn", name: textAt(meta, "name"), spec }, never);
    return { executor, close: () => Promise.resolve(agent.dispose()) };
  };
}

/** JSON pointers of what differs between two real runs. */
async function volatileParts(
  worker: Worker,
  id: string,
  program: Program,
  record: string,
): Promise<string[]> {
  const again = await worker.record(id, sourceOf(program), "fuzz", "made by the fuzzer");
  await again.close();
  if (again.hung) return [];
  const found: string[] = [];
  differing(JSON.parse(record), JSON.parse(again.text), "", found);
  return found;
}

function differing(a: unknown, b: unknown, at: string, found: string[]): void {
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    a.forEach((item, i) => differing(item, b[i], `${at}/${i}`, found));
    return;
  }
  if (isRecord(a) && isRecord(b) && Object.keys(a).sort().join() === Object.keys(b).sort().join()) {
    for (const key of Object.keys(a)) {
      differing(a[key], b[key], `${at}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, found);
    }
    return;
  }
  if (a !== b) found.push(at);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The record with what is volatile in it; its text is not parsed, which would lose floats. */
function withVolatile(record: string, volatile: readonly string[]): string {
  return record.replace('"volatile": []', () => `"volatile": ${JSON.stringify(volatile)}`);
}
