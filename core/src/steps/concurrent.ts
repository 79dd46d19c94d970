import { AsyncQueue } from "../engine/asyncqueue";
import { type Failure, asFailure, failure } from "../engine/failure";
import { FlowEvent, type StreamCompletion } from "../engine/flowevent";
import { FlowStep } from "../engine/flowstep";
import { CONTEXT } from "../engine/foreign";
import { type Coro, type Future, type Run, type Task, call, result, wait } from "../engine/loop";
import type { Callable, StepClass, StepInit } from "../engine/runtime";
import type { PyValue } from "../value/value";
import { flagArgument, functionArgument, numberArgument, optional, required, textArgument } from "./argument";
import { emitStream, generatorChunks, isGenerator } from "./stream";

/** Events that are worked on at a time where the step does not say. */
const MAX_IN_FLIGHT = 8;
/** Longest wait before another try, seconds. */
const MAX_BACKOFF = 120;

interface Job<T> {
  readonly event: FlowEvent | StreamCompletion;
  readonly done: Future<T>;
}

/**
 * Works on several events at a time (`_ConcurrentJobExecution`): each event's job begins when the event comes, and
 * a worker takes the results in the order in which the events came.
 */
export abstract class ConcurrentStep<T> extends FlowStep {
  private readonly queueSize: number;
  private readonly tries: number;
  private readonly backoff: number;
  private queue: AsyncQueue<Job<T> | null> | null = null;
  private worker: Task<void> | null = null;

  constructor(init: StepInit, mro: readonly string[]) {
    super(init, mro);
    const inFlight = numberArgument(init, "max_in_flight");
    if (inFlight !== null && inFlight < 1) {
      throw failure("ValueError", `max_in_flight may not be less than 1 (got ${inFlight})`);
    }
    this.queueSize = (inFlight ?? MAX_IN_FLIGHT) - 1;
    this.tries = this.retries(numberArgument(init, "retries")) + 1;
    this.backoff = numberArgument(init, "backoff_factor") || 1;
  }

  /** How often a failed job is tried again. */
  protected retries(given: number | null): number {
    return given ?? 0;
  }

  /** The job of one event. */
  protected abstract work(event: FlowEvent): Coro<T>;

  /** What is done with its result. */
  protected abstract completed(event: FlowEvent, value: T): Run;

  protected process(event: FlowEvent): Run {
    return this.queueSize === 0 ? this.inline(event) : this.enqueue(event);
  }

  /** It knows nothing of streams: their ends are events to it, whose jobs fail. */
  override onStreamEnd(completion: StreamCompletion): Run {
    return this.queueSize === 0 ? this.failInline(completion) : this.enqueue(completion);
  }

  private *failInline(completion: StreamCompletion): Coro {
    yield* call(this.workWithRetries(completion));
  }

  private *inline(event: FlowEvent): Coro {
    const rest = this.completed(event, yield* call(this.workWithRetries(event)));
    if (rest) yield rest;
  }

  private *enqueue(event: FlowEvent | StreamCompletion): Coro {
    const { loop } = this.context;
    this.queue ??= new AsyncQueue(loop, this.queueSize);
    this.worker ??= loop.spawn(this.serve(this.queue));
    if (this.worker.done.done) {
      yield this.worker.done;
      throw failure("FlowError", "ConcurrentJobExecution worker has already terminated");
    }
    const task = loop.spawn(this.workWithRetries(event));
    yield* this.queue.put({ event, done: task.done });
    if (this.worker.done.done) yield this.worker.done;
  }

  /** A job stays in the queue until its result is dealt with: else one more would be in flight. */
  private *serve(queue: AsyncQueue<Job<T> | null>): Coro {
    for (;;) {
      const job = yield* queue.peek();
      if (job === null) {
        yield* queue.get();
        return;
      }
      const { event } = job;
      try {
        const value = yield* result(job.done);
        const rest = event instanceof FlowEvent ? this.completed(event, value) : undefined;
        if (rest) yield rest;
        yield* queue.get();
      } catch (error) {
        yield* queue.get();
        if (event instanceof FlowEvent) yield* this.jobFailed(event, asFailure(error));
        else {
          // Who would be told of it is looked for at the stream's end: the worker ends with that.
          if (queue.size > 0) yield* queue.get();
          event.lacks("_awaitable_result");
        }
      }
    }
  }

