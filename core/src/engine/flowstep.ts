import { str, typeName } from "../value/repr";
import { PyObject, type PyValue } from "../value/value";
import { truthy } from "../value/compare";
import type { PlainWork } from "./compiled/plain";
import type { ServerContext } from "./context";
import { type Failure, asFailure, failure } from "./failure";
import { FlowEvent, type StreamCompletion, eventOf } from "./flowevent";
import { copyForBranch } from "./branch";
import { iterate } from "./iterate";
import { emitStreamEnd, enterStreamEnd } from "./streamend";
import { countVisit } from "./visits";
import { type Answer, type Coro, type Run, call, then } from "./loop";
import { leadsIntoPython, readInPython, writeInPython } from "./kernelpath";
import { storeyWalker } from "./path";
import type { Callable, StepInit, StepObject } from "./runtime";

/** Plain calls from step to step before the rest goes on the task's own stack. */
const MAX_DEPTH = 120;

/** What every Storey step is made with. */
export type FlowInit = Pick<
  StepInit,
  "context" | "name" | "fullEvent" | "inputPath" | "resultPath" | "maxIterations"
> &
  Partial<Pick<StepInit, "object" | "hasContext">>;

/**
 * `storey.Flow`: takes events from the steps before it and emits events to its outlets. A subclass says what
 * `process` does with one event; fan-out, outlet selection, limits on cycles, errors, streams and termination are
 * the same for all.
 */
export abstract class FlowStep implements StepObject {
  /** Storey's name: outlets are selected by it, errors are reported under it. */
  name: string;
  /** The name in traces: the graph step's, or `Complete`, `Complete#2`. */
  traceName: string;
  readonly outlets: FlowStep[] = [];
  inlets = 0;
  /** Takes this step's errors: all of them, or by class of the exception. */
  recovery: FlowStep | ReadonlyMap<string, FlowStep> | null = null;
  fullEvent: boolean;
  protected readonly inputPath: string | null;
  protected readonly resultPath: string | null;
  protected readonly maxIterations: number | null;
  readonly context: ServerContext;
  /** User's object that this one stands for. */
  readonly object: StepInit["object"];
  readonly mro: readonly string[];
  /** Has a say in which outlets an event goes to. */
  protected selective = false;
  private readonly hasContext: boolean;
  private terminations = 0;
  private terminationResult: PyValue = null;
  private outletByName = new Map<string, FlowStep>();

  constructor(init: FlowInit, mro: readonly string[] = ["storey.flow.Flow"]) {
    this.context = init.context;
    this.name = init.name;
    this.traceName = init.name;
    this.fullEvent = init.fullEvent === true;
    this.inputPath = init.inputPath || null;
    this.resultPath = init.resultPath || null;
    this.maxIterations = init.maxIterations;
    this.object = init.object ?? null;
    this.hasContext = init.hasContext !== false;
    this.mro = this.object?.mro ?? mro;
    this.selective = this.object?.overrides("select_outlets") === true;
  }

  get flow(): FlowStep {
    return this;
  }

  /** Methods that sync flows may call; Storey steps have none but what their class says. */
  method(name: string): Callable | null {
    return this.object?.method(name) ?? null;
  }

  attribute(name: string): PyValue | undefined {
    return this.object?.attribute(name);
  }

  /** What the step does with an event (`_do`). */
  protected abstract process(event: FlowEvent): Run;

  /** What it does where only the body counts; null where it needs the event, has to wait or changes it in place. */
  get plainWork(): PlainWork | null {
    return null;
  }

  /** Errors that nobody handles end here: the flow goes on. */
  get endsErrors(): boolean {
    return this.hasContext && this.context.swallowsErrors;
  }

  /** What it does when no more events come; its result is the flow's where it is terminal. */
  protected onTermination(): Coro<PyValue> {
    return this.forwardTermination();
  }

  /** What it does with a stream's end. A step that takes it for an event asks it for what it does not have. */
  onStreamEnd(completion: StreamCompletion): Run {
    const { asksFirst } = this;
    return asksFirst === null ? this.emitStreamEnd(completion) : completion.lacks(asksFirst);
  }

