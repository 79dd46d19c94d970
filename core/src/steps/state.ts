import { failure } from "../engine/failure";
import { type FlowEvent, StreamCompletion } from "../engine/flowevent";
import { FlowStep } from "../engine/flowstep";
import { iterate } from "../engine/iterate";
import { FunctionValue } from "../engine/foreign";
import { type Answer, type Coro, type Run, call, map, then } from "../engine/loop";
import type { Callable, StepClass, StepInit } from "../engine/runtime";
import { PyDict, hashKey } from "../value/dict";
import { typeName } from "../value/repr";
import { PyObject, type PyMap, type PyValue } from "../value/value";
import { bodyField } from "./batch";
import { classText, flagArgument, functionArgument, numberArgument, optional, required } from "./argument";
import { stringifyKey } from "./table";

class ReduceStep extends FlowStep {
  private readonly fn: Callable;
  private result: PyValue;

  constructor(init: StepInit) {
    super(init, ["storey.flow.Reduce"]);
    this.fn = functionArgument(init, "fn");
    this.result = init.args.get("initial_value") ?? null;
  }

  override to(): never {
    throw failure("ValueError", "Reduce is a terminal step. It cannot be piped further.");
  }

  protected process(event: FlowEvent): Run {
    return this.callThen(this.fn, [this.result, this.fullEvent ? event : event.body], (result) => {
      this.result = result;
      return undefined;
    });
  }

  protected override *onTermination(): Coro<PyValue> {
    return this.result;
  }

  override onStreamEnd(_completion: StreamCompletion): Run {
    return undefined;
  }
}

class MapWithStateStep extends FlowStep {
  private readonly fn: Callable;
  private readonly byKey: boolean;
  private state: PyValue;
  /** The rows of the table, by key as text. */
  private readonly rows: Map<string, PyMap> | null;

  constructor(init: StepInit) {
    super(init, ["storey.flow.MapWithState"]);
    this.fn = functionArgument(init, "fn");
    this.byKey = flagArgument(init, "group_by_key");
    this.state = init.args.get("initial_state") ?? null;
    const { state } = this;
    const named = typeof state === "string" && (state.includes("://") || (init.context.storey && this.byKey));
    this.rows = named ? init.context.table(state).rows : null;
  }

  protected override get asksFirst(): string | null {
    return this.fullEvent ? null : "body";
  }

  protected process(event: FlowEvent): Run {
    return then(this.step(event), (result) => this.emit(this.mapped(event, result)));
  }

  private step(event: FlowEvent): Answer<PyValue> {
    const element = this.element(event);
    const key = stringifyKey(event.key);
    const before = this.byKey ? this.stateOf(event, key) : this.state;
    return map(this.fn.call([element, before]), (pair) => {
      const [result, state] = unpack(pair);
      if (!this.byKey) this.state = state;
      else if (this.rows) this.rows.set(key, state instanceof Map ? state : new Map());
      else throw failure("AttributeError", `'${typeName(this.state)}' object has no attribute '_get_lock'`);
      return result;
    });
  }

  private stateOf(event: FlowEvent, key: string): PyValue {
    if (this.rows === null) return bodyField(this.state, event.key);
    const known = this.rows.get(key) ?? new Map<PyValue, PyValue>();
    this.rows.set(key, known);
    return known;
  }
}

/** `result, state = value`. */
function unpack(value: PyValue): readonly [PyValue, PyValue] {
  if (value === null || typeof value === "number" || typeof value === "boolean") {
    throw failure("TypeError", `cannot unpack non-iterable ${typeName(value)} object`);
  }
  const items = iterate(value);
  if (items.length < 2) {
    throw failure("ValueError", `not enough values to unpack (expected 2, got ${items.length})`);
  }
  if (items.length > 2) throw failure("ValueError", "too many values to unpack (expected 2)");
  return [items[0], items[1]];
}

class SampleWindowStep extends FlowStep {
  private readonly size: number;
  private readonly last: boolean;
  private readonly emitLast: boolean;
  private readonly key: PyValue;
  private readonly counts = new PyDict();
  private readonly plain = { count: 0 };
  private latest: FlowEvent | StreamCompletion | null = null;

