import { PyObject, type PyMap, type PyValue, PyTuple } from "../value/value";
import type { ServerContext } from "./context";
import {
  type CallRequest,
  type CallResult,
  EventArgument,
  type LoadRequest,
  type Loaded,
  type MethodInfo,
  type WireEvent,
} from "./executor";
import { type Failure, Failure as PyFailure, failure } from "./failure";
import type { InnerCall } from "./hosting";
import { FlowEvent } from "./flowevent";
import { type Answer, type Coro, Later, wait } from "./loop";
import { NO_KERNEL } from "./nokernel";
import type { Callable, ForeignObject } from "./runtime";
import { CYCLE, snapshot } from "./snapshot";

/** The graph context as an argument: the executor puts the real one in its place. */
export const CONTEXT = new PyObject("context");

/** What a call gives when the object's `filter()` was called in it. */
export const FILTERED = new PyObject("filtered");

/** A Python function as a value. */
export class FunctionValue extends PyObject {
  constructor(readonly callable: Callable) {
    super("callable", new Map([["name", callable.name]]));
  }
}

/** The event as user code sees it. */
export function toWireEvent(event: FlowEvent): WireEvent {
  return {
    id: event.id,
    body: event.body === event ? CYCLE : sendable(event.body),
    key: event.key,
    path: event.path,
    method: event.method,
    headers: event.headers,
    content_type: event.contentType,
    error: event.error,
    ...(event.originState === null ? {} : { origin_state: event.originState }),
    time: event.time,
    ...(isPlain(event) ? {} : { extra: extraOf(event) }),
  };
}

/** No attributes beyond those that every event has. */
function isPlain({ extra, terminated, streamingStep }: FlowEvent): boolean {
  return extra === null && !terminated && streamingStep === null;
}

function extraOf(event: FlowEvent): PyMap {
  const extra = new Map<PyValue, PyValue>(event.extra ?? []);
  if (event.terminated) extra.set("terminated", true);
  if (event.streamingStep !== null)
    extra.set("streaming_step", event.streamingStep).set("chunk_id", event.chunkId);
  return extra;
}

/** Events inside of containers go in their described form. */
function sendable(value: PyValue): PyValue {
  return holdsEvent(value, 0) ? snapshot(value) : value;
}

function holdsEvent(v: PyValue, depth: number): boolean {
  if (v instanceof FlowEvent) return true;
  if (depth > 8) return false;
  if (Array.isArray(v)) return v.length > 0 && holdsEvent(v[0], depth + 1);
  if (v instanceof PyTuple) return v.items.some((x) => holdsEvent(x, depth + 1));
  if (v instanceof Map) {
    for (const x of v.values())
      if (x !== null && typeof x === "object" && holdsEvent(x, depth + 1)) return true;
  }
  return false;
}

/** Takes over what user code left in the event. */
export function applyWireEvent(event: FlowEvent, wire: WireEvent, exact = false): void {
  event.id = wire.id;
  if (!exact) event.body = adopt(event.body, wire.body);
  else if (wire.body !== CYCLE) event.body = wire.body;
  event.key = wire.key ?? event.key;
  event.path = wire.path ?? event.path;
  event.method = wire.method ?? event.method;
  event.headers = wire.headers ?? event.headers;
  event.contentType = wire.content_type ?? event.contentType;
  if (wire.error !== undefined) event.error = wire.error;
  if (typeof wire.origin_state === "string") event.originState = wire.origin_state;
  event.time = wire.time ?? event.time;
  for (const [name, value] of wire.extra ?? []) event.setAttribute(String(name), value);
}

/** An event that user code made. */
export function fromWireEvent(
  wire: WireEvent,
  exact = false,
  className: FlowEvent["className"] = "MockEvent",
): FlowEvent {
  const event = new FlowEvent({ className, id: wire.id, body: wire.body });
  applyWireEvent(event, wire, exact);
  return event;
}

/**
 * The container `before` with the content of `now`, so that whoever shares it sees the change; `now` itself where
 * the two are not of a kind, or user code put another dict in its place: one that lacks what was there.
 */
function adopt(before: PyValue, now: PyValue): PyValue {
  if (before instanceof Map && now instanceof Map) {
    for (const key of before.keys()) if (!now.has(key)) return now;
  }
  return fill(before, now);
}

/** The container `before` with the content of `now`; `now` itself where the two are not of a kind. */
function fill(before: PyValue, now: PyValue): PyValue {
  if (before === now || now === CYCLE) return before;
  if (before instanceof Map && now instanceof Map) {
    const entries = [...now];
    before.clear();
    for (const [k, v] of entries) before.set(k, v);
    return before;
  }
  if (Array.isArray(before) && Array.isArray(now)) {
    before.splice(0, before.length, ...now);
    return before;
  }
  return now;
}

