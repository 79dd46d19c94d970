import type { ISessionContext } from "@jupyterlab/apputils";
import type { Kernel } from "@jupyterlab/services";
import {
  Disposables,
  Emitter,
  GraphcellError,
  type CancelToken,
  type Executor,
  type KernelLink,
  type KernelState,
  type NamespaceReport,
  type Preview,
  type PyValue,
} from "@graphcell/core";
import {
  attachAgent,
  type KernelAgent,
  type KernelPort,
  type SimulateReply,
  type SimulateRequest,
} from "@graphcell/kernel-bridge";
import { schedule } from "./host";
import { createLabKernelPort } from "./kernel";

/** What a session link needs to ask the person something: JupyterLab's own dialogs. */
export interface KernelDialogs {
  restart(context: ISessionContext): Promise<unknown>;
}

interface AttachmentEvents {
  readonly report: () => void;
  /** The kernel's language is known, or whether there is a way past a busy kernel. */
  readonly status: () => void;
  readonly simulate: (request: SimulateRequest) => Promise<SimulateReply>;
}

/** The connection to one kernel: a notebook that changes its kernel gets another. */
class Attachment extends Disposables {
  readonly port: KernelPort;
  /** Settles when the agent is in the kernel, which a running cell may delay. */
  readonly ready: Promise<KernelAgent>;
  agent: KernelAgent | null = null;

  constructor(
    readonly kernel: Kernel.IKernelConnection,
    private readonly on: AttachmentEvents,
  ) {
    super();
    this.port = this.add(createLabKernelPort(kernel));
    this.add(this.port.onStatus(on.status));
    this.ready = this.attach();
    // Whoever runs a graph hears of the failure; the panel shows the kernel's state.
    this.ready.catch(() => undefined);
  }

  private async attach(): Promise<KernelAgent> {
    const agent = await attachAgent(this.port, {
      timers: { schedule },
      simulate: this.on.simulate,
      onProblem: (error) => console.warn(`Graphcell: ${error.message} ${error.remedy}`),
    });
    this.agent = this.add(agent);
    this.add(agent.onReport(this.on.report));
    if (!this.disposed) this.on.report();
    return agent;
  }
}

/** The kernel of a notebook, whichever it is now, over JupyterLab's own connection. */
export class LabKernelLink extends Disposables implements KernelLink {
  private readonly statusChanged = this.add(new Emitter<void>());
  private readonly reported = this.add(new Emitter<void>());
  private attachment: Attachment | null = null;
  readonly onStatus = this.statusChanged.event;
  readonly onReport = this.reported.event;
  /** Answers the kernel's `%%simulate` cells; set by whoever holds the session. */
  onSimulate: (request: SimulateRequest) => Promise<SimulateReply> = () => Promise.reject(NO_KERNEL.none);

  constructor(
    private readonly context: ISessionContext,
    private readonly dialogs: KernelDialogs,
  ) {
    super();
    const tell = () => this.statusChanged.fire();
    const signals = [context.statusChanged, context.connectionStatusChanged];
    for (const signal of signals) {
      signal.connect(tell);
      this.add({ dispose: () => void signal.disconnect(tell) });
    }
    const follow = () => this.follow();
    for (const signal of [context.kernelChanged, context.sessionChanged]) {
      signal.connect(follow);
      this.add({ dispose: () => void signal.disconnect(follow) });
    }
    void context.ready.then(tell, () => undefined);
    this.add({ dispose: () => this.attachment?.dispose() });
    this.follow();
  }

  get status(): KernelState["status"] {
    const kernel = this.context.session?.kernel ?? null;
    if (!kernel) return this.context.isReady || this.context.hasNoKernel ? "none" : "starting";
    if (kernel.isDisposed) return "dead";
    const language = this.attachment?.port.language ?? "";
    if (language !== "" && language !== "python") return "not-python";
    return statusOf(kernel);
  }

  get name(): string {
    return this.context.kernelDisplayName;
  }

  get direct(): boolean {
    return this.attachment?.port.direct !== undefined;
  }

  get report(): NamespaceReport | null {
    return this.attachment?.agent?.report ?? null;
  }

  executor(graph: Parameters<KernelLink["executor"]>[0], cancel: CancelToken): Promise<Executor> {
    return this.needAgent().then((agent) => agent.executor(graph, cancel));
  }

  evaluate(expression: string, cancel?: CancelToken): Promise<PyValue> {
    return this.needAgent().then((agent) => agent.evaluate(expression, cancel));
  }

  preview(handle: string, bytes: number): Promise<Preview> {
    return this.needAgent().then((agent) => agent.preview(handle, bytes));
  }

  async start(): Promise<void> {
    const { kernel } = this.context.session ?? {};
    if (kernel && statusOf(kernel) === "dead") return this.restart();
    if (kernel) return kernel.reconnect();
    await this.context.startKernel();
  }

  async interrupt(): Promise<void> {
    await this.context.session?.kernel?.interrupt();
  }

  async restart(): Promise<void> {
    await this.dialogs.restart(this.context);
  }

  private follow(): void {
    const kernel = this.context.session?.kernel ?? null;
    if (this.attachment?.kernel === kernel) return;
    this.attachment?.dispose();
    this.attachment = kernel
      ? new Attachment(kernel, {
          report: () => this.reported.fire(),
          status: () => this.statusChanged.fire(),
          simulate: (request) => this.onSimulate(request),
        })
      : null;
    this.statusChanged.fire();
    this.reported.fire();
  }

  private async needAgent(): Promise<KernelAgent> {
    const { status } = this;
    if (status === "dead" || status === "disconnected" || status === "not-python") throw NO_KERNEL[status];
    if (!this.attachment) throw NO_KERNEL.none;
    return this.attachment.ready;
  }
}

function statusOf(kernel: Kernel.IKernelConnection): KernelState["status"] {
  if (kernel.status === "dead" || kernel.status === "terminating") return "dead";
  if (kernel.status === "restarting" || kernel.status === "autorestarting") return "restarting";
  if (kernel.connectionStatus === "disconnected") return "disconnected";
  if (kernel.status === "idle" || kernel.status === "busy") {
    return kernel.connectionStatus === "connected" ? kernel.status : "disconnected";
  }
  return "starting";
}

const NO_KERNEL = {
  none: new GraphcellError("GC_NO_KERNEL", "This notebook has no kernel.", "Start one, then simulate again."),
  dead: new GraphcellError("GC_KERNEL_DEAD", "The kernel is dead.", "Restart it, and run the cells again."),
  disconnected: new GraphcellError(
    "GC_KERNEL_DISCONNECTED",
    "There is no connection to the kernel.",
    "Wait until the Jupyter server answers again, or reconnect by the kernel menu.",
  ),
  "not-python": new GraphcellError(
    "GC_KERNEL_LANGUAGE",
    "This kernel does not run Python, so the steps of a graph can't run in it.",
    "Choose a Python kernel.",
  ),
} as const;
