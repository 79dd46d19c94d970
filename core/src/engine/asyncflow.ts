import { completeStep, identityStep } from "../steps/functions";
import { fuse } from "../steps/fusion";
import { MapStep } from "../steps/function-step";
import type { PyValue } from "../value/value";
import { collected } from "./answer";
import { AsyncQueue } from "./asyncqueue";
import { type Failure, asFailure, failure } from "./failure";
import { type FlowEvent, Mailbox } from "./flowevent";
import { type FlowInit, FlowStep } from "./flowstep";
import type { Future } from "./loop";
import { type Answer, type Coro, Later, type Task, call, wait } from "./loop";
import { type PlanStep, idAnswer, isLocal, lookup } from "./plan";
import { QueueRunner, StreamStep } from "./queue";
import { FlowRunner } from "./syncflow";
import { type RunnableStep, TaskRunner } from "./task";

/** Virtual milliseconds of a way over another thread and back. */
const HOP = 0.001;

/** Ends the source. */
const TERMINATION = Symbol("termination");

/** `SyncEmitSource`: takes events from callers and has the whole graph work on each before it takes the next. */
export class SourceStep extends FlowStep {
  private readonly queue: AsyncQueue<FlowEvent | typeof TERMINATION>;
  private readonly task: Task<PyValue>;
  /** What stopped the source: a flow without a context ends at its first error. */
  private broken: Failure | null = null;
  private terminated = false;

  constructor(init: FlowInit) {
    super(init, ["storey.sources.SyncEmitSource"]);
    this.queue = new AsyncQueue(init.context.loop);
    this.task = init.context.loop.spawn(this.work());
  }

  protected process(): never {
    throw failure("NotImplementedError", "");
  }

  /** Sends an event in; throws what broke the flow. */
  send(event: FlowEvent): void {
    if (this.broken !== null) throw this.broken.copied();
    if (this.terminated) throw failure("ValueError", "Cannot emit to a terminated flow");
    this.queue.putNow(event);
  }

  /** Ends the flow; the future holds its result. */
  end(): Future<PyValue> {
    this.terminated = true;
    this.queue.putNow(TERMINATION);
    return this.task.done;
  }

  /** The source's own emission is not traced. */
  override emit(event: FlowEvent): ReturnType<FlowStep["emit"]> {
    return this.distribute(event, this.outlets);
  }

  private *work(): Coro<PyValue> {
    for (;;) {
      // Storey waits for the next event on a thread: all else that is ready works first.
      if (this.queue.size > 0) yield* this.context.loop.sleep(HOP);
      const event = yield* this.queue.get();
      try {
        if (event === TERMINATION) return yield* call(this.forwardTermination());
        const rest = this.emit(event);
        if (rest) yield rest;
      } catch (error) {
        this.broken = asFailure(error);
        if (event !== TERMINATION) event.awaitable?.setError(this.broken);
        throw this.broken;
      }
    }
  }
}

/** A flow of the async engine: steps become Storey steps behind a source. */
export class AsyncFlowRunner extends FlowRunner {
  source: SourceStep | null = null;
  /** A responder hands its result to the caller; without one the answer is the event's id. */
  waits = false;
  private readonly flows = new Map<string, FlowStep>();

  override *init(): Coro {
    yield* super.init();
    for (const step of this.build()) yield* step.prepare();
  }

  /** The Storey step of a graph step; throws where the graph can't have one there. */
  private flowOf(plan: PlanStep): FlowStep | null {
    if (plan.kind === "flow" || plan.kind === "root") {
      throw failure("AttributeError", "'FlowStep' object has no attribute 'async_object'");
    }
    return this.flows.get(plan.key) ?? null;
  }

  /** Links the steps behind a source; gives all that events may reach, in order. */
  private build(): ReadonlySet<FlowStep> {
    const steps = this.plan.children;
    for (const [key, child] of steps) this.makeFlow(key, child);
    const source = new SourceStep(this.flowInit("SyncEmitSource", null));
    const visited = new Set<PlanStep>();
    for (const start of this.start) {
      // A flow can't begin with another function's step.
      if (!this.flows.has(start.key))
        throw failure("AttributeError", "'NoneType' object has no attribute '_legal_first_step'");
      this.link(source, start, visited);
    }
    this.linkErrorHandlers(steps);
    const all = startAll(source);
    // Storey has a caller wait only where an event can come to an answer at all.
    this.waits = this.waits && [...all].some((step) => step.mro.includes("storey.flow.Complete"));
    if (this.server.fuses) fuse(all);
    this.source = source;
    return all;
  }

  private flowInit(name: string, child: PlanStep | null): FlowInit {
    return {
      context: this.server,
      name,
      fullEvent: null,
      inputPath: null,
      resultPath: null,
      maxIterations: child?.step.maxIterations ?? this.step.maxIterations,
    };
  }

  private makeFlow(key: string, child: PlanStep): void {
    if (child.kind === "flow" || child.kind === "root") return;
    if (child.kind !== "queue" && !isLocal(child.step.function, this.server.currentFunction)) return;
    const runner = this.children.get(key);
    const flow = runner instanceof QueueRunner ? this.queueFlow(runner) : this.taskFlow(runner);
    if (flow === null) return;
    flow.traceName = child.name;
    this.flows.set(key, flow);
    const last = child.next.length === 0 || this.step.field("allow_cyclic") === true;
    if (child.step.responder && last) {
      flow.to(completeStep({ ...this.flowInit("Complete", null), maxIterations: null, hasContext: false }));
      this.waits = true;
    }
  }

