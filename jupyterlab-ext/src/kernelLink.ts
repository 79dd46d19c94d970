import type { ISessionContext } from "@jupyterlab/apputils";
import type { Kernel } from "@jupyterlab/services";
import { Disposables, GraphcellError, type KernelLink, type KernelState } from "@graphcell/core";
import { type AgentHost, AgentLink, bootstrapCode, type KernelAgent } from "@graphcell/kernel-bridge";
import { schedule } from "./host";
import { createLabKernelPort, type LabPort } from "./kernel";
import { ServerWatch } from "./serverWatch";

/** What a session link needs to ask the person something: JupyterLab's own dialogs. */
export interface KernelDialogs {
  restart(context: ISessionContext): Promise<unknown>;
}

const LAB: AgentHost = {
  timers: { schedule },
  onProblem: (error) => console.warn(`Graphcell: ${error.message} ${error.remedy}`),
};

interface AttachmentEvents {
  /** The kernel's language is known, or whether there is a way past a busy kernel. */
  readonly status: () => void;
  /** Puts the agent into the kernel. */
  readonly attach: (attachment: Attachment) => Promise<KernelAgent>;
  /** The agent is there. */
  readonly attached: () => void;
}

/** The connection to one kernel: a notebook that changes its kernel gets another. */
class Attachment extends Disposables {
  readonly port: LabPort;
  /** Settles when the agent is in the kernel, which a running cell may delay. */
  readonly ready: Promise<KernelAgent>;
  agent: KernelAgent | null = null;

  /** `python`: the kernel's specification says that it runs Python. */
  constructor(
    readonly kernel: Kernel.IKernelConnection,
    python: boolean,
    private readonly on: AttachmentEvents,
  ) {
    super();
    // The agent goes in before the cells of "Restart and run all": else they know no %%simulate.
    const first = python ? { first: bootstrapCode({ expect: true }) } : {};
    this.port = this.add(createLabKernelPort(kernel, first));
    this.add(this.port.onStatus(on.status));
    this.add(new ServerWatch(kernel));
    this.ready = this.attach();
    // Whoever runs a graph hears of the failure; the panel shows the kernel's state.
    this.ready.catch(() => undefined);
  }

  private async attach(): Promise<KernelAgent> {
    // Before that a request could only go as an execution, behind cells that may wait for us.
    await this.port.connected();
    const agent = await this.on.attach(this);
    this.agent = agent;
    if (!this.disposed) this.on.attached();
    return agent;
  }
}

/** The kernel of a notebook, whichever it is now, over JupyterLab's own connection. */
export class LabKernelLink extends AgentLink implements KernelLink {
  private attachment: Attachment | null = null;
  /** The last kernel ended, and nobody had asked for that. */
  private died = false;

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
    // A notebook that closes takes its connection away, and the kernel must hear by it that nobody waits any longer.
    const end = () => this.dispose();
    context.disposed.connect(end);
    this.add({ dispose: () => void context.disposed.disconnect(end) });
    this.follow();
  }

  get status(): KernelState["status"] {
    const kernel = this.context.session?.kernel ?? null;
    if (!kernel && this.died) return "dead";
    if (!kernel) return this.context.isReady || this.context.hasNoKernel ? "none" : "starting";
    if (kernel.isDisposed) return "dead";
    if (this.attachment?.port.status === "disconnected") return "disconnected";
    const language = this.attachment?.port.language ?? "";
    if (language !== "" && language !== "python") return "not-python";
    const status = statusOf(kernel);
    // JupyterLab calls a kernel busy also while it answers us, and idle when only that is done.
    const occupied = this.attachment?.port.occupied ?? null;
    if (occupied === null || (status !== "idle" && status !== "busy")) return status;
    return occupied ? "busy" : "idle";
  }

  get name(): string {
    return this.context.kernelDisplayName;
  }

  get direct(): boolean {
    return this.attachment?.port.direct !== undefined;
  }

  protected get agent(): KernelAgent | null {
    return this.attachment?.agent ?? null;
  }

  /** Looks at what the kernel holds, when it is free or there is a way past it. */
  async look(): Promise<void> {
    await (await this.needAgent()).scan();
  }

  async start(): Promise<void> {
    const { kernel } = this.context.session ?? {};
    if (this.status === "dead") return this.startAnew();
    if (kernel) return kernel.reconnect();
    await this.context.startKernel();
  }

  /** A kernel of the same kind in place of a dead one; the server may not know that one's session any longer. */
  private async startAnew(): Promise<void> {
    const { context } = this;
    const name = context.session?.kernel?.name ?? context.prevKernelName;
    context.session?.dispose();
    if (name === "") await context.startKernel();
    else await context.changeKernel({ name });
  }

  async interrupt(): Promise<void> {
    await this.context.session?.kernel?.interrupt();
  }

  async restart(): Promise<void> {
    if (this.status === "dead") return this.startAnew();
    await this.dialogs.restart(this.context);
  }

  private follow(): void {
    const kernel = this.context.session?.kernel ?? null;
    if (this.attachment?.kernel === kernel) return;
    if (kernel) this.died = false;
    // JupyterLab may drop the session of a dead kernel before its connection tells of the death.
    // One that somebody shuts down leaves the context not ready.
    else if (this.context.isReady && !this.context.isTerminating) this.died ||= this.attachment !== null;
    this.attachment?.dispose();
    this.attachment = kernel
      ? new Attachment(kernel, this.runsPython(kernel), {
          status: () => this.portChanged(),
          attach: (attachment) => this.attach(attachment.port, attachment, LAB),
          attached: () => this.reported.fire(),
        })
      : null;
    this.statusChanged.fire();
    this.reported.fire();
  }

  private portChanged(): void {
    if (this.attachment?.port.status === "dead") this.died = !this.context.isTerminating;
    this.statusChanged.fire();
  }

  /** By the server's list of kernels; false where that is not known. */
  private runsPython(kernel: Kernel.IKernelConnection): boolean {
    return this.context.specsManager.specs?.kernelspecs[kernel.name]?.language === "python";
  }

  protected async needAgent(): Promise<KernelAgent> {
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
