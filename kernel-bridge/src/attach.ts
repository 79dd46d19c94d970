/** Attaches the agent to a kernel and keeps it there: over restarts, with its reports up to date. */
import {
  type CancelToken,
  type Disposable,
  Disposables,
  Emitter,
  type Executor,
  GraphcellError,
  type NamespaceReport,
  type Preview,
  type PyMap,
  type PyValue,
  type RunReal,
  dict,
  fetchedPart,
} from "@graphcell/core";
import type { KernelAgent } from "./agent";
import { AGENT_VERSION } from "./agent-source";
import { type KnownGraphs, type Push, decodePreview, decodePush, decodeRaised, decodeReport } from "./decode";
import type { RunGraph } from "./executor";
import { asGraphcellError, kernelDead } from "./failure";
import { runMock } from "./mock";
import type { DirectChannel, KernelPort } from "./port";
import { type AnswerSimulate, type SimulateReply, type SimulateRequest, call } from "./protocol";
import { Rpc } from "./rpc";
import type { Timers } from "./timers";

export interface AttachOptions {
  readonly timers: Timers;
  /** Milliseconds from the end of a cell to the look at the namespace; further cells in between wait with it. */
  readonly scanDelayMs?: number;
  /** Milliseconds that a request may take, the wait for a busy kernel included; half an hour when absent. */
  readonly requestTimeoutMs?: number;
  /** Answers a `%%simulate` cell. Without it this front end leaves such cells to others. */
  readonly simulate?: AnswerSimulate;
  /** Hears of what failed in the background (a look at the namespace, an answer to a cell). */
  readonly onProblem?: (error: GraphcellError) => void;
}

const SCAN_DELAY = 30;

/** Half an hour: steps may load models, and cells before us in the queue may train them. */
const REQUEST_TIMEOUT = 30 * 60_000;

/**
 * Puts the agent into the kernel (waiting while the kernel is busy) and takes a first look at the namespace. Throws
 * `GC_NOT_PYTHON`, `GC_AGENT`, and what the port throws. After a restart the agent comes back by itself.
 */
export async function attachAgent(port: KernelPort, options: AttachOptions): Promise<KernelAgent> {
  const agent = new AttachedAgent(port, options);
  try {
    await agent.start();
  } catch (error) {
    agent.dispose();
    throw error;
  }
  return agent;
}

let runs = 0;

class AttachedAgent implements KernelAgent {
  report: NamespaceReport | null = null;
  attached = false;
  private readonly reports = new Emitter<NamespaceReport | null>();
  readonly onReport = this.reports.event;
  private readonly owned = new Disposables();
  private readonly rpc: Rpc;
  /** Rises with every start of the kernel: what was asked of an older one is void. */
  private life = 0;
  private scanning: Promise<NamespaceReport> | null = null;
  private scanDue = false;
  private scanTimer = new Disposables();
  private channel: DirectChannel | null = null;
  private listening: Disposable | null = null;
  private readonly name = Math.random().toString(36).slice(2, 10);

  constructor(
    private readonly port: KernelPort,
    private readonly options: AttachOptions,
  ) {
    this.rpc = new Rpc(port, options.requestTimeoutMs ?? REQUEST_TIMEOUT, options.timers);
    this.owned.add(this.reports);
    this.owned.add(port.onRestart(() => void this.restarted()));
    this.owned.add(port.onStatus((status) => this.statusChanged(status)));
    if (port.onExecuted) this.owned.add(port.onExecuted(() => this.scanSoon()));
  }

  async start(): Promise<void> {
    const { language } = this.port;
    if (language !== "" && language !== "python") {
      throw new GraphcellError(
        "GC_NOT_PYTHON",
        `The kernel runs ${language}; Graphcell's simulations need Python.`,
        "Choose a Python kernel.",
      );
    }
    const life = this.life;
    // The first request opens the channel, and a cell that waits for that pushes at once.
    this.listen();
    const hello = await this.rpc.ask(call("hello"));
    if (hello.get("version") !== AGENT_VERSION) await this.rpc.inject();
    if (life !== this.life || this.owned.disposed) return;
    this.attached = true;
    await this.openDirect();
    await this.scan();
  }