  /** The attribute of an event that a step needs that knows nothing of streams; null for one that does. */
  protected get asksFirst(): string | null {
    return null;
  }

  /** The names of the outlets for this body; null or empty for all. */
  protected selectOutlets(body: PyValue): Answer<PyValue> {
    return this.object?.method("select_outlets")?.call([body]) ?? null;
  }

  to(outlet: FlowStep): FlowStep {
    this.outlets.push(outlet);
    outlet.inlets++;
    return outlet;
  }

  /** Before the first event, once all outlets are known (`_init`). */
  start(): void {
    this.terminations = 0;
    this.terminationResult = null;
    this.outletByName.clear();
    if (!this.selective) return;
    for (const outlet of this.outlets) {
      if (this.outletByName.has(outlet.name)) {
        throw failure("ValueError", `Ambiguous outlet name '${outlet.name}' in step '${this.name}'`);
      }
      this.outletByName.set(outlet.name, outlet);
    }
  }

  /** Finds steps that the arguments name; called once all are made. */
  linkByName(_find: (name: string) => FlowStep): void {}

  /** After all steps have started, before the first event: work that may have to wait. */
  *prepare(): Coro {}

  /** The names of the outlets of a selective step, in order. */
  protected get outletNames(): string[] {
    return [...this.outletByName.keys()];
  }

  /** Outlets and error handlers: everything that events may reach from here. */
  *reachable(): Iterable<FlowStep> {
    yield* this.outlets;
    yield* this.recoverySteps();
  }

  private recoverySteps(): readonly FlowStep[] {
    if (this.recovery === null) return [];
    return this.recovery instanceof FlowStep ? [this.recovery] : [...this.recovery.values()];
  }

  recoveryFor(ex: Failure): FlowStep | null {
    if (this.recovery === null || this.recovery instanceof FlowStep) return this.recovery;
    return this.recovery.get(ex.className) ?? null;
  }

  /** Takes an event; its errors go to the error handler, the caller and the error stream (`_do_and_recover`). */
  enter(event: FlowEvent): Run {
    const { loop } = this.context;
    if (loop.depth >= MAX_DEPTH) return this.enterDeep(event);
    loop.depth++;
    try {
      this.countVisit(event);
      const rest = this.take(event);
      return rest && this.guard(event, rest);
    } catch (error) {
      return this.failed(event, asFailure(error));
    } finally {
      loop.depth--;
    }
  }

  private *enterDeep(event: FlowEvent): Coro {
    const rest = this.enter(event);
    if (rest) yield rest;
  }

  private *guard(event: FlowEvent, rest: Coro): Coro {
    try {
      yield rest;
    } catch (error) {
      const handling = this.failed(event, asFailure(error));
      if (handling) yield handling;
    }
  }

  /** Processes an event without catching its errors, as error handlers and `Recover` are called (`_do`). */
  take(event: FlowEvent): Run {
    const { trace } = this.context;
    if (trace === null) return this.process(event);
    trace.enter(this.traceName, event);
    try {
      const rest = this.process(event);
      return rest && this.watch(rest);
    } catch (error) {
      throw this.noted(error);
    }
  }

  private *watch(rest: Coro): Coro {
    try {
      yield rest;
    } catch (error) {
      throw this.noted(error);
    }
  }

  noted(error: unknown): Failure {
    const ex = asFailure(error);
    if (!ex.seen) {
      ex.seen = true;
      this.context.trace?.raised(this.traceName, ex);
    }
    return ex;
  }

  private failed(event: FlowEvent, ex: Failure): Run {
    if (ex.raisedBy !== null) throw ex;
    ex.raisedBy = this.name;
    const handler = this.recoveryFor(ex);
    if (handler === null) return this.unrecovered(event, ex);
    event.originState = this.name;
    event.error = ex.value;
    this.context.trace?.handled(this.traceName, handler.traceName, ex, event);
    try {
      const rest = handler.take(event);
      return rest && this.guardHandler(event, handler, rest);
    } catch (error) {
      return this.handlerFailed(event, handler, asFailure(error));
    }
  }

