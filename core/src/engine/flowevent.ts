import { type PyMap, PyObject, type PyValue } from "../value/value";
import { failure } from "./failure";
import { Future, type Loop } from "./loop";

/** What a caller waits for: results, errors and chunks that responders hand over. */
export interface Awaitable {
  setResult(value: PyValue | StreamChunk | StreamCompletion): void;
  setError(error: Error): void;
}

/** A chunk of a stream on its way to the caller. */
export class StreamChunk {
  constructor(readonly body: PyValue) {}
}

/** Ends a stream; goes through the steps like an event. */
export class StreamCompletion {
  constructor(
    readonly streamingStep: string,
    readonly original: FlowEvent,
    /** `Type: message` when the generator failed. */
    readonly error: string | null,
  ) {}

  /** What Python says to who takes it for an event. */
  lacks(attribute: string): never {
    throw failure("AttributeError", `'StreamCompletion' object has no attribute '${attribute}'`);
  }
}

export interface EventInit {
  readonly className?: "MockEvent" | "Event";
  readonly id: PyValue;
  readonly body: PyValue;
  readonly key?: PyValue;
  readonly path?: PyValue;
  readonly method?: PyValue;
  readonly headers?: PyValue;
  readonly contentType?: PyValue;
  readonly time?: PyValue;
}

/**
 * The event object that travels through a graph. Its body is the very container that steps change in place, so
 * branches that Python would let share a body share it here too. It is a Python value itself: batches hold lists
 * of events, and MLRun's sync error handlers store the event as its own body.
 */
export class FlowEvent extends PyObject {
  className: "MockEvent" | "Event";
  id: PyValue;
  body: PyValue;
  key: PyValue;
  path: PyValue;
  method: PyValue;
  headers: PyValue;
  contentType: PyValue;
  /** None, the exception (async flows), or a dict of step to message (sync flows). */
  error: PyValue = null;
  originState: string | null = null;
  time: PyValue;
  terminated = false;
  streamingStep: string | null = null;
  chunkId: number | null = null;
  /** Chunks were put together again by a Collector. */
  collected = false;
  /** Visits by step name; shared by shallow copies. Null until the event has entered a step. */
  visits: Map<string, number> | null = null;
  awaitable: Awaitable | null = null;
  /** Attributes that nobody here knows: user code and model runners set them. */
  extra: Map<string, PyValue> | null = null;

  constructor(init: EventInit) {
    super("Event");
    this.className = init.className ?? "MockEvent";
    this.id = init.id;
    this.body = init.body;
    this.key = init.key ?? (this.className === "MockEvent" ? "" : null);
    this.path = init.path ?? "/";
    this.method = init.method ?? null;
    this.headers = init.headers ?? (this.className === "MockEvent" ? new Map<PyValue, PyValue>() : null);
    this.contentType = init.contentType ?? null;
    this.time = init.time ?? null;
  }

  /** As golden records describe an event. */
  override get fields(): ReadonlyMap<string, PyValue> {
    const fields = new Map<string, PyValue>([
      ["class", this.className],
      ["id", this.id],
      ["body", this.body],
    ]);
    for (const [name, value] of [
      ["key", this.key],
      ["path", this.path],
      ["method", this.method],
    ] as const) {
      if (value !== null && value !== "" && value !== "/") fields.set(name, value);
    }
    if (this.failed) fields.set("error", this.error);
    if (this.originState) fields.set("origin_state", this.originState);
    return fields;
  }

  /** `event.error` is truthy. */
  get failed(): boolean {
    return this.error !== null && !(this.error instanceof Map && this.error.size === 0);
  }

  /** `copy.copy`: the same body. */
  copy(): FlowEvent {
    return this.fill(
      new FlowEvent({ className: this.className, id: this.id, body: this.body, headers: this.headers }),
    );
  }