/** Tells the trace of calls that an object's own code made. */
export function noteCalls({ trace }: ServerContext, calls: readonly InnerCall[] | undefined): void {
  if (trace === null || !calls) return;
  for (const { step, fn, args, kwargs, result, raised } of calls) {
    const note = trace.calling(step, fn, args, kwargs);
    trace.called(note, raised ? { failure: new PyFailure(raised) } : { value: result ?? null });
  }
}

export interface ForeignTarget {
  readonly step: string;
  readonly ref: string;
  /** Method's name, `""` for the function itself. */
  readonly method: string;
  readonly info: MethodInfo;
  /** Name in traces; null for code that is not the user's. */
  readonly tracedAs: string | null;
  /** The caller awaits coroutines. */
  readonly awaits: boolean;
  /** It runs on a thread: others go on for as long as it says that it took. */
  readonly aside?: boolean;
}

/** A function or method in the kernel. */
export class ForeignCallable implements Callable {
  readonly name: string;
  readonly params: readonly string[];
  readonly flavour: MethodInfo["flavour"];

  constructor(
    private readonly context: ServerContext,
    readonly target: ForeignTarget,
  ) {
    this.name = target.info.name;
    this.params = target.info.params;
    this.flavour = target.info.flavour;
  }

  call(args: readonly PyValue[], kwargs?: PyMap): Answer<PyValue> {
    const { executor, trace } = this.context;
    if (executor === null) throw noKernel(this.target.step);
    const { step, ref, method, tracedAs } = this.target;
    const awaits = this.target.awaits && this.flavour === "coroutine";
    const request: CallRequest = {
      step,
      ref,
      method,
      args: args.map((arg) =>
        arg instanceof FlowEvent ? new EventArgument(toWireEvent(arg)) : sendable(arg),
      ),
      ...(kwargs && kwargs.size > 0 ? { kwargs } : {}),
      awaits,
    };
    // A coroutine that nobody awaits never runs.
    const runs = !this.flavour.endsWith("generator") && (awaits || this.flavour !== "coroutine");
    const traced = trace !== null && tracedAs !== null && runs;
    const note = traced ? trace.calling(step, tracedAs, args, kwargs) : null;
    const settle = (result: CallResult): PyValue => {
      const outcome = settleCall(result, args);
      noteCalls(this.context, result.calls);
      if (note && trace) {
        const told = { stdout: result.stdout, ms: result.ms };
        trace.called(
          note,
          outcome instanceof PyFailure ? { ...told, failure: outcome } : { ...told, value: outcome },
        );
      }
      if (outcome instanceof PyFailure) throw outcome;
      // A sync flow knows nothing of filters: it takes what the method gives.
      return result.filtered === true && this.target.awaits ? FILTERED : outcome;
    };
    const given = executor.call(request);
    if (given instanceof Promise) return new Later(this.later(given, awaits, settle));
    const suspended = given.suspendedMs;
    return (awaits || this.target.aside === true) && suspended !== undefined
      ? new Later(this.suspend(suspended, given, settle))
      : settle(given);
  }

  private *later(
    given: Promise<CallResult>,
    awaits: boolean,
    settle: (result: CallResult) => PyValue,
  ): Coro<PyValue> {
    // A coroutine runs to its end in the kernel; how long it gave way to others is made up for in virtual time, so
    // that the order of events does not depend on how fast the kernel is.
    const result = yield* wait(new Later(given));
    const away = awaits ? result.suspendedMs : this.target.aside === true ? result.ms : undefined;
    if (away !== undefined) yield* this.context.loop.sleep(away);
    return settle(result);
  }

  /** The coroutine gave way for a while: others run meanwhile. */
  private *suspend(ms: number, given: CallResult, settle: (result: CallResult) => PyValue): Coro<PyValue> {
    yield* this.context.loop.sleep(ms);
    return settle(given);
  }
}

/** The value with the events themselves where the executor wrote down which argument they are; in place. */
function withEvents(value: PyValue, args: readonly PyValue[], seen = new Set<PyValue>()): PyValue {
  const put = (v: PyValue): PyValue => withEvents(v, args, seen);
  if (value instanceof PyObject && value.type === "argument") {
    const index = value.fields.get("event");
    return (typeof index === "number" ? args[index] : undefined) ?? null;
  }
  if (value instanceof PyTuple) return new PyTuple(value.items.map(put), value.named);
  if (value === null || typeof value !== "object" || seen.has(value)) return value;
  seen.add(value);
  if (Array.isArray(value)) value.forEach((item, i) => (value[i] = put(item)));
  else if (value instanceof Map) for (const [key, item] of value) value.set(key, put(item));
  return value;
}