  private *guardHandler(event: FlowEvent, handler: FlowStep, rest: Coro): Coro {
    try {
      yield rest;
    } catch (error) {
      const handling = this.handlerFailed(event, handler, asFailure(error));
      if (handling) yield handling;
    }
  }

  private handlerFailed(event: FlowEvent, handler: FlowStep, ex: Failure): Run {
    ex.raisedBy ??= handler.name;
    return this.unrecovered(event, ex);
  }

  /** Nobody handles the error: the caller and the error stream get it, and the flow goes on with other events. */
  protected unrecovered(event: FlowEvent, ex: Failure): Run {
    if (!this.endsErrors) throw ex;
    event.awaitable?.setError(ex);
    this.context.pushError(event, `${ex.message}\n${ex.raised.traceback ?? ""}`, this.name);
    return undefined;
  }

  countVisit(event: FlowEvent): void {
    countVisit(event, this.name, this.maxIterations);
  }

  /** Hands an event to the outlets that it selects (`_do_downstream`). */
  emit(event: FlowEvent): Run {
    this.context.trace?.emit(this.traceName, event);
    if (!this.selective) return this.distribute(event, this.outlets);
    return then(this.selectOutlets(event.body), (names) =>
      this.distribute(event, truthy(names) ? this.outletsNamed(names) : this.outlets),
    );
  }

  /** Hands an event to these outlets. */
  emitTo(event: FlowEvent, outlets: readonly FlowStep[]): Run {
    this.context.trace?.emit(this.traceName, event);
    return this.distribute(event, outlets);
  }

  /** The outlets of these names; a string counts by its characters, as Python iterates it. */
  outletsNamed(names: PyValue): readonly FlowStep[] {
    const list = iterate(names);
    if (new Set(list).size !== list.length) {
      const given = list.map((name) => str(name)).join(", ");
      throw failure(
        "ValueError",
        `Invalid outlet selection for '${this.name}': duplicate outlet names were provided (${given}).`,
      );
    }
    return list.map((name) => {
      const outlet = typeof name === "string" ? this.outletByName.get(name) : undefined;
      if (outlet) return outlet;
      throw failure(
        "ValueError",
        `Invalid outlet '${str(name)}' for '${this.name}'. ` +
          `Allowed outlets are: ${[...this.outletByName.keys()].join(", ")}.`,
      );
    });
  }

  /** Hands on an event that the trace knows of already. */
  handOn(event: FlowEvent): Run {
    return this.distribute(event, this.outlets);
  }

  protected distribute(event: FlowEvent, outlets: readonly FlowStep[]): Run {
    if (outlets.length === 0) return undefined;
    if (outlets.length > 1) return this.fanOut(event, outlets);
    // A long cycle would nest deeper and deeper: Storey runs it as a task of its own, which may change the order.
    if ((event.visits?.get(this.name) ?? 0) > 2) return this.enterAsTask(outlets[0], event);
    return outlets[0].enter(event);
  }

  private *enterAsTask(outlet: FlowStep, event: FlowEvent): Coro {
    yield this.context.loop.spawn(outlet.enterDeep(event)).done;
  }

  /**
   * Asks for what an event that is about to enter will need of the kernel. True when that is all that its branch
   * will ever need.
   */
  askAhead(_event: FlowEvent): boolean {
    return false;
  }

  /** The first outlet gets the event itself and runs at once; the others get deep copies made before it runs. */
  private *fanOut(event: FlowEvent, outlets: readonly FlowStep[]): Coro {
    const { loop } = this.context;
    const branches = [event, ...outlets.slice(1).map(() => copyForBranch(event))];
    // Branches run one after the other; what they need of the kernel may be asked for in that order already now,
    // as long as each ends with it: else a later branch's Python would run before an earlier one's rest.
    outlets.every((outlet, i) => outlet.askAhead(branches[i]));
    const tasks = outlets.slice(1).map((outlet, i) => loop.spawn(outlet.enterDeep(branches[i + 1])));
    if ((event.visits?.get(this.name) ?? 0) > 2) yield* this.enterAsTask(outlets[0], event);
    else {
      const rest = outlets[0].enter(event);
      if (rest) yield rest;
    }
    for (const task of tasks) yield task.done;
  }

