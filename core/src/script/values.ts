import {
  PyBytes,
  PyFloat,
  type PyMap,
  PyObject,
  PySet,
  PyTextEnum,
  PyTuple,
  type PyValue,
  float,
  int,
} from "../value/value";
import { str } from "../value/repr";

/**
 * A value as JavaScript has it: dicts are plain objects (keys as Python's JSON writes them), ints beyond 2^53 bigints,
 * bytes a `Uint8Array`, tuples and sets arrays. What only Python has comes as its text.
 */
export function toScript(value: PyValue): unknown {
  if (value instanceof PyFloat) return value.value;
  if (value instanceof PyBytes) return value.data;
  if (value instanceof PyTuple) return value.items.map(toScript);
  if (value instanceof PySet) return value.items.map(toScript);
  if (Array.isArray(value)) return value.map(toScript);
  if (value instanceof Map) return toObject(value);
  if (value instanceof PyTextEnum) return value.value;
  if (value instanceof PyObject) return value.fields.size > 0 ? toObject(value.fields) : str(value);
  return value;
}

/** A dict as a plain object. */
export function toObject(map: ReadonlyMap<PyValue, PyValue>): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [key, value] of map) {
    // Whatever the key is called, it is a property of its own.
    Object.defineProperty(made, keyText(key), {
      value: toScript(value),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return made;
}

function keyText(key: PyValue): string {
  if (typeof key === "string") return key;
  if (typeof key === "boolean") return key ? "true" : "false";
  return key === null ? "null" : str(key);
}

/**
 * A JavaScript value as Python has it, by the rules of `JSON.stringify`, but nothing that Python can hold is lost:
 * a whole number is an int (`-0` and those beyond 2^53 are floats), a bigint an int, `Map` a dict, `Set` a list,
 * `Uint8Array` bytes, nan and infinities floats. Undefined is None; functions and symbols are left out.
 * Throws `TypeError` for a value that contains itself.
 */
export function fromScript(value: unknown): PyValue {
  return convert(value, new Set());
}

function convert(value: unknown, above: Set<object>): PyValue {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? value : float(value);
    case "bigint":
      return int(value);
    case "object":
      return value === null ? null : container(value, above);
    default:
      return null;
  }
}

function container(value: object, above: Set<object>): PyValue {
  if (above.has(value)) throw new TypeError("the result contains itself");
  if (value instanceof Uint8Array) return new PyBytes(Uint8Array.from(value));
  if (value instanceof ArrayBuffer) return new PyBytes(new Uint8Array(value.slice(0)));
  if (value instanceof Number || value instanceof String || value instanceof Boolean)
    return convert(value.valueOf(), above);
  above.add(value);
  try {
    if ("toJSON" in value && typeof value.toJSON === "function") {
      return convert((value.toJSON as () => unknown)(), above);
    }
    if (Array.isArray(value)) return Array.from(value, (item: unknown) => convert(item, above));
    if (value instanceof Set) return [...value].map((item) => convert(item, above));
    const made: PyMap = new Map<PyValue, PyValue>();
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    for (const [key, item] of entries as [unknown, unknown][]) {
      if (typeof item === "function" || typeof item === "symbol" || item === undefined) continue;
      made.set(typeof key === "string" ? key : String(key), convert(item, above));
    }
    return made;
  } finally {
    above.delete(value);
  }
}
