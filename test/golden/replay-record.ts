/** What a record and the program behind it tell of one call: its values, and what became of its arguments. */
import {
  type CallResult,
  EventArgument,
  asNumber,
  expressionOf,
  PyObject,
  PyTuple,
  type PyMap,
  type PyValue,
  type Raised,
  type WireEvent,
  identical,
  isMap,
  snapshot,
} from "@graphcell/core";
import { textAt } from "./case";
import type { FunctionSource } from "./source";

/** One recorded call. */
export interface Entry {
  /** Place in the trace. */
  readonly at: number;
  readonly step: string;
  readonly fn: string;
  readonly args: readonly PyValue[];
  readonly kwargs: PyMap | null;
  readonly result: PyValue | undefined;
  readonly raise: PyValue | undefined;
  used: boolean;
}

/** The chunks of a recorded stream. */
export class Stream {
  private at = 0;

  constructor(
    private readonly chunks: readonly PyValue[],
    private readonly error: Raised | null,
  ) {}

  next(): CallResult {
    if (this.at < this.chunks.length) return { value: this.chunks[this.at++] };
    return { raised: this.error ?? { class: "StopIteration", message: "" } };
  }
}

export function missingClass(name: string): { readonly raised: Raised } {
  const message = `Failed to import ${name}`;
  return {
    raised: { class: "ImportError", message, cause: { class: "ValueError", message: "Empty module name" } },
  };
}

export function raisedOf(value: PyObject): Raised {
  const text = (name: string): string => String(value.fields.get(name) ?? "");
  const cause = value.fields.get("cause");
  return {
    class: text("class"),
    message: text("message"),
    ...(isMap(cause) ? { cause: { class: textAt(cause, "class"), message: textAt(cause, "message") } } : {}),
  };
}

/** An empty message does not tell whether the exception was made with a text: the program does. */
export function withRepr(raised: Raised, source: FunctionSource | null): Raised {
  const made = raised.message === "" && source?.text.includes(`raise ${raised.class}("")`);
  return made ? { ...raised, repr: `${raised.class}('')` } : raised;
}

export function described(arg: PyValue | EventArgument): PyValue {
  if (!(arg instanceof EventArgument)) return snapshot(arg);
  const { event } = arg;
  const fields = new Map<string, PyValue>([
    ["class", "MockEvent"],
    ["id", event.id],
    ["body", snapshot(event.body)],
  ]);
  for (const name of ["key", "path", "method"] as const) {
    const value = event[name] ?? null;
    if (value !== null && value !== "" && value !== "/") fields.set(name, snapshot(value));
  }
  const error = event.error ?? null;
  if (error !== null && !(isMap(error) && error.size === 0)) fields.set("error", snapshot(error));
  if (event.origin_state) fields.set("origin_state", event.origin_state);
  return new PyObject("Event", fields);
}

export function wireEventOf(value: PyObject, terminated: boolean): WireEvent {
  const field = (name: string): PyValue | undefined => value.fields.get(name);
  return {
    id: field("id") ?? null,
    body: field("body") ?? null,
    ...(field("key") === undefined ? {} : { key: field("key") }),
    ...(field("path") === undefined ? {} : { path: field("path") }),
    ...(field("error") === undefined ? {} : { error: field("error") }),
    ...(terminated ? { extra: new Map<PyValue, PyValue>([["terminated", true]]) } : {}),
  };
}

/** Events compare by what records hold: whichever class the event is of. */
export function sameValues(a: readonly PyValue[], b: readonly PyValue[]): boolean {
  return a.length === b.length && a.every((x, i) => identical(timeless(x), timeless(b[i])));
}

/** The value without times: a record has those of its own day. */
export function timeless(value: PyValue): PyValue {
  if (typeof value === "string")
    return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00$/.test(value) ? "<time>" : value;
  if (Array.isArray(value)) return value.map(timeless);
  if (value instanceof PyObject) {
    return new PyObject(
      value.type,
      new Map([...value.fields].map(([k, x]) => [k, timeless(x)])),
      value.handle,
    );
  }
  return isMap(value) ? new Map([...value].map(([k, x]) => [k, timeless(x)])) : value;
}

/** Index of the argument that the function gives back, null when it makes a new value. */
export function givesBack(source: FunctionSource | null, entry: Entry, value: PyValue): number | null {
  if (source === null || value === null || typeof value !== "object") return null;
  const returns = [...source.text.matchAll(/\breturn\b[ \t]*([^\n#]*)/g)].map((m) => m[1].trim());
  const at = source.params.findIndex((param) => returns.includes(param));
  if (at < 0 || entry.args.length <= at) return null;
  const arg = entry.args[at];
  if (isMap(arg) !== isMap(value) || Array.isArray(arg) !== Array.isArray(value)) return null;
  return returns.every((r) => r === source.params[at]) || identical(arg, value) ? at : null;
}

/** Containers among the arguments that the function puts into its result, as `return {"x": x}` does. */
export function aliasesOf(
  source: FunctionSource | null,
  entry: Entry,
  value: PyValue,
): Pick<CallResult, "aliases"> {
  const aliases: { readonly path: readonly (string | number)[]; readonly arg: number }[] = [];
  source?.params.forEach((param, arg) => {
    if (!new RegExp(`\\breturn\\b.*[({\\[,:]\\s*${param}\\s*[,}\\])]`).test(source.text)) return;
    const given = entry.args[arg] ?? null;
    if (given === null || typeof given !== "object") return;
    for (const path of placesOf(value, given)) aliases.push({ path, arg });
  });
  return aliases.length > 0 ? { aliases } : {};
}

export function placesOf(
  value: PyValue,
  part: PyValue,
  at: readonly (string | number)[] = [],
): (readonly (string | number)[])[] {
  if (at.length > 0 && identical(value, part)) return [at];
  const entries: (readonly [string | number, PyValue])[] = isMap(value)
    ? [...value].map(([k, v]) => [String(k), v])
    : Array.isArray(value)
      ? value.map((v, i) => [i, v])
      : value instanceof PyTuple
        ? value.items.map((v, i) => [i, v])
        : [];
  return entries.flatMap(([key, v]) => placesOf(v, part, [...at, key]));
}

/** Milliseconds that a coroutine sleeps, as its text says; null when it does not give way. */
export function sleepOf(source: FunctionSource, arg: PyValue): number | null {
  const match = /await\s+asyncio\.sleep\((.*)\)/.exec(source.text);
  if (!match) return null;
  const text = match[1].replace(new RegExp(`\\b${source.params[0] ?? "event"}\\b`, "g"), "event");
  const seconds = expressionOf(`(${text})`)?.(arg) ?? 0;
  return Math.max(0, asNumber(seconds)) * 1000;
}