  private fill(to: FlowEvent): FlowEvent {
    to.key = this.key;
    to.path = this.path;
    to.method = this.method;
    to.contentType = this.contentType;
    to.error = this.error;
    to.originState = this.originState;
    to.time = this.time;
    to.terminated = this.terminated;
    to.streamingStep = this.streamingStep;
    to.chunkId = this.chunkId;
    to.collected = this.collected;
    to.visits = this.visits;
    to.awaitable = this.awaitable;
    to.extra = this.extra ? new Map(this.extra) : null;
    return to;
  }

  /** `copy.deepcopy`; the waiting caller is shared. */
  override deepCopy(copy: (part: PyValue) => PyValue, made: (copied: PyObject) => void): FlowEvent {
    const to = this.fill(new FlowEvent({ className: this.className, id: this.id, body: null }));
    made(to);
    to.body = copy(this.body);
    to.key = copy(this.key);
    to.headers = copy(this.headers);
    to.error = copy(this.error);
    to.visits = this.visits && new Map(this.visits);
    if (to.extra) for (const [name, value] of to.extra) to.extra.set(name, copy(value));
    return to;
  }

  /** `getattr(event, name)`; undefined when there is none. */
  attribute(name: string): PyValue | undefined {
    switch (name) {
      case "id":
      case "body":
      case "key":
      case "path":
      case "method":
      case "headers":
      case "error":
        return this[name];
      case "content_type":
        return this.contentType;
      case "processing_time":
        return this.time;
      case "origin_state":
        return this.originState ?? undefined;
      case "terminated":
        return this.terminated || undefined;
      case "streaming_step":
        return this.streamingStep ?? undefined;
      case "chunk_id":
        return this.chunkId ?? undefined;
      case "offset":
        return this.className === "MockEvent" ? 0 : undefined;
      default:
        return this.extra?.get(name);
    }
  }

  /** `setattr(event, name, value)`. */
  setAttribute(name: string, value: PyValue): void {
    switch (name) {
      case "id":
      case "body":
      case "key":
      case "path":
      case "method":
      case "headers":
      case "error":
        this[name] = value;
        return;
      case "content_type":
        this.contentType = value;
        return;
      case "processing_time":
        this.time = value;
        return;
      case "origin_state":
        this.originState = typeof value === "string" ? value : null;
        return;
      case "terminated":
        this.terminated = value === true;
        return;
      case "streaming_step":
        this.streamingStep = typeof value === "string" ? value : null;
        return;
      case "chunk_id":
        this.chunkId = typeof value === "number" ? value : null;
        return;
      case "stream_collected":
        this.collected = value === true;
        return;
      default:
        this.extra ??= new Map();
        this.extra.set(name, value);
    }
  }
}

/** An event that user code made and gave inside of something else; a copy of `from` still has its caller. */
export function eventOf(value: PyObject, from: FlowEvent): FlowEvent {
  const field = (name: string): PyValue => value.fields.get(name) ?? null;
  const className = field("class") === "Event" ? "Event" : "MockEvent";
  const event =
    field("caller") === true ? from.copy() : new FlowEvent({ className, id: field("id"), body: null });
  event.id = field("id");
  event.body = field("body");
  event.key = field("key") ?? (event.className === "MockEvent" ? "" : null);
  event.path = field("path") ?? "/";
  event.method = field("method");
  event.error = field("error");
  return event;
}

/** A dict body, or null. */
export function dictBody(event: FlowEvent): PyMap | null {
  return event.body instanceof Map ? event.body : null;
}

/** A caller's mailbox: `AwaitableResult` with its queue. */
export class Mailbox implements Awaitable {
  readonly items: (PyValue | StreamChunk | StreamCompletion | Error)[] = [];
  private arrived: Future<void>;

  constructor(private readonly loop: Loop) {
    this.arrived = new Future(loop);
  }

  /** Done once something has come. */
  next(): Future<void> {
    if (this.items.length === 0 && this.arrived.done) this.arrived = new Future(this.loop);
    return this.arrived;
  }

  private put(item: PyValue | StreamChunk | StreamCompletion | Error): void {
    this.items.push(item);
    this.arrived.resolve();
  }

  setResult(value: PyValue | StreamChunk | StreamCompletion): void {
    this.put(value);
  }

  setError(error: Error): void {
    this.put(error);
  }
}
