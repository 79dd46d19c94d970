import { type Failure, failure } from "../engine/failure";
import { FlowEvent } from "../engine/flowevent";
import { FlowStep } from "../engine/flowstep";
import { FunctionValue } from "../engine/foreign";
import { type Answer, type Coro, type Run, call, wait } from "../engine/loop";
import type { StepClass, StepInit } from "../engine/runtime";
import { millisOf } from "../engine/time";
import { typeName } from "../value/repr";
import { type PyMap, type PyValue, asNumber, float, isMap, isNumber } from "../value/value";
import { truthy } from "../value/compare";
import { type AggregationSpec, Buckets, CAPPED, DERIVED, RAW } from "./aggregation";
import { functionOrNull, optional, required, textArgument } from "./argument";
import { type EmitPolicy, emitPolicyOf } from "./emit-policy";
import { parseTime } from "./strptime";
import { stringifyKey } from "./table";
import { windowsOf } from "./window";

/** In milliseconds: how fine Python's clock is. */
const MICROSECOND = 0.001;

interface Aggregate extends AggregationSpec {
  readonly column: PyValue;
  readonly filter: PyValue;
  /** The limit as it was given: an int stays one. */
  readonly given: PyValue;
}

/** The last event of a key that has not been emitted, and how many came since `since`. */
interface Waiting {
  readonly count: number;
  readonly since: number;
  readonly event: FlowEvent;
  readonly key: PyValue;
}

/** `storey.AggregateByKey`: adds features of the events of a key in time windows. */
class AggregateStep extends FlowStep {
  private readonly aggregates: readonly Aggregate[];
  private readonly byKey = new Map<string, readonly Buckets[]>();
  /** Events that wait for others of their key, by key. */
  private readonly waiting = new Map<string, Waiting>();
  private readonly rows: ReadonlyMap<string, PyMap>;
  private readonly policy: EmitPolicy;
  private watching = false;
  private ended = false;
  /** Times of events that have none but that of their making, and the newest of them. */
  private readonly times = new WeakMap<FlowEvent, number>();
  private newest = -Infinity;

  constructor(private readonly init: StepInit) {
    super(init, ["storey.aggregations.AggregateByKey"]);
    this.aggregates = aggregatesOf(init.args.get("aggregates") ?? null);
    this.rows = init.context.table(textArgument(init, "table") ?? "").rows;
    this.policy = emitPolicyOf(init.args.get("emit_policy") ?? null);
  }

  protected override get asksFirst(): string | null {
    return "body";
  }

  protected process(event: FlowEvent): Run {
    const { mode } = this.policy;
    if (!this.watching && (mode === "period" || mode === "window")) {
      this.watching = true;
      this.context.loop.spawn(this.watchClock(mode));
    }
    return this.work(event);
  }

  /** Emits the features of every key whenever a period, or the shortest window, ends on the clock. */
  private *watchClock(mode: "period" | "window"): Coro {
    const { loop } = this.context;
    const { windows } = this.aggregates[0];
    const step = mode === "period" ? windows.period : windows.list[0][0];
    for (let mark = (Math.trunc(loop.now / step) + 1) * step; ; mark += step) {
      const left = mark + this.policy.delay - loop.now;
      if (left > 0) yield* loop.sleep(left);
      if (this.ended) return;
      for (const key of [...this.byKey.keys()]) {
        const body: PyMap = new Map<PyValue, PyValue>([
          ["key", key],
          ["time", float(mark)],
        ]);
        const event = new FlowEvent({
          className: "Event",
          id: this.context.newId(),
          body,
          key,
          time: float(mark),
        });
        const rest = yield* call(this.augmented(event, key, key, mark));
        if (rest) yield rest;
      }
    }
  }

  /** Emits what has waited for too long, key after key. */
  private *watchWaiting(timeout: number): Coro {
    const { loop } = this.context;
    while (this.waiting.size > 0 && !this.ended) {
      const [[safe, { since }]] = this.waiting;
      const left = since + timeout - loop.now;
      if (left > 0) yield* loop.sleep(left);
      const found = this.waiting.get(safe);
      if (this.ended || found === undefined) continue;
      this.waiting.delete(safe);
      const time = yield* call(this.timeOf(found.event));
      const rest = yield* call(this.augmented(found.event, found.key, safe, time));
      if (rest) yield rest;
    }
    this.watching = false;
  }

  protected override *onTermination(): Coro<PyValue> {
    this.ended = true;
    return yield* call(this.forwardTermination());
  }

