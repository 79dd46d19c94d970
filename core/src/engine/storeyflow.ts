import type { Graph, Step } from "../model/graph";
import { isStoreySource, stepClass } from "../steps/registry";
import { hashKey } from "../value/dict";
import { truthy } from "../value/compare";
import { repr } from "../value/repr";
import { type PyMap, PyObject, type PyValue, isMap } from "../value/value";
import { startAll, SourceStep } from "./asyncflow";
import type { ServerContext, Table } from "./context";
import type { MockEvent } from "./event";
import type { Executor, WireEvent } from "./executor";
import { Failure, failure } from "./failure";
import { FlowEvent, Mailbox } from "./flowevent";
import type { FlowStep } from "./flowstep";
import { fromWireEvent } from "./foreign";
import { type Coro, Later, type Loop, result, wait } from "./loop";
import type { Fetch, SimulateOptions } from "./simulate";
import { makeObject } from "./stepobject";
import { type Reply, collected } from "./answer";
import { isoTime } from "./time";
import type { Trace } from "./tracing";

/** The first step of a Storey flow without MLRun: a source, which a graph of MLRun can't have. */
export function sourceOf(graph: Graph): Step | null {
  for (const step of graph.steps.values()) {
    if (step.className === null || step.after.length > 0 || !isStoreySource(step.className)) continue;
    return [...graph.steps.values()].some((other) => other.after.includes(step.key)) ? step : null;
  }
  return null;
}

/** The flow emits rows of its own: a file's, a table's or a data frame's. */
export function bringsOwnEvents(graph: Graph): boolean {
  return stepClass(sourceOf(graph)?.className ?? "")?.source === "data";
}

/** A flow that was built of Storey's steps alone, as `flow.run()` starts it. */
export class StoreyFlow implements ServerContext {
  readonly executor: Executor | null;
  readonly fetch: Fetch | null;
  readonly verbose = false;
  readonly functionUri = "";
  readonly currentFunction = "";
  readonly spec: PyMap = new Map();
  readonly swallowsErrors = false;
  readonly storey = true;
  readonly tracking = null;
  readonly trackModels = false;
  readonly errorStream = null;
  readonly plan = { deployed: null };
  readonly mocks: ReadonlyMap<string, PyValue>;
  readonly files = new Map<string, PyValue[]>();
  private readonly tables = new Map<string, Table>();
  private readonly flows = new Map<string, FlowStep>();
  private source: SourceStep | null = null;
  private sourceRef: string | null = null;
  private completes = false;
  private sent = false;
  private ids = 0;

  constructor(
    private readonly graph: Graph,
    private readonly first: Step,
    options: SimulateOptions,
    readonly loop: Loop,
    readonly trace: Trace | null,
  ) {
    this.executor = options.executor ?? null;
    this.fetch = options.fetch ?? null;
    this.mocks = options.mocks ?? new Map<string, PyValue>();
  }

  rootField(): PyValue {
    return null;
  }

  param(): PyValue | undefined {
    return undefined;
  }

  pushError(): void {}

  newId(): string {
    return (++this.ids).toString(16).padStart(32, "0");
  }

  nowText(): string {
    return isoTime(this.loop.now);
  }

  nowValue(): PyValue {
    return new PyObject("datetime", new Map([["value", this.nowText()]]));
  }

  table(path: string): Table {
    const known = this.tables.get(path);
    if (known) return known;
    const made: Table = { path, rows: new Map() };
    this.tables.set(path, made);
    return made;
  }

  tableRows(): ReadonlyMap<string, Table> {
    return this.tables;
  }

  streams(): ReadonlyMap<string, readonly PyValue[]> {
    return new Map();
  }

  /** Makes the steps and links them; throws what Storey raises. */
  *start(): Coro {
    yield* this.readTables();
    for (const [key, step] of this.graph.steps) {
      if (step !== this.first) this.flows.set(key, yield* this.make(key, step));
    }
    const source = new SourceStep({ ...this.plainInit(this.first.name), context: this });
    this.flows.set(this.first.key, source);
    for (const [key, step] of this.graph.steps) this.link(key, step);
    const all = startAll(source);
    for (const [key, flow] of this.flows) flow.traceName = key;
    for (const flow of all) {
      this.completes ||= flow.mro[0] === "storey.flow.Complete";
      yield* flow.prepare();
    }
    yield* this.loadSource();
    this.source = source;
  }

  private *readTables(): Coro {
    const asked = this.executor?.tables?.();
    if (asked === undefined) return;
    const tables = asked instanceof Promise ? yield* wait(new Later(asked)) : asked;
    for (const [name, rows] of tables) {
      const table = this.table(String(name));
      for (const [key, row] of isMap(rows) ? rows : []) if (isMap(row)) table.rows.set(String(key), row);
    }
  }

  private plainInit(
    name: string,
  ): Pick<
    ConstructorParameters<typeof SourceStep>[0],
    "name" | "fullEvent" | "inputPath" | "resultPath" | "maxIterations"
  > {
    return { name, fullEvent: null, inputPath: null, resultPath: null, maxIterations: null };
  }

