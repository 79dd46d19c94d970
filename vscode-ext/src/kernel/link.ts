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
  type RunReal,
} from "@graphcell/core";
import {
  type AnswerSimulate,
  attachAgent,
  type KernelAgent,
  type KernelPort,
} from "@graphcell/kernel-bridge";
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
export class CodeKernelLink extends Disposables implements KernelLink {
  private readonly statusChanged = this.add(new Emitter<void>());
  private readonly reported = this.add(new Emitter<void>());
  private attachment: Attachment | null = null;
  private source: KernelSource | null = null;
  readonly onStatus = this.statusChanged.event;
  readonly onReport = this.reported.event;
  /** Answers the kernel's `%%simulate` cells; set by whoever holds the session. */
  onSimulate: AnswerSimulate = () => Promise.reject(noKernel());

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

  get report(): NamespaceReport | null {
    return this.attachment?.agent?.report ?? null;
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
      if (!connection.late) this.attach(this.attachment).catch(() => undefined);
    }
    this.statusChanged.fire();
    this.reported.fire();
  }

  executor(graph: Parameters<KernelLink["executor"]>[0], cancel: CancelToken): Promise<Executor> {
    return this.needAgent().then((agent) => agent.executor(graph, cancel));
  }

  readonly runReal: RunReal = async (...request) => (await this.needAgent()).runReal(...request);

  evaluate(expression: string, cancel?: CancelToken): Promise<PyValue> {
    return this.needAgent().then((agent) => agent.evaluate(expression, cancel));
  }

  preview(handle: string, bytes: number): Promise<Preview> {
    return this.needAgent().then((agent) => agent.preview(handle, bytes));
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

  private attach(attachment: Attachment): Promise<KernelAgent> {
    attachment.ready ??= this.begin(attachment);
    attachment.ready.catch(() => (attachment.ready = null));
    return attachment.ready;
  }

  private async begin(attachment: Attachment): Promise<KernelAgent> {
    const { owned, connection } = attachment;
    const agent = await attachAgent(connection.port, {
      timers: { schedule },
      simulate: (request, tell) => this.onSimulate(request, tell),
      onProblem: this.onProblem,
    });
    attachment.agent = owned.add(agent);
    owned.add(agent.onReport(() => this.reported.fire()));
    if (!owned.disposed) this.reported.fire();
    return agent;
  }

  private async needAgent(): Promise<KernelAgent> {
    if (!this.attachment) this.setConnection((await this.source?.connect()) ?? null);
    if (!this.attachment) throw noKernel();
    return this.attach(this.attachment);
  }
}

function noKernel(): GraphcellError {
  return new GraphcellError(
    "GC_NO_KERNEL",
    "This notebook has no kernel.",
    "Choose one by the notebook's kernel picker, then simulate again.",
  );
}
