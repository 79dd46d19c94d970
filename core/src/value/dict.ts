import { PyRaise } from "./raise";
import { repr } from "./repr";
import { type PyValue, PyBytes, PyFloat, PyObject, PySet, PyTextEnum, PyTuple } from "./value";

/**
 * A dict whose keys may be anything hashable: keys that Python holds equal (`1`, `1.0`, `True`; two equal
 * tuples) are one entry, and the first spelling of a key stays.
 */
export class PyDict extends Map<PyValue, PyValue> {
  /** Canonical text of an odd key -> the key as it stands in the map. */
  private odd: Map<string, PyValue> | undefined;

  private canonical(key: PyValue): PyValue {
    if (typeof key === "string" || key === null) return key;
    const id = hashKey(key);
    return this.odd?.get(id) ?? key;
  }

  override get(key: PyValue): PyValue | undefined {
    return super.get(this.canonical(key));
  }

  override has(key: PyValue): boolean {
    return super.has(this.canonical(key));
  }

  override set(key: PyValue, value: PyValue): this {
    if (typeof key === "string" || key === null) return super.set(key, value);
    const id = hashKey(key);
    this.odd ??= new Map();
    if (!this.odd.has(id)) this.odd.set(id, key);
    return super.set(this.odd.get(id) as PyValue, value);
  }

  override delete(key: PyValue): boolean {
    const found = super.delete(this.canonical(key));
    if (found && typeof key !== "string" && key !== null) this.odd?.delete(hashKey(key));
    return found;
  }

  override clear(): void {
    super.clear();
    this.odd?.clear();
  }
}

/** One text for all keys that Python's `==` and `hash` hold for the same. */
export function hashKey(key: PyValue): string {
  if (typeof key === "string") return `s${key}`;
  if (key === null) return "None";
  if (typeof key === "boolean") return `n${key ? 1 : 0}`;
  if (typeof key === "number" || typeof key === "bigint") return `n${key}`;
  if (key instanceof PyFloat) return `n${Object.is(key.value, -0) ? 0 : BigInt(key.value)}`;
  if (key instanceof PyTuple)
    return `t(${key.items
      .map(hashKey)
      .map((k) => `${k.length}:${k}`)
      .join("")})`;
  if (key instanceof PyBytes) return `b${Array.from(key.data).join(",")}`;
  if (key instanceof PySet) return `f(${key.items.map(hashKey).sort().join(",")})`;
  if (key instanceof PyTextEnum) return `s${key.value}`;
  // Python's other objects are themselves only.
  if (key instanceof PyObject) return `o${key.handle ?? repr(key)}`;
  throw new PyRaise("TypeError", `unhashable type: '${Array.isArray(key) ? "list" : "dict"}'`);
}
