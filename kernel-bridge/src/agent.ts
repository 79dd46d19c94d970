import type {
  CancelToken,
  Disposable,
  Event,
  Executor,
  NamespaceReport,
  Preview,
  PyValue,
  RunReal,
} from "@graphcell/core";
import type { RunGraph } from "./executor";

/** The agent in a kernel, as hosts and the engine use it. Made by `attachAgent(port, options)`. */
export interface KernelAgent extends Disposable {
  /** Last report; null before the first, and after a restart until the agent is back. */
  readonly report: NamespaceReport | null;
  readonly onReport: Event<NamespaceReport | null>;
  /** True while the agent is in the kernel and answers. */
  readonly attached: boolean;
  /** Looks at the namespace now; the report comes back, and by `onReport` if it changed. */
  scan(cancel?: CancelToken): Promise<NamespaceReport>;
  /**
   * An executor for one run of a graph: user's classes and functions are found as that function finds them. Takes no
   * round trip by itself.
   */
  executor(graph: RunGraph, cancel: CancelToken): Promise<Executor>;
  /** MLRun's own mock server in this kernel. Throws `GC_NO_MLRUN`, `GC_VERIFY_STOREY`, `GC_CANCELLED`, and what the port throws. */
  readonly runReal: RunReal;
  /** The value of a Python expression in the user's namespace (for an event's body in `%%simulate`). */
  evaluate(expression: string, cancel?: CancelToken): Promise<PyValue>;
  /** A fuller look at a kept value. */
  preview(handle: string, bytes: number): Promise<Preview>;
}
