import { PyTuple, type PyValue, identical, repr } from "@graphcell/core";

/** What became of a part of a value between a step's input and its output. */
export type Mark = "same" | "added" | "removed" | "changed";

/** A part of a value, with what became of it. `before` is the old value of a changed part. */
export interface Part {
  /** Key or index as it is shown; null for the whole value. */
  readonly key: string | null;
  readonly value: PyValue;
  readonly mark: Mark;
  readonly before?: PyValue;
}

/** The whole value as a part; without `before` there is nothing to compare it with. */
export function wholePart(value: PyValue, before?: PyValue): Part {
  if (before === undefined) return { key: null, value, mark: "same" };
  return identical(value, before)
    ? { key: null, value, mark: "same" }
    : { key: null, value, mark: "changed", before };
}

/** True when a part can be opened. */
export function hasParts(value: PyValue): boolean {
  return sizeOfParts(value) > 0;
}

/** Number of parts directly below a value. */
export function sizeOfParts(value: PyValue): number {
  if (value instanceof Map) return value.size;
  const items = itemsOf(value);
  return items ? items.length : isObject(value) ? value.fields.size : 0;
}

/** The parts below a part, removed ones last. Parts of an added or removed part carry no mark of their own. */
export function partsOf(part: Part): readonly Part[] {
  const { value, before } = part;
  const now = entriesOf(value);
  const comparable = part.mark === "changed" && before !== undefined && sameShape(value, before);
  if (!comparable) return now.map(([key, v]) => ({ key, value: v, mark: "same" as const }));
  const old = new Map(entriesOf(before));
  const parts = now.map(([key, v]) => compared(key, v, old));
  const kept = new Set(now.map(([key]) => key));
  for (const [key, v] of old) if (!kept.has(key)) parts.push({ key, value: v, mark: "removed" });
  return parts;
}

function compared(key: string, value: PyValue, old: ReadonlyMap<string, PyValue>): Part {
  const before = old.get(key);
  if (before === undefined) return { key, value, mark: "added" };
  return identical(value, before) ? { key, value, mark: "same" } : { key, value, mark: "changed", before };
}

/** True when two values can be compared part by part. */
export function sameShape(a: PyValue, b: PyValue): boolean {
  if (a instanceof Map) return b instanceof Map;
  if (itemsOf(a)) return itemsOf(b) !== null && Array.isArray(a) === Array.isArray(b);
  return isObject(a) && isObject(b) && a.type === b.type;
}

function entriesOf(value: PyValue): [string, PyValue][] {
  if (value instanceof Map) return [...value].map(([k, v]) => [typeof k === "string" ? k : repr(k), v]);
  const items = itemsOf(value);
  if (items) {
    const names = value instanceof PyTuple ? value.named?.fields : undefined;
    return items.map((v, i) => [names?.[i] ?? String(i), v]);
  }
  return isObject(value) ? [...value.fields] : [];
}

function itemsOf(value: PyValue): readonly PyValue[] | null {
  if (Array.isArray(value)) return value;
  return typeof value === "object" && value !== null && "items" in value ? value.items : null;
}

function isObject(value: PyValue): value is Extract<PyValue, { fields: unknown }> {
  return typeof value === "object" && value !== null && "fields" in value && "handle" in value;
}
