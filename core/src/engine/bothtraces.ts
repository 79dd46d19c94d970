import type { PyMap, PyValue } from "../value/value";
import type { Failure } from "./failure";
import type { FlowEvent } from "./flowevent";
import type { CallNote, CallOutcome, Trace } from "./tracing";

/** Tells two traces of the same run. */
export class BothTraces implements Trace {
  readonly wantsCalls = true;
  private readonly notes = new WeakMap<CallNote, readonly [CallNote, CallNote]>();

  constructor(
    private readonly first: Trace,
    private readonly second: Trace,
  ) {}

  enter(step: string, event: FlowEvent): void {
    this.first.enter(step, event);
    this.second.enter(step, event);
  }

  emit(step: string, event: FlowEvent): void {
    this.first.emit(step, event);
    this.second.emit(step, event);
  }

  finish(step: string, event: FlowEvent): void {
    this.first.finish(step, event);
    this.second.finish(step, event);
  }

  enterNothing(step: string): void {
    this.first.enterNothing(step);
    this.second.enterNothing(step);
  }

  emitNothing(step: string): void {
    this.first.emitNothing(step);
    this.second.emitNothing(step);
  }

  emitValue(step: string, value: PyValue): void {
    this.first.emitValue(step, value);
    this.second.emitValue(step, value);
  }

  enterPart(part: string, event: FlowEvent): void {
    this.first.enterPart(part, event);
    this.second.enterPart(part, event);
  }

  emitPart(part: string, event: FlowEvent): void {
    this.first.emitPart(part, event);
    this.second.emitPart(part, event);
  }

  raisedPart(part: string, failure: Failure): void {
    this.first.raisedPart(part, failure);
    this.second.raisedPart(part, failure);
  }

  calling(step: string, fn: string, args: readonly PyValue[], kwargs: PyMap | undefined): CallNote {
    const pair = [
      this.first.calling(step, fn, args, kwargs),
      this.second.calling(step, fn, args, kwargs),
    ] as const;
    const note = { ...pair[0] };
    this.notes.set(note, pair);
    return note;
  }

  called(note: CallNote, outcome: CallOutcome): void {
    const [first, second] = this.notes.get(note) ?? [note, note];
    this.first.called(first, outcome);
    this.second.called(second, outcome);
  }

  raised(step: string, failure: Failure): void {
    this.first.raised(step, failure);
    this.second.raised(step, failure);
  }

  handled(step: string, handler: string, failure: Failure, event: FlowEvent): void {
    this.first.handled(step, handler, failure, event);
    this.second.handled(step, handler, failure, event);
  }

  streamEnd(step: string, error: string | null): void {
    this.first.streamEnd(step, error);
    this.second.streamEnd(step, error);
  }

  streamEndIn(step: string): void {
    this.first.streamEndIn(step);
    this.second.streamEndIn(step);
  }

  terminate(step: string): void {
    this.first.terminate(step);
    this.second.terminate(step);
  }
}
