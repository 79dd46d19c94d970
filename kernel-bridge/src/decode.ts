/** The door: what the agent sends becomes typed here, or a `GraphcellError` (`GC_PROTOCOL`). */
import {
  type CallResult,
  EVENT_FIELDS,
  EventArgument,
  type Frame,
  GraphcellError,
  type InnerCall,
  type KernelGraphInfo,
  type Loaded,
  type MethodInfo,
  type NamespaceReport,
  type Preview,
  type PyMap,
  type PyValue,
  PyFloat,
  type Raised,
  type SegmentOutput,
  type SegmentStepResult,
  type WireEvent,
  asNumber,
  isMap,
  parseWire,
} from "@graphcell/core";
import { PROTOCOL_VERSION, type SimulateRequest } from "./protocol";
import { isRecord } from "./wire";

/** The answers of a reply, one for each call; a call that could not be done is a `GraphcellError`. */
export function decodeReply(text: string, calls: number): (PyMap | GraphcellError)[] {
  const data = decodeMessage(text);
  const replies = list(data.get("replies"), "replies").map((reply) => map(reply, "reply"));
  if (replies.length === 1 && calls > 1 && isMap(replies[0].get("error"))) throw decodeError(replies[0]);
  if (replies.length !== calls) throw odd("replies");
  return replies.map((reply) => (isMap(reply.get("error")) ? decodeError(reply) : reply));
}

/** Graphs that a report may name without telling them again, by their revision. */
export type KnownGraphs = ReadonlyMap<number, KernelGraphInfo>;

/** A message that the agent sent by itself; null for one of a kind that this version does not know. */
export type Push =
  | { readonly type: "report"; readonly report: NamespaceReport | null }
  | { readonly type: "simulate"; readonly request: SimulateRequest };

export function decodePush(text: string, known: KnownGraphs): Push | null {
  const data = decodeMessage(text);
  const kind = data.get("push");
  if (kind === "report") return { type: "report", report: decodeReport(data, known) };
  if (kind !== "simulate") return null;
  return {
    type: "simulate",
    request: {
      graph: string(data.get("graph"), "graph"),
      events: list(data.get("events"), "events").map((event) => map(event, "event")),
      displayId: string(data.get("display_id"), "display_id"),
    },
  };
}

/**
 * What a `%%simulate` cell asks for that had nobody to push it to: it stands in the cell's output. Null for any other
 * output, whoever wrote it.
 */
export function decodePending(data: unknown): SimulateRequest | null {
  if (!isRecord(data) || data.state !== "pending") return null;
  const { graph, events: text, display_id: displayId } = data;
  if (typeof graph !== "string" || typeof text !== "string" || typeof displayId !== "string") return null;
  try {
    const events = parseWire(text);
    return Array.isArray(events) && events.every(isMap) ? { graph, events, displayId } : null;
  } catch {
    return null;
  }
}

function decodeMessage(text: string): PyMap {
  let data: PyValue;
  try {
    data = parseWire(text);
  } catch (error) {
    throw odd(error instanceof Error ? error.message : "text");
  }
  if (!isMap(data) || data.get("graphcell") !== PROTOCOL_VERSION) throw odd("version");
  return data;
}

function decodeError(reply: PyMap): GraphcellError {
  const error = map(reply.get("error"), "error");
  const [code, message] = [string(error.get("code"), "code"), string(error.get("message"), "message")];
  return new GraphcellError(code, message, stringOr(error.get("remedy"), ""));
}

/** What the namespace holds; null when it names a graph that is not among the known ones. */
export function decodeReport(data: PyMap, known: KnownGraphs): NamespaceReport | null {
  const graphs: KernelGraphInfo[] = [];
  for (const entry of list(data.get("graphs"), "graphs")) {
    const graph = decodeGraph(map(entry, "graph"), known);
    if (graph === null) return null;
    graphs.push(graph);
  }
  return {
    revision: number(data.get("revision"), "revision"),
    graphs,
    mlrun: stringOr(data.get("mlrun"), null),
    mlrunInstalled: data.get("mlrun_installed") === true,
    python: string(data.get("python"), "python"),
    names: strings(data.get("names"), "names"),
  };
}

