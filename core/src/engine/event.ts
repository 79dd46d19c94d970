import type { PyMap, PyValue } from "../value/value";

/** A mock event as people write it: what `server.test(...)` takes, or `storey.Event(...)` for a Storey flow. */
export interface MockEvent {
  /** Event id; made by the run (`e1`, `e2`, ...) when absent. */
  readonly id?: string;
  /** Shown in the list of events; no meaning to the graph. */
  readonly name?: string;
  readonly body?: PyValue;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: PyMap;
  readonly contentType?: string;
  readonly key?: PyValue;
  /** ISO 8601 or epoch seconds; moves the virtual clock. */
  readonly time?: PyValue;
  /** Results that the caller of a Storey flow waits for (`expected_number_of_results`); 1 when absent. */
  readonly results?: number;
  /** How often it is sent, one after another; 1 when absent. */
  readonly repeat?: number;
}

/** A raised Python exception, as far as a caller may see it. */
export interface Raised {
  readonly class: string;
  readonly message: string;
  /** `__cause__`, when there is one. */
  readonly cause?: { readonly class: string; readonly message: string };
  /** Qualified names of the class and its bases, most derived first, when the kernel told. */
  readonly mro?: readonly string[];
  /** `repr()`, when the message is empty. */
  readonly repr?: string;
  /** HTTP status of MLRun's HTTP errors. */
  readonly statusCode?: number;
  /** Text of the traceback, innermost frame last, without frames of ours. */
  readonly traceback?: string;
  /** Frames of the user's own code: cell or file, line, function. */
  readonly frames?: readonly Frame[];
}

export interface Frame {
  /** Id of the cell when the code came from one, else null. */
  readonly cellId: string | null;
  /** Number of the execution that defined the code, when it came from a cell. */
  readonly executionCount?: number;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly name: string;
}