  private *work(event: FlowEvent): Coro {
    const key = yield* wait(this.keyOf(event));
    const time = yield* call(this.timeOf(event));
    const safe = stringifyKey(key);
    const buckets = this.bucketsOf(safe, time);
    for (const [i, aggregate] of this.aggregates.entries()) {
      if (!truthy(yield* wait(ask(aggregate.filter, event.body, true)))) continue;
      const value = yield* wait(ask(aggregate.column, event.body, null));
      if (value === null) continue;
      if (time instanceof NoTime) throw time.added(aggregate.windows.fixed);
      buckets[i].add(time, numberOf(value, aggregate.operations));
    }
    if (this.policy.mode !== "events") return;
    const { every } = this.policy;
    const waiting = this.waiting.get(safe) ?? { count: 0, since: this.context.loop.now, event, key };
    this.waiting.set(safe, { ...waiting, count: waiting.count + 1, event, key });
    if (this.policy.timeout !== null && !this.watching) {
      this.watching = true;
      this.context.loop.spawn(this.watchWaiting(this.policy.timeout));
    }
    if (waiting.count + 1 !== every) return;
    this.waiting.delete(safe);
    const rest = yield* call(this.augmented(event, key, safe, time));
    if (rest) yield rest;
  }

  private *augmented(event: FlowEvent, key: PyValue, safe: string, time: number | NoTime): Coro<Run> {
    if (time instanceof NoTime) throw time.asked();
    let features: PyValue = this.featuresOf(safe, time);
    const augment = functionOrNull(this.init, "augmentation_fn");
    if (augment) features = yield* wait(augment.call([event.body, features]));
    else if (isMap(features)) features = merged(features, event.body);
    if (isMap(features)) this.enrich(features, safe);
    event.key = key;
    event.body = features;
    return this.emit(event);
  }

  private featuresOf(safe: string, time: number): PyMap {
    const aliases = this.aliases();
    const features: PyMap = new Map();
    for (const [i, buckets] of (this.byKey.get(safe) ?? []).entries()) {
      for (const [name, value] of buckets.features(time)) {
        features.set(aliases.get(name) ?? name, value === CAPPED ? this.aggregates[i].given : float(value));
      }
    }
    return features;
  }

  private aliases(): PyMap {
    const aliases = this.init.args.get("aliases");
    return isMap(aliases) ? aliases : new Map<PyValue, PyValue>();
  }

  private enrich(features: PyMap, safe: string): void {
    const names = this.init.args.get("enrich_with");
    for (const name of Array.isArray(names) ? names : []) {
      const value = this.rows.get(safe)?.get(name);
      if (value !== undefined) features.set(this.aliases().get(name) ?? name, value);
    }
  }

  private bucketsOf(safe: string, time: number | NoTime): readonly Buckets[] {
    const known = this.byKey.get(safe);
    if (known) return known;
    if (time instanceof NoTime) throw time.begun();
    const made = this.aggregates.map((aggregate) => new Buckets(aggregate, time));
    this.byKey.set(safe, made);
    return made;
  }

  private keyOf(event: FlowEvent): Answer<PyValue> {
    const field = this.init.args.get("key_field") ?? null;
    if (field instanceof FunctionValue) return field.callable.call([event.body]);
    if (field === null || field === "") return event.key;
    return Array.isArray(field) ? field.map((name) => got(event.body, name)) : got(event.body, field);
  }

  /** No two events are made at one time: here the clock may stand still between them. */
  private inOrder(event: FlowEvent, time: number): number {
    const own = time > this.newest ? time : this.newest + MICROSECOND;
    this.newest = own;
    this.times.set(event, own);
    return own;
  }

  private *timeOf(event: FlowEvent): Coro<number | NoTime> {
    const field = this.init.args.get("time_field") ?? null;
    let value = event.time;
    if (field instanceof FunctionValue) value = yield* wait(field.callable.call([event]));
    else if (field !== null && field !== "") value = got(event.body, field);
    if (isNumber(value)) return asNumber(value);
    if (field === null && this.times.has(event)) return this.times.get(event) ?? 0;
    const format = textArgument(this.init, "time_format");
    if (typeof value === "string" && format) return parseTime(value, format);
    const time = millisOf(value);
    if (time !== null) return field === null ? this.inOrder(event, time) : time;
    if (typeof value === "string") throw failure("ValueError", `Invalid isoformat string: '${value}'`);
    return new NoTime(typeName(value));
  }
}

/** What stands for a time and is none, by its type: what Python says of it depends on where it is first used. */
class NoTime {
  constructor(private readonly type: string) {}

  /** The first event of a key. */
  begun(): Failure {
    return failure("TypeError", `unsupported operand type(s) for /: '${this.type}' and 'int'`);
  }

  /** A value is to be added. */
  added(fixed: boolean): Failure {
    const types = fixed ? `'float' and '${this.type}'` : `'${this.type}' and 'int'`;
    return failure("TypeError", `'${fixed ? ">" : "<"}' not supported between instances of ${types}`);
  }