function decodeGraph(data: PyMap, known: KnownGraphs): KernelGraphInfo | null {
  const kind = data.get("kind");
  if (kind !== "serving" && kind !== "feature-set" && kind !== "storey") throw odd("graph kind");
  const revision = number(data.get("revision"), "revision");
  const told = data.get("same") === true ? known.get(revision) : undefined;
  if (data.get("same") === true && told === undefined) return null;
  return {
    variables: strings(data.get("variables"), "variables"),
    name: string(data.get("name"), "name"),
    kind,
    graph: told?.graph ?? map(data.get("graph"), "graph"),
    spec: told?.spec ?? map(data.get("spec"), "spec"),
    revision,
  };
}

/** A loaded step, or what loading it raised. */
export function decodeLoaded(data: PyMap): Loaded | { readonly raised: Raised } {
  const raised = data.get("raised");
  if (raised !== undefined) return { raised: decodeRaised(raised) };
  const kind = data.get("kind");
  if (kind !== "function" && kind !== "object") throw odd("kind of a step");
  const methods = new Map<string, MethodInfo>();
  for (const [name, info] of map(data.get("methods"), "methods"))
    methods.set(String(name), decodeMethod(map(info, "method")));
  const handle = data.get("handle");
  return {
    ref: string(data.get("ref"), "ref"),
    ...(typeof handle === "string" ? { handle } : {}),
    kind,
    methods,
    mro: strings(data.get("mro"), "mro"),
    attributes: map(data.get("attributes"), "attributes"),
  };
}

function decodeMethod(data: PyMap): MethodInfo {
  const flavour = data.get("flavour");
  if (
    flavour !== "plain" &&
    flavour !== "coroutine" &&
    flavour !== "generator" &&
    flavour !== "async_generator"
  ) {
    throw odd("flavour");
  }
  return {
    name: string(data.get("name"), "name"),
    user: data.get("user") === true,
    flavour,
    params: strings(data.get("params"), "params"),
  };
}

export function decodeCallResult(data: PyMap): CallResult {
  const raised = data.get("raised");
  const value = data.get("value");
  const changed = data.get("changed");
  const same = data.get("same");
  const suspended = data.get("suspended_ms");
  return {
    ...(value === undefined ? {} : { value: decodeWritten(value) }),
    ...(raised === undefined ? {} : { raised: decodeRaised(raised) }),
    ...(typeof same === "number" ? { same } : {}),
    ...(changed === undefined ? {} : { changed: decodeChanged(map(changed, "changed")) }),
    exact: true,
    ...(data.get("filtered") === true ? { filtered: true } : {}),
    ...(suspended === undefined ? {} : { suspendedMs: asNumber(suspended) }),
    ...decodeCalls(data.get("calls")),
    ...(typeof data.get("stdout") === "string" ? { stdout: stringOr(data.get("stdout"), "") } : {}),
    ms: asNumber(data.get("ms") ?? 0),
  };
}

/** Calls that a watched object made by itself. */
export function decodeCalls(value: PyValue | undefined): { readonly calls?: readonly InnerCall[] } {
  if (value === undefined) return {};
  const calls = list(value, "calls").map((entry): InnerCall => {
    const told = map(entry, "call");
    const kwargs = map(told.get("kwargs"), "kwargs");
    const raised = told.get("raised");
    return {
      step: string(told.get("step"), "step"),
      fn: string(told.get("fn"), "fn"),
      args: list(told.get("args"), "args"),
      ...(kwargs.size > 0 ? { kwargs } : {}),
      ...(raised === undefined ? { result: told.get("result") ?? null } : { raised: decodeRaised(raised) }),
    };
  });
  return { calls };
}

function decodeChanged(data: PyMap): Map<number, PyValue | EventArgument> {
  return new Map([...data].map(([index, now]) => [Number(index), decodeWritten(now)]));
}

/** `{"value": ...}`, or `{"event": {...}}` for an event object. */
function decodeWritten(data: PyValue): PyValue | EventArgument {
  const written = map(data, "value");
  const event = written.get("event");
  if (event !== undefined) return new EventArgument(decodeEvent(map(event, "event")));
  return written.get("value") ?? null;
}

export function decodeEvent(data: PyMap): WireEvent {
  const event: { -readonly [K in keyof WireEvent]: WireEvent[K] } = {
    id: data.get("id") ?? null,
    body: data.get("body") ?? null,
  };
  for (const name of EVENT_FIELDS) {
    const value = data.get(name);
    if (value !== undefined) event[name] = value;
  }
  const extra = data.get("extra");
  if (isMap(extra)) event.extra = extra;
  return event;
}