  private *make(key: string, step: Step): Coro<FlowStep> {
    const object = yield* makeObject({
      context: this,
      step,
      name: step.name,
      fullName: key,
      className: step.className ?? "",
      classArgs: step.maxIterations === null ? step.classArgs : limited(step),
      engine: "async",
      inject: false,
    });
    if (object.flow) return object.flow;
    throw failure("RuntimeError", `step ${key}: ${step.className ?? "it"} is no step of a Storey flow`);
  }

  /** A source with data of its own is read when the flow ends, unless events were sent. */
  private *loadSource(): Coro {
    const { executor, first } = this;
    if (!executor?.emitted || stepClass(first.className ?? "")?.source !== "data") return;
    const loaded = executor.load({
      step: first.key,
      name: first.name,
      className: first.className,
      handler: null,
      classArgs: first.classArgs,
      offered: new Map(),
      engine: "async",
      postInit: false,
    });
    const source = loaded instanceof Promise ? yield* wait(new Later(loaded)) : loaded;
    if ("raised" in source) throw new Failure(source.raised);
    this.sourceRef = source.ref;
  }

  private link(key: string, step: Step): void {
    const flow = this.flows.get(key);
    const outlets = step.field("outlets");
    const after = [...this.graph.steps]
      .filter(([, other]) => other.after.includes(key))
      .map(([name]) => name);
    for (const name of Array.isArray(outlets) ? outlets.map(String) : after) flow?.to(this.flowAt(name));
    const recovery = step.field("recovery");
    if (!flow) return;
    if (step.onError !== null) flow.recovery = this.recovery(step.onError);
    else if (recovery !== undefined && isMap(recovery)) {
      flow.recovery = new Map(
        [...recovery].map(([name, handler]) => [String(name), this.recovery(String(handler))]),
      );
    }
    flow.linkByName((name) => this.flowAt(name));
  }

  private recovery(name: string): FlowStep {
    const handler = this.flowAt(name);
    handler.inlets++;
    return handler;
  }

  private flowAt(name: string): FlowStep {
    const flow = this.flows.get(name);
    if (!flow) throw failure("KeyError", repr(name));
    return flow;
  }

  /** `controller.emit(storey.Event(...))`, and its result where the flow completes events. */
  *request(mock: MockEvent, id: string): Coro<Reply> {
    const { source } = this;
    if (source === null) throw failure("ValueError", "Flow must start with a source");
    this.sent = true;
    const event = this.eventOf(mock, id);
    const key = this.keyOf(event.body);
    if (truthy(key)) event.key = key;
    if (!this.completes) {
      source.send(event);
      return { value: null, failed: false, emitted: true };
    }
    const mailbox = new Mailbox(this.loop);
    event.awaitable = mailbox;
    source.send(event);
    return { value: yield* collected(mailbox, mock.results ?? 1), failed: false };
  }

  private eventOf(mock: MockEvent, id: string): FlowEvent {
    return new FlowEvent({
      className: "Event",
      id,
      body: mock.body ?? null,
      key: mock.key ?? null,
      path: mock.path ?? "/",
      method: mock.method ?? null,
      headers: mock.headers ?? null,
      contentType: mock.contentType ?? null,
      time: this.nowValue(),
    });
  }

  /** The key that the source takes from a body. */
  private keyOf(body: PyValue): PyValue {
    const field = this.first.classArgs.get("key_field") ?? null;
    if (!truthy(field) || (!isMap(body) && !Array.isArray(body))) return null;
    const get = (name: PyValue): PyValue => {
      const found = isMap(body) ? body.get(hashKey(name) === null ? null : name) : itemAt(body, name);
      if (found !== undefined) return found;
      throw failure(
        isMap(body) ? "KeyError" : "IndexError",
        isMap(body) ? repr(name) : "list index out of range",
      );
    };
    return Array.isArray(field) ? field.map(get) : get(field);
  }

  /** `controller.terminate(wait=True)`, or `await_termination()` of a source with data of its own. */
  *end(): Coro<PyValue> {
    const { source } = this;
    if (source === null) return null;
    const raised = this.sent ? undefined : yield* this.emitOwn(source);
    if (raised) throw new Failure(raised);
    const future = source.end();
    return yield* result(future);
  }

  private *emitOwn(source: SourceStep): Coro<Failure["raised"] | undefined> {
    const { executor, sourceRef } = this;
    if (sourceRef === null || !executor?.emitted) return undefined;
    const asked = executor.emitted(sourceRef);
    const { events, raised } = asked instanceof Promise ? yield* wait(new Later(asked)) : asked;
    for (const wire of events) source.send(this.owned(wire));
    return raised;
  }

  private owned(wire: WireEvent): FlowEvent {
    const event = fromWireEvent(wire, true, "Event");
    event.time ??= this.nowValue();
    return event;
  }
}

function itemAt(body: readonly PyValue[], name: PyValue): PyValue | undefined {
  if (typeof name !== "number")
    throw failure("TypeError", "list indices must be integers or slices, not str");
  return body[name < 0 ? body.length + name : name];
}

function limited(step: Step): PyMap {
  return new Map(step.classArgs).set("max_iterations", step.maxIterations);
}
