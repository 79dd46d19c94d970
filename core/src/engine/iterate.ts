import { typeName } from "../value/repr";
import { PySet, PyTuple, type PyValue } from "../value/value";
import { failure } from "./failure";

/** Python's `list(value)`. */
export function iterate(value: PyValue): readonly PyValue[] {
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return [...value];
  if (value instanceof PyTuple || value instanceof PySet) return value.items;
  if (value instanceof Map) return [...value.keys()];
  throw failure("TypeError", `'${typeName(value)}' object is not iterable`);
}
