import type { PlainWork } from "../engine/compiled/plain";
import { failure } from "../engine/failure";
import { FlowEvent } from "../engine/flowevent";
import { FlowStep } from "../engine/flowstep";
import { FunctionValue } from "../engine/foreign";
import { type Answer, type Coro, Future, type Run, call, then } from "../engine/loop";
import { noField } from "../engine/path";
import type { StepClass, StepInit } from "../engine/runtime";
import { PyDict } from "../value/dict";
import { repr, typeName } from "../value/repr";
import { type PyValue, asNumber, isNumber } from "../value/value";
import { classText, optional } from "./argument";

/** A batch that is being filled. */
interface Filling {
  readonly entries: PyValue[];
  /** Virtual milliseconds at which its first event came. */
  readonly began: number;
}

type KeyOf = (event: FlowEvent) => Answer<PyValue>;

/** `storey.Batch`: lists of up to `max_events` events, or what came within `flush_after_seconds`. */
class BatchStep extends FlowStep {
  private readonly maxEvents: number | null;
  private readonly flushAfter: number | null;
  private readonly keyed: boolean;
  private readonly keyField: PyValue;
  private readonly keyOf: KeyOf;
  /** In the order in which the keys' batches began. */
  private readonly filling = new PyDict();
  private readonly batches = new Map<number, Filling>();
  private serial = 0;
  private timer: { readonly done: Future<void>; readonly stop: Future<void> } | null = null;
  private terminating = false;

  constructor(init: StepInit) {
    super({ ...init, fullEvent: init.fullEvent ?? true }, ["storey.flow.Batch"]);
    this.maxEvents = maxEvents(init.args.get("max_events") ?? null);
    this.flushAfter = flushSeconds(init.args.get("flush_after_seconds") ?? null);
    const key = init.args.get("key_field") ?? null;
    this.keyed = key !== null;
    this.keyField = key;
    this.keyOf = keyExtractor(key, init.args.get("drop_key_field") === true);
    if (!this.flushAfter && !this.maxEvents) {
      throw failure(
        "ValueError",
        "At least one of flush_after_seconds or max_events must be provided in Batch",
      );
    }
  }

  override get plainWork(): PlainWork | null {
    const timed = this.flushAfter !== null || this.keyed || this.fullEvent || this.inputPath !== null;
    if (timed || this.object !== null || !this.endsErrors || this.maxIterations !== null) return null;
    return { kind: "gather", take: (body) => this.gather(null, body, null) };
  }

  protected override get asksFirst(): string | null {
    if (!this.keyed) return "processing_time";
    return this.keyField === "$key" ? "key" : "body";
  }

  protected process(event: FlowEvent): Run {
    return then(this.keyOf(event), (key) => this.add(event, key));
  }

  private add(event: FlowEvent, key: PyValue): Run {
    const made = this.gather(event, null, key);
    return made && this.emit(made);
  }

  /** Takes what the step takes of the event, or the body itself; gives the event of the batch that it fills. */
  private gather(event: FlowEvent | null, body: PyValue, key: PyValue): FlowEvent | undefined {
    let at = this.filling.get(key);
    if (typeof at !== "number") {
      at = this.serial++;
      this.filling.set(key, at);
      this.batches.set(at, { entries: [], began: this.context.loop.now });
    }
    if (this.flushAfter !== null && this.timer === null) this.startTimer(this.flushAfter);
    const batch = this.batches.get(at);
    batch?.entries.push(event === null ? body : this.element(event));
    return batch?.entries.length === this.maxEvents ? this.filled(key) : undefined;
  }

  private flush(key: PyValue): Run {
    const made = this.filled(key);
    return made && this.emit(made);
  }

  /** The event of what came with that key so far. */
  private filled(key: PyValue): FlowEvent | undefined {
    const at = this.filling.get(key);
    if (typeof at !== "number") return undefined;
    const batch = this.batches.get(at);
    this.filling.delete(key);
    this.batches.delete(at);
    if (!batch) return undefined;
    const time = this.context.nowValue();
    return new FlowEvent({ className: "Event", id: this.context.newId(), body: batch.entries, time });
  }

