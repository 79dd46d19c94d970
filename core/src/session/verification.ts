import { type GraphEntry, runnableGraph } from "./entries";
import type { HostPort, KernelLink, ScriptPort } from "./ports";
import { fetchedPart } from "./lazy";
import type { RunItem } from "./run";
import { SameKernel, kernelGraph } from "./sameKernel";
import type { ParityState } from "./state";
import { GraphcellError } from "../errors";
import { CancelSource } from "../lifetime";
import type { Parity } from "../parity/compare";

export interface VerificationContext {
  readonly kernel: KernelLink;
  readonly host: HostPort;
  readonly scripts?: ScriptPort;
  readonly onChange: () => void;
}

/** One comparison of a graph's simulation with MLRun's own mock server. */
export class Verification {
  private readonly cancelSource = new CancelSource();
  private phase: ParityState["phase"] = "running";
  private done = 0;
  private readonly total: number;
  private failure: ParityState["failure"] = null;
  private parity: Parity | null = null;
  outdated = false;

  constructor(
    private readonly entry: GraphEntry,
    private readonly items: readonly RunItem[],
    private readonly context: VerificationContext,
    /** What the result depends on, as it was when this began. */
    readonly signature: string,
  ) {
    this.total = 2 * items.reduce((sum, item) => sum + (item.event.repeat ?? 1), 0);
  }

  get state(): ParityState {
    const { phase, done, total, failure, parity, outdated } = this;
    return { phase, done, total, failure, parity, outdated };
  }

  get running(): boolean {
    return this.phase === "running";
  }

  cancel(): void {
    this.cancelSource.cancel();
  }

  /** Runs to its end; never rejects: what went wrong is in `state.failure`. */
  async start(): Promise<void> {
    const kernel = new SameKernel(this.context.kernel);
    try {
      this.parity = await this.compare(kernel);
      this.phase = "done";
    } catch (error) {
      this.phase = this.cancelSource.cancelled ? "cancelled" : "failed";
      if (this.phase === "failed") this.failure = failureOf(error);
    }
    kernel.dispose();
    this.context.onChange();
  }

  private async compare(same: SameKernel): Promise<Parity> {
    const { kernel, host, scripts } = this.context;
    const graph = runnableGraph(this.entry);
    if (!graph)
      throw new GraphcellError("GC_NO_GRAPH", "There is no graph to verify.", "Run the cell that builds it.");
    const own = await scripts?.names(this.entry.name);
    if (own && own.size > 0) {
      throw new GraphcellError(
        "GC_NO_VERIFY",
        `The steps of "${this.entry.name}" are TypeScript or JavaScript, which MLRun can't run.`,
        "Simulate them: the function in the cluster runs the same engine.",
      );
    }
    const { runReal } = kernel;
    if (!runReal) {
      throw new GraphcellError("GC_NO_VERIFY", "This host can't run MLRun's mock server.", "");
    }
    const { kernel: held, parsed } = this.entry;
    const { variable, name } = kernelGraph(this.entry);
    const cancel = this.cancelSource.token;
    const engine = await fetchedPart(import("../parity/verify"));
    const executor = await same.executor({ variable, name }, cancel);
    const { fetch } = host;
    return engine.verify({
      graph,
      spec: held?.info.spec ?? parsed?.spec ?? new Map(),
      variable,
      name,
      events: this.items.map((item) => item.event),
      executor,
      runReal: (...request) => {
        same.check();
        return runReal(...request);
      },
      cancel,
      ...(fetch ? { fetch } : {}),
      onProgress: (done) => {
        this.done = done;
        this.context.onChange();
      },
    });
  }
}

function failureOf(error: unknown): ParityState["failure"] {
  if (error instanceof GraphcellError) return { message: error.message, remedy: error.remedy };
  const message = error instanceof Error ? error.message : String(error);
  return {
    message: `The comparison broke: ${message}`,
    remedy: "Try again; if it breaks again, please report it with the notebook.",
  };
}
