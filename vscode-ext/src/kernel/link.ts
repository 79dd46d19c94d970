import { Disposables, GraphcellError, type KernelLink, type KernelState } from "@graphcell/core";
import { AgentLink, type KernelAgent, type KernelPort } from "@graphcell/kernel-bridge";
import { schedule } from "../time";

/** A kernel that a notebook has now. Whoever made it disposes its port. */
export interface KernelConnection {
  readonly port: KernelPort;
  /** Display name. */
  readonly name: string;
  /** Nothing of ours goes into the kernel before the person simulates. */
  readonly late: boolean;
}

/** Where a notebook's kernel comes from: Graphcell's own controller, or the Jupyter extension. */
export interface KernelSource {
  /** Gets the notebook a kernel, by asking if need be; null when the person declined. */
  connect(): Promise<KernelConnection | null>;
  /** Says what is missing, when the notebook has none. */
  readonly status: Extract<KernelState["status"], "none" | "starting" | "dead">;
}

interface Attachment {
  readonly connection: KernelConnection;
  readonly owned: Disposables;
  agent: KernelAgent | null;
  ready: Promise<KernelAgent> | null;
}

/** The kernel of a notebook, whichever it is now. */
export class CodeKernelLink extends AgentLink implements KernelLink {
  private attachment: Attachment | null = null;
  private source: KernelSource | null = null;

  constructor(private readonly onProblem: (error: GraphcellError) => void) {
    super();
    this.add({ dispose: () => this.detach() });
  }

  get status(): KernelState["status"] {
    const port = this.attachment?.connection.port;
    if (!port) return this.source?.status ?? "none";
    if (port.language !== "" && port.language !== "python") return "not-python";
    return port.status === "unknown" ? "starting" : port.status;
  }

  get name(): string {
    return this.attachment?.connection.name ?? "";
  }

  get direct(): boolean {
    return this.attachment?.connection.port.direct !== undefined;
  }

  protected get agent(): KernelAgent | null {
    return this.attachment?.agent ?? null;
  }

  /** Where to get a kernel from when one is asked for. */
  setSource(source: KernelSource | null): void {
    this.source = source;
    this.statusChanged.fire();
  }

  /** Tells that the source's state changed. */
  sourceChanged(): void {
    this.statusChanged.fire();
  }

  /** The notebook has this kernel from now on. */
  setConnection(connection: KernelConnection | null): void {
    if (this.attachment?.connection === connection) return;
    this.detach();
    if (connection) {
      const owned = new Disposables();
      owned.add(connection.port.onStatus(() => this.statusChanged.fire()));
      this.attachment = { connection, owned, agent: null, ready: null };
      if (!connection.late) this.agentOf(this.attachment).catch(() => undefined);
    }
    this.statusChanged.fire();
    this.reported.fire();
  }

  async start(): Promise<void> {
    if (this.attachment?.connection.port.status === "dead") this.setConnection(null);
    await this.needAgent();
  }

  async interrupt(): Promise<void> {
    await this.attachment?.connection.port.interrupt();
  }

  async restart(): Promise<void> {
    const port = this.attachment?.connection.port;
    if (!port || port.status === "dead") return this.start();
    await port.restart();
  }

  private detach(): void {
    this.attachment?.owned.dispose();
    this.attachment = null;
  }

  private agentOf(attachment: Attachment): Promise<KernelAgent> {
    attachment.ready ??= this.begin(attachment);
    attachment.ready.catch(() => (attachment.ready = null));
    return attachment.ready;
  }

  private async begin(attachment: Attachment): Promise<KernelAgent> {
    const { owned, connection } = attachment;
    const agent = await this.attach(connection.port, owned, {
      timers: { schedule },
      onProblem: this.onProblem,
    });
    attachment.agent = agent;
    if (!owned.disposed) this.reported.fire();
    return agent;
  }

  protected async needAgent(): Promise<KernelAgent> {
    if (!this.attachment) this.setConnection((await this.source?.connect()) ?? null);
    if (!this.attachment) throw noKernel();
    return this.agentOf(this.attachment);
  }
}

function noKernel(): GraphcellError {
  return new GraphcellError(
    "GC_NO_KERNEL",
    "This notebook has no kernel.",
    "Choose one by the notebook's kernel picker, then simulate again.",
  );
}
