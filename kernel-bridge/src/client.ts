/** A kernel on a Jupyter server as a `KernelPort`, over any websocket. Pure: the host gives sockets and time. */
import type { CancelToken, GraphcellError } from "@graphcell/core";
import { Emitter, never } from "@graphcell/core";
import type { DirectChannel, ExecuteOptions, KernelOutput, KernelPort, KernelStatus } from "./port";
import type { ClientHost, KernelSocket, KernelTransport } from "./transport";
import type { KernelMessage } from "./wire";
import type { SubshellLink } from "./subshell";
import { BackOff } from "./backOff";
import { CellRuns } from "./cells";
import { Executions, executeContent } from "./executions";
import {
  answerLost,
  asGraphcellError,
  cancelled,
  kernelDead,
  kernelGone,
  messageTooLarge,
  portClosed,
} from "./failure";
import { createSubshell, deleteSubshell, greet, within } from "./greeting";
import { Replies } from "./replies";
import { mainShellState } from "./mainShell";
import { Requests } from "./requests";
import { Subshell } from "./subshell";
import { decodeFrame } from "./wire";

/** A main shell that has not answered by then is busy with a cell. */
const BUSY_MS = 100;
/** Outputs that the server kept for us arrive within this time after a reconnection. */
const REPLAY_MS = 1_000;

type Phase = "connecting" | "ready" | "restarting" | "disconnected" | "dead" | "closed";

export class KernelClient implements KernelPort {
  language = "";
  status: KernelStatus = "unknown";

  private readonly statuses = new Emitter<KernelStatus>();
  private readonly restarts = new Emitter<void>();
  private readonly executed = new Emitter<void>();
  private readonly settled = new Emitter<GraphcellError | null>();
  readonly onStatus = this.statuses.event;
  readonly onRestart = this.restarts.event;
  readonly onExecuted = this.executed.event;
  /** Cells of a notebook. Their session is not ours, so that they count as somebody's code. */
  readonly cells: CellRuns;

  private phase: Phase = "connecting";
  private socket: KernelSocket | null = null;
  private subshell: Subshell | null = null;
  private readonly requests: Requests;
  private readonly replies: Replies;
  private readonly executions: Executions;
  /** The kernel process that we talk to, and the one before it, whose late messages are dropped. */
  private process: string | null = null;
  private formerProcess: string | null = null;
  private busy = false;
  /** How often the main shell's state was told. */
  private statusesTold = 0;
  /** Counts handshakes, so that an older one can tell that it was overtaken. */
  private round = 0;
  private readonly backOff: BackOff;

  private constructor(
    private readonly transport: KernelTransport,
    private readonly host: ClientHost,
  ) {
    this.backOff = new BackOff(host.timers);
    this.requests = new Requests(host.randomId(), host, (frame) => this.write(frame));
    this.replies = new Replies(host.timers);
    const session = host.randomId();
    this.cells = new CellRuns({
      timers: host.timers,
      post: (channel, type, content, metadata = {}) =>
        this.requests.post(channel, type, content, { session, metadata }),
    });
    this.executions = new Executions(
      {
        send: (code, events) => {
          const id = this.requests.post("shell", "execute_request", executeContent(code));
          return this.replies.follow(id, events);
        },
        interrupt: () => this.transport.interrupt(),
      },
      host.timers,
    );
  }

  /**
   * Connects to a kernel and waits until it answers. Throws `GC_KERNEL_DEAD` when the server has no such kernel,
   * `GC_SERVER_TOKEN`, `GC_SERVER_UNREACHABLE`, `GC_KERNEL_TIMEOUT`, `GC_CANCELLED`.
   */
  static async connect(
    transport: KernelTransport,
    host: ClientHost,
    cancel: CancelToken = never,
  ): Promise<KernelClient> {
    if (!(await transport.exists())) throw kernelGone();
    const client = new KernelClient(transport, host);
    const stop = cancel.onCancel(() => client.settled.fire(cancelled()));
    try {
      const ready = client.whenSettled();
      client.openSocket();
      if (cancel.cancelled) client.settled.fire(cancelled());
      await ready;
      return client;
    } catch (error) {
      client.dispose();
      throw error;
    } finally {
      stop.dispose();
    }
  }

  get direct(): DirectChannel | undefined {
    return this.phase === "ready" ? this.subshell?.channel : undefined;
  }

  execute(code: string, cancel?: CancelToken, options?: ExecuteOptions): AsyncIterable<KernelOutput> {
    return this.executions.run(code, cancel, options);
  }

  interrupt(): Promise<void> {
    return this.transport.interrupt();
  }