  /** Nothing was added, and the features are asked for. */
  asked(): Failure {
    return failure("TypeError", `unsupported operand type(s) for -: '${this.type}' and 'int'`);
  }
}

/** `body.get(name)`. */
function got(body: PyValue, name: PyValue): PyValue {
  if (body instanceof Map) return body.get(name) ?? null;
  throw failure("AttributeError", `'${typeName(body)}' object has no attribute 'get'`);
}

/** What a function or a field of the body gives. */
function ask(what: PyValue, body: PyValue, none: PyValue): Answer<PyValue> {
  if (what === null) return none;
  return what instanceof FunctionValue ? what.callable.call([body]) : got(body, what);
}

/** The value as a number; throws what Python says to the first of the operations that needs one. */
function numberOf(value: PyValue, operations: readonly string[]): number {
  const number = asNumber(value);
  if (!Number.isNaN(number) || isNumber(value)) return number;
  // Whatever it is, it counts.
  if (operations.every((op) => op === "count")) return 0;
  const type = typeName(value);
  const first = operations.find((op) => op !== "count" && RAW.includes(op)) ?? "sum";
  throw failure("TypeError", noNumber(first, type));
}

function noNumber(operation: string, type: string): string {
  switch (operation) {
    case "min":
      return `'<' not supported between instances of '${type}' and 'float'`;
    case "max":
      return `'>' not supported between instances of '${type}' and 'float'`;
    case "sqr":
      return type === "str" || type === "list" || type === "tuple"
        ? `can't multiply sequence by non-int of type '${type}'`
        : `unsupported operand type(s) for *: '${type}' and '${type}'`;
    case "first":
    case "last":
      return `must be real number, not ${type}`;
    default:
      return `unsupported operand type(s) for +: 'float' and '${type}'`;
  }
}

/** The features, with the event's own entries over them. */
function merged(features: PyMap, body: PyValue): PyMap {
  if (!isMap(body)) throw failure("TypeError", `'${typeName(body)}' object is not iterable`);
  for (const [name, value] of body) features.set(name, value);
  return features;
}

function aggregatesOf(value: PyValue): readonly Aggregate[] {
  if (!Array.isArray(value)) {
    throw failure("TypeError", "aggregates should be a list of FieldAggregator/dictionaries");
  }
  const names = new Set<string>();
  return value.map((one) => {
    if (!isMap(one))
      throw failure("TypeError", "aggregates should be a list of FieldAggregator/dictionaries");
    const name = String(need(one, "name"));
    if (names.has(name))
      throw failure("TypeError", `Aggregates should have unique names. ${name} already exists`);
    names.add(name);
    const period = one.get("period");
    const limit = one.get("max_value") ?? null;
    return {
      name,
      column: need(one, "column"),
      operations: operationsOf(need(one, "operations")),
      windows: windowsOf(textsOf(need(one, "windows")), typeof period === "string" ? period : null),
      filter: one.get("aggregation_filter") ?? null,
      given: limit,
      limited: limit !== null,
      limit: isNumber(limit) && asNumber(limit) !== 0 ? asNumber(limit) : null,
    };
  });
}

function need(one: PyMap, name: string): PyValue {
  const value = one.get(name);
  if (value === undefined) throw failure("KeyError", `'${name}'`);
  return value;
}

function textsOf(value: PyValue): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

function operationsOf(value: PyValue): readonly string[] {
  const operations = textsOf(value);
  const unknown = operations.find((op) => !RAW.includes(op) && DERIVED[op] === undefined);
  if (unknown !== undefined) throw failure("KeyError", `'${unknown}'`);
  return operations;
}

export const AGGREGATE_STEPS: readonly StepClass[] = [
  {
    names: ["storey.AggregateByKey", "storey.aggregations.AggregateByKey"],
    keepsAs: { key_field: "_key_extractor" },
    meaning: "Adds counts, sums and the like over time windows, by key.",
    args: [
      required(
        "aggregates",
        "List of dicts: name, column, operations, windows and, for sliding ones, period.",
      ),
      required("table", "Table that keeps them, such as `$name`."),
      optional("key_field", "Field or fields of the key; the event's key when absent."),
      optional("time_field", "Field of the time; the time of processing when absent."),
      optional("emit_policy", "When to emit: each event, or every so many."),
      optional("augmentation_fn", "Function of body and features that makes the new body."),
      optional("enrich_with", "Attributes of the table's row to add."),
      optional("aliases", "Dict of feature to another name."),
      {
        name: "use_windows_from_schema",
        default: false,
        meaning: "Takes the windows from the stored table.",
      },
      optional("time_format", "Format of times that are texts."),
    ],
    open: true,
    make: (init) => new AggregateStep(init),
  },
];
