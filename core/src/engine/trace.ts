import type { PyMap, PyValue } from "../value/value";
import type { Raised } from "./event";

/** The bounded look at a value that a trace record carries; the value itself may be gone or in a kernel. */
export interface Preview {
  /** Python type: `dict`, `list`, `int`, `DataFrame`, `ndarray`, ... */
  readonly type: string;
  /** One line: Python's repr, cut. */
  readonly text: string;
  /** JSON text of the value in wire form (see value/wire), when it fits the limit; null when cut. */
  readonly json: string | null;
  /** Richer forms by MIME type, for example `text/html` of a table, `image/png`. */
  readonly bundle?: Readonly<Record<string, string>>;
  /** Size of the whole value in bytes of its JSON, when known. */
  readonly size: number | null;
  readonly cut: boolean;
  /** Set when the value stays in the kernel. */
  readonly handle: string | null;
}

/** What one step did with one event: drawn by the views, printed by the command, compared by the tests. */
export interface TraceRecord {
  /** Order in which the step began, over the whole run, from 0. */
  readonly seq: number;
  /** Index in the run's list of events (after `repeat`), -1 for work that no event began (termination). */
  readonly index: number;
  readonly event: string;
  /** Full step name: `step`, `router/route`, `runner/model`. */
  readonly step: string;
  /** Virtual milliseconds since the run began. */
  readonly start: number;
  /** Real milliseconds spent in the step. */
  readonly ms: number;
  readonly in: Preview;
  readonly out: readonly Preview[];
  /** How many events it emitted; `out` may hold fewer. */
  readonly emitted: number;
  readonly error: Raised | null;
  /** Step that took the error, when a handler did. */
  readonly handledBy: string | null;
  /** What the step printed. */
  readonly stdout: string;
}

/** The finer list that golden cases compare: everything that happened in all steps, in order. */
export type TraceOp =
  | ({ readonly op: "in"; readonly step: string; readonly body: PyValue } & Partial<EventFields>)
  | {
      readonly op: "call";
      readonly step: string;
      readonly fn: string;
      readonly args: readonly PyValue[];
      readonly kwargs?: PyMap;
      readonly result?: PyValue;
      readonly raise?: Raised;
    }
  | ({
      readonly op: "out";
      readonly step: string;
      readonly value?: PyValue;
      readonly terminated?: true;
    } & Partial<EventFields>)
  | { readonly op: "raise"; readonly step: string; readonly error: Raised }
  | { readonly op: "stream_end"; readonly step: string; readonly error: PyValue }
  | { readonly op: "stream_end_in"; readonly step: string }
  | { readonly op: "terminate"; readonly step: string };

export interface EventFields {
  readonly event: PyValue;
  readonly body: PyValue;
  readonly key?: PyValue;
  readonly path?: PyValue;
  readonly error?: PyValue;
  readonly origin_state?: PyValue;
  readonly streaming_step?: PyValue;
  readonly chunk_id?: PyValue;
}