export function decodeSegmentOutputs(data: PyMap): SegmentOutput[] {
  return list(data.get("outputs"), "outputs").map((entry) => decodeSegmentOutput(map(entry, "output")));
}

export function decodeSegmentOutput(output: PyMap): SegmentOutput {
  const steps: SegmentStepResult[] = [];
  for (const step of list(output.get("steps"), "steps"))
    steps.push(decodeStepResult(map(step, "step"), steps));
  return {
    steps,
    out: list(output.get("out"), "out").map((event) => decodeEvent(map(event, "event"))),
  };
}

/** `from` instead of `in` names an output of an entry before: what that step emitted is what this one got. */
function decodeStepResult(data: PyMap, before: readonly SegmentStepResult[]): SegmentStepResult {
  const raised = data.get("raised");
  const from = data.get("from");
  const stdout = data.get("stdout");
  return {
    at: number(data.get("at"), "at"),
    in: from === undefined ? (data.get("in") ?? null) : emittedBy(before, list(from, "from")),
    out: list(data.get("out"), "out"),
    ...(raised === undefined ? {} : { raised: decodeRaised(raised) }),
    ...(typeof stdout === "string" ? { stdout } : {}),
    ms: asNumber(data.get("ms") ?? 0),
  };
}

function emittedBy(before: readonly SegmentStepResult[], from: readonly PyValue[]): PyValue {
  const [entry, output] = from.map((n) => number(n, "from"));
  const emitted = before[entry]?.out[output];
  if (emitted === undefined) throw odd("from");
  return emitted;
}

export function decodeRaised(value: PyValue): Raised {
  const data = map(value, "raised");
  const cause = data.get("cause");
  const status = data.get("status_code");
  const traceback = data.get("traceback");
  const frames = data.get("frames");
  return {
    ...named(data),
    ...(isMap(cause) ? { cause: named(cause) } : {}),
    mro: strings(data.get("mro"), "mro"),
    ...(typeof status === "number" ? { statusCode: status } : {}),
    ...(typeof data.get("repr") === "string" ? { repr: string(data.get("repr"), "repr") } : {}),
    ...(typeof traceback === "string" ? { traceback } : {}),
    ...(Array.isArray(frames) ? { frames: frames.map((frame) => decodeFrame(map(frame, "frame"))) } : {}),
  };
}

function named(data: PyMap): { class: string; message: string } {
  return { class: string(data.get("class"), "class"), message: string(data.get("message"), "message") };
}

function decodeFrame(data: PyMap): Frame {
  const count = data.get("execution_count");
  return {
    cellId: stringOr(data.get("cell_id"), null),
    ...(typeof count === "number" ? { executionCount: count } : {}),
    file: string(data.get("file"), "file"),
    line: number(data.get("line"), "line"),
    name: string(data.get("name"), "name"),
  };
}

export function decodePreview(data: PyMap): Preview {
  const bundle = data.get("bundle");
  const size = data.get("size");
  return {
    type: string(data.get("type"), "type"),
    text: string(data.get("text"), "text"),
    json: stringOr(data.get("json"), null),
    ...(isMap(bundle)
      ? { bundle: Object.fromEntries([...bundle].map(([mime, text]) => [String(mime), String(text)])) }
      : {}),
    size: typeof size === "number" ? size : null,
    cut: data.get("cut") === true,
    handle: stringOr(data.get("handle"), null),
  };
}

export function odd(what: string): GraphcellError {
  return new GraphcellError(
    "GC_PROTOCOL",
    `The kernel's agent sent what can't be read (${what}).`,
    "Restart the kernel, so that both ends are of one version.",
  );
}

export function map(value: PyValue | undefined, what: string): PyMap {
  if (value === undefined || !isMap(value)) throw odd(what);
  return value;
}

export function list(value: PyValue | undefined, what: string): PyValue[] {
  if (!Array.isArray(value)) throw odd(what);
  return value;
}

export function string(value: PyValue | undefined, what: string): string {
  if (typeof value !== "string") throw odd(what);
  return value;
}

function strings(value: PyValue | undefined, what: string): string[] {
  return list(value, what).map((item) => string(item, what));
}

export function stringOr<T>(value: PyValue | undefined, otherwise: T): string | T {
  return typeof value === "string" ? value : otherwise;
}

export function number(value: PyValue | undefined, what: string): number {
  if (typeof value === "number") return value;
  if (value instanceof PyFloat) return value.value;
  throw odd(what);
}
