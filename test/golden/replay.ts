import {
  type CallRequest,
  type CallResult,
  EventArgument,
  type Executor,
  type HostReply,
  type HostRequest,
  type LoadRequest,
  type Loaded,
  type MethodInfo,
  PyObject,
  type PyMap,
  type PyValue,
  type Raised,
  identical,
  isMap,
  repr,
  snapshot,
} from "@graphcell/core";
import { type Case, listAt, mapAt, textAt } from "./case";
import { ReplayHost } from "./replay-host";
import {
  aliasesOf,
  described,
  type Entry,
  givesBack,
  missingClass,
  raisedOf,
  sameValues,
  sleepOf,
  Stream,
  wireEventOf,
  withRepr,
} from "./replay-record";
import { UnrecordedCall, markCallers } from "./replay-unrecorded";
import { type FunctionSource, type ProgramSource, methodsOf, mroOf, readProgram } from "./source";

interface Target {
  readonly step: string;
  /** Name under which calls of the function itself are recorded; null when they are not. */
  readonly fn: string | null;
  /** The class argument that names the function. */
  readonly role: string | null;
  readonly methods: ReadonlyMap<string, FunctionSource>;
  readonly source: FunctionSource | null;
}

/** Virtual milliseconds that a model loads beside the first requests. */
const LOAD_TIME = 100;

/**
 * Stands for Python by what was recorded: finds each call by step, name and arguments. What a record lacks (did
 * the function give back its argument, did it change it before it raised) is read from the program's text and
 * from what the trace says next.
 */
export class ReplayExecutor implements Executor {
  /** Calls that no record answers. */
  readonly mismatches: string[] = [];
  private readonly program: ProgramSource;
  private readonly trace: readonly PyValue[];
  private readonly entries: Entry[] = [];
  private readonly targets = new Map<string, Target>();
  private readonly streams = new Map<string, Stream>();
  private readonly hosts = new Map<string, ReplayHost>();
  /** Places of `in` entries that stood for a call without a record. */
  private readonly entered = new Set<number>();

  constructor(private readonly one: Case) {
    this.program = readProgram(one.source);
    this.trace = listAt(one.values, "trace");
    this.trace.forEach((op, at) => {
      if (!isMap(op) || op.get("op") !== "call") return;
      const kwargs = op.get("kwargs");
      this.entries.push({
        at,
        step: textAt(op, "step"),
        fn: textAt(op, "fn"),
        args: listAt(op, "args"),
        kwargs: isMap(kwargs) ? kwargs : null,
        result: op.get("result"),
        raise: op.get("raise"),
        used: false,
      });
    });
  }

  /** Places of recorded calls that user code made itself: right before a call of the same step that was asked for. */
  innerCalls(): ReadonlySet<number> {
    const inner = new Set<number>();
    for (const entry of this.entries) {
      if (!entry.used) continue;
      for (let at = entry.at - 1; at >= 0; at--) {
        const before = this.entries.find((e) => e.at === at);
        if (!before || before.used || before.step !== entry.step) break;
        inner.add(at);
      }
    }
    return inner;
  }

  load(request: LoadRequest): Loaded | { readonly raised: Raised } {
    const raised = this.recordedInitError(request);
    if (raised) return { raised };
    const ref = `${request.step}#${this.targets.size}`;
    return request.className === null ? this.loadFunction(ref, request) : this.loadClass(ref, request);
  }

  private loadFunction(ref: string, request: LoadRequest): Loaded {
    const handler = request.handler ?? "";
    const expression = handler.trim().startsWith("(");
    const source = this.program.functions.get(handler) ?? null;
    const name = expression ? "<lambda>" : (handler.split(".").pop() ?? handler);
    const argument = [...mapAt(this.graphStep(request.step), "class_args")].find(
      ([key, value]) => String(key).startsWith("_") && value === handler,
    );
    // The recorder wraps functions of handlers, and of arguments only `_fn`.
    const fn = argument === undefined ? name : argument[0] === "_fn" ? "_fn" : null;
    const role = argument === undefined ? null : String(argument[0]);
    this.targets.set(ref, { step: request.step, fn, role, methods: new Map(), source });
    const info: MethodInfo = {
      name,
      user: true,
      flavour: source?.flavour ?? "plain",
      params: source?.params ?? ["event"],
    };
    return { ref, kind: "function", methods: new Map([["", info]]), mro: [], attributes: new Map() };
  }

