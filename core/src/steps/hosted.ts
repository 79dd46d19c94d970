import { type Failure, Failure as PyFailure, asFailure, failure } from "../engine/failure";
import type { FlowEvent } from "../engine/flowevent";
import { StreamCompletion } from "../engine/flowevent";
import { FlowStep } from "../engine/flowstep";
import { applyWireEvent, fromWireEvent, noteCalls, toWireEvent } from "../engine/foreign";
import type { HostAction, HostReply } from "../engine/hosting";
import { type Coro, Later, type Run, call, wait } from "../engine/loop";
import { NO_KERNEL } from "../engine/nokernel";
import type { ForeignObject, StepInit } from "../engine/runtime";
import type { PyValue } from "../value/value";

/** Events that a step may still emit later; older ones are forgotten. */
const REMEMBERED = 10_000;

type Emission = Extract<HostReply, { emission: number }>;

/** A Storey step that runs as its own object in the kernel: what it emits goes on here. */
export class HostedStep extends FlowStep {
  private readonly origins = new Map<number, FlowEvent>();
  private numbers = 0;

  constructor(
    init: StepInit,
    private readonly hosted: ForeignObject,
    /** What is raised when something is to follow it. */
    private readonly terminal?: string,
  ) {
    super(init);
  }

  override to(outlet: FlowStep): FlowStep {
    if (this.terminal !== undefined) throw failure("ValueError", this.terminal);
    return super.to(outlet);
  }

  override *prepare(): Coro {
    const outlets = this.outlets.map((outlet) => outlet.name);
    yield* this.follow(yield* this.ask({ type: "start", outlets }));
  }

  protected process(event: FlowEvent): Run {
    return this.drive({ type: "take", event: toWireEvent(event), origin: this.remember(event) });
  }

  override onStreamEnd(completion: StreamCompletion): Run {
    const { original, streamingStep, error } = completion;
    const origin = this.remember(original);
    return this.drive({ type: "stream_end", event: toWireEvent(original), origin, streamingStep, error });
  }

  protected override *onTermination(): Coro<PyValue> {
    return yield* this.follow(yield* this.ask({ type: "end" }));
  }

  private *drive(action: HostAction): Coro {
    yield* this.follow(yield* this.ask(action));
  }

  /** Lets the steps after it work on what it emits until it is done. */
  private *follow(first: HostReply): Coro<PyValue> {
    let thrown: Failure | null = null;
    for (let reply = first; ;) {
      noteCalls(this.context, reply.calls);
      if (reply.state === "done") {
        if (reply.raised) throw sameError(thrown, reply.raised);
        return reply.value ?? null;
      }
      let settled: HostAction;
      try {
        settled = yield* this.pass(reply);
      } catch (error) {
        thrown = asFailure(error);
        settled = { type: "fail", emission: reply.emission, error: thrown.raised };
      }
      reply = yield* this.ask(settled);
    }
  }

  private *pass(reply: Emission): Coro<HostAction> {
    const { emission } = reply;
    if (reply.state === "forward") {
      const value = yield* call(this.forwardTermination());
      return { type: "resume", emission, event: null, value };
    }
    const event = this.emitted(reply);
    let rest: Run;
    if (reply.state === "stream_end")
      rest = this.emitStreamEnd(new StreamCompletion(reply.streamingStep, event, reply.error));
    else if (reply.outlets === null) rest = this.emit(event);
    else
      rest = this.emitTo(
        event,
        reply.outlets.map((index) => this.outlets[index]),
      );
    if (rest) yield rest;
    return { type: "resume", emission, event: toWireEvent(event), value: null };
  }

  private remember(event: FlowEvent): number {
    const number = ++this.numbers;
    this.origins.set(number, event);
    if (this.origins.size > REMEMBERED) {
      const [oldest] = this.origins.keys();
      this.origins.delete(oldest);
    }
    return number;
  }

  private emitted(reply: Exclude<Emission, { state: "forward" }>): FlowEvent {
    const origin = reply.origin === null ? undefined : this.origins.get(reply.origin);
    if (origin === undefined) return fromWireEvent(reply.event, true, "Event");
    const event = reply.same ? origin : origin.copy();
    applyWireEvent(event, reply.event, !reply.sharesBody);
    return event;
  }

  private *ask(action: HostAction): Coro<HostReply> {
    const { executor } = this.context;
    if (!executor?.host) {
      throw failure(
        "RuntimeError",
        `step ${this.name} runs as a Storey object in a kernel, and ${NO_KERNEL}`,
      );
    }
    const given = executor.host({ step: this.traceName, ref: this.hosted.loaded.ref, action });
    return given instanceof Promise ? yield* wait(new Later(given)) : given;
  }
}

/** An error that only passed through the step is still the one that was thrown. */
function sameError(thrown: Failure | null, raised: Failure["raised"]): Failure {
  const same = thrown?.className === raised.class && thrown.message === raised.message;
  return same && thrown !== null ? thrown : new PyFailure(raised);
}
