import { isFloat, isMap, PyBytes, PyObject, PySet, PyTuple, type PyValue } from "../value/value";

/** Where two values first differ. */
export interface ValueDifference {
  /** Keys and indices from the value inwards. */
  readonly path: readonly string[];
  readonly real: PyValue | undefined;
  readonly ours: PyValue | undefined;
}

/** Fields by which a kernel describes an object beyond what it is. */
const DESCRIPTION = new Set([
  "handle",
  "repr",
  "str",
  "size",
  "bundle",
  "cut",
  "subscriptable",
  "index_name",
]);

/** What is another one in each run: times of the day, and ids that were made up. */
const TIME = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:?\d\d|Z)?$/;
const ID = /^[0-9a-f]{32}(-[0-9a-f]+)?$/;

/**
 * Where two values first differ; null when they are the same Python value. Key order does not count, `1` and `1.0`
 * differ, nan is nan. Times and made-up ids are alike, whatever they say; objects of a kernel by their class.
 */
export function differenceOf(
  real: PyValue | undefined,
  ours: PyValue | undefined,
  path: readonly string[] = [],
): ValueDifference | null {
  const here = (): ValueDifference => ({ path, real, ours });
  if (real === undefined || ours === undefined) return real === ours ? null : here();
  if (Array.isArray(real)) return Array.isArray(ours) ? ofItems(real, ours, path) : here();
  if (real instanceof PyTuple)
    return ours instanceof PyTuple ? ofItems(real.items, ours.items, path) : here();
  if (isMap(real)) return isMap(ours) ? ofEntries(real, ours, path) : here();
  if (real instanceof PyObject) return ours instanceof PyObject ? ofObjects(real, ours, path) : here();
  if (real instanceof PySet) return ours instanceof PySet && sameSet(real, ours) ? null : here();
  return sameScalar(real, ours) ? null : here();
}

function sameScalar(a: PyValue, b: PyValue): boolean {
  if (isFloat(a) || isFloat(b)) return isFloat(a) && isFloat(b) && Object.is(Number(a), Number(b));
  if (a instanceof PyBytes) {
    return b instanceof PyBytes && a.data.length === b.data.length && a.data.every((x, i) => x === b.data[i]);
  }
  if (typeof a === "string" && typeof b === "string") {
    return a === b || [TIME, ID].some((form) => form.test(a) && form.test(b));
  }
  return a === b;
}

function sameSet(a: PySet, b: PySet): boolean {
  return (
    a.frozen === b.frozen &&
    a.items.length === b.items.length &&
    a.items.every((x) => b.items.some((y) => differenceOf(x, y) === null))
  );
}

function ofItems(
  real: readonly PyValue[],
  ours: readonly PyValue[],
  path: readonly string[],
): ValueDifference | null {
  for (let i = 0; i < Math.max(real.length, ours.length); i++) {
    const found = differenceOf(real[i], ours[i], [...path, String(i)]);
    if (found) return found;
  }
  return null;
}

function ofEntries(
  real: ReadonlyMap<PyValue, PyValue>,
  ours: ReadonlyMap<PyValue, PyValue>,
  path: readonly string[],
): ValueDifference | null {
  for (const key of new Set([...real.keys(), ...ours.keys()])) {
    const found = differenceOf(real.get(key), ours.get(key), [...path, String(key)]);
    if (found) return found;
  }
  return null;
}

function ofObjects(real: PyObject, ours: PyObject, path: readonly string[]): ValueDifference | null {
  if (real.type !== ours.type) return { path, real, ours };
  const named =
    real.type === "exception" ? ["class", "message"] : [...real.fields.keys(), ...ours.fields.keys()];
  for (const name of new Set(named)) {
    if (DESCRIPTION.has(name)) continue;
    const found = differenceOf(real.fields.get(name), ours.fields.get(name), [...path, name]);
    if (found) return found;
  }
  return null;
}
