import { typeName } from "../value/repr";
import { PyBytes, PySet, PyTuple, type PyValue } from "../value/value";
import { failure } from "./failure";

/** Python's `list(value)`. */
export function iterate(value: PyValue): readonly PyValue[] {
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return [...value];
  if (value instanceof PyTuple || value instanceof PySet) return value.items;
  if (value instanceof Map) return [...value.keys()];
  if (value instanceof PyBytes) return [...value.data];
  throw failure("TypeError", `'${typeName(value)}' object is not iterable`);
}

/** Python's `for item in value`: the next item is looked for when its turn comes, so that changes meanwhile count. */
export function* iterating(value: PyValue): Iterable<PyValue> {
  if (!(value instanceof Map)) {
    yield* iterate(value);
    return;
  }
  const { size } = value;
  let left = size;
  for (const key of value.keys()) {
    yield key;
    left--;
    if (value.size !== size) throw failure("RuntimeError", "dictionary changed size during iteration");
    if (left === 0) return;
  }
}
