import type { CancelToken, Disposable, Event, Executor, PyMap, PyValue, Preview } from "@graphcell/core";

/** A graph that lives in a kernel's namespace. */
export interface KernelGraph {
  /** Variables of the user's namespace that hold it, in order of their names; empty when only reachable. */
  readonly variables: readonly string[];
  /** Function's name (`metadata.name`) or the feature set's. */
  readonly name: string;
  readonly kind: "serving" | "feature-set" | "storey";
  /** MLRun's dictionary of the graph. */
  readonly graph: PyMap;
  /** Function spec beside it: parameters, load_mode, function_refs, ... */
  readonly spec: PyMap;
  /** Changes when the dictionary does. */
  readonly revision: number;
}

/** What the agent says of the namespace; pushed only when something changed. */
export interface NamespaceReport {
  readonly revision: number;
  readonly graphs: readonly KernelGraph[];
  /** Version of the imported mlrun; null when it is not imported, `missing` when it can't be. */
  readonly mlrun: string | null;
  readonly mlrunInstalled: boolean;
  readonly python: string;
  /** Names that the namespace defines (functions, classes), so that the checker knows them. */
  readonly names: readonly string[];
}

/** The agent in a kernel, as hosts and the engine use it. Made by `attachAgent(port, options)`. */
export interface KernelAgent extends Disposable {
  readonly report: NamespaceReport | null;
  readonly onReport: Event<NamespaceReport>;
  /** True while the agent is in the kernel and answers. */
  readonly attached: boolean;
  /** Looks at the namespace now; the report comes back and by `onReport` if it changed. */
  scan(cancel?: CancelToken): Promise<NamespaceReport>;
  /** An executor for one run of a graph: user's classes and functions are found as that function finds them. */
  executor(
    graph: { readonly variable: string | null; readonly name: string },
    cancel: CancelToken,
  ): Promise<Executor>;
  /** The value of a Python expression in the user's namespace (for an event's body in `%%simulate`). */
  evaluate(expression: string, cancel?: CancelToken): Promise<PyValue>;
  /** A fuller look at a kept value. */
  preview(handle: string, bytes: number): Promise<Preview>;
}
