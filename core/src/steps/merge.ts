import { failure } from "../engine/failure";
import { FlowEvent, StreamCompletion } from "../engine/flowevent";
import { FlowStep } from "../engine/flowstep";
import { findFunction } from "../engine/functions";
import { type Answer, type Coro, Later, type Run, map, then } from "../engine/loop";
import type { Callable, StepClass, StepInit } from "../engine/runtime";
import { truthy } from "../value/compare";
import { PyDict } from "../value/dict";
import type { PyValue } from "../value/value";
import { numberArgument, optional, textArgument } from "./argument";

/** Keys that may wait at a time where the step does not say. */
const MAX_BEHIND = 64;

type Part = PyValue | StreamCompletion;

interface Waiting {
  readonly key: PyValue;
  readonly sequence: number;
  readonly parts: Part[];
  late: boolean;
}

/** `mlrun.serving.merger.Merge`: waits until all parts of a key have come and makes one event of them. */
class MergeStep extends FlowStep {
  private readonly keyPath: string | null;
  private readonly expected: number | null;
  private readonly length: number;
  private readonly after: number;
  private keyOf: Callable | null = null;
  private readonly ids = new PyDict();
  private readonly cache = new Map<number, Waiting>();
  private readonly behind: (PyValue | undefined)[] = [];
  private sequence = 0;

  constructor(private readonly init: StepInit) {
    const keyPath = textArgument(init, "key_path");
    super({ ...init, fullEvent: init.fullEvent ?? !keyPath }, ["mlrun.serving.merger.Merge"]);
    this.keyPath = keyPath;
    this.expected = numberArgument(init, "expected_num_events");
    this.length = numberArgument(init, "max_behind") || MAX_BEHIND;
    this.after = init.step?.after.length ?? 0;
  }

  private get uplinks(): number {
    return this.expected || this.after;
  }

  postInit(): Answer<void> {
    return new Later(this.loadKey(`(${this.keyPath || "event.id"})`));
  }

  private *loadKey(expression: string): Coro<void> {
    const { context, init } = this;
    const { fullName: step, name, engine } = init;
    this.keyOf = yield* findFunction(context, expression, { step, name, engine, tracedAs: null });
  }

  protected override get asksFirst(): string | null {
    return this.fullEvent ? null : "body";
  }

  protected process(event: FlowEvent): Run {
    const element = this.element(event);
    return then(this.merge(element), (merged) =>
      truthy(merged) ? this.emit(this.mapped(event, merged)) : undefined,
    );
  }

  private merge(element: PyValue): Answer<PyValue> {
    if (this.uplinks <= 1) return element;
    const key = this.object?.overrides("get_join_key")
      ? (this.object.method("get_join_key")?.call([element]) ?? null)
      : (this.keyOf?.call([element]) ?? null);
    return map(key, (k) => this.add(k, element));
  }

  /** With whole events a stream's end is one more part, by the id of its event. */
  override onStreamEnd(completion: StreamCompletion): Run {
    if (!this.fullEvent || this.uplinks <= 1 || this.keyPath || this.object?.overrides("get_join_key"))
      return super.onStreamEnd(completion);
    return then(this.add(completion.original.id, completion), () => undefined);
  }

  private add(key: PyValue, element: Part): Answer<PyValue> {
    const at = this.ids.get(key);
    const known = typeof at === "number" ? this.cache.get(at) : undefined;
    if (!known) {
      this.begin(key, element);
      return null;
    }
    if (!known.late) known.parts.push(element);
    if (known.late || known.parts.length !== this.uplinks) return null;
    this.ids.delete(key);
    this.cache.delete(known.sequence);
    this.behind[known.sequence % this.length] = undefined;
    return this.join(element, known.parts);
  }

  private begin(key: PyValue, element: Part): void {
    const { sequence } = this;
    this.cache.set(sequence, { key, sequence, parts: [element], late: false });
    this.ids.set(key, sequence);
    const slot = sequence % this.length;
    const old = this.behind[slot];
    if (old !== undefined && old !== null) this.giveUp(old);
    this.behind[slot] = key;
    this.sequence++;
  }

  /** Too many keys wait: the oldest gets no more parts. */
  private giveUp(key: PyValue): void {
    const at = this.ids.get(key);
    const waiting = typeof at === "number" ? this.cache.get(at) : undefined;
    if (!waiting) return;
    const [first] = waiting.parts;
    if (this.fullEvent && first instanceof FlowEvent) {
      const text = typeof key === "string" ? key : String(key);
      const message = `missing parts for event key ${text} after a long wait, dropping`;
      this.context.pushError(first, message, this.name);
    }
    waiting.late = true;
  }

  private join(last: Part, parts: readonly Part[]): Answer<PyValue> {
    for (const part of [last, ...parts]) if (part instanceof StreamCompletion) return part.lacks("body");
    return this.joined(last as PyValue, parts as PyValue[]);
  }

  private joined(last: PyValue, parts: PyValue[]): Answer<PyValue> {
    if (this.object?.overrides("merge_function")) {
      return this.object.method("merge_function")?.call([last, parts]) ?? null;
    }
    if (!this.fullEvent) return parts;
    if (!(last instanceof FlowEvent))
      throw failure("AttributeError", "'NoneType' object has no attribute 'body'");
    last.body = parts.map((part) => (part instanceof FlowEvent ? part.body : part));
    return last;
  }
}

export const MERGE_STEPS: readonly StepClass[] = [
  {
    names: ["mlrun.serving.merger.Merge"],
    meaning: "Waits for all parts of a key and makes one event of their bodies.",
    args: [
      optional("key_path", "Expression of the key, such as event['id']; the event's id when absent."),
      optional("max_behind", "Keys that may wait at a time (64)."),
      optional("expected_num_events", "Parts of a key; as many as steps lead here when absent."),
    ],
    open: true,
    make: (init) => new MergeStep(init),
  },
];
