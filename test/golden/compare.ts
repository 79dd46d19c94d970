import { type PyValue, isFloat, isMap, repr } from "@graphcell/core";

/** Where two described values differ, as JSON pointers with a text for people. */
export interface Difference {
  readonly pointer: string;
  readonly text: string;
}

/** What a kernel tells of its objects beyond what a record holds. */
const FROM_KERNEL = new Set([
  "handle",
  "repr",
  "str",
  "size",
  "bundle",
  "cut",
  "subscriptable",
  "attributes",
  "caller",
]);

/** Compares described values: key order does not count, `1` and `1.0` differ. */
export function differences(expected: PyValue, actual: PyValue, at = ""): Difference[] {
  if (isMap(expected) && isMap(actual)) {
    const out: Difference[] = [];
    const typed = expected.has("$type");
    for (const key of new Set([...expected.keys(), ...actual.keys()])) {
      const pointer = `${at}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const x = expected.get(key);
      const y = actual.get(key);
      if (x === undefined && typed && FROM_KERNEL.has(String(key))) continue;
      if (x === undefined) out.push({ pointer, text: `not recorded, got ${short(y ?? null)}` });
      else if (y === undefined) out.push({ pointer, text: `recorded ${short(x)}, missing` });
      else out.push(...differences(x, y, pointer));
    }
    return out;
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const out: Difference[] = [];
    const shared = Math.min(expected.length, actual.length);
    for (let i = 0; i < shared; i++) out.push(...differences(expected[i], actual[i], `${at}/${i}`));
    if (expected.length !== actual.length) {
      const first = short(expected[shared] ?? actual[shared]);
      const which = expected.length > actual.length ? "missing" : "too many, first";
      out.push({ pointer: at, text: `${expected.length} recorded, got ${actual.length}: ${which} ${first}` });
    }
    return out;
  }
  return same(expected, actual)
    ? []
    : [{ pointer: at, text: `recorded ${short(expected)}, got ${short(actual)}` }];
}

function same(a: PyValue, b: PyValue): boolean {
  if (isFloat(a) && isFloat(b)) return Object.is(Number(a), Number(b));
  return a === b;
}

function short(value: PyValue): string {
  const text = repr(value);
  return text.length > 160 ? `${text.slice(0, 160)}\u2026` : text;
}

/** The differences that count: not those at or below a volatile pointer. */
export function withoutVolatile(found: readonly Difference[], volatile: readonly string[]): Difference[] {
  return found.filter(
    ({ pointer }) => !volatile.some((v) => pointer === v || pointer.startsWith(`${v}/`) || v === ""),
  );
}
