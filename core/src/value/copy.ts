import { PyDict } from "./dict";
import { type PyValue, PyObject, PySet, PyTuple } from "./value";

/** `copy.deepcopy`: lists and dicts anew, shared parts shared again; objects of a kernel stay the same handle. */
export function deepCopy(value: PyValue): PyValue {
  if (value === null || typeof value !== "object") return value;
  return copy(value, new Map());
}

/** Copies several values as `deepCopy` copies the parts of one: what they share is shared again. */
export function copier(): (value: PyValue) => PyValue {
  const seen = new Map<PyValue, PyValue>();
  return (value) => copy(value, seen);
}

function copy(v: PyValue, seen: Map<PyValue, PyValue>): PyValue {
  if (v === null || typeof v !== "object") return v;
  const known = seen.get(v);
  if (known !== undefined) return known;
  if (Array.isArray(v)) {
    const to: PyValue[] = [];
    seen.set(v, to);
    for (const x of v) to.push(copy(x, seen));
    return to;
  }
  if (v instanceof Map) {
    const to = v instanceof PyDict ? new PyDict() : new Map<PyValue, PyValue>();
    seen.set(v, to);
    for (const [k, x] of v) to.set(copy(k, seen), copy(x, seen));
    return to;
  }
  if (v instanceof PyTuple)
    return new PyTuple(
      v.items.map((x) => copy(x, seen)),
      v.named,
    );
  if (v instanceof PySet) {
    const to = new PySet(
      v.items.map((x) => copy(x, seen)),
      v.frozen,
    );
    seen.set(v, to);
    return to;
  }
  if (v instanceof PyObject) {
    return v.deepCopy(
      (x) => copy(x, seen),
      (to) => void seen.set(v, to),
    );
  }
  return v;
}

/** `copy.copy` of a dict or list: the same items in a new container. */
export function shallowCopy(v: PyValue): PyValue {
  if (Array.isArray(v)) return [...v];
  if (v instanceof PyDict) {
    const to = new PyDict();
    for (const [k, x] of v) to.set(k, x);
    return to;
  }
  return v instanceof Map ? new Map(v) : v;
}
