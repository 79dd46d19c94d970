import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, type Checked } from "./check";
import { generate } from "./generate";
import { type Program, sourceOf } from "./program";
import { smaller } from "./shrink";
import { Worker } from "./worker";

export interface FuzzOptions {
  /** The project's folder. */
  readonly root: string;
  /** Seed of the first graph; the next ones have the next seeds. */
  readonly seed: number;
  readonly count: number;
  /** Folder that cases of differences are written to, as golden cases. */
  readonly out: string;
  /** Stops after so many differences. */
  readonly most: number;
  /** Prints each program. */
  readonly show: boolean;
  /** Makes the program of a difference smaller. */
  readonly shrink: boolean;
  /** Seeds of graphs that are known to differ: the run is good when these, and no others, do. */
  readonly known: ReadonlySet<number>;
}

/** Programs that one process runs before a new one takes over. */
const LIFE = 2_000;

/** Runs random graphs through the real mlrun and our engine; gives the exit code. */
export async function fuzz(options: FuzzOptions): Promise<number> {
  const { root, seed, count } = options;
  console.log(`${count} random graphs, seeds ${seed} to ${seed + count - 1}`);
  let worker = await Worker.start(root);
  let failed = 0;
  const endless: number[] = [];
  let known = 0;
  const began = Date.now();
  for (let i = 0; i < count && failed < options.most; i++) {
    if (i > 0 && i % LIFE === 0) {
      worker.close();
      worker = await Worker.start(root);
    }
    const good = await one(worker, seed + i, options, endless);
    if (options.known.has(seed + i)) known++;
    if (good === options.known.has(seed + i)) failed++;
    if ((i + 1) % 500 === 0) console.log(progress(i + 1, failed, began));
  }
  worker.close();
  if (known > 0) console.log(`${known} are known to differ`);
  if (endless.length > 0)
    console.log(`not compared, as they never end in the real mlrun: seeds ${endless.join(", ")}`);
  console.log(`${count - failed - known - endless.length} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function one(worker: Worker, seed: number, options: FuzzOptions, endless: number[]): Promise<boolean> {
  const program = generate(seed);
  const id = `fuzz-${seed}`;
  if (options.show) console.log(`# ${id}\n${sourceOf(program)}`);
  const checked = await check(worker, id, program);
  if (checked.endless) endless.push(seed);
  if (options.known.has(seed)) {
    if (checked.differences.length === 0) console.log(`${id} no longer differs: take it from open.json`);
    return checked.differences.length === 0;
  }
  if (checked.differences.length === 0) return true;
  console.log(`\n${id} differs:\n${told(checked)}`);
  const small = options.shrink ? await shrink(worker, id, program, checked) : { program, checked };
  mkdirSync(options.out, { recursive: true });
  const file = join(options.out, `${id}.json`);
  writeFileSync(file, `${small.checked.record}\n`);
  console.log(`written to ${file}:\n${sourceOf(small.program)}${told(small.checked)}`);
  return false;
}

interface Small {
  readonly program: Program;
  readonly checked: Checked;
}

/** The smallest program found that still differs in the same part of the case. */
async function shrink(worker: Worker, id: string, program: Program, checked: Checked): Promise<Small> {
  let best: Small = { program, checked };
  for (let better = true; better;) {
    better = false;
    for (const candidate of smaller(best.program)) {
      const found = await check(worker, id, candidate);
      if (kindOf(found) !== kindOf(checked)) continue;
      best = { program: candidate, checked: found };
      better = true;
      break;
    }
  }
  return best;
}

/** The part of the case that differs first. */
function kindOf({ differences }: Checked): string {
  return differences.length === 0 ? "" : (/^\/?\w+/.exec(differences[0])?.[0] ?? "");
}

/** Differences shown. */
const SHOWN = 6;

function told({ differences }: Checked): string {
  const lines = differences.slice(0, SHOWN).map((text) => `  ${text}`);
  if (differences.length > SHOWN) lines.push(`  and ${differences.length - SHOWN} more`);
  return lines.join("\n");
}

function progress(done: number, failed: number, began: number): string {
  const rate = Math.round((done / (Date.now() - began)) * 60_000);
  return `${done} graphs, ${failed} differ, ${rate} a minute`;
}
