import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FunctionPlan, type JsonObject, objectOf } from "@graphcell/core/nuclio";
import { python, root } from "./python";

export interface HostRequest {
  readonly body: string;
  readonly contentType?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HostAnswer {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
}

/** What a function reads instead of requests: so many records of a topic, or until so many seconds have gone. */
export interface HostStream {
  readonly topic: string;
  readonly brokers: readonly string[];
  readonly count: number;
  readonly seconds: number;
}

/** Runs a function's deployed source in MLRun's own serving runtime, called as Nuclio's wrapper calls it. */
export async function runFunction(
  fn: FunctionPlan,
  work: { readonly requests: readonly HostRequest[] } | HostStream,
): Promise<readonly HostAnswer[]> {
  const folder = mkdtempSync(join(tmpdir(), "graphcell-function-"));
  try {
    const module = join(folder, "main.py");
    writeFileSync(module, fn.source);
    const given = { module, handler: fn.config.spec["handler"], ...work };
    const out = await output(given, environmentOf(fn.config.spec));
    const result = JSON.parse(out) as { answers?: HostAnswer[]; error?: string };
    if (result.answers === undefined) throw new Error(result.error ?? out);
    return result.answers;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function environmentOf(spec: JsonObject): Record<string, string> {
  const env = Array.isArray(spec["env"]) ? spec["env"] : [];
  return Object.fromEntries(
    env.map(objectOf).map((entry): [string, string] => [String(entry["name"]), String(entry["value"] ?? "")]),
  );
}

function output(given: object, env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [join(root, "test/nuclio/function_host.py")], {
      env: { ...process.env, ...env },
    });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.once("error", reject);
    child.once("close", () => (out === "" ? reject(new Error(err)) : resolve(out)));
    child.stdin.end(JSON.stringify(given));
  });
}