  private loadClass(ref: string, request: LoadRequest): Loaded | { readonly raised: Raised } {
    const name = request.className ?? "";
    if (!this.program.classes.has(name) && !this.program.imports.has(name)) return missingClass(name);
    const sources = methodsOf(this.program, name);
    this.targets.set(ref, { step: request.step, fn: null, role: null, methods: sources, source: null });
    const methods = new Map<string, MethodInfo>();
    for (const [key, source] of sources) {
      methods.set(key, { name: key, user: true, flavour: source.flavour, params: source.params });
    }
    const mro = mroOf(this.program, name);
    if (mro.some((base) => base.includes(".Enrichment")) && !methods.has("preprocess")) {
      methods.set("preprocess", { name: "preprocess", user: false, flavour: "plain", params: ["event"] });
    }
    const attributes = this.attributesOf(name);
    return { ref, kind: "object", methods, mro, attributes };
  }

  /** A Storey class whose constructor keeps its arguments to itself has Storey's defaults. */
  private attributesOf(name: string): PyMap {
    const own = this.program.classes.get(name);
    const init = own?.methods.get("__init__");
    const attributes: PyMap = new Map();
    if (
      !init ||
      /\*\*/.test(init.text) ||
      !own?.bases.some((base) => mroOf(this.program, base).join().includes("storey"))
    ) {
      return attributes;
    }
    return attributes
      .set("context", null)
      .set("name", name)
      .set("_full_event", null)
      .set("_input_path", null)
      .set("_result_path", null);
  }

  /** The graph's dictionary of a step or route. */
  private graphStep(path: string): PyMap {
    let at = mapAt(this.one.values, this.one.values.has("graph_deployed") ? "graph_deployed" : "graph");
    for (const part of path.split("/")) {
      const below = at.has("routes") ? mapAt(at, "routes") : mapAt(at, "steps");
      const next = below.get(part);
      if (isMap(next)) at = next;
    }
    return at;
  }

