import type { PyValue } from "../value/value";
import type {
  Executor,
  MaybePromise,
  Segment,
  SegmentOutput,
  SegmentStep,
  SegmentStepResult,
} from "./executor";
import { Failure } from "./failure";
import type { FlowEvent } from "./flowevent";
import { type ForeignCallable, applyWireEvent, toWireEvent } from "./foreign";
import { type Coro, type Loop, Later, wait } from "./loop";
import type { Trace } from "./tracing";

export interface SegmentContext {
  readonly executor: Executor | null;
  readonly loop: Loop;
  readonly trace: Trace | null;
}

/** A step as one link of a segment. */
export function segmentStep(
  fn: ForeignCallable,
  step: Omit<SegmentStep, "step" | "ref" | "method">,
): SegmentStep {
  const { step: name, ref, method } = fn.target;
  return { step: name, ref, method, ...step };
}

/** What the executor was asked for one event. */
export type Asked = MaybePromise<readonly SegmentOutput[]>;

/** Asks for one event's way through a chain of foreign steps: one round trip, which begins now. */
export function askSegment(context: SegmentContext, segment: Segment, event: FlowEvent): Asked {
  const { executor, loop } = context;
  return executor?.run?.(segment, [{ event: toWireEvent(event) }], loop.cancel) ?? [];
}

/** Waits for what was asked. */
export function* answered(asked: Asked): Coro<SegmentOutput> {
  const outputs = asked instanceof Promise ? yield* wait(new Later(asked)) : asked;
  return outputs[0] ?? { steps: [], out: [] };
}

/** Sends one event through a chain of foreign steps, in one round trip. */
export function* runSegment(
  context: SegmentContext,
  segment: Segment,
  event: FlowEvent,
): Coro<SegmentOutput> {
  return yield* answered(askSegment(context, segment, event));
}

/** Tells the trace of a step's call in a segment. */
export function traceCall(context: SegmentContext, step: string, fn: string, done: SegmentStepResult): void {
  const { trace } = context;
  if (trace === null) return;
  const note = trace.calling(step, fn, [done.in], undefined);
  const value: PyValue = done.out[0] ?? null;
  const outcome = done.raised ? { failure: new Failure(done.raised) } : { value };
  trace.called(note, { ...outcome, stdout: done.stdout, ms: done.ms });
}

/** The event after a segment's last step: what the kernel made of it, in a copy. */
export function leaving(event: FlowEvent, output: SegmentOutput, index: number): FlowEvent {
  const left = event.copy();
  const wire = output.out[index];
  if (!wire) return left;
  left.body = wire.body;
  applyWireEvent(left, { ...wire, body: left.body });
  return left;
}
