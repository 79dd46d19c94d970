/**
 * What a case of the kernel port's contract is. Cases know neither a test runner nor a host: they run in jest, in a
 * page (JupyterLab) and in an extension host (VS Code), and fail by throwing.
 */
import type { KernelOutput, KernelPort } from "@graphcell/kernel-bridge";

/** What not every host can do; a case that needs it is left out there. */
export type Feature = "direct" | "executed" | "restart" | "other";

/** A port on a kernel of its own. */
export interface Connected {
  readonly port: KernelPort;
  /** Runs code in the same kernel as another front end; ends when the kernel is done. Feature `other`. */
  runAsOther?(code: string): Promise<void>;
}

export interface PortCase {
  /** A fact. */
  readonly name: string;
  readonly needs?: readonly Feature[];
  /** The kernel or the port is of no use to other cases afterwards. */
  readonly destroys?: boolean;
  run(connected: Connected): Promise<void>;
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== wanted) throw new Error(`${what}: ${cut(got)} instead of ${cut(wanted)}`);
}

export function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

function cut(text: string | undefined): string {
  return text === undefined ? "undefined" : text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

export async function all(outputs: AsyncIterable<KernelOutput>): Promise<KernelOutput[]> {
  const taken: KernelOutput[] = [];
  for await (const output of outputs) taken.push(output);
  return taken;
}

/** Runs code; what it printed, without the line's end. */
export async function printed(port: KernelPort, code: string): Promise<string> {
  const outputs = await all(port.execute(code));
  return outputs
    .map((output) => {
      if (output.type === "error") throw new Error(`${output.name}: ${output.value}`);
      return output.type === "stream" ? output.text : "";
    })
    .join("")
    .trim();
}

/** Code of the error that a promise or an execution ends with. */
export async function codeOf(work: Promise<unknown> | AsyncIterable<KernelOutput>): Promise<string> {
  try {
    await (Symbol.asyncIterator in work ? all(work) : work);
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
  return "none";
}

export async function until(condition: () => boolean, what: string, ms = 20_000): Promise<void> {
  const end = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`);
    await pause(10);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Waits until the kernel prints a word: then the code that prints it is running. */
export async function running(outputs: AsyncIterator<KernelOutput>): Promise<void> {
  const first = await outputs.next();
  holds(!first.done && first.value.type === "stream", "the code has begun and printed");
}