  /** Where a port has no comms, the agent may listen on a socket. */
  private async openDirect(): Promise<void> {
    if (this.port.direct || !this.port.openDirect) return;
    const answer = await this.rpc.ask(call("listen"));
    const [port, token] = [answer.get("port"), answer.get("token")];
    if (typeof port === "number" && typeof token === "string") await this.port.openDirect({ port, token });
  }

  async scan(cancel?: CancelToken): Promise<NamespaceReport> {
    // One look at a time; who asks meanwhile gets one that begins later.
    const before = this.scanning;
    if (before) await before.catch(() => undefined);
    this.scanning ??= this.onlyLook(cancel);
    return this.scanning;
  }

  async executor(graph: RunGraph, cancel: CancelToken): Promise<Executor> {
    const life = this.life;
    const check = (): void => {
      if (life !== this.life) throw kernelDead("The kernel was restarted in the middle of the run.");
    };
    this.refuseWhenDisposed();
    const ident = `${this.name}-${++runs}`;
    // What only runs need does not come with a page.
    const { KernelExecutor } = await fetchedPart(import("./executor"));
    return new KernelExecutor(this.rpc, ident, graph, cancel, check);
  }

  readonly runReal: RunReal = async (graph, events, cancel, onProgress) => {
    this.refuseWhenDisposed();
    return runMock(this.rpc, `${this.name}-${++runs}`, graph, events, cancel, onProgress);
  };

  async evaluate(expression: string, cancel?: CancelToken): Promise<PyValue> {
    this.refuseWhenDisposed();
    const answer = await this.rpc.ask(call("evaluate", { expression }), cancel ? { cancel } : {});
    const raised = answer.get("raised");
    if (raised === undefined) return answer.get("value") ?? null;
    const { class: name, message } = decodeRaised(raised);
    throw new GraphcellError(
      "GC_EVALUATE",
      `${name}: ${message}`,
      "Correct the expression, or run the cells it needs.",
    );
  }

  async preview(handle: string, bytes: number): Promise<Preview> {
    this.refuseWhenDisposed();
    return decodePreview(await this.rpc.ask(call("preview", { handle, bytes })));
  }

  dispose(): void {
    this.life++;
    this.attached = false;
    this.scanTimer.dispose();
    this.rpc.dispose();
    this.deafen();
    this.owned.dispose();
  }

  private onlyLook(cancel?: CancelToken): Promise<NamespaceReport> {
    const look = this.look(cancel).finally(() => {
      if (this.scanning === look) this.scanning = null;
    });
    return look;
  }

  private async look(cancel?: CancelToken): Promise<NamespaceReport> {
    this.refuseWhenDisposed();
    const life = this.life;
    this.listen();
    const since = this.report?.revision ?? null;
    const known = this.knownGraphs();
    const asked = call("scan", { since, known: [...known.keys()] });
    const answer = await this.rpc.ask(asked, cancel ? { cancel } : {});
    if (life !== this.life) throw kernelDead("The kernel was restarted.");
    if (answer.get("same") === true && this.report) return this.report;
    const report = decodeReport(answer, known);
    if (report === null) throw new GraphcellError("GC_PROTOCOL", "The kernel's agent left out a graph.");
    return this.take(report);
  }

  /** Keeps a report unless a newer one is there already. */
  private take(report: NamespaceReport): NamespaceReport {
    const { report: known } = this;
    if (known && known.revision >= report.revision) return known;
    this.report = report;
    this.reports.fire(report);
    return report;
  }

  private knownGraphs(): KnownGraphs {
    return new Map((this.report?.graphs ?? []).map((graph) => [graph.revision, graph]));
  }

  private scanSoon(): void {
    if (!this.attached) return;
    this.scanTimer.dispose();
    this.scanTimer = new Disposables();
    this.scanTimer.add(
      this.options.timers.schedule(() => void this.scanBehind(), this.options.scanDelayMs ?? SCAN_DELAY),
    );
  }