  private startTimer(seconds: number): void {
    const { loop } = this.context;
    const stop = new Future<void>(loop);
    const task = loop.spawn(this.watchTime(seconds, stop));
    this.timer = { done: task.done, stop };
  }

  /** Flushes batch after batch as its time comes, until there is none or the flow ends. */
  private *watchTime(seconds: number, stop: Future<void>): Coro {
    const { loop } = this.context;
    while (this.filling.size > 0 && !this.terminating) {
      const [key, at] = [...this.filling][0];
      const began = this.batches.get(Number(at))?.began ?? loop.now;
      const left = began + seconds * 1000 - loop.now;
      if (left > 0) {
        const off = loop.later(left, () => stop.resolve());
        yield stop;
        off();
        if (this.terminating) break;
        stop = new Future<void>(loop);
        if (this.timer) this.timer = { done: this.timer.done, stop };
      }
      const rest = this.flush(key);
      if (rest) yield rest;
    }
    this.timer = null;
  }

  protected override *onTermination(): Coro<PyValue> {
    this.terminating = true;
    const { timer } = this;
    if (timer) {
      timer.stop.resolve();
      yield timer.done;
      this.timer = null;
    }
    while (this.filling.size > 0) {
      const [key] = this.filling.keys();
      const rest = this.flush(key);
      if (rest) yield rest;
    }
    return yield* call(this.forwardTermination());
  }
}

function maxEvents(value: PyValue): number | null {
  if (value === null) return null;
  if (typeof value === "boolean") return value ? 1 : notPositive();
  if (typeof value !== "number" || !Number.isInteger(value)) {
    throw failure("TypeError", `max_events must be an integer, got ${typeName(value)}`);
  }
  return value > 0 ? value : notPositive();
}

function notPositive(): never {
  throw failure("ValueError", "max_events must be a positive integer");
}

function flushSeconds(value: PyValue): number | null {
  if (value === null) return null;
  if (!isNumber(value)) {
    throw failure("TypeError", `flush_after_seconds must be a number, got ${typeName(value)}`);
  }
  const seconds = asNumber(value);
  if (seconds < 0) throw failure("ValueError", "flush_after_seconds cannot be negative");
  return seconds;
}

/** What groups events: an attribute (`$key`), a field of the body, or a function of the event. */
function keyExtractor(key: PyValue, drop: boolean): KeyOf {
  if (key === null) return () => null;
  if (key instanceof FunctionValue) return (event) => key.callable.call([event]);
  if (typeof key !== "string") throw failure("ValueError", `Unsupported key_field type ${classText(key)}`);
  if (key.startsWith("$")) return (event) => eventAttribute(event, key.slice(1));
  return (event) => {
    return drop ? popField(event.body, key) : bodyField(event.body, key);
  };
}

/** `body.pop(key)`. */
function popField(body: PyValue, key: string): PyValue {
  if (Array.isArray(body)) throw failure("TypeError", "'str' object cannot be interpreted as an integer");
  if (!(body instanceof Map))
    throw failure("AttributeError", `'${typeName(body)}' object has no attribute 'pop'`);
  const value = bodyField(body, key);
  body.delete(key);
  return value;
}

/** `getattr(event, name)`. */
export function eventAttribute(event: FlowEvent, name: string): PyValue {
  const value = event.attribute(name);
  if (value !== undefined) return value;
  throw failure("AttributeError", `'${event.className}' object has no attribute '${name}'`);
}

/** `body[key]`. */
export function bodyField(body: PyValue, key: PyValue): PyValue {
  if (body instanceof Map) {
    const value = body.get(key);
    if (value !== undefined) return value;
    throw failure("KeyError", repr(key));
  }
  throw failure("TypeError", noField(body, key));
}

export const BATCH_STEPS: readonly StepClass[] = [
  {
    names: ["storey.Batch", "storey.flow.Batch"],
    meaning: "Puts events together into lists.",
    args: [
      optional("max_events", "Events in a batch; without it only time and the end emit."),
      optional("flush_after_seconds", "Emits a batch this long after its first event."),
      optional("key_field", "Groups events: a field, `$attribute`, or a function of the event."),
      optional("drop_key_field", "Removes the key's field from the body.", false),
    ],
    open: true,
    make: (init) => new BatchStep(init),
  },
];