  /** What starting the graph raised, when this load raised it. */
  private recordedInitError(request: LoadRequest): Raised | null {
    const error = this.one.values.get("error");
    if (!(error instanceof PyObject) || error.fields.get("stage") !== "init") return null;
    const raised = raisedOf(error);
    const { message, cause } = raised;
    if (cause && message.startsWith(`failed to init step ${request.name}\n`)) return { ...cause };
    const [, module, attribute] = /^module '(.*)' has no attribute '(.*)'$/.exec(message) ?? [];
    if (module !== undefined && `${module}.${attribute}` === request.className) return raised;
    if (message === `Failed to import ${request.className ?? ""}`) return raised;
    if (message === `state/function init failed, handler '${request.handler ?? ""}' not found`) return raised;
    if (
      request.handler !== null &&
      /function expression must start/.test(message) &&
      !/\)\s*$/.test(request.handler)
    ) {
      return raised;
    }
    const init = this.program.classes.get(request.className ?? "")?.methods.get("__init__");
    return init && /\braise\b/.test(init.text) ? raised : null;
  }

  call(request: CallRequest): CallResult {
    const stream = this.streams.get(request.ref);
    if (stream) return stream.next();
    const target = this.targets.get(request.ref);
    if (!target) return this.unknown(request, "was not loaded");
    const source = request.method === "" ? target.source : (target.methods.get(request.method) ?? null);
    if (source?.flavour.endsWith("generator")) return this.generator(target.step);
    const fn = request.method === "" ? target.fn : request.method;
    const args = request.args
      .map(described)
      .filter((arg) => !(arg instanceof PyObject && arg.type === "context"));
    const kwargs = request.kwargs ? snapshot(request.kwargs) : null;
    if (request.method === "preprocess" && source === null) return this.enriched(target.step, request);
    if (request.method === "select" && fn === "select") return this.selection(target.step);
    if (source?.isStatic) return this.staticResult(target.step, request);
    if (source?.flavour === "coroutine" && !request.awaits) {
      return { value: new PyObject("object", new Map([["class", "builtins.coroutine"]])) };
    }
    const entry = this.entries.find(
      (e) =>
        !e.used &&
        e.step === target.step &&
        e.fn === fn &&
        sameValues(e.args, args) &&
        (e.kwargs === null ? kwargs === null : kwargs !== null && identical(e.kwargs, kwargs)),
    );
    if (!entry && target.fn === null && request.method === "") {
      const asked = new UnrecordedCall(this.trace, target.step, mapAt(this.one.values, "graph"));
      if (target.role === "_fn_select_outlets") return asked.outlets(this.nextOut(target.step));
      const [arg] = request.args;
      if (arg instanceof EventArgument) {
        const at = this.nextEntry(target.step, () => true);
        return target.role === "_predicate" ? asked.predicate(at) : asked.event(at, arg);
      }
      return this.unrecorded(target, args[0] ?? null);
    }
    if (!entry) return this.unknown(request, `has no record with ${repr([...args])}`);
    entry.used = true;
    return this.resultOf(entry, request, source);
  }

  host({ step, ref, action }: HostRequest): HostReply {
    let host = this.hosts.get(ref);
    if (!host) {
      host = new ReplayHost(this.trace, step, (error) =>
        error instanceof PyObject ? raisedOf(error) : { class: "Exception", message: "" },
      );
      this.hosts.set(ref, host);
    }
    return host.answer(action);
  }

  /** Calls of generators have no record: their chunks are what the step emitted for its next event. */
  private generator(called: string): CallResult {
    // A model's chunks are those of its runner.
    const model = !this.trace.some((op) => isMap(op) && op.get("op") === "in" && op.get("step") === called);
    const step = model ? called.split("/").slice(0, -1).join("/") : called;
    const at = this.nextEntry(step, () => true);
    const event = this.op(at)?.get("event") ?? null;
    const chunks: PyValue[] = [];
    let error: Raised | null = null;
    for (const op of this.trace.slice(at + 1)) {
      if (!isMap(op) || op.get("step") !== step) continue;
      if (op.get("op") === "out" && op.get("event") === event) chunks.push(op.get("body") ?? null);
      if (op.get("op") !== "stream_end") continue;
      const text = op.get("error");
      const [, name, message] = /^(\w+): ([^]*)$/.exec(typeof text === "string" ? text : "") ?? [];
      error = name === undefined ? null : { class: name, message };
      break;
    }
    const handle = `stream${this.streams.size}`;
    this.streams.set(handle, new Stream(chunks, error));
    return { value: new PyObject("generator", new Map(), handle) };
  }

  /** Calls of static methods have no record: what one made is what the step's next call got. */
  private staticResult(step: string, request: CallRequest): CallResult {
    const next = this.entries.find((e) => !e.used && e.step === step);
    return next ? { value: next.args[0] ?? null } : this.unknown(request, "has no call after it");
  }

  /** Calls of old selectors have no record: what one selected is what ran next. */
  private selection(step: string): CallResult {
    const names: string[] = [];
    const from = this.nextEntry(step, () => true);
    for (const op of this.trace.slice(from + 1)) {
      if (!isMap(op) || (op.get("op") === "out" && op.get("step") === step)) break;
      if (op.get("op") === "call") names.push(textAt(op, "step").slice(step.length + 1));
    }
    return { value: names };
  }

  /** An enrichment router's own `preprocess` has no record: the event as the next route got it. */
  private enriched(step: string, request: CallRequest): CallResult {
    const [arg] = request.args;
    if (!(arg instanceof EventArgument)) return this.unknown(request, "has no event");
    const { event } = arg;
    const entered = this.trace.find(
      (op) =>
        isMap(op) &&
        op.get("op") === "in" &&
        op.get("event") === event.id &&
        textAt(op, "step").startsWith(`${step}/`),
    );
    if (!isMap(entered)) return this.unknown(request, "has no route after it");
    const body: PyMap = new Map(mapAt(entered, "body"));
    body.delete("background_task_state");
    const value = new EventArgument({ ...event, body });
    return { value, same: 0 };
  }

  /** A function whose calls have no record gave what the step emitted for that body, or raised what was handled. */
  private unrecorded(target: Target, arg: PyValue): CallResult {
    const { step, source } = target;
    const at = this.nextEntry(step, (body) => identical(body, arg));
    const event = this.op(at)?.get("event") ?? null;
    const sleep = source?.flavour === "coroutine" ? sleepOf(source, arg) : null;
    const extras = sleep === null ? {} : { suspendedMs: sleep };
    for (const op of this.trace.slice(at + 1)) {
      if (!isMap(op) || op.get("event") !== event) continue;
      const error = op.get("error");
      if (op.get("op") === "out" && op.get("step") === step)
        return { ...extras, value: op.get("body") ?? null };
      if (error instanceof PyObject && op.get("origin_state") === step)
        return { ...extras, raised: raisedOf(error) };
    }
    const answer = this.failedAnswer(event);
    if (answer) return { ...extras, raised: answer };
    return this.unknown({ step, ref: "", method: "", args: [], awaits: false }, "has no record");
  }

  /** What the caller of an event was told, when its request failed. */
  private failedAnswer(event: PyValue): Raised | null {
    const at = listAt(this.one.values, "events").findIndex((e) => isMap(e) && e.get("event_id") === event);
    const result = listAt(this.one.values, "results")[at];
    const answer = isMap(result) && result.get("status") === "error_response" ? result.get("response") : null;
    const body = answer instanceof PyObject ? answer.fields.get("body") : null;
    const [, name, message] = /^(\w+): ([^]*)$/.exec(typeof body === "string" ? body : "") ?? [];
    return name === undefined ? null : { class: name, message };
  }

  /** Place of the step's next emission that no selection has been asked for. */
  private nextOut(step: string): number {
    const at = this.trace.findIndex(
      (op, i) => !this.entered.has(i) && isMap(op) && op.get("op") === "out" && op.get("step") === step,
    );
    this.entered.add(at);
    return at;
  }

  private op(at: number): PyMap | null {
    const op = this.trace[at];
    return isMap(op) ? op : null;
  }

  /** Place of the next event that entered the step with a body like that. */
  private nextEntry(step: string, like: (body: PyValue) => boolean): number {
    const at = this.trace.findIndex(
      (op, i) =>
        !this.entered.has(i) &&
        isMap(op) &&
        op.get("op") === "in" &&
        op.get("step") === step &&
        like(op.get("body") ?? null),
    );
    this.entered.add(at);
    return at;
  }

  private unknown(request: CallRequest, why: string): CallResult {
    const message = `call of ${request.step}.${request.method || "function"} ${why}`;
    this.mismatches.push(message);
    return { raised: { class: "ReplayMismatch", message } };
  }

  private resultOf(entry: Entry, request: CallRequest, source: FunctionSource | null): CallResult {
    const suspended =
      source?.flavour === "coroutine" ? sleepOf(source, entry.args[0] ?? null) : this.loadTime(entry);
    const extras = suspended === null ? {} : { suspendedMs: suspended };
    if (entry.raise instanceof PyObject) {
      return { ...extras, raised: withRepr(raisedOf(entry.raise), source), ...this.changedBefore(entry) };
    }
    const value = entry.result ?? null;
    if (value instanceof PyObject && value.type === "Event")
      return { ...extras, ...this.eventResult(entry, request, value) };
    markCallers(value, request);
    const filtered = source !== null && source.text.includes("self.filter(") && !this.emitsNext(entry);
    if (entry.fn === "select_outlets") return { ...extras, value, ...this.changedBeforeOut(entry) };
    const same = givesBack(source, entry, value);
    return {
      ...extras,
      value,
      ...(filtered ? { filtered: true } : {}),
      ...(same === null ? aliasesOf(source, entry, value) : { same, changed: new Map([[same, value]]) }),
    };
  }

  /** A model that loads beside the requests was loaded after those that its record comes after. */
  private loadTime(entry: Entry): number | null {
    if (entry.fn !== "load") return null;
    const late = this.trace.slice(0, entry.at).some((op) => isMap(op) && op.get("op") === "in");
    return late ? LOAD_TIME : null;
  }

  private eventResult(entry: Entry, request: CallRequest, value: PyObject): CallResult {
    const same = request.args.findIndex(
      (arg) => arg instanceof EventArgument && arg.event.id === value.fields.get("id"),
    );
    const after = this.next(entry);
    const terminated =
      after?.get("op") === "out" && after.get("step") === entry.step && after.get("terminated") === true;
    const event = wireEventOf(value, terminated);
    return { value: new EventArgument(event), ...(same >= 0 ? { same } : {}) };
  }

  private next(entry: Entry): PyMap | null {
    const op = this.trace[entry.at + 1];
    return isMap(op) ? op : null;
  }

  /** A selector that changed the body: the step emits it as it is then. */
  private changedBeforeOut(entry: Entry): CallResult {
    const after = this.next(entry);
    const [before] = entry.args;
    const body =
      after?.get("op") === "out" && after.get("step") === entry.step ? after.get("body") : undefined;
    if (body === undefined || !isMap(body) || !isMap(before) || identical(body, before)) return {};
    return { changed: new Map([[0, body]]) };
  }

  private emitsNext(entry: Entry): boolean {
    const after = this.next(entry);
    return after?.get("op") === "out" && after.get("step") === entry.step;
  }

  /** A body that was changed before the step raised is seen by the error handler. */
  private changedBefore(entry: Entry): CallResult {
    for (const op of this.trace.slice(entry.at + 1, entry.at + 3)) {
      if (!isMap(op) || op.get("op") !== "in" || op.get("error") === undefined) continue;
      const body = op.get("body") ?? null;
      const [before] = entry.args;
      if (isMap(body) && isMap(before) && !identical(body, before)) return { changed: new Map([[0, body]]) };
      return {};
    }
    return this.changedInErrorStream(entry);
  }

  /** Index of the last event that entered a step before an entry of the trace; -1 when none did. */
  private lastEntryBefore(at: number): number {
    let index = at - 1;
    while (index >= 0 && this.op(index)?.get("op") !== "in") index--;
    return index;
  }

  /** Without a handler, the record pushed to the error stream shows the changed body. */
  private changedInErrorStream(entry: Entry): CallResult {
    const [before] = entry.args;
    const inside = this.op(this.lastEntryBefore(entry.at));
    if (!inside || !identical(inside.get("body") ?? null, before ?? null)) return {};
    const event = inside.get("event");
    // A step that fails for several copies of an event pushes a record each time.
    const earlier = this.trace.slice(0, entry.at).filter((op, at) => {
      const own = isMap(op) && op.get("op") === "raise" && op.get("step") === entry.step;
      const from = this.op(this.lastEntryBefore(at));
      return own && from?.get("event") === event;
    }).length;
    const pushed = listAt(this.one.values, "error_stream").filter(
      (record) =>
        isMap(record) && record.get("source") === entry.step && mapAt(record, "event").get("id") === event,
    )[earlier];
    const body = pushed !== undefined && isMap(pushed) ? (mapAt(pushed, "event").get("body") ?? null) : null;
    if (isMap(body) && isMap(before) && !identical(body, before)) return { changed: new Map([[0, body]]) };
    return {};
  }
}
