import { repr } from "./repr";
import { type PyValue, PyBytes, PyFloat, PyObject, PySet, PyTuple } from "./value";

/** About how many bytes the value's JSON takes; stops counting beyond `limit` and gives Infinity. */
export function sizeOf(value: PyValue, limit: number): number {
  let size = 0;
  const visit = (v: PyValue): boolean => {
    size += cost(v);
    if (size > limit) return false;
    if (Array.isArray(v)) return v.every(visit);
    if (v instanceof Map) {
      for (const [k, x] of v) if (!visit(k) || !visit(x)) return false;
      return true;
    }
    if (v instanceof PyTuple || v instanceof PySet) return v.items.every(visit);
    if (v instanceof PyObject) {
      for (const x of v.fields.values()) if (!visit(x)) return false;
    }
    return true;
  };
  return visit(value) ? size : Infinity;
}

function cost(v: PyValue): number {
  if (typeof v === "string") return v.length + 3;
  if (typeof v === "number" || v instanceof PyFloat) return 8;
  if (typeof v === "bigint") return 24;
  if (v instanceof PyBytes) return Math.ceil(v.data.length * 1.4) + 20;
  return 4;
}

/** `repr(v)` on one line of at most about `limit` characters, with an ellipsis where it was cut. */
export function shortRepr(value: PyValue, limit: number): string {
  let left = limit;
  const put = (s: string): string => {
    if (s.length > left) {
      const cut = s.slice(0, Math.max(0, left));
      left = -1;
      return `${cut}\u2026`;
    }
    left -= s.length;
    return s;
  };
  const list = (items: Iterable<() => string>, open: string, close: string): string => {
    let out = put(open);
    let first = true;
    for (const item of items) {
      if (left < 0) return out;
      if (!first) out += put(", ");
      if (left < 0) return out;
      out += item();
      first = false;
    }
    return left < 0 ? out : out + put(close);
  };
  const write = (v: PyValue, depth: number): string => {
    if (left < 0) return "";
    if (depth > 50) return put("...");
    if (typeof v === "string" && v.length > left) return put(repr(v.slice(0, left + 1)));
    if (Array.isArray(v))
      return list(
        lazily(v, (x) => write(x, depth + 1)),
        "[",
        "]",
      );
    if (v instanceof Map) {
      return list(
        lazily(v, ([k, x]) => write(k, depth + 1) + put(": ") + write(x, depth + 1)),
        "{",
        "}",
      );
    }
    if (v instanceof PyTuple && !v.named) {
      return list(
        lazily(v.items, (x) => write(x, depth + 1)),
        "(",
        v.items.length === 1 ? ",)" : ")",
      );
    }
    return put(repr(v));
  };
  return write(value, 0);
}

function* lazily<T>(items: Iterable<T>, write: (item: T) => string): Iterable<() => string> {
  for (const item of items) yield () => write(item);
}
