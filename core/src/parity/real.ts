import type { MockEvent, Raised } from "../engine/event";
import type { EventResult, Outcome } from "../engine/simulate";
import type { CancelToken } from "../lifetime";
import type { PyMap, PyValue } from "../value/value";

/** What MLRun's own mock server made of a graph's events. */
export interface RealRun {
  /** MLRun's version. */
  readonly mlrun: string;
  /** Building the server failed so. */
  readonly initError: Raised | null;
  readonly events: readonly Omit<EventResult, "ms">[];
  /** All that happened in all steps, in order, in the form of `TraceOp`. */
  readonly ops: readonly PyMap[];
  readonly termination: Outcome | null;
  readonly streams: ReadonlyMap<string, readonly PyValue[]>;
  readonly errorStream: readonly PyValue[] | null;
  readonly cancelled: boolean;
}

/** A graph for MLRun's mock server: the kernel's own function where it has one, else from its dictionary. */
export interface RealGraph {
  readonly variable: string | null;
  readonly name: string;
  /** MLRun's dictionary, for a graph that is in no kernel. */
  readonly graph: PyValue;
  readonly spec: PyMap;
  readonly currentFunction?: string;
}

/** The second engine: the real one. Events must have ids. */
export type RunReal = (
  graph: RealGraph,
  events: readonly MockEvent[],
  cancel: CancelToken,
  onProgress: (done: number) => void,
) => Promise<RealRun>;

/** Stream that both sides push errors to. */
export const ERROR_STREAM = "dummy://";
