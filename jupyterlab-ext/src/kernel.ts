import type { Kernel, KernelMessage } from "@jupyterlab/services";
import { Disposables, Emitter, type CancelToken, type GraphcellError } from "@graphcell/core";
import {
  Executions,
  Subshell,
  asGraphcellError,
  executeContent,
  headerOf,
  kernelDead,
  mainShellState,
  outputOf,
  portClosed,
  type DirectChannel,
  type ExecuteOptions,
  type ExecutionEvents,
  type KernelOutput,
  type KernelPort,
  type KernelStatus,
  type Timers,
} from "@graphcell/kernel-bridge";
import { createSubshellLink } from "./subshellLink";

/** Asks a restarted kernel again: the first question may have gone to the old process. */
const INFO_AGAIN_MS = 2_000;
/** The first code was sent before anything else, so it is done soon after the kernel answers, or lost. */
const FIRST_MS = 10_000;
const SUBSHELL_MS = 10_000;
/** Outputs that the server kept for us arrive within this time after a reconnection. */
const REPLAY_MS = 1_000;

const timers: Timers = {
  schedule(callback, ms) {
    const timer = setTimeout(callback, ms);
    return { dispose: () => clearTimeout(timer) };
  },
};

export interface LabKernelPortOptions {
  /**
   * Code that goes to each process of the kernel before anything else does on this connection: cells that are run
   * while the kernel starts or restarts wait behind it. What it gives is dropped.
   */
  readonly first?: string;
}

/** A kernel port that also tells whose code makes the kernel busy. */
export interface LabPort extends KernelPort {
  /** The main shell runs somebody else's code; null while that is not known. */
  readonly occupied: boolean | null;
  /** Ends when the kernel answers and the ways to it are made; throws `GC_KERNEL_DEAD`, `GC_KERNEL_CLOSED`. */
  connected(): Promise<void>;
}

/**
 * A port on JupyterLab's connection to a kernel. It lives as long as that connection: when a session changes its
 * kernel, make a new one. Disposing it leaves the connection open.
 */
export function createLabKernelPort(
  kernel: Kernel.IKernelConnection,
  options: LabKernelPortOptions = {},
): LabPort {
  return new LabKernelPort(kernel, options.first ?? null);
}

class LabKernelPort extends Disposables implements LabPort {
  language = "";
  status: KernelStatus = "unknown";

  private readonly statuses = this.add(new Emitter<KernelStatus>());
  private readonly restarts = this.add(new Emitter<void>());
  private readonly executed = this.add(new Emitter<void>());
  /** A greeting ended: null when the kernel answers, an error when it never will. */
  private readonly settled = this.add(new Emitter<GraphcellError | null>());
  readonly onStatus = this.statuses.event;
  readonly onRestart = this.restarts.event;
  readonly onExecuted = this.executed.event;

  private readonly executions = new Executions(
    { send: (code, events) => this.send(code, events), interrupt: () => this.kernel.interrupt() },
    timers,
  );
  /** Ids of our own execute requests: the session is the notebook's, so that it can't tell them apart. */
  private readonly ours = new Set<string>();
  private subshell: Subshell | null = null;
  /** The kernel process that we talk to: each has a session of its own. */
  private process: string | null = null;
  private busy = false;
  /** Id of the request that made the main shell busy last. */
  private busyWith = "";
  /** Ends when the first code is done, whatever came of it. */
  private firstDone: Promise<unknown> = Promise.resolve();
  private firstDue = false;
  private ready = false;
  private restarting = false;
  /** Counts greetings, so that an older one can tell that it was overtaken. */
  private round = 0;

  constructor(
    private readonly kernel: Kernel.IKernelConnection,
    private readonly first: string | null,
  ) {
    super();
    this.connect(kernel.statusChanged, (status) => this.statusChanged(status));
    this.connect(kernel.connectionStatusChanged, (status) => this.connectionChanged(status));
    this.connect(kernel.anyMessage, ({ msg, direction }) => {
      if (direction === "recv") this.receive(msg);
    });
    this.connect(kernel.disposed, () => this.end());
    if (kernel.isDisposed) this.end();
    else {
      this.setStatus(kernel.status === "busy" ? "busy" : "starting");
      this.sendFirst();
      void this.greet();
    }
  }

  get direct(): DirectChannel | undefined {
    return this.ready ? this.subshell?.channel : undefined;
  }

  get occupied(): boolean | null {
    return this.ready ? this.busy && !this.ours.has(this.busyWith) : null;
  }

  execute(code: string, cancel?: CancelToken, options?: ExecuteOptions): AsyncIterable<KernelOutput> {
    return this.executions.run(code, cancel, options);
  }