  constructor(init: StepInit) {
    super({ ...init, fullEvent: true }, ["storey.steps.sample.SampleWindow"]);
    this.size = numberArgument(init, "window_size") ?? 0;
    if (this.size <= 1) throw failure("ValueError", `Expected window_size > 1, found ${this.size}`);
    this.last = emitPeriod(init.args.get("emit_period") ?? null) === "LAST";
    this.emitLast = flagArgument(init, "emit_before_termination");
    this.key = init.args.get("key") ?? null;
    if (this.key !== null && typeof this.key !== "string" && !(this.key instanceof FunctionValue)) {
      throw failure("ValueError", `Unsupported key type ${classText(this.key)}`);
    }
  }

  protected process(event: FlowEvent): Run {
    return then(this.keyOf(event), (key) => this.sample(event, key));
  }

  private keyOf(event: FlowEvent): Answer<PyValue> {
    const { key } = this;
    if (key instanceof FunctionValue) return key.callable.call([event]);
    if (key === null) return null;
    return key === "$key" ? event.key : bodyField(event.body, key);
  }

  private sample(event: FlowEvent | StreamCompletion, key: PyValue): Run {
    const count = this.count(key);
    if (this.emitLast) this.latest = event;
    if (count !== (this.last ? this.size : 1)) return undefined;
    this.latest = null;
    return this.pass(event);
  }

  private pass(event: FlowEvent | StreamCompletion): Run {
    return event instanceof StreamCompletion ? this.emitStreamEnd(event) : this.emit(event);
  }

  /** A stream's end counts as one more event. */
  override onStreamEnd(completion: StreamCompletion): Run {
    const { key } = this;
    if (key === null) return this.sample(completion, null);
    return key instanceof FunctionValue
      ? this.emitStreamEnd(completion)
      : completion.lacks(key === "$key" ? "key" : "body");
  }

  /** Place of this event in its window, from 1. */
  private count(key: PyValue): number {
    if (key === null) {
      const count = ++this.plain.count;
      if (count === this.size) this.plain.count = 0;
      return count;
    }
    hashKey(key);
    const before = this.counts.get(key);
    const count = typeof before === "number" ? before + 1 : 1;
    this.counts.set(key, count === this.size ? 0 : count);
    return count;
  }

  protected override *onTermination(): Coro<PyValue> {
    if (this.latest !== null) {
      const rest = this.pass(this.latest);
      if (rest) yield rest;
    }
    return yield* call(this.forwardTermination());
  }
}

function emitPeriod(value: PyValue): string {
  if (value === null) return "FIRST";
  if (value instanceof PyObject && value.type === "enum") return String(value.fields.get("name"));
  throw failure("ValueError", `Expected emit_period of type \`EmitPeriod\`, got ${classText(value)}`);
}

export const STATE_STEPS: readonly StepClass[] = [
  {
    names: ["storey.Reduce", "storey.flow.Reduce"],
    meaning: "Makes one value of all events; it is the flow's result.",
    args: [
      required("initial_value", "Value before the first event."),
      required("fn", "Function of the value so far and the body."),
    ],
    open: true,
    make: (init) => new ReduceStep(init),
  },
  {
    names: ["storey.MapWithState", "storey.flow.MapWithState"],
    constructedBy: "_FunctionWithStateFlow",
    meaning: "Replaces the body by what a function makes of it and a state, which it changes.",
    args: [
      required("initial_state", "State before the first event, or a table's URL."),
      required("fn", "Function of body and state; gives the new body and the new state."),
      { name: "group_by_key", default: false, meaning: "Keeps a state for each key, in the table." },
    ],
    open: true,
    make: (init) => new MapWithStateStep(init),
  },
  {
    names: ["storey.steps.SampleWindow", "storey.SampleWindow", "storey.steps.sample.SampleWindow"],
    meaning: "Emits one of every so many events.",
    args: [
      required("window_size", "Events in a window, at least 2."),
      { name: "emit_period", default: null, meaning: "FIRST (default) or LAST event of a window." },
      {
        name: "emit_before_termination",
        default: false,
        meaning: "Emits the last event seen when the flow ends.",
      },
      optional("key", "Counts by key: a field, `$key`, or a function of the event."),
    ],
    open: true,
    make: (init) => new SampleWindowStep(init),
  },
];
