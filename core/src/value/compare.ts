import { hashKey } from "./dict";
import { PyRaise } from "./raise";
import { type PyValue, PyBytes, PyFloat, PyObject, PySet, PyTextEnum, PyTuple, isNumber } from "./value";

/** Python's truth of a value. */
export function truthy(v: PyValue): boolean {
  if (v === null || v === false || v === 0 || v === "") return false;
  if (typeof v === "bigint") return v !== 0n;
  if (v instanceof PyFloat) return v.value !== 0;
  if (v instanceof PyTuple || v instanceof PySet) return v.items.length > 0;
  if (v instanceof PyBytes) return v.data.length > 0;
  if (Array.isArray(v)) return v.length > 0;
  if (v instanceof Map) return v.size > 0;
  return v instanceof PyObject ? truthOf(v) : true;
}

/** Arrays and tables refuse to be true or false; numbers of numpy are what their values are. */
function truthOf(v: PyObject): boolean {
  if (v instanceof PyTextEnum) return v.value !== "";
  if (v.type === "DataFrame" || v.type === "Series") {
    throw new PyRaise(
      "ValueError",
      `The truth value of a ${v.type} is ambiguous. Use a.empty, a.bool(), a.item(), a.any() or a.all().`,
    );
  }
  const value = v.type.startsWith("numpy.") ? v.fields.get("value") : undefined;
  if (value === undefined) return true;
  if (!Array.isArray(value)) return truthy(value);
  if (value.length === 1) return truthy(value[0]);
  if (value.length === 0) return false;
  throw new PyRaise(
    "ValueError",
    "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()",
  );
}

/** Python's `==`: `1 == 1.0 == True`, lists and tuples apart, dicts without order. */
export function equal(a: PyValue, b: PyValue): boolean {
  const x = numeric(a);
  const y = numeric(b);
  if (x !== undefined && y !== undefined) return x <= y && x >= y; // also a bigint with a number
  if (x !== undefined || y !== undefined) return false;
  return sameShape(a, b, equal);
}

/** Same types, same values: what a comparison of results asks. Order of dict keys does not count; nan is nan. */
export function identical(a: PyValue, b: PyValue): boolean {
  if (isNumber(a) || isNumber(b)) {
    if (a instanceof PyFloat) return b instanceof PyFloat && Object.is(a.value, b.value);
    return Object.is(a, b);
  }
  return sameShape(a, b, identical);
}

function numeric(v: PyValue): number | bigint | undefined {
  if (typeof v === "number" || typeof v === "bigint") return v;
  if (typeof v === "boolean") return v ? 1 : 0;
  return v instanceof PyFloat ? v.value : undefined;
}

function textOf(v: PyValue): string | null {
  return v instanceof PyTextEnum ? v.value : typeof v === "string" ? v : null;
}

type Compare = (a: PyValue, b: PyValue) => boolean;

function sameShape(a: PyValue, b: PyValue, compare: Compare): boolean {
  if (a === b) return true;
  if (a instanceof PyTextEnum || b instanceof PyTextEnum)
    return textOf(a) !== null && textOf(a) === textOf(b);
  if (Array.isArray(a)) return Array.isArray(b) && sameItems(a, b, compare);
  if (a instanceof Map) return b instanceof Map && sameEntries(a, b, compare);
  if (a instanceof PyTuple) return b instanceof PyTuple && sameItems(a.items, b.items, compare);
  if (a instanceof PySet) {
    if (!(b instanceof PySet) || a.items.length !== b.items.length) return false;
    const keys = new Set(b.items.map(hashKey));
    return a.items.every((x) => keys.has(hashKey(x)));
  }
  if (a instanceof PyBytes) {
    return b instanceof PyBytes && a.data.length === b.data.length && a.data.every((x, i) => x === b.data[i]);
  }
  if (a instanceof PyObject && b instanceof PyObject) {
    if (a.handle !== null || b.handle !== null) return a.handle === b.handle;
    return a.type === b.type && sameEntries(a.fields, b.fields, compare);
  }
  return false;
}

function sameItems(a: readonly PyValue[], b: readonly PyValue[], compare: Compare): boolean {
  return a.length === b.length && a.every((x, i) => compare(x, b[i]));
}

function sameEntries(
  a: ReadonlyMap<PyValue, PyValue>,
  b: ReadonlyMap<PyValue, PyValue>,
  compare: Compare,
): boolean {
  if (a.size !== b.size) return false;
  for (const [k, x] of a) {
    const y = b.get(k);
    if (y === undefined || !compare(x, y)) return false;
  }
  return true;
}
