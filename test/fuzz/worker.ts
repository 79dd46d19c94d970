import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { type Disposable, Emitter, GraphcellError } from "@graphcell/core";
import type { DirectChannel, KernelOutput, KernelPort, KernelStatus } from "@graphcell/kernel-bridge";

/** Milliseconds that a program may take in the real mlrun. */
const PATIENCE = 60_000;
/** Characters of a record: a program that makes more goes round for ever, or nearly so. */
const MOST_TEXT = 20_000_000;

/** The process that runs programs in the real mlrun, each in a fork of its own. */
export class Worker {
  private rest = "";
  /** Ends the child whose record is read. */
  private tooMuch: (() => void) | null = null;
  /** The record became too long: what is left of it is not kept. */
  private dropped = false;
  private lines: string[] = [];
  private waiting: ((line: string | null) => void) | null = null;
  private ended = false;
  /** Requests go one after the other: an answer carries no name. */
  private last: Promise<unknown> = Promise.resolve();

  private constructor(private readonly process: ChildProcessByStdio<Writable, Readable, null>) {
    process.stdout.setEncoding("utf8").on("data", (text: string) => this.read(text));
    process.on("exit", () => {
      this.ended = true;
      this.waiting?.(null);
    });
  }

  static async start(root: string): Promise<Worker> {
    const python = join(root, ".venv", process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
    const child = spawn(python, [join(root, "test/fuzz/python/worker.py")], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, PYTHONHASHSEED: "0" },
    });
    const worker = new Worker(child);
    await worker.line();
    return worker;
  }

  /** Runs a program; its case, as JSON, and its kernel, which is there until `close`. */
  async record(id: string, source: string, kind: string, title: string): Promise<Recorded> {
    const { pid } = JSON.parse(await this.inTurn({ record: { id, kind, title, tags: [], source } })) as {
      pid: number;
    };
    const late = setTimeout(() => kill(pid), PATIENCE);
    this.tooMuch = () => kill(pid);
    try {
      const text = await this.line();
      if (!this.dropped) return new Recorded(this, pid, text, false);
      // The record's rest, and the word that the child was ended, stand in one line.
      this.dropped = false;
      return new Recorded(this, pid, "", true);
    } finally {
      clearTimeout(late);
      this.tooMuch = null;
    }
  }

  /** Asks the fork's agent. */
  ask(text: string): Promise<string> {
    return this.inTurn({ agent: text });
  }

  /** Ends the fork. */
  async finish(): Promise<void> {
    await this.inTurn({ end: 1 });
  }

  close(): void {
    this.process.stdin.end();
  }

  private inTurn(data: unknown): Promise<string> {
    const answer = this.last.then(() => {
      this.send(data);
      return this.line();
    });
    this.last = answer.catch(() => undefined);
    return answer;
  }

  private send(data: unknown): void {
    this.process.stdin.write(`${JSON.stringify(data)}\n`);
  }

  private read(text: string): void {
    const parts = (this.rest + text).split("\n");
    this.rest = parts.pop() ?? "";
    if (this.tooMuch && this.rest.length > MOST_TEXT) {
      this.tooMuch();
      this.dropped = true;
    }
    if (this.dropped) this.rest = "";
    for (const line of parts) {
      if (this.waiting) this.waiting(line);
      else this.lines.push(line);
    }
  }

  private line(): Promise<string> {
    const [known] = this.lines.splice(0, 1);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const lost = (): void => reject(new Error("the process that runs mlrun ended"));
      if (this.ended) return lost();
      this.waiting = (line) => {
        this.waiting = null;
        if (line === null) lost();
        else resolve(line);
      };
    });
  }
}

/** A program that was run, and the kernel that has run it. */
export class Recorded {
  /** The child was ended because the program hung, or made more and more. */
  readonly hung: boolean;

  constructor(
    private readonly worker: Worker,
    readonly pid: number,
    readonly text: string,
    cut: boolean,
  ) {
    this.hung = cut || /\{"ended": ?\d+\}$/.test(text);
  }

  get port(): KernelPort {
    return new PipePort(this.worker);
  }

  async close(): Promise<void> {
    if (!this.hung) await this.worker.finish();
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}

/** The fork's agent as a kernel: requests go straight to it. */
class PipePort implements KernelPort {
  readonly language = "python";
  readonly status: KernelStatus = "idle";
  private readonly statuses = new Emitter<KernelStatus>();
  private readonly restarts = new Emitter<void>();
  private readonly pushes = new Emitter<string>();
  readonly onStatus = this.statuses.event;
  readonly onRestart = this.restarts.event;
  readonly direct: DirectChannel;

  constructor(worker: Worker) {
    this.direct = { request: (text) => worker.ask(text), onPush: this.pushes.event };
  }

  /** The agent is there already, in whatever version: nothing has to be put into it. */
  async *execute(): AsyncIterable<KernelOutput> {
    await Promise.resolve();
    yield* [];
  }

  interrupt(): Promise<void> {
    return Promise.reject(new GraphcellError("GC_KERNEL_LOST", "A fuzzed program can't be interrupted."));
  }

  restart(): Promise<void> {
    return this.interrupt();
  }

  dispose(): void {
    const owned: Disposable[] = [this.statuses, this.restarts, this.pushes];
    for (const item of owned) item.dispose();
  }
}
