import type { Graph } from "../model/graph";
import type { PyMap, PyValue } from "../value/value";
import type { Failure } from "./failure";
import type { FlowEvent } from "./flowevent";

/** The step that MLRun puts behind a responder: nobody has written it. */
export function isHidden(graph: Graph, step: string): boolean {
  return /^Complete(#\d+)?$/.test(step) && !graph.steps.has(step);
}

/** What the engine tells about a run while it goes on. Values are live: keep copies. */
export interface Trace {
  /** Every call has to be told with its very arguments: none may be joined with others. */
  readonly wantsCalls: boolean;
  /** An event enters a step. */
  enter(step: string, event: FlowEvent): void;
  /** Something that is no event came to a step, which fails. */
  enterNothing(step: string): void;
  /** A step emits an event (once for each emission, not for each outlet). */
  emit(step: string, event: FlowEvent): void;
  /** A sync step is done with an event, which may be marked as terminated. */
  finish(step: string, event: FlowEvent): void;
  /** A step gave something that can't be an event, where one was needed. */
  emitNothing(step: string): void;
  /** A sync step gave something that is no event. */
  emitValue(step: string, value: PyValue): void;
  /** User code is about to run; what it gives is passed to `called`. */
  calling(step: string, fn: string, args: readonly PyValue[], kwargs: PyMap | undefined): CallNote;
  called(note: CallNote, outcome: CallOutcome): void;
  raised(step: string, failure: Failure): void;
  /**
   * A part of a step at work on a body, such as a model of a runner: people see it as a step of its own, recorded
   * cases don't.
   */
  enterPart(part: string, event: FlowEvent): void;
  emitPart(part: string, event: FlowEvent): void;
  raisedPart(part: string, failure: Failure): void;
  /** A handler took the error of a step. */
  handled(step: string, handler: string, failure: Failure, event: FlowEvent): void;
  streamEnd(step: string, error: string | null): void;
  streamEndIn(step: string): void;
  terminate(step: string): void;
}

export interface CallNote {
  readonly step: string;
  readonly fn: string;
  readonly args: readonly PyValue[];
  readonly kwargs?: PyMap;
  readonly began: number;
}

export interface CallOutcome {
  readonly value?: PyValue;
  readonly failure?: Failure;
  readonly stdout?: string;
  /** Real milliseconds in the kernel, when it told. */
  readonly ms?: number;
}