  private queueFlow(runner: QueueRunner): FlowStep {
    const { plan } = runner;
    const goesOn = plan.next.length > 0;
    if (plan.step.path === null || goesOn) {
      // MLRun gives it no context: its own errors end the flow.
      return identityStep({ ...this.flowInit("Map", plan), hasContext: false });
    }
    return new StreamStep({ ...this.flowInit(plan.name, plan), fullEvent: runner.wraps ?? null });
  }

  private taskFlow(runner: RunnableStep | undefined): FlowStep | null {
    if (!(runner instanceof TaskRunner)) return null;
    const { step, object, handler } = runner;
    if (object?.flow) return object.flow;
    if (handler === null) {
      throw failure("MLRunValueError", `Step '${runner.name}' does not have a handler that can be called`);
    }
    return new MapStep(
      {
        ...this.flowInit(runner.name, runner.plan),
        fullEvent: step.fullEvent || runner.takesEvent,
        inputPath: step.inputPath,
        resultPath: step.resultPath,
      },
      {
        fn: handler,
        passContext: runner.injectsContext,
        selector: object?.method("select_outlets") ?? null,
      },
      ["storey.flow.Map"],
    );
  }

  private link(from: FlowStep, child: PlanStep, visited: Set<PlanStep>): void {
    const flow = this.flowOf(child);
    if (flow === null) return;
    from.to(flow);
    // Written as a walk with its own stack: graphs may be thousands of steps deep.
    const waiting: PlanStep[] = [child];
    for (let step = waiting.pop(); step; step = waiting.pop()) {
      if (visited.has(step) || this.flowOf(step) === null) continue;
      visited.add(step);
      const here = this.flowOf(step);
      const next: PlanStep[] = [];
      for (const name of step.next) {
        const follower = lookup(this.plan.children, name);
        const outlet = this.flowOf(follower);
        if (outlet === null) continue;
        here?.to(outlet);
        next.push(follower);
      }
      waiting.push(...next.reverse());
    }
  }

  private linkErrorHandlers(steps: ReadonlyMap<string, PlanStep>): void {
    for (const [key, child] of steps) {
      const name = child.step.onError ?? this.step.onError;
      const flow = this.flows.get(key);
      if (name === null || !flow) continue;
      const handlerPlan = lookup(steps, name);
      if (handlerPlan === child) continue;
      const handler = this.flowOf(handlerPlan);
      flow.recovery = handler;
      for (const next of handlerPlan.next) {
        const outlet = this.flowOf(lookup(steps, next));
        if (outlet && handler) handler.to(outlet);
      }
    }
  }

  override run(event: FlowEvent): Answer<PyValue> {
    return new Later(this.send(event));
  }

  private *send(event: FlowEvent): Coro<PyValue> {
    const { source, server } = this;
    if (source === null) return event;
    server.unwrap(event);
    event.time ??= server.nowValue();
    const mailbox = this.waits ? new Mailbox(server.loop) : null;
    event.awaitable = mailbox;
    source.send(event);
    return yield* this.answer(event, mailbox);
  }

  private *answer(event: FlowEvent, mailbox: Mailbox | null): Coro<PyValue> {
    if (mailbox === null) {
      const answer = event.copy();
      answer.body = idAnswer(event.id);
      return answer;
    }
    return yield* collected(mailbox, 1);
  }

  /** The answer of an event that is on its way already. */
  answerTo(event: FlowEvent): Answer<PyValue> {
    const { awaitable } = event;
    return new Later(this.answer(event, this.waits && awaitable instanceof Mailbox ? awaitable : null));
  }

  override *streams(): Iterable<readonly [string, readonly PyValue[]]> {
    for (const [key, flow] of this.flows) {
      const runner = this.children.get(key);
      const pushed = runner instanceof QueueRunner ? (runner.stream?.items ?? null) : null;
      const collected = flow instanceof StreamStep ? flow.stream.items : null;
      if (pushed !== null || collected !== null) yield [key, [...(pushed ?? []), ...(collected ?? [])]];
    }
  }

  *end(): Coro<PyValue> {
    if (this.source === null) return null;
    return yield* wait(new Later(settled(this.source.end())));
  }
}

function* settled(future: Future<PyValue>): Coro<PyValue> {
  yield future;
  return future.result();
}

/** Starts every step that can be reached, and gives names to those that the graph does not name. */
export function startAll(source: SourceStep): ReadonlySet<FlowStep> {
  const counts = new Map<string, number>();
  const seen = new Set<FlowStep>();
  const waiting: FlowStep[] = [source];
  for (let step = waiting.pop(); step; step = waiting.pop()) {
    if (seen.has(step)) continue;
    seen.add(step);
    step.start();
    if (step.mro[0] === "storey.flow.Complete") {
      const count = (counts.get(step.name) ?? 0) + 1;
      counts.set(step.name, count);
      step.traceName = count === 1 ? step.name : `${step.name}#${count}`;
    }
    waiting.push(...[...step.reachable()].reverse());
  }
  return seen;
}
