import { PyObject, type PyMap, type PyValue } from "../value/value";
import type { Failure } from "./failure";
import type { FlowEvent } from "./flowevent";
import { snapshot } from "./snapshot";
import type { EventFields, TraceOp } from "./trace";
import type { CallNote, CallOutcome, Trace } from "./tracing";

/** Writes down everything that happens in all steps, in order: the form that recorded cases are compared in. */
export class OpsTrace implements Trace {
  readonly wantsCalls = true;
  readonly ops: TraceOp[] = [];

  enter(step: string, event: FlowEvent): void {
    this.ops.push({ op: "in", step, ...eventFields(event) });
  }

  emit(step: string, event: FlowEvent): void {
    this.ops.push({
      op: "out",
      step,
      ...eventFields(event),
    });
  }

  finish(step: string, event: FlowEvent): void {
    const terminated = event.terminated ? { terminated: true as const } : {};
    this.ops.push({ op: "out", step, ...eventFields(event), ...terminated });
  }

  enterNothing(step: string): void {
    this.ops.push({ op: "in", step, body: null });
  }

  emitValue(step: string, value: PyValue): void {
    const body = value instanceof PyObject ? value.fields.get("body") : undefined;
    if (body !== undefined) this.ops.push({ op: "out", step, body: snapshot(body) });
    else this.ops.push({ op: "out", step, value: snapshot(value) });
  }

  emitNothing(step: string): void {
    this.ops.push({ op: "out", step, body: null });
  }

  calling(step: string, fn: string, args: readonly PyValue[], kwargs: PyMap | undefined): CallNote {
    const told = args.filter((arg) => !(arg instanceof PyObject && arg.type === "context")).map(snapshot);
    const named =
      kwargs && kwargs.size > 0 ? { kwargs: new Map([...kwargs].map(([k, v]) => [k, snapshot(v)])) } : {};
    return { step, fn, args: told, ...named, began: 0 };
  }

  called(note: CallNote, outcome: CallOutcome): void {
    const { step, fn, args, kwargs } = note;
    const { failure } = outcome;
    this.ops.push({
      op: "call",
      step,
      fn,
      args,
      ...(kwargs ? { kwargs } : {}),
      ...(failure ? { raise: failure.raised } : { result: snapshot(outcome.value ?? null) }),
    });
  }

  raised(step: string, failure: Failure): void {
    this.ops.push({ op: "raise", step, error: failure.raised });
  }

  enterPart(): void {}

  emitPart(): void {}

  raisedPart(): void {}

  handled(): void {}

  streamEnd(step: string, error: string | null): void {
    this.ops.push({ op: "stream_end", step, error });
  }

  streamEndIn(step: string): void {
    this.ops.push({ op: "stream_end_in", step });
  }

  terminate(step: string): void {
    this.ops.push({ op: "terminate", step });
  }
}

function eventFields(event: FlowEvent): EventFields {
  const failed = event.failed
    ? {
        error: snapshot(event.error),
        ...(event.originState ? { origin_state: event.originState } : {}),
      }
    : {};
  return {
    event: event.id,
    body: snapshot(event.body),
    ...(event.key === null || event.key === "" ? {} : { key: snapshot(event.key) }),
    ...(event.path === null || event.path === "/" ? {} : { path: event.path }),
    ...failed,
    ...(event.streamingStep ? { streaming_step: event.streamingStep, chunk_id: event.chunkId } : {}),
  };
}