  private *jobFailed(event: FlowEvent, ex: Failure): Coro {
    ex.raisedBy = this.name;
    const handler = this.recoveryFor(ex);
    if (handler === null) {
      this.unrecovered(event, ex);
      return;
    }
    event.originState = this.name;
    event.error = ex.value;
    this.context.trace?.handled(this.traceName, handler.traceName, ex, event);
    try {
      const rest = handler.take(event);
      if (rest) yield rest;
    } catch (error) {
      const second = asFailure(error);
      second.raisedBy ??= handler.name;
      this.unrecovered(event, second);
    }
  }

  private *workWithRetries(event: FlowEvent | StreamCompletion): Coro<T> {
    for (let tried = 1; ; tried++) {
      try {
        return event instanceof FlowEvent ? yield* call(this.work(event)) : event.lacks("body");
      } catch (error) {
        const ex = asFailure(error);
        if (tried >= this.tries) throw ex;
        yield* this.context.loop.sleep(Math.min(MAX_BACKOFF, this.backoff * 2 ** (tried - 1)) * 1000);
      }
    }
  }

  protected override *onTermination(): Coro<PyValue> {
    if (this.queueSize > 0) {
      const { loop } = this.context;
      this.queue ??= new AsyncQueue(loop, this.queueSize);
      this.worker ??= loop.spawn(this.serve(this.queue));
      yield* this.queue.put(null);
      yield this.worker.done;
    }
    return yield* call(this.forwardTermination());
  }
}

const MECHANISMS = [
  "process_pool",
  "dedicated_process",
  "thread_pool",
  "asyncio",
  "shared_executor",
  "naive",
];
const LEGACY: Readonly<Record<string, string>> = {
  threading: "thread_pool",
  multiprocessing: "process_pool",
};

class ConcurrentExecutionStep extends ConcurrentStep<FlowEvent> {
  private readonly processor: Callable;
  private readonly passContext: boolean;
  /** Work on threads gives way to other work even when it takes no time. */
  private readonly aside: boolean;

  constructor(init: StepInit) {
    super(init, ["storey.flow.ConcurrentExecution"]);
    this.processor = functionArgument(init, "event_processor");
    this.passContext = flagArgument(init, "pass_context");
    const given = textArgument(init, "concurrency_mechanism");
    const mechanism = given === null ? "asyncio" : (LEGACY[given] ?? given);
    if (!MECHANISMS.includes(mechanism)) {
      throw failure(
        "ValueError",
        `Execution mechanism '${mechanism}' is invalid. It must be one of: [${MECHANISMS.join(", ")}]`,
      );
    }
    const process = mechanism === "process_pool" || mechanism === "dedicated_process";
    if (process && init.fullEvent === true) {
      throw failure(
        "ValueError",
        `concurrency_mechanism="${given ?? "asyncio"}" may not be used in conjunction with full_event=True`,
      );
    }
    this.aside = mechanism !== "asyncio" && mechanism !== "naive";
  }

  protected *work(event: FlowEvent): Coro<FlowEvent> {
    const args: PyValue[] = [this.fullEvent ? event : event.body];
    if (this.passContext) args.push(CONTEXT);
    if (this.aside) yield* this.context.loop.sleep(0);
    const made = yield* wait(this.processor.call(args));
    if (this.fullEvent) return this.asEvent(made, event);
    event.body = made;
    return event;
  }

  protected completed(_event: FlowEvent, done: FlowEvent): Run {
    if (this.fullEvent || !isGenerator(done.body)) return this.emit(done);
    return emitStream(this, done, generatorChunks(this.context, this.traceName, done.body));
  }
}

/** Arguments of all steps that work on several events at a time. */
export const CONCURRENT_ARGS: StepClass["args"] = [
  optional("max_in_flight", "Events that are worked on at a time (8)."),
  optional("retries", "How often a failed event is tried again."),
  optional("backoff_factor", "Seconds before the second try; each further wait is twice as long."),
];

export const CONCURRENT_STEPS: readonly StepClass[] = [
  {
    names: ["storey.ConcurrentExecution", "storey.flow.ConcurrentExecution"],
    meaning: "Works on several events at a time and emits the results in order.",
    args: [
      required("event_processor", "Function of the body."),
      optional("concurrency_mechanism", "asyncio, thread_pool, process_pool, dedicated_process or naive."),
      optional("pass_context", "Gives the function the graph's context as a second argument."),
      ...CONCURRENT_ARGS,
    ],
    open: true,
    make: (init) => new ConcurrentExecutionStep(init),
  },
];
