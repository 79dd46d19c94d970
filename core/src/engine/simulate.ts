import type { CancelToken } from "../lifetime";
import type { Graph } from "../model/graph";
import type { PyMap, PyValue } from "../value/value";
import type { Raised } from "./event";
import type { Executor } from "./executor";
import type { EventResults } from "./results";
import type { TraceOp, TraceRecord } from "./trace";
import type { TraceStore } from "./tracestore";

export interface SimulateOptions {
  /** Runs the user's Python; without one, a graph that needs it reports which steps can't run. */
  readonly executor?: Executor;
  /** The function's spec beside the graph: `parameters`, `load_mode`, `default_class`, `api_handler_config`, ... */
  readonly spec?: PyMap;
  /** Function name and metadata, for `function_uri`. */
  readonly functionName?: string;
  /** `*` runs all steps (MLRun's mock default); a child function's name runs its part. */
  readonly currentFunction?: string;
  /** `records` for people, `ops` for golden cases, `both`, or `none` for speed. */
  readonly trace?: "records" | "ops" | "both" | "none";
  /** Records kept whole at each end of a run (10,000 when absent; of large runs through a kernel, 2,000); counts and times cover all. */
  readonly keepRecords?: number;
  /** Gives the counts and records while the run goes on. */
  readonly onTrace?: (trace: TraceStore) => void;
  /** Gives the results so far while the run goes on, also those of a run that breaks. */
  readonly onResults?: (results: EventResults) => void;
  /** Bytes of JSON of one preview; 8192 when absent. */
  readonly previewBytes?: number;
  /** Stream that errors are pushed to, as `to_mock_server(error_stream=...)`. */
  readonly errorStream?: string | null;
  /** Model tracking as `set_tracking` sets it. */
  readonly trackingStream?: string | null;
  readonly verbose?: boolean;
  /** Results of steps that are not to run, by full step name: for those that need what a simulation doesn't reach. */
  readonly mocks?: ReadonlyMap<string, PyValue>;
  /** Virtual start of the clock, epoch milliseconds; the first event's time when absent. */
  readonly now?: number;
  /** Virtual milliseconds that a caller waits for its answer before the result is `timeout`; an hour when absent. */
  readonly waitMs?: number;
  /** Virtual milliseconds between the last answer and the end of the flow; 0 when absent. */
  readonly lingerMs?: number;
  readonly cancel?: CancelToken;
  /** Lets the host's own work run; called about every 8 ms of a long run. Without it a run may block its thread. */
  readonly breathe?: () => Promise<void>;
  readonly onProgress?: (done: number, total: number) => void;
  /** Turns of the loop that one event may take without the clock moving (5 million when absent): then it is endless. */
  readonly mostTurns?: number;
  /** HTTP of remote steps; absent means no network: such a step fails and says why. */
  readonly fetch?: Fetch;
}

export type Fetch = (request: {
  readonly method: string;
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array | null;
  readonly timeoutMs: number | null;
}) => Promise<{
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}>;

export type EventStatus = "ok" | "error_response" | "error" | "timeout" | "emitted" | "cancelled";

export interface EventResult {
  readonly id: string;
  /** `timeout`: nobody answers this caller (the event was dropped before the responder). */
  readonly status: EventStatus;
  readonly response?: PyValue;
  readonly error?: Raised;
  readonly ms: number;
}

export interface Outcome {
  readonly status: "ok" | "error" | "timeout";
  readonly result?: PyValue;
  readonly error?: Raised;
}

export interface RunResult {
  /** Results as objects, made when first asked for; `results` has the same in columns. */
  readonly events: readonly EventResult[];
  readonly results: EventResults;
  /** Counts and times of all steps, and the records that were kept; null where nothing was traced. */
  readonly trace: TraceStore | null;
  /** The records that were kept: the first and the last. */
  readonly records: readonly TraceRecord[];
  readonly ops: readonly TraceOp[];
  readonly termination: Outcome | null;
  /** Bodies that `dummy://` and in-memory queues collected, by step. */
  readonly streams: ReadonlyMap<string, readonly PyValue[]>;
  /** Rows that tables held in the end, by table and key. */
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, PyMap>>;
  /** Bodies that file targets would have written, by path; the files are left alone. */
  readonly files: ReadonlyMap<string, readonly PyValue[]>;
  readonly errorStream: readonly PyValue[] | null;
  readonly trackingStream: readonly PyValue[] | null;
  /** The graph could not be started: building the server failed so. */
  readonly initError: Raised | null;
  /** The graph's dictionary after the server started (system steps added, handlers wired). */
  readonly deployed: Graph | null;
  readonly cancelled: boolean;
  /** The event that kept the flow busy for ever, and the step that it came to most; those after it were not sent. */
  readonly endless: Endless | null;
}

/** What to tell people of it. */
export function endlessText(
  { step }: Endless,
  event: string,
): { readonly message: string; readonly remedy: string } {
  const where = step === null ? "" : ` Step "${step}" got it again and again.`;
  return {
    message: `${event} never comes to an end in this graph.${where} The events after it were not sent.`,
    remedy: "Give the cycle a way out, or set max_iterations on one of its steps.",
  };
}

export interface Endless {
  /** Index of the event; as many as there are events when it was the flow's end. */
  readonly event: number;
  readonly step: string | null;
}