  async restart(): Promise<void> {
    if (this.phase === "closed") throw portClosed();
    this.lose("restarting", kernelDead("The kernel was restarted.", "Run it again."));
    try {
      await this.transport.restart();
    } catch (error) {
      const failure = asGraphcellError(error, "GC_KERNEL_DEAD");
      if (this.phase === "restarting") this.die(failure);
      throw failure;
    }
    if (this.phase !== "restarting") return;
    this.backOff.stop();
    // A new socket: the server joins it to the new process, whatever its ports.
    const ready = this.whenSettled();
    this.openSocket();
    await ready;
  }

  /** The server is known to be gone for good, with all its kernels. */
  serverEnded(error: GraphcellError): void {
    if (this.phase !== "closed") this.die(error);
  }

  dispose(): void {
    if (this.phase === "closed") return;
    const goodbye = this.phase === "ready" ? this.subshell : null;
    this.phase = "closed";
    this.round++;
    this.backOff.stop();
    this.settled.fire(portClosed());
    this.requests.fail(portClosed());
    this.executions.dispose();
    // A socket that is closed at once may take the last messages with it.
    const done = () => this.socket?.close();
    if (goodbye) goodbye.close(portClosed()).then(done, done);
    else {
      this.subshell?.lost(portClosed());
      done();
    }
    for (const emitter of [this.statuses, this.restarts, this.executed, this.settled]) emitter.dispose();
  }

  // Sockets

  private openSocket(): void {
    this.socket?.close();
    const socket = this.transport.open({
      opened: () => void (this.socket === socket && this.greet()),
      message: (frame) => void (this.socket === socket && this.receive(frame)),
      closed: (error) => void (this.socket === socket && this.cut(error)),
    });
    this.socket = socket;
  }

  private write(frame: Uint8Array): void {
    if (!this.socket) throw answerLost();
    if (frame.length > this.transport.maxFrame) throw messageTooLarge(frame.length, this.transport.maxFrame);
    this.socket.send(frame);
  }

  /** The connection was cut. What runs in the kernel goes on; the server keeps its outputs for us. */
  private cut(error: GraphcellError): void {
    this.socket = null;
    this.requests.fail(error);
    if (this.phase === "dead" || this.phase === "closed") return;
    if (this.phase === "connecting") return this.settled.fire(error);
    this.round++;
    this.executions.setReady(false);
    if (this.phase !== "restarting") {
      this.phase = "disconnected";
      this.setStatus("disconnected");
    }
    this.backOff.cut(
      () => void this.reconnect(),
      () => this.executions.fail(error),
    );
  }

  private async reconnect(): Promise<void> {
    const { round } = this;
    try {
      const exists = await this.transport.exists();
      if (round !== this.round) return;
      if (exists) this.openSocket();
      else this.die(kernelGone());
    } catch (error) {
      if (round !== this.round) return;
      const failure = asGraphcellError(error, "GC_SERVER_UNREACHABLE");
      if (failure.code === "GC_SERVER_TOKEN") this.die(failure);
      else this.cut(failure);
    }
  }

  // Handshake

  /** Learns which process answers, makes the direct channel, and lets executions go. */
  private async greet(): Promise<void> {
    const round = ++this.round;
    const current = () => round === this.round;
    const first = this.phase === "connecting";
    const [executions, cells] = [this.executions.outstanding(), this.cells.outstanding()];
    try {
      const greeting = await greet(this.requests, this.host.timers, current);
      if (!current()) return;
      const anew = !first && (this.phase === "restarting" || greeting.session !== this.process);
      // A restart that we know of has failed its executions already; what waits now is for the new process.
      if (anew && this.phase !== "restarting")
        this.forget(kernelDead("The kernel was restarted.", "Run it again."));
      this.process = greeting.session;
      this.language = greeting.language;
      if (greeting.subshells && !this.subshell) {
        const id = await createSubshell(this.requests);
        if (!current()) return;
        this.subshell = id === null ? null : new Subshell(id, this.subshellLink());
      }
      await this.learnBusy(greeting.shell, current);
      if (!current()) return;
      this.becomeReady();
      if (anew) this.restarts.fire();
      else if (!first) this.afterGap(greeting.shell, executions, cells);
    } catch (error) {
      if (current()) this.die(asGraphcellError(error, "GC_KERNEL_DEAD"));
    }
  }

  private becomeReady(): void {
    this.phase = "ready";
    this.backOff.reset();
    this.setStatus(this.busy ? "busy" : "idle");
    this.settled.fire(null);
    this.executions.setReady(true);
  }

  /** A main shell that does not answer soon is busy; it is idle when it answers. */
  private async learnBusy(shell: Promise<unknown>, current: () => boolean): Promise<void> {
    this.busy = true;
    const told = this.statusesTold;
    const idle = shell.then(
      () => {
        if (!current() || told !== this.statusesTold) return;
        this.busy = false;
        if (this.phase === "ready") this.setStatus("idle");
      },
      () => {},
    );
    await within(this.host.timers, BUSY_MS, idle);
  }