  /** A look that nobody waits for; cells that end meanwhile ask for just one more. */
  private async scanBehind(): Promise<void> {
    if (this.scanning) {
      this.scanDue = true;
      return;
    }
    try {
      await this.scan();
    } catch (error) {
      this.problem(error);
    }
    if (this.scanDue) {
      this.scanDue = false;
      this.scanSoon();
    }
  }

  private async restarted(): Promise<void> {
    try {
      this.lost();
      await this.start();
    } catch (error) {
      this.problem(error);
    }
  }

  private statusChanged(status: KernelPort["status"]): void {
    if (status === "dead" || status === "restarting") this.lost();
  }

  private lost(): void {
    this.life++;
    this.attached = false;
    // A look at the namespace that is gone may never end.
    this.scanning = null;
    this.deafen();
    if (this.report === null) return;
    this.report = null;
    this.reports.fire(null);
  }

  /** Hears pushes on the direct channel, when there is one; a port may make a new one after a restart. */
  private listen(): void {
    const { direct } = this.port;
    if (!direct || direct === this.channel) return;
    this.channel = direct;
    this.listening?.dispose();
    this.listening = direct.onPush((text) => this.pushed(text));
  }

  private deafen(): void {
    this.listening?.dispose();
    this.channel = this.listening = null;
  }

  private pushed(text: string): void {
    let push: Push | null = null;
    try {
      push = decodePush(text, this.knownGraphs());
    } catch (error) {
      this.problem(error);
    }
    if (push?.type === "report" && push.report !== null) this.take(push.report);
    // It names a graph that was told before we listened: a look brings it.
    else if (push?.type === "report") void this.scanBehind();
    else if (push?.type === "simulate") void this.simulate(push.request);
  }

  /** Answers a waiting cell: first that it is taken, so that no other front end does it too, then with the result. */
  private async simulate(request: SimulateRequest): Promise<void> {
    const { simulate } = this.options;
    if (!simulate) return;
    try {
      const taken = await this.tell(request, {});
      if (taken.get("yours") !== true) return;
      // A cell that ran while we came in: nothing was told of its graph yet.
      if (this.report === null) await this.scan();
      const reply = await outcome(simulate, request, this.meanwhile(request));
      await this.tell(request, simulatedFields(reply));
    } catch (error) {
      this.problem(error);
    }
  }

  /** Passes on what a cell shows while it waits; what comes faster than the kernel takes it is left out. */
  private meanwhile(request: SimulateRequest): (soFar: SimulateReply) => void {
    let sending = false;
    return (soFar) => {
      if (sending) return;
      sending = true;
      const told = this.tell(request, { ...simulatedFields(soFar), partial: true });
      void told.catch(() => null).finally(() => (sending = false));
    };
  }

  private tell(request: SimulateRequest, fields: Readonly<Record<string, PyValue>>): Promise<PyMap> {
    const by = this.name;
    return this.rpc.ask(call("simulated", { display_id: request.displayId, by, ...fields }));
  }

  private problem(error: unknown): void {
    if (!this.owned.disposed) this.options.onProblem?.(asGraphcellError(error, "GC_AGENT"));
  }

  private refuseWhenDisposed(): void {
    if (this.owned.disposed) {
      throw new GraphcellError("GC_KERNEL_CLOSED", "The connection to the kernel was closed.");
    }
  }
}

/** A simulation that could not be done still fills its cell: with the reason. */
async function outcome(
  simulate: AnswerSimulate,
  request: SimulateRequest,
  tell: (soFar: SimulateReply) => void,
): Promise<SimulateReply> {
  try {
    return await simulate(request, tell);
  } catch (error) {
    const { message, remedy } = asGraphcellError(error, "GC_SIMULATE");
    const text = remedy === "" ? message : `${message} ${remedy}`;
    return { bundle: { "text/plain": text }, failure: text };
  }
}

function simulatedFields(reply: SimulateReply): Record<string, PyValue> {
  return { bundle: dict(reply.bundle), ...(reply.failure === undefined ? {} : { failure: reply.failure }) };
}
