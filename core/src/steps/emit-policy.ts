import { failure } from "../engine/failure";
import { repr, typeName } from "../value/repr";
import { type PyMap, type PyValue, asNumber, isMap, isNumber } from "../value/value";

/** When an aggregation emits: each event, each so many-th, at the clock's marks, or (`never`) not at all. */
export interface EmitPolicy {
  readonly mode: "events" | "period" | "window" | "never";
  /** Events of a key to one that is emitted. */
  readonly every: number;
  /** Milliseconds after the clock's mark. */
  readonly delay: number;
  /** Milliseconds after which what waits for more events is emitted all the same; null for never. */
  readonly timeout: number | null;
}

const EVERY: EmitPolicy = { mode: "events", every: 1, delay: 0, timeout: null };

/** The policy that a dict describes; throws what Storey raises for a wrong one. */
export function emitPolicyOf(value: PyValue): EmitPolicy {
  if (value === null) return EVERY;
  if (!isMap(value)) {
    throw failure(
      "TypeError",
      `emit_policy parameter must be of type EmitPolicy, or dict. Found <class '${typeName(value)}'> instead.`,
    );
  }
  const rest = new Map(value);
  const policy = ofMode(rest);
  if (rest.size > 0) throw failure("ValueError", `got unexpected arguments for emit policy: ${repr(rest)}`);
  return policy;
}

function ofMode(rest: PyMap): EmitPolicy {
  const mode = taken(rest, "mode");
  if (mode === undefined) throw failure("KeyError", "'mode'");
  switch (mode) {
    case "everyEvent":
      return EVERY;
    case "maxEvents":
      return { ...EVERY, every: numberOf(needed(rest, "maxEvents", "maxEvents")) };
    case "maxEventsOrTimeout":
      // Only Storey's object has a timeout; a flow of such objects is told so.
      return {
        ...EVERY,
        every: numberOf(taken(rest, "maxEvents") ?? 0),
        timeout: numberOf(taken(rest, "timeout") ?? 0) * 1000,
      };
    case "afterDelay":
      needed(rest, "delay", "afterDelay");
      return { ...EVERY, mode: "never" }; // Storey knows this policy but has no code that emits for it
    case "afterWindow":
      return { ...EVERY, mode: "window", delay: numberOf(taken(rest, "delay") ?? 0) * 1000 };
    case "afterPeriod":
      return { ...EVERY, mode: "period", delay: numberOf(taken(rest, "delay") ?? 0) * 1000 };
    default:
      throw failure(
        "TypeError",
        `unsupported emit policy type: ${typeof mode === "string" ? mode : repr(mode)}`,
      );
  }
}

function taken(rest: PyMap, name: string): PyValue | undefined {
  const value = rest.get(name);
  rest.delete(name);
  return value;
}

function needed(rest: PyMap, name: string, mode: string): PyValue {
  const value = taken(rest, name);
  if (value !== undefined) return value;
  throw failure("ValueError", `${name} parameter must be specified for ${mode} emit policy`);
}

function numberOf(value: PyValue): number {
  return isNumber(value) ? asNumber(value) : 0;
}
