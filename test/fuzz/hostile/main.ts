/** Graph files that are broken in every way: read, checked, drawn, laid out and run, in a thread that is watched. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import {
  GraphcellError,
  PyDict,
  type PyValue,
  check,
  compactSize,
  decodeGraph,
  dumpJson,
  encodeGraph,
  isMap,
  layout,
  parseWire,
  pictureOf,
  readFunctionText,
  simulate,
} from "@graphcell/core";
import { Random } from "../random";
import { hostileText } from "./mutate";

export interface HostileOptions {
  /** The project's folder. */
  readonly root: string;
  /** Each file has a seed of its own: this one, and the next ones. */
  readonly seed: number;
  readonly count: number;
}

/** Milliseconds that one file may take; what takes longer hangs. */
const PATIENCE = 20_000;
/** Every so many-th graph is run. */
const RUN = 5;

interface Failure {
  readonly seed: number;
  readonly error: string;
}

/** Reads so many broken files; gives the exit code. */
export async function hostile(options: HostileOptions): Promise<number> {
  const { seed, count } = options;
  console.log(`${count} broken graph files, seeds ${seed} to ${seed + count - 1}`);
  const shared = new SharedArrayBuffer(12);
  const at = new Int32Array(shared);
  const failures: Failure[] = [];
  for (let from = 0; from < count;) {
    at[0] = from;
    const hung = await watched(options, shared, from, failures);
    if (!hung) break;
    failures.push({ seed: seed + at[0], error: `does not end within ${PATIENCE / 1000} s` });
    from = at[0] + 1;
  }
  console.log(`${at[1]} held a graph, ${at[2]} were run`);
  for (const { seed: failed, error } of failures) console.log(`\nseed ${failed}: ${error}`);
  console.log(`${count - failures.length} passed, ${failures.length} failed`);
  return failures.length === 0 ? 0 : 1;
}

/** Whether the thread had to be ended. */
function watched(
  options: HostileOptions,
  shared: SharedArrayBuffer,
  from: number,
  failures: Failure[],
): Promise<boolean> {
  const at = new Int32Array(shared);
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { hostile: { ...options, from, shared } },
    resourceLimits: { maxOldGenerationSizeMb: 2000 },
  });
  return new Promise((done, reject) => {
    let [last, since] = [from, Date.now()];
    const watch = setInterval(() => {
      if (at[0] !== last) [last, since] = [at[0], Date.now()];
      else if (Date.now() - since > PATIENCE) void worker.terminate().then(() => end(true));
    }, 500);
    const end = (hung: boolean) => {
      clearInterval(watch);
      done(hung);
    };
    worker.on("message", (failure: Failure) => failures.push(failure));
    worker.on("error", (error) => {
      clearInterval(watch);
      reject(new Error(`seed ${options.seed + at[0]} ended the thread: ${error.message}`));
    });
    worker.on("exit", () => end(false));
  });
}

/** Graphs and whole functions of the recorded cases. */
function goodValues(root: string): readonly PyValue[] {
  const folder = join(root, "test/golden/cases");
  return readdirSync(folder)
    .sort()
    .flatMap((file) => {
      const data = parseWire(readFileSync(join(folder, file), "utf8"));
      const graph = isMap(data) ? data.get("graph") : undefined;
      if (!isMap(data) || !isMap(graph)) return [];
      const spec = new PyDict([["graph", graph]]);
      const whole = new PyDict([
        ["kind", "serving"],
        ["metadata", new PyDict([["name", "f"]])],
        ["spec", spec],
      ]);
      return isPlain(graph) ? [graph, whole] : [];
    });
}

/** Objects of Python stand in no file. */
function isPlain(value: PyValue): boolean {
  try {
    dumpJson(value);
    return true;
  } catch {
    return false;
  }
}

async function work({ root, seed, count, from, shared }: Job): Promise<void> {
  const at = new Int32Array(shared);
  const values = goodValues(root);
  for (let i = from; i < count; i++) {
    at[0] = i;
    const text = hostileText(new Random(seed + i), values);
    try {
      const held = await through(text, i % RUN === 0);
      if (held) at[1]++;
      if (held && i % RUN === 0) at[2]++;
    } catch (error) {
      const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
      parentPort?.postMessage({ seed: seed + i, error: `${told}\n${text.slice(0, 2000)}` });
    }
  }
}

/**
 * Everything that is done with a file's graph; whether there is one: a text that holds none is refused with a sentence
 * and a remedy.
 */
async function through(text: string, run: boolean): Promise<boolean> {
  let file: ReturnType<typeof readFunctionText>;
  try {
    file = readFunctionText(text);
  } catch (error) {
    if (error instanceof GraphcellError && error.message !== "" && error.remedy !== "") return false;
    throw error;
  }
  const { graph } = file;
  const problems = check(graph);
  if (problems.some(({ message, code }) => message === "" || code === ""))
    throw new Error("a problem says nothing");
  const written = dumpJson(encodeGraph(graph));
  const again = dumpJson(encodeGraph(decodeGraph(encodeGraph(graph)).graph));
  if (written !== again)
    throw new Error(`it is written in another way the second time:\n${written}\n${again}`);
  const picture = pictureOf(graph);
  layout(picture, { direction: "TB", sizes: compactSize, collapsed: new Set() });
  if (!run) return true;
  try {
    await simulate(graph, [{ body: new PyDict([["x", 1]]) }], { spec: file.spec, mostTurns: 5_000 });
  } catch (error) {
    if (!(error instanceof GraphcellError)) throw error;
  }
  return true;
}

type Job = HostileOptions & { readonly from: number; readonly shared: SharedArrayBuffer };

if (!isMainThread) void work((workerData as { readonly hostile: Job }).hostile);