  async interrupt(): Promise<void> {
    await this.kernel.interrupt().catch((error: unknown) => {
      throw asGraphcellError(error, "GC_KERNEL_DEAD");
    });
  }

  async restart(): Promise<void> {
    if (this.disposed) throw portClosed();
    const back = this.whenSettled();
    back.catch(() => null);
    await this.kernel.restart().catch((error: unknown) => {
      throw asGraphcellError(error, "GC_KERNEL_DEAD");
    });
    await back;
  }

  async connected(): Promise<void> {
    if (this.disposed) throw portClosed();
    if (this.status === "dead") throw kernelGone();
    if (!this.ready) await this.whenSettled();
  }

  override dispose(): void {
    if (this.disposed) return;
    this.round++;
    if (this.ready && this.subshell) this.takeLeave(this.subshell);
    else this.subshell?.lost(portClosed());
    this.ready = false;
    this.subshell = null;
    this.executions.dispose();
    this.settled.fire(portClosed());
    super.dispose();
  }

  private takeLeave(subshell: Subshell): void {
    const { anyMessage } = this.kernel;
    const hear = (_: unknown, { msg, direction }: Kernel.IAnyMessageArgs) => {
      if (direction === "recv") subshell.received(msg.header.msg_type, { ...msg.content });
    };
    anyMessage.connect(hear);
    void subshell
      .close(portClosed())
      .catch(() => null)
      .finally(() => anyMessage.disconnect(hear));
  }

