/**
 * What runs in the worker of a run whose steps are in TypeScript or JavaScript. `scripts/pack-scripts.mjs` makes
 * `worker-source.ts` of it. Whoever starts it in Node sets `graphcellWorker` first.
 */
import { bodiesOf } from "./evaluate";
import { type ScriptResult, ScriptRuntime } from "./runtime";
import { fromScript, toScript } from "./values";
import type { WorkerReply, WorkerRequest } from "./worker";

interface Scope {
  graphcellWorker?: {
    post(message: WorkerReply): void;
    listen(listener: (message: WorkerRequest) => void): void;
    require(name: string): unknown;
  };
  postMessage?(message: WorkerReply): void;
  addEventListener?(type: "message", listener: (event: { readonly data: WorkerRequest }) => void): void;
  console: Record<string, unknown>;
  performance: { now(): number };
}

const scope = globalThis as unknown as Scope;
const own = scope.graphcellWorker;
let runtime: ScriptRuntime | null = null;
let printed = "";

for (const level of ["log", "info", "warn", "error", "debug"]) {
  scope.console[level] = (...args: readonly unknown[]) => {
    printed += `${args.map(shown).join(" ")}\n`;
  };
}

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

function outside(name: string): unknown {
  if (own) return own.require(name);
  throw new Error(
    `the package ${name} is not at hand in a page: simulate with the graphcell command or in VS Code`,
  );
}

async function answer(message: WorkerRequest): Promise<void> {
  if (message.type === "start") {
    runtime = new ScriptRuntime(message.entry, bodiesOf(new Map(message.modules)), outside);
    return;
  }
  if (runtime === null) return;
  const { id } = message;
  if (message.type === "load") {
    const result = await runtime.load(message.request);
    return reply({
      id,
      result: "raised" in result ? result : { ...result, attributes: plain(result.attributes) },
    });
  }
  const began = scope.performance.now();
  const result = await runtime.call(message.request);
  const told = { ms: scope.performance.now() - began, ...(printed === "" ? {} : { stdout: printed }) };
  printed = "";
  reply({ id, result: { ...sendable(result), ...told } });
}

/** A worker passes on what can be cloned: values go as the engine would take them. */
function sendable(result: ScriptResult): ScriptResult {
  try {
    return {
      ...result,
      ...("value" in result ? { value: plain(result.value) } : {}),
      events: result.events.map(({ index, fields }) => ({ index, fields: plain(fields) })),
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { events: [], raised: { class: "TypeError", message, frames: [] } };
  }
}

function plain<T>(value: T): T {
  return toScript(fromScript(value)) as T;
}

function reply(message: WorkerReply): void {
  if (own) own.post(message);
  else scope.postMessage?.(message);
}

const listener = (message: WorkerRequest): void => void answer(message);
if (own) own.listen(listener);
else scope.addEventListener?.("message", ({ data }) => listener(data));