/** The result with events in the places that stand for them. */
function withOwnEvents(result: CallResult, args: readonly PyValue[]): CallResult {
  const put = (v: PyValue | EventArgument): PyValue | EventArgument =>
    v instanceof EventArgument
      ? new EventArgument({ ...v.event, body: withEvents(v.event.body, args) })
      : withEvents(v, args);
  return {
    ...result,
    ...(result.value === undefined ? {} : { value: put(result.value) }),
    ...(result.changed === undefined
      ? {}
      : { changed: new Map([...result.changed].map(([i, v]) => [i, put(v)])) }),
  };
}

/** Does to the arguments what the call did, and gives its value or its error. */
function settleCall(told: CallResult, args: readonly PyValue[]): PyValue | Failure {
  const result = told.holdsEvents === true ? withOwnEvents(told, args) : told;
  for (const [index, now] of result.changed ?? []) {
    const arg = args[index];
    if (arg instanceof FlowEvent && now instanceof EventArgument) {
      applyWireEvent(arg, now.event, result.exact);
    } else if (!(now instanceof EventArgument) && arg !== undefined) fill(arg, now);
  }
  if (result.raised) return new PyFailure(result.raised);
  const { value } = result;
  if (result.same !== undefined) {
    const arg = args[result.same];
    if (arg instanceof FlowEvent && value instanceof EventArgument) {
      applyWireEvent(arg, value.event, result.exact);
    }
    return arg ?? null;
  }
  if (value instanceof EventArgument) return fromWireEvent(value.event, result.exact);
  return (result.aliases ?? []).reduce<PyValue>(
    (made, { path, arg }) => placed(made, path, args[arg] ?? null),
    value ?? null,
  );
}

/** The value with `part` where `path` leads: dicts and lists stay the same objects, tuples are made anew. */
function placed(value: PyValue, path: readonly (string | number)[], part: PyValue): PyValue {
  if (path.length === 0) return part;
  const [key, ...rest] = path;
  if (value instanceof Map) value.set(key, placed(value.get(key) ?? null, rest, part));
  else if (typeof key !== "number") return value;
  else if (Array.isArray(value)) value[key] = placed(value[key] ?? null, rest, part);
  else if (value instanceof PyTuple) {
    const items = value.items.map((item, i) => (i === key ? placed(item, rest, part) : item));
    return new PyTuple(items, value.named);
  }
  return value;
}

function noKernel(step: string): Failure {
  return failure(
    "RuntimeError",
    `step ${step} runs Python code, and ${NO_KERNEL}: start a kernel and run the notebook's cells`,
  );
}

/** An object in the kernel. */
export class KernelObject implements ForeignObject {
  readonly flow = null;

  constructor(
    private readonly context: ServerContext,
    readonly loaded: Loaded,
    readonly request: LoadRequest,
  ) {}

  get mro(): readonly string[] {
    return this.loaded.mro;
  }

  method(name: string): Callable | null {
    const info = this.loaded.methods.get(name);
    if (!info) return null;
    return new ForeignCallable(this.context, {
      step: this.request.step,
      ref: this.loaded.ref,
      method: name,
      info,
      tracedAs: info.user && !name.startsWith("_") ? name : null,
      awaits: this.request.engine === "async",
    });
  }

  overrides(name: string): boolean {
    return this.loaded.methods.get(name)?.user === true;
  }

  attribute(name: string): PyValue | undefined {
    return this.loaded.attributes.get(name);
  }
}

/** The request as it is sent: where every call is told, objects tell of those that they make themselves. */
export function watched({ trace }: ServerContext, request: LoadRequest): LoadRequest {
  return trace?.wantsCalls === true ? { ...request, watch: true } : request;
}

/** Asks the executor for a function or an object; throws what Python raises. */
export function load(context: ServerContext, request: LoadRequest): Answer<Loaded> {
  if (context.executor === null) throw noKernel(request.step);
  const given = context.executor.load(watched(context, request));
  return given instanceof Promise ? new Later(loadLater(given)) : loadedOf(given);
}

function* loadLater(given: Promise<Loaded | { readonly raised: Failure["raised"] }>): Coro<Loaded> {
  return loadedOf(yield* wait(new Later(given)));
}

function loadedOf(given: Loaded | { readonly raised: Failure["raised"] }): Loaded {
  if ("raised" in given) throw new PyFailure(given.raised);
  return given;
}

/** The loaded function as a callable. */
export function functionOf(
  context: ServerContext,
  loaded: Loaded,
  request: LoadRequest,
  tracedAs?: string | null,
): Callable {
  const info = loaded.methods.get("") ?? {
    name: request.handler ?? "",
    user: true,
    flavour: "plain" as const,
    params: [],
  };
  return new ForeignCallable(context, {
    step: request.step,
    ref: loaded.ref,
    method: "",
    info,
    tracedAs: info.user ? (tracedAs === undefined ? info.name : tracedAs) : null,
    awaits: request.engine === "async",
  });
}
