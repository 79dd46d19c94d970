import { repr, typeName } from "../value/repr";
import { PyBytes, PyObject, PySet, PyTuple, type PyMap, type PyValue } from "../value/value";
import { truthy } from "../value/compare";
import { failure } from "./failure";
import { columnOf, setColumn } from "./frame";

/**
 * How bodies are read and written at a path of keys with dots. MLRun has two ways, which differ on everything but
 * plain dicts: its own (sync flows, routers, model servers) and Storey's (steps of async flows).
 */
export interface Walker {
  /** The input of a step: the body, or what is at `path`. */
  input(body: PyValue, path: string | null): PyValue;
  /** The body after `result` was stored at `path`; a body that is a dict is changed in place. */
  output(body: PyValue, path: string | null, result: PyValue): PyValue;
}

/** Described values that have items, whoever described them. */
const TABLES: ReadonlySet<string> = new Set(["DataFrame", "Series", "numpy.ndarray"]);

/** Python's `hasattr(value, "__getitem__")`. */
function subscriptable(v: PyValue): boolean {
  return (
    typeof v === "string" ||
    Array.isArray(v) ||
    v instanceof Map ||
    v instanceof PyTuple ||
    v instanceof PyBytes ||
    (v instanceof PyObject && (v.fields.get("subscriptable") === true || TABLES.has(v.type)))
  );
}

function demand(body: PyValue, what: "input_path" | "result_path"): void {
  if (!subscriptable(body)) {
    throw failure("TypeError", `${what} parameter supports only dict-like event bodies`);
  }
}

function noItems(v: PyValue): never {
  throw failure("TypeError", `argument of type '${typeName(v)}' is not iterable`);
}

/** Python's `key in v` for a string key. */
export function contains(v: PyValue, key: string): boolean {
  if (v instanceof Map) return v.has(key);
  if (typeof v === "string") return v.includes(key);
  if (Array.isArray(v)) return v.includes(key);
  if (v instanceof PyTuple || v instanceof PySet) return v.items.includes(key);
  if (v instanceof PyBytes) throw failure("TypeError", "a bytes-like object is required, not 'str'");
  return noItems(v);
}

/** Python's `v[key]` for a string key. */
export function item(v: PyValue, key: string): PyValue {
  if (v instanceof Map) {
    const found = v.get(key);
    if (found === undefined) throw failure("KeyError", repr(key));
    return found;
  }
  throw failure("TypeError", noField(v, key));
}

/** What Python says of `v[key]` where `v` is no dict and `key` no number. */
export function noField(v: PyValue, key: PyValue): string {
  const type = typeName(key);
  if (typeof v === "string") return `string indices must be integers, not '${type}'`;
  if (Array.isArray(v)) return `list indices must be integers or slices, not ${type}`;
  if (v instanceof PyTuple) return `tuple indices must be integers or slices, not ${type}`;
  if (v instanceof PyBytes) return `byte indices must be integers or slices, not ${type}`;
  return `'${typeName(v)}' object is not subscriptable`;
}

/** Python's `v[key] = value`. */
export function setItem(v: PyValue, key: PyValue, value: PyValue): void {
  if (v instanceof Map) {
    v.set(key, value);
    return;
  }
  if (v instanceof PyObject && v.type === "DataFrame") {
    setColumn(v, key, value);
    return;
  }
  if (Array.isArray(v))
    throw failure("TypeError", `list indices must be integers or slices, not ${typeName(key)}`);
  throw failure("TypeError", `'${typeName(v)}' object does not support item assignment`);
}

/** Storey's `get_in`. */
export function storeyGet(body: PyValue, path: string): PyValue {
  let at = body;
  for (const key of path.split(".")) {
    if (!truthy(at) || !contains(at, key)) return null;
    at = item(at, key);
  }
  return at;
}

/** Storey's `update_in`. */
export function storeySet(body: PyValue, path: string, value: PyValue): void {
  const keys = path.split(".");
  let at = body;
  for (const key of keys.slice(0, -1)) {
    const sub = attributeGet(at, key);
    if (sub === null) {
      const made = new Map<PyValue, PyValue>();
      setItem(at, key, made);
      at = made;
    } else at = sub;
  }
  setItem(at, keys[keys.length - 1], value);
}

/** `v.get(key, None)`: only dicts have it. */
function attributeGet(v: PyValue, key: string): PyValue {
  if (v instanceof Map) return v.get(key) ?? null;
  throw failure("AttributeError", `'${typeName(v)}' object has no attribute 'get'`);
}

/** MLRun's `get_in`: dicts by key, anything else by attribute. */
export function mlrunGet(body: PyValue, path: string): PyValue {
  let at = body;
  for (const key of path.split(".")) {
    if (at === null) return null;
    if (at instanceof Map) at = at.get(key) ?? null;
    else if (at instanceof PyObject && at.type === "DataFrame") at = columnOf(at, key);
    else at = at instanceof PyObject ? (at.fields.get(key) ?? null) : null;
  }
  return at;
}

/** MLRun's `update_in`: a backslash escapes the next dot. */
export function mlrunSet(body: PyValue, path: string, value: PyValue): void {
  const keys = splitEscaped(path);
  let at = body;
  for (const key of keys.slice(0, -1)) {
    const sub = subOf(at, key);
    if (sub === undefined) {
      const made = new Map<PyValue, PyValue>();
      setItem(at, key, made);
      at = made;
    } else at = sub;
  }
  const last = keys[keys.length - 1];
  if (!contains(at, last)) setItem(at, last, new Map());
  setItem(at, last, value);
}

function subOf(v: PyValue, key: string): PyValue | undefined {
  if (v instanceof Map) return v.get(key);
  throw failure("AttributeError", `'${typeName(v)}' object has no attribute 'get'`);
}

function splitEscaped(path: string): string[] {
  const keys: string[] = [];
  let key = "";
  let escape = false;
  for (const c of path) {
    if (c === "." && !escape) {
      keys.push(key);
      key = "";
    } else if (c === "\\") escape = !escape;
    else key += c;
  }
  return [...keys, key];
}

export const storeyWalker: Walker = {
  input(body, path) {
    if (!path) return body;
    demand(body, "input_path");
    return storeyGet(body, path);
  },
  output(body, path, result) {
    if (!path) return result;
    demand(body, "result_path");
    storeySet(body, path, result);
    return body;
  },
};

export const mlrunWalker: Walker = {
  input(body, path) {
    if (!path) return body;
    demand(body, "input_path");
    return mlrunGet(body, path);
  },
  output(body, path, result) {
    if (!path || !truthy(body)) return result;
    demand(body, "result_path");
    mlrunSet(body, path, result);
    return body;
  },
};

/** A dict, or Python's error for `value.items()`. */
export function dictOf(value: PyValue): PyMap {
  if (value instanceof Map) return value;
  throw failure("AttributeError", `'${typeName(value)}' object has no attribute 'items'`);
}
