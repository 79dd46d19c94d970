import { type PyMap, type PyValue, isFloat, isMap, repr } from "@graphcell/core";

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

/** Differences that are told: a trace that is late by one record differs in all that follow. */
const MOST = 1000;

/** Where a value stands: the way there is put into words only when there is something to tell. */
interface Place {
  readonly above: Place | null;
  readonly step: string;
}

interface Pair {
  readonly expected: PyValue;
  readonly actual: PyValue;
  readonly at: Place;
}

/** Compares described values: key order does not count, `1` and `1.0` differ. Values may be as deep as they like. */
export function differences(expected: PyValue, actual: PyValue, at = ""): Difference[] {
  const out: Difference[] = [];
  const left: Pair[] = [{ expected, actual, at: { above: null, step: at } }];
  for (let pair = left.pop(); pair && out.length < MOST; pair = left.pop()) {
    const inner: Pair[] = [];
    if (isMap(pair.expected) && isMap(pair.actual)) mapPairs(pair.expected, pair.actual, pair.at, inner, out);
    else if (Array.isArray(pair.expected) && Array.isArray(pair.actual))
      listPairs(pair.expected, pair.actual, pair.at, inner, out);
    else if (!same(pair.expected, pair.actual)) {
      const text = `recorded ${short(pair.expected)}, got ${short(pair.actual)}`;
      out.push({ pointer: pointerOf(pair.at), text });
    }
    for (let i = inner.length - 1; i >= 0; i--) left.push(inner[i]);
  }
  return out;
}

function pointerOf(at: Place): string {
  const steps: string[] = [];
  for (let place: Place | null = at; place; place = place.above) steps.push(place.step);
  return steps.reverse().join("");
}

function mapPairs(expected: PyMap, actual: PyMap, at: Place, inner: Pair[], out: Difference[]): void {
  const typed = expected.has("$type");
  for (const key of new Set([...expected.keys(), ...actual.keys()])) {
    const place = { above: at, step: `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}` };
    const x = expected.get(key);
    const y = actual.get(key);
    if (x === undefined && typed && FROM_KERNEL.has(String(key))) continue;
    if (x === undefined)
      out.push({ pointer: pointerOf(place), text: `not recorded, got ${short(y ?? null)}` });
    else if (y === undefined) out.push({ pointer: pointerOf(place), text: `recorded ${short(x)}, missing` });
    else inner.push({ expected: x, actual: y, at: place });
  }
}

function listPairs(
  expected: readonly PyValue[],
  actual: readonly PyValue[],
  at: Place,
  inner: Pair[],
  out: Difference[],
): void {
  const shared = Math.min(expected.length, actual.length);
  for (let i = 0; i < shared; i++)
    inner.push({ expected: expected[i], actual: actual[i], at: { above: at, step: `/${i}` } });
  if (expected.length === actual.length) return;
  const first = short(expected[shared] ?? actual[shared]);
  const which = expected.length > actual.length ? "missing" : "too many, first";
  const text = `${expected.length} recorded, got ${actual.length}: ${which} ${first}`;
  out.push({ pointer: pointerOf(at), text });
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