  private subshellLink(): SubshellLink {
    const { host, requests } = this;
    return {
      timers: host.timers,
      randomId: () => host.randomId(),
      post: (type, content, subshell) => void requests.post("shell", type, content, { subshell }),
      remove: (subshell) => deleteSubshell(requests, subshell),
    };
  }

  /** After a cut: somebody may have run something, and answers that did not wait for us never come. */
  private afterGap(shell: Promise<unknown>, executions: readonly object[], cells: readonly string[]): void {
    this.executed.fire();
    if (executions.length + cells.length === 0) return;
    const replayed = () => within(this.host.timers, REPLAY_MS, new Promise<never>(() => {}));
    const lose = () => (this.executions.lost(executions), this.cells.fail(answerLost(), cells));
    shell.then(replayed).then(lose, () => null);
  }

  // Kernel lost and back

  /** The process is gone or going: all that it was asked fails, and nothing is sent until a new one answers. */
  private lose(phase: "restarting" | "dead", error: GraphcellError): void {
    this.round++;
    this.phase = phase;
    this.executions.setReady(false);
    this.forget(error);
    this.requests.fail(error);
    this.setStatus(phase);
  }

  private forget(error: GraphcellError): void {
    this.formerProcess = this.process ?? this.formerProcess;
    this.process = null;
    this.subshell?.lost(error);
    this.subshell = null;
    this.executions.fail(error);
    this.cells.fail(error);
  }

  private die(error: GraphcellError): void {
    this.backOff.stop();
    this.lose("dead", error);
    this.executions.fail(error, true);
    this.socket?.close();
    this.socket = null;
    this.settled.fire(error);
  }

  /** Not our doing: the server's watch restarted a kernel that died, or somebody else restarted it. */
  private restartedByOthers(why: string): void {
    if (this.phase !== "ready" && this.phase !== "disconnected") return;
    this.lose("restarting", kernelDead(why, "Run it again."));
    this.openSocket();
  }

  private whenSettled(): Promise<void> {
    return new Promise((resolve, reject) => {
      const listener = this.settled.event((error) => {
        listener.dispose();
        if (error) reject(error);
        else resolve();
      });
    });
  }

  // Messages

  private receive(frame: Uint8Array): void {
    let message: KernelMessage;
    try {
      message = decodeFrame(frame, this.host.utf8);
    } catch (error) {
      // Nobody can tell whose it was.
      return this.executions.fail(asGraphcellError(error, "GC_WIRE"));
    }
    const { header, parent, content } = message;
    if (this.phase === "closed") return this.receiveLast(message);
    if (this.formerProcess !== null && header.session === this.formerProcess) return;
    if (this.isNewProcess(message)) {
      this.restartedByOthers("Somebody restarted the kernel.");
      return;
    }
    if (header.msg_type === "status") this.receiveStatus(message);
    else if (header.msg_type.startsWith("comm_")) this.subshell?.received(header.msg_type, content);
    else if (header.msg_type === "shutdown_reply" && message.channel === "iopub") this.shutDown(content);
    if (!parent) return;
    this.cells.received(message);
    this.replies.received(message);
    this.requests.received(message);
  }

  /** What still comes while the port takes its leave. */
  private receiveLast(message: KernelMessage): void {
    const { msg_type } = message.header;
    if (msg_type.startsWith("comm_")) this.subshell?.received(msg_type, message.content);
    this.requests.received(message);
  }

  /** Each kernel process has a session of its own; the server writes with ours, some kernels echo their parent's. */
  private isNewProcess({ header, parent }: KernelMessage): boolean {
    if (this.phase !== "ready" || this.process === null) return false;
    const { session } = header;
    return session !== this.process && session !== this.requests.session && session !== parent?.session;
  }

  private receiveStatus({ parent, content }: KernelMessage): void {
    const state = content.execution_state;
    if (state === "restarting" && !parent)
      return this.restartedByOthers("The kernel died while it ran code.");
    if (state === "dead" && !parent) {
      return this.die(kernelDead("The kernel died and could not be restarted.", "Start a new kernel."));
    }
    const told = mainShellState(parent, state);
    if (told) {
      this.statusesTold++;
      this.busy = told === "busy";
      if (this.phase === "ready") this.setStatus(told);
    }
    const foreign = parent?.msg_type === "execute_request" && parent.session !== this.requests.session;
    if (foreign && state === "idle" && this.phase === "ready") this.executed.fire();
  }

  private shutDown(content: KernelMessage["content"]): void {
    if (this.phase !== "ready") return;
    if (content.restart === true) return this.restartedByOthers("Somebody restarted the kernel.");
    this.die(kernelDead("The kernel was shut down.", "Start a new kernel."));
  }

  private setStatus(status: KernelStatus): void {
    if (status === this.status) return;
    this.status = status;
    this.statuses.fire(status);
  }
}
