import { floatRepr } from "./number";
import { type PyValue, PyBytes, PyFloat, PyObject, PySet, PyTuple } from "./value";

/** `type(v).__name__`. */
export function typeName(v: PyValue): string {
  if (v === null) return "NoneType";
  if (typeof v === "boolean") return "bool";
  if (typeof v === "string") return "str";
  if (typeof v === "bigint") return "int";
  if (typeof v === "number") return Number.isInteger(v) ? "int" : "float";
  if (v instanceof PyFloat) return "float";
  if (v instanceof PyTuple) return v.named?.className ?? "tuple";
  if (v instanceof PySet) return v.frozen ? "frozenset" : "set";
  if (v instanceof PyBytes) return "bytes";
  if (Array.isArray(v)) return "list";
  if (v instanceof Map) return "dict";
  return objectTypeName(v);
}

function objectTypeName(v: PyObject): string {
  const named = v.fields.get("class");
  const name = typeof named === "string" ? named : v.type;
  return name.slice(name.lastIndexOf(".") + 1);
}

/** Python's `repr(v)`; an object from a kernel gives the text that the kernel made of it. */
export function repr(v: PyValue): string {
  return write(v, new Set());
}

/** Python's `str(v)`. */
export function str(v: PyValue): string {
  if (typeof v === "string") return v;
  if (v instanceof PyObject) {
    if (v.type === "exception") return String(v.fields.get("message") ?? "");
    const text = v.fields.get("str");
    if (typeof text === "string") return text;
  }
  return repr(v);
}

function write(v: PyValue, open: Set<PyValue>): string {
  if (v === null) return "None";
  if (typeof v === "boolean") return v ? "True" : "False";
  if (typeof v === "string") return strRepr(v);
  if (typeof v === "bigint") return v.toString();
  if (typeof v === "number") return Number.isInteger(v) ? String(v) : floatRepr(v);
  if (v instanceof PyFloat) return floatRepr(v.value);
  if (v instanceof PyBytes) return bytesRepr(v.data);
  if (v instanceof PyObject) return objectRepr(v);
  if (open.has(v)) return Array.isArray(v) ? "[...]" : v instanceof Map ? "{...}" : "(...)";
  open.add(v);
  try {
    return container(v, (x) => write(x, open));
  } finally {
    open.delete(v);
  }
}

function container(
  v: PyValue[] | Map<PyValue, PyValue> | PyTuple | PySet,
  item: (x: PyValue) => string,
): string {
  if (Array.isArray(v)) return `[${v.map(item).join(", ")}]`;
  if (v instanceof Map) return `{${[...v].map(([k, x]) => `${item(k)}: ${item(x)}`).join(", ")}}`;
  if (v instanceof PySet) return setRepr(v, item);
  const { named } = v;
  if (named)
    return `${named.className}(${v.items.map((x, i) => `${named.fields[i]}=${item(x)}`).join(", ")})`;
  return v.items.length === 1 ? `(${item(v.items[0])},)` : `(${v.items.map(item).join(", ")})`;
}

function setRepr(v: PySet, item: (x: PyValue) => string): string {
  if (v.items.length === 0) return v.frozen ? "frozenset()" : "set()";
  const items = `{${v.items.map(item).join(", ")}}`;
  return v.frozen ? `frozenset(${items})` : items;
}

function objectRepr(v: PyObject): string {
  const text = v.fields.get("repr");
  if (typeof text === "string") return text;
  const value = v.fields.get("value");
  if (value !== undefined && typeof value !== "object") return `${typeName(v)}(${repr(value)})`;
  return `<${typeName(v)}>`;
}

/** What Python's `str.isprintable` refuses: separators but the space, controls, formats, surrogates, unassigned. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]/u;

function strRepr(s: string): string {
  const q = s.includes("'") && !s.includes('"') ? '"' : "'";
  let out = "";
  for (const c of s) {
    if (c === q || c === "\\") out += `\\${c}`;
    else if (c === "\n") out += "\\n";
    else if (c === "\r") out += "\\r";
    else if (c === "\t") out += "\\t";
    else if (c !== " " && UNPRINTABLE.test(c)) out += hexEscape(c.codePointAt(0) ?? 0);
    else out += c;
  }
  return q + out + q;
}

function hexEscape(code: number): string {
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}

function bytesRepr(data: Uint8Array): string {
  const hasSingle = data.includes(39);
  const q = hasSingle && !data.includes(34) ? '"' : "'";
  let out = "";
  for (const b of data) {
    const c = String.fromCharCode(b);
    if (c === q || c === "\\") out += `\\${c}`;
    else if (c === "\n") out += "\\n";
    else if (c === "\r") out += "\\r";
    else if (c === "\t") out += "\\t";
    else if (b < 32 || b > 126) out += `\\x${b.toString(16).padStart(2, "0")}`;
    else out += c;
  }
  return `b${q}${out}${q}`;
}
