/** A kernel without an installation: Python in WebAssembly (Pyodide), in a worker thread of this process. */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type CancelToken, GraphcellError } from "@graphcell/core";
import { KernelClient } from "../../client";
import type { KernelSocket, KernelTransport, SocketEvents } from "../../transport";
import { type KernelMessage, decodeFrame, encodeFrame } from "../../wire";
import { nodeHost } from "../socket";
import { SHELL_SOURCE } from "./shell-source";
import type { WorkerAnswer, WorkerMessage, WorkerStart } from "./worker-messages";

export interface EmbeddedOptions {
  /** Folder with `pyodide.mjs`, `pyodide.asm.wasm` and `python_stdlib.zip`. */
  readonly pyodide: string;
  /** The worker's script; see worker.ts. */
  readonly worker: string;
}

/** Bytes of an answer to `input`. */
const ANSWER = 1 << 20;
const SIGINT = 2;
const START_MS = 60_000;

/** Whether a folder holds the embedded Python. */
export function hasEmbeddedPython(folder: string): boolean {
  return ["pyodide.mjs", "pyodide.asm.wasm", "python_stdlib.zip"].every((name) =>
    existsSync(join(folder, name)),
  );
}

interface Process {
  readonly worker: Worker;
  /** Names the process: each takes a new one. */
  readonly session: string;
  readonly control: Int32Array;
  readonly answer: Uint8Array;
  /** Ends when Python has started. */
  readonly started: Promise<void>;
  busy: boolean;
}

/** Speaks Jupyter's protocol to any number of clients, so that they need to know of nothing else. */
export class EmbeddedKernel {
  private readonly sockets = new Set<SocketEvents>();
  private process: Process;
  private stopped = false;

  private constructor(private readonly options: EmbeddedOptions) {
    this.process = this.spawn();
  }

  /** Throws `GC_NO_PYTHON` when the folder does not hold it, `GC_KERNEL_START` when it does not start. */
  static async start(options: EmbeddedOptions): Promise<EmbeddedKernel> {
    if (!hasEmbeddedPython(options.pyodide)) {
      throw new GraphcellError(
        "GC_NO_PYTHON",
        `There is no embedded Python in ${options.pyodide}.`,
        "Install the package of the extension that brings it along.",
      );
    }
    const kernel = new EmbeddedKernel(options);
    await kernel.process.started;
    return kernel;
  }

  connect(cancel?: CancelToken): Promise<KernelClient> {
    return KernelClient.connect(this.transport(), nodeHost, cancel);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const socket of this.sockets) socket.closed(gone());
    this.sockets.clear();
    await this.process.worker.terminate();
  }

  private transport(): KernelTransport {
    return {
      maxFrame: Infinity,
      open: (events) => this.open(events),
      exists: () => Promise.resolve(!this.stopped),
      interrupt: () => Promise.resolve(this.interrupt()),
      restart: () => this.restart(),
    };
  }

  private open(events: SocketEvents): KernelSocket {
    this.sockets.add(events);
    queueMicrotask(() => this.sockets.has(events) && events.opened());
    return {
      send: (frame) => this.received(decodeFrame(frame, nodeHost.utf8)),
      close: () => void this.sockets.delete(events),
    };
  }

  private interrupt(): void {
    const { control, busy } = this.process;
    if (!busy) return;
    Atomics.store(control, 0, SIGINT);
    Atomics.notify(control, 0);
    Atomics.notify(control, 1);
  }

  private async restart(): Promise<void> {
    const { worker } = this.process;
    worker.removeAllListeners();
    this.broadcastStatus("restarting");
    await worker.terminate();
    this.process = this.spawn();
    await this.process.started;
  }

  private received(message: KernelMessage): void {
    const { channel, header, metadata, content } = message;
    const { worker } = this.process;
    if (header.msg_type === "input_reply") return this.input(String(content.value ?? ""));
    if (header.msg_type === "shutdown_request") return void this.stop();
    const given: WorkerMessage = { channel, type: header.msg_type, header, metadata, content };
    worker.postMessage(given);
  }

  private input(text: string): void {
    const { control, answer } = this.process;
    const bytes = nodeHost.utf8.encode(text).slice(0, answer.length);
    answer.set(bytes);
    Atomics.store(control, 1, bytes.length);
    Atomics.notify(control, 1);
  }

  private spawn(): Process {
    const control = new SharedArrayBuffer(8);
    const answer = new SharedArrayBuffer(ANSWER);
    const workerData: WorkerStart = { pyodide: this.options.pyodide, shell: SHELL_SOURCE, control, answer };
    const worker = new Worker(this.options.worker, { workerData, stdout: true, stderr: true });
    const process: Process = {
      worker,
      session: randomUUID(),
      control: new Int32Array(control),
      answer: new Uint8Array(answer),
      started: this.whenStarted(worker),
      busy: false,
    };
    process.started.catch(() => undefined);
    worker.on("message", (message: WorkerAnswer) => this.answered(process, message));
    worker.on("error", () => undefined);
    worker.on("exit", () => void this.died(process));
    return process;
  }

  private whenStarted(worker: Worker): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        clearTimeout(timer);
        reject(
          new GraphcellError(
            "GC_KERNEL_START",
            `The embedded Python did not start: ${why}.`,
            "Install the extension again.",
          ),
        );
      };
      const timer = setTimeout(() => fail(`it gave no answer within ${START_MS / 1000} s`), START_MS);
      worker.once("message", ({ type, content }: WorkerAnswer) => {
        clearTimeout(timer);
        if (type === "fatal") fail(String(content.message));
        else resolve();
      });
      worker.once("error", (error) => fail(error.message));
      worker.once("exit", () => fail("its worker ended"));
    });
  }

  private answered(process: Process, message: WorkerAnswer): void {
    if (process !== this.process || message.type === "fatal") return;
    if (message.type === "status") process.busy = message.content.execution_state === "busy";
    this.broadcast(message, process.session);
  }

  /** The worker ended by itself: another one takes its place, as a Jupyter server does. */
  private async died(process: Process): Promise<void> {
    if (process !== this.process || this.stopped) return;
    this.broadcastStatus("restarting");
    this.process = this.spawn();
    try {
      await this.process.started;
    } catch {
      this.broadcastStatus("dead");
    }
  }

  private broadcastStatus(execution_state: string): void {
    this.broadcast(
      { channel: "iopub", type: "status", content: { execution_state }, parent: null },
      this.process.session,
    );
  }

  private broadcast({ channel, type, content, parent }: WorkerAnswer, session: string): void {
    const header = {
      msg_id: randomUUID(),
      msg_type: type,
      session,
      username: "kernel",
      version: "5.3",
      date: new Date().toISOString(),
    };
    const frame = encodeFrame({ channel, header, parent, content }, nodeHost.utf8);
    for (const socket of [...this.sockets]) socket.message(frame);
  }
}

function gone(): GraphcellError {
  return new GraphcellError("GC_KERNEL_GONE", "The embedded Python was ended.", "Start it again.");
}
