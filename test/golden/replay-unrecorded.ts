import {
  type CallRequest,
  type CallResult,
  EventArgument,
  PyObject,
  PyTuple,
  type PyMap,
  type PyValue,
  isMap,
} from "@graphcell/core";
import { mapAt, textAt } from "./case";

/** Calls of functions that the recorder does not wrap: what they gave is read from what the trace says next. */
export class UnrecordedCall {
  constructor(
    private readonly trace: readonly PyValue[],
    private readonly step: string,
    private readonly graph: PyMap,
  ) {}

  private rest(at: number): PyMap[] {
    return this.trace.slice(at + 1).filter(isMap);
  }

  /** A function of the event gave it back as the step emitted it. */
  event(at: number, arg: EventArgument): CallResult {
    const out = this.rest(at).find((op) => op.get("op") === "out" && op.get("step") === this.step);
    if (!out) return { raised: { class: "ReplayMismatch", message: `${this.step} emitted nothing` } };
    const event = { ...arg.event, id: out.get("event") ?? null, body: out.get("body") ?? null };
    return { value: new EventArgument(event), same: 0 };
  }

  /** A partition's predicate was true where the pair's left side is taken. */
  predicate(at: number): CallResult {
    const out = this.rest(at).find((op) => op.get("op") === "out" && op.get("step") === this.step);
    const pair = out?.get("body");
    return { value: pair instanceof PyTuple && pair.items[0] !== null };
  }

  /** The outlets that the event entered after the step emitted it, or those that Storey complains of. */
  outlets(at: number): CallResult {
    const emitted = this.trace[at];
    const event = isMap(emitted) ? emitted.get("event") : null;
    const names: PyValue[] = [];
    for (const op of this.rest(at)) {
      const step = textAt(op, "step");
      const own = step === this.step;
      if (own && op.get("op") === "raise") return { value: complained(op.get("error") ?? null) };
      if (own && (op.get("op") === "in" || op.get("op") === "terminate")) break;
      const after = mapAt(mapAt(this.graph, "steps"), step).get("after");
      const follows = Array.isArray(after) && after.includes(this.step);
      if (op.get("op") === "in" && op.get("event") === event && follows) names.push(step);
    }
    return { value: names };
  }
}

function complained(error: PyValue): PyValue {
  const message = error instanceof PyObject ? String(error.fields.get("message") ?? "") : "";
  const several = /duplicate outlet names were provided \((.*)\)/.exec(message)?.[1];
  if (several !== undefined) return several.split(", ");
  const one = /^Invalid outlet '(.*?)' for/.exec(message)?.[1];
  return one === undefined ? null : [one];
}

/** Events inside of a result that are the call's own, or copies of it, still have its caller. */
export function markCallers(value: PyValue, request: CallRequest): void {
  const ids = request.args.flatMap((arg) => (arg instanceof EventArgument ? [arg.event.id] : []));
  if (ids.length === 0 || !Array.isArray(value)) return;
  value.forEach((item, i) => {
    if (!(item instanceof PyObject) || item.type !== "Event" || !ids.includes(item.fields.get("id") ?? null))
      return;
    value[i] = new PyObject("Event", new Map([...item.fields, ["caller", true]]), item.handle);
  });
}
