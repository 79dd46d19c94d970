import type { Kernel, KernelStatus as JupyterStatus } from "@vscode/jupyter-extension";
import * as vscode from "vscode";
import { Disposables, Emitter, type CancelToken, type Disposable } from "@graphcell/core";
import {
  Executions,
  asGraphcellError,
  kernelDead,
  type DirectAddress,
  type DirectChannel,
  type ExecuteOptions,
  type ExecutionEvents,
  type KernelOutput,
  type KernelPort,
  type KernelStatus,
} from "@graphcell/kernel-bridge";
import { schedule } from "../time";

type JupyterOutput = ReturnType<Kernel["executeCode"]> extends AsyncIterable<infer T> ? T : never;

export interface JupyterPortOptions {
  /** Commands of the Jupyter extension: its API can neither interrupt nor restart. */
  readonly interrupt: () => Thenable<unknown>;
  readonly restart: () => Thenable<unknown>;
  /** The way past a busy kernel, where the kernel may be on this machine. */
  readonly openDirect?: (address: DirectAddress) => Promise<DirectChannel & Disposable>;
}

const STATUS: Readonly<Record<JupyterStatus, KernelStatus>> = {
  unknown: "unknown",
  starting: "starting",
  idle: "idle",
  busy: "busy",
  terminating: "dead",
  restarting: "restarting",
  autorestarting: "restarting",
  dead: "dead",
};

/** A port on a kernel of the Jupyter extension, by its public API: code in, outputs back, and its status. */
export class JupyterPort extends Disposables implements KernelPort {
  status: KernelStatus;
  private readonly statuses = this.add(new Emitter<KernelStatus>());
  private readonly restarts = this.add(new Emitter<void>());
  private readonly executed = this.add(new Emitter<void>());
  readonly onStatus = this.statuses.event;
  readonly onRestart = this.restarts.event;
  readonly onExecuted = this.executed.event;
  private channel: (DirectChannel & Disposable) | null = null;
  /** Executions of ours that the kernel has: by them its work is told from the person's. */
  private ours = 0;
  private current: vscode.CancellationTokenSource | null = null;
  private readonly executions = new Executions(
    {
      send: (code, events) => this.send(code, events),
      // The Jupyter extension takes a cancelled execution out of its queue, or interrupts it.
      interrupt: () => Promise.resolve(this.current?.cancel()),
    },
    { schedule },
  );

  constructor(
    private readonly kernel: Kernel,
    private readonly options: JupyterPortOptions,
  ) {
    super();
    this.status = STATUS[kernel.status];
    this.add({ dispose: () => this.executions.dispose() });
    this.add({ dispose: () => this.closeDirect() });
    this.add(kernel.onDidChangeStatus((status) => this.changed(STATUS[status])));
    this.executions.setReady(this.usable);
  }

  get language(): string {
    return this.kernel.language;
  }

  get direct(): DirectChannel | undefined {
    return this.channel ?? undefined;
  }

  /** Opens the way past a busy kernel; without one everything goes by executions. */
  async openDirect(address: DirectAddress): Promise<void> {
    if (!this.options.openDirect || this.channel) return;
    const channel = await this.options.openDirect(address).catch(() => null);
    if (this.disposed) channel?.dispose();
    else this.channel = channel;
    if (channel) this.statuses.fire(this.status);
  }

  execute(code: string, cancel?: CancelToken, options?: ExecuteOptions): AsyncIterable<KernelOutput> {
    return this.executions.run(code, cancel, options);
  }

  async interrupt(): Promise<void> {
    await this.options.interrupt();
  }

  async restart(): Promise<void> {
    await this.options.restart();
  }

  private get usable(): boolean {
    return this.status === "idle" || this.status === "busy" || this.status === "unknown";
  }

  private changed(status: KernelStatus): void {
    const before = this.status;
    if (status === before) return;
    const restarting = before === "restarting" && (status === "idle" || status === "busy");
    this.status = status;
    if (status === "restarting" || status === "dead") {
      this.closeDirect();
      const why = status === "dead" ? "The kernel is gone." : "The kernel was restarted.";
      this.executions.fail(kernelDead(why, "Run it again."), status === "dead");
    }
    this.executions.setReady(this.usable);
    this.statuses.fire(status);
    if (restarting) this.restarts.fire();
    else if (before === "busy" && status === "idle" && this.ours === 0) this.executed.fire();
  }

  private closeDirect(): void {
    this.channel?.dispose();
    this.channel = null;
  }

  private send(code: string, events: ExecutionEvents): Disposable {
    const cancel = new vscode.CancellationTokenSource();
    let listens = true;
    this.current = cancel;
    this.ours++;
    events.begun();
    const done = async () => {
      for await (const output of this.kernel.executeCode(code, cancel.token)) {
        if (listens) for (const one of outputsOf(output)) events.output(one);
      }
    };
    done()
      .then(
        () => listens && events.ended("done"),
        (error: unknown) => listens && events.lost(asGraphcellError(error, "GC_KERNEL_LOST")),
      )
      .finally(() => {
        this.ours--;
        if (this.current === cancel) this.current = null;
        cancel.dispose();
      });
    return {
      dispose: () => {
        listens = false;
      },
    };
  }
}

const decoder = new TextDecoder();
const STDOUT = ["application/vnd.code.notebook.stdout", "application/x.notebook.stream.stdout"];
const STDERR = ["application/vnd.code.notebook.stderr", "application/x.notebook.stream.stderr"];
const JSON_TYPE = /^application\/(.*\+)?json$/;
const ERROR = "application/vnd.code.notebook.error";

/** VS Code has an item for each form of an output; streams and errors have types of their own. */
export function outputsOf({ items, metadata }: JupyterOutput): readonly KernelOutput[] {
  const data: Record<string, unknown> = {};
  const outputs: KernelOutput[] = [];
  for (const item of items) {
    const text = decoder.decode(item.data);
    if (STDOUT.includes(item.mime)) outputs.push({ type: "stream", name: "stdout", text });
    else if (STDERR.includes(item.mime)) outputs.push({ type: "stream", name: "stderr", text });
    else if (item.mime === ERROR) outputs.push(errorOf(text));
    else data[item.mime] = JSON_TYPE.test(item.mime) ? parsed(text) : text;
  }
  if (Object.keys(data).length > 0) outputs.push({ type: "data", data, ...(metadata ? { metadata } : {}) });
  return outputs;
}

/** The JSON, or the text itself where it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function errorOf(text: string): KernelOutput {
  const fields = parsed(text);
  const part = (name: string) => {
    const value = typeof fields === "object" && fields !== null ? Reflect.get(fields, name) : undefined;
    return typeof value === "string" ? value : "";
  };
  const message = part("message") || text;
  return {
    type: "error",
    name: part("name") || "Error",
    value: message,
    traceback: part("stack").split("\n"),
  };
}