  /** Ends with the greeting that is under way, or the next one. */
  private whenSettled(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const listener = this.settled.event((error) => {
        listener.dispose();
        if (error) reject(error);
        else resolve();
      });
    });
  }

  private connect<T>(
    signal: {
      connect(slot: (sender: unknown, value: T) => void): boolean;
      disconnect(slot: (sender: unknown, value: T) => void): boolean;
    },
    listener: (value: T) => void,
  ): void {
    const slot = (_sender: unknown, value: T) => listener(value);
    signal.connect(slot);
    this.add({ dispose: () => void signal.disconnect(slot) });
  }

  // The kernel's states

  private statusChanged(status: KernelMessage.Status): void {
    if (status === "restarting" || status === "autorestarting") {
      const why =
        status === "restarting" ? "The kernel was restarted." : "The kernel died while it ran code.";
      this.lose(kernelDead(why, "Run it again."));
    } else if (status === "dead" || status === "terminating") {
      this.end();
    }
  }

  private connectionChanged(status: Kernel.ConnectionStatus): void {
    if (status === "connected") return void this.greet();
    this.round++;
    this.ready = false;
    this.executions.setReady(false);
    if (!this.restarting) this.setStatus("disconnected");
  }

  /** The process is gone: what it was asked fails, and what comes waits for the next. */
  private lose(error: GraphcellError): void {
    // Whoever greets now, greets a process that is gone.
    this.round++;
    this.soonSendFirst();
    if (this.restarting) return;
    this.restarting = true;
    this.ready = false;
    this.executions.setReady(false);
    this.executions.fail(error);
    this.subshell?.lost(error);
    this.subshell = null;
    this.setStatus("restarting");
  }

  /** JupyterLab closed the connection: the kernel is dead, or the notebook has another one. */
  private end(): void {
    const error = kernelGone();
    this.round++;
    this.ready = false;
    this.executions.setReady(false);
    this.executions.fail(error, true);
    this.subshell?.lost(error);
    this.subshell = null;
    this.setStatus("dead");
    this.settled.fire(error);
  }

  /** Learns which process answers, makes the direct channel, and lets executions go. */
  private async greet(): Promise<void> {
    const round = ++this.round;
    const current = () => round === this.round && !this.disposed;
    const sentBefore = this.executions.outstanding();
    const info = await this.askInfo(current);
    if (!info || !current()) return;
    const first = this.process === null && !this.restarting;
    if (!first && !this.restarting && info.header.session !== this.process) {
      this.lose(kernelDead("The kernel was restarted.", "Run it again."));
      return this.greet();
    }
    this.process = info.header.session;
    if (info.content.status === "ok") this.language = info.content.language_info.name;
    await within(FIRST_MS, this.firstDone);
    if (!current()) return;
    if (this.kernel.supportsSubshells && !this.subshell) {
      const id = await this.createSubshell();
      if (!current()) return;
      this.subshell = id === null ? null : new Subshell(id, createSubshellLink(this.kernel, timers));
    }
    this.becomeReady(first, sentBefore);
  }

  private becomeReady(first: boolean, sentBefore: readonly object[]): void {
    const anew = this.restarting;
    this.restarting = false;
    this.ready = true;
    this.setStatus(this.busy ? "busy" : "idle");
    this.executions.setReady(true);
    this.settled.fire(null);
    if (anew) this.restarts.fire();
    else if (!first) {
      // Somebody may have run something; and answers that did not wait for us never come.
      this.executed.fire();
      if (sentBefore.length > 0) timers.schedule(() => this.executions.lost(sentBefore), REPLAY_MS);
    }
  }

  /** The kernel's answer, which its main shell gives when it has done all that was asked before. */
  private async askInfo(current: () => boolean): Promise<KernelMessage.IInfoReplyMsg | null> {
    const asked: Promise<KernelMessage.IInfoReplyMsg | undefined>[] = [];
    while (current()) {
      const request = this.kernel.requestKernelInfo().catch(() => undefined);
      const reply = await within(this.restarting ? INFO_AGAIN_MS : null, Promise.race([request, ...asked]));
      // A slow kernel may answer the first one after all.
      asked.push(request.then((late) => late ?? new Promise<never>(() => {})));
      if (reply) {
        this.busy = false;
        return reply;
      }
      if (this.kernel.isDisposed) return null;
      await new Promise((next) => setTimeout(next, 100));
    }
    return null;
  }

  private async createSubshell(): Promise<string | null> {
    const made = this.kernel.requestCreateSubshell({}).done.catch(() => undefined);
    const id = (await within(SUBSHELL_MS, made))?.content.subshell_id;
    return typeof id === "string" ? id : null;
  }

  private setStatus(status: KernelStatus): void {
    if (status === this.status) return;
    this.status = status;
    this.statuses.fire(status);
  }

  // Messages

  /** JupyterLab drops what it was given until it has told everybody of a restart; from then on it keeps it. */
  private soonSendFirst(): void {
    if (this.firstDue) return;
    this.firstDue = true;
    queueMicrotask(() => {
      this.firstDue = false;
      this.sendFirst();
    });
  }

  /** Goes before all that JupyterLab keeps until the connection is open, for requests are answered in their order. */
  private sendFirst(): void {
    if (this.first === null || this.disposed || this.kernel.isDisposed || this.kernel.status === "dead")
      return;
    const future = this.kernel.requestExecute(executeContent(this.first));
    const { msg_id } = future.msg.header;
    this.ours.add(msg_id);
    this.firstDone = future.done.catch(() => null).finally(() => this.ours.delete(msg_id));
  }

  private send(code: string, events: ExecutionEvents) {
    const future = this.kernel.requestExecute(executeContent(code));
    const { msg_id } = future.msg.header;
    let listens = true;
    this.ours.add(msg_id);
    future.onIOPub = ({ header, content }) => {
      if (!listens) return;
      if (header.msg_type === "execute_input") events.begun();
      const output = outputOf(header.msg_type, { ...content });
      if (output) events.output(output);
    };
    future.done
      .then(
        (reply) => listens && events.ended(reply?.content.status === "aborted" ? "aborted" : "done"),
        () => listens && events.lost(kernelDead("The kernel went away while it ran code.", "Run it again.")),
      )
      .finally(() => this.ours.delete(msg_id));
    return { dispose: () => void (listens = false) };
  }

  private receive(message: Readonly<KernelMessage.IMessage>): void {
    const parent = headerOf(message.parent_header);
    const header = headerOf(message.header);
    if (!header) return;
    const { msg_type, session } = header;
    if (
      this.ready &&
      session !== this.process &&
      session !== this.kernel.clientId &&
      session !== parent?.session
    ) {
      this.lose(kernelDead("Somebody restarted the kernel.", "Run it again."));
      void this.greet();
      return;
    }
    if (message.channel !== "iopub") return;
    const content: Record<string, unknown> = { ...message.content };
    if (msg_type.startsWith("comm_")) this.subshell?.received(msg_type, content);
    if (msg_type !== "status") return;
    const told = mainShellState(parent, content.execution_state);
    if (told) {
      this.busy = told === "busy";
      if (this.busy && parent) this.busyWith = parent.msg_id;
      if (this.ready) this.setStatus(told);
    }
    const foreign = parent?.msg_type === "execute_request" && !this.ours.has(parent.msg_id);
    if (foreign && content.execution_state === "idle" && this.ready) this.executed.fire();
  }
}

function kernelGone(): GraphcellError {
  return kernelDead("The kernel is gone.", "Start a kernel and run the notebook again.");
}

/** What a promise gives, or undefined after `ms`; null waits for ever. */
async function within<T>(ms: number | null, promise: Promise<T>): Promise<T | undefined> {
  if (ms === null) return promise;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), ms)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