  /** Hands a stream's end to all outlets. */
  emitStreamEnd(completion: StreamCompletion): Run {
    return emitStreamEnd(this, completion);
  }

  /** Takes a stream's end; its errors go where those of events go, as far as Storey gets with them. */
  enterStreamEnd(completion: StreamCompletion): Run {
    return enterStreamEnd(this, completion);
  }

  /** Takes the termination signal of one inlet; acts once it has come from all of them. */
  *receiveTermination(before: PyValue): Coro<PyValue> {
    this.terminations++;
    if (this.terminations !== this.inlets) return before;
    this.context.trace?.terminate(this.traceName);
    let own: PyValue;
    try {
      own = yield* call(this.onTermination());
    } catch (error) {
      throw this.noted(error);
    }
    return before ?? own;
  }

  protected *forwardTermination(): Coro<PyValue> {
    if (this.outlets.length === 0) return null;
    for (const outlet of [...this.outlets, ...this.recoverySteps()]) {
      this.terminationResult = yield* call(outlet.receiveTermination(this.terminationResult));
    }
    return this.terminationResult;
  }

  /** What the step's function gets: the event, the body, or what is at the input path. */
  protected element(event: FlowEvent): PyValue {
    if (this.fullEvent) return event;
    return this.inputPath === null ? event.body : storeyWalker.input(event.body, this.inputPath);
  }

  /** The same where Python may have to look for it. */
  protected elementOf(event: FlowEvent): Answer<PyValue> {
    const { context, inputPath: path } = this;
    const { body } = event;
    if (this.fullEvent || path === null || !leadsIntoPython(context, body, path, "storey"))
      return this.element(event);
    return readInPython(context, this.traceName, body, path, "storey");
  }

  /** Emits the event after the function gave `result`. */
  protected emitMapped(event: FlowEvent, result: PyValue): Run {
    const { context, resultPath: path } = this;
    const { body } = event;
    if (this.fullEvent || path === null || !leadsIntoPython(context, body, path, "storey"))
      return this.emit(this.mapped(event, result));
    return then(writeInPython(context, this.traceName, body, path, result, "storey"), (written) => {
      const mapped = event.copy();
      mapped.body = written;
      return this.emit(mapped);
    });
  }

  /** The event after the function gave `result`. */
  mapped(event: FlowEvent, result: PyValue): FlowEvent {
    if (this.fullEvent) return this.asEvent(result, event);
    const mapped = event.copy();
    mapped.body = storeyWalker.output(mapped.body, this.resultPath, result);
    return mapped;
  }

  /** A step with `full_event` has to give an event; anything else breaks where Storey first uses it as one. */
  protected asEvent(value: PyValue, from: FlowEvent): FlowEvent {
    if (value instanceof FlowEvent) return value;
    if (value instanceof PyObject && value.type === "Event") return eventOf(value, from);
    this.context.trace?.emitNothing(this.traceName);
    throw failure("AttributeError", `'${typeName(value)}' object has no attribute 'body'`);
  }

  /** Emits several events one after the other. */
  protected emitAll(events: Iterable<FlowEvent>): Run {
    const iterator = events[Symbol.iterator]();
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
      const rest = this.emit(next.value);
      if (rest) return this.emitRest(rest, iterator);
    }
    return undefined;
  }

  private *emitRest(rest: Coro, iterator: Iterator<FlowEvent>): Coro {
    yield rest;
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
      const more = this.emit(next.value);
      if (more) yield more;
    }
  }

  /** Calls foreign or native code and goes on with its result. */
  protected callThen(fn: Callable, args: readonly PyValue[], next: (result: PyValue) => Run): Run {
    return then(fn.call(args), next);
  }
}
