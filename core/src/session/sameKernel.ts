import type { GraphEntry } from "./entries";
import type { KernelLink } from "./ports";
import type { Executor } from "../engine/executor";
import { GraphcellError } from "../errors";
import type { CancelToken, Disposable } from "../lifetime";

/** Where the kernel finds the graph: by its variable, or its name. */
export function kernelGraph(entry: GraphEntry): { readonly variable: string | null; readonly name: string } {
  return {
    variable: entry.kernel?.info.variables[0] ?? entry.parsed?.variable ?? null,
    name: entry.kernel?.info.name ?? entry.name,
  };
}

/**
 * The kernel that was there when a run was asked for. What the run waits for before it begins, takes time; in a kernel
 * that took its place meanwhile, none of the notebook's steps would be found.
 */
export class SameKernel implements Disposable {
  private lost = false;
  private readonly watch: Disposable;

  constructor(private readonly kernel: KernelLink) {
    const gone = () => kernel.status === "restarting" || kernel.status === "dead";
    // A run that is asked for while a kernel starts again is for the one that comes.
    let before = gone();
    this.watch = kernel.onStatus(() => {
      this.lost ||= gone() && !before;
      before = gone();
    });
  }

  /** Its executor; throws `GraphcellError` when it has gone since, or can't be used. */
  async executor(graph: ReturnType<typeof kernelGraph>, cancel: CancelToken): Promise<Executor> {
    const executor = await this.kernel.executor(graph, cancel);
    this.check();
    return executor;
  }

  /** Throws `GraphcellError` when it has gone since. */
  check(): void {
    if (!this.lost) return;
    throw new GraphcellError("GC_KERNEL_DEAD", "The kernel was restarted.", "Run the cells, then try again.");
  }

  dispose(): void {
    this.watch.dispose();
  }
}
