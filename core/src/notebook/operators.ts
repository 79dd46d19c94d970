import { equal, truthy } from "../value/compare";
import { str } from "../value/repr";
import { type PyValue, asNumber, float, int, isFloat, isInt, isNumber } from "../value/value";
import { formatPercent } from "./format";
import { Datum, HostObject, Mapping, Sequence, type Val, keyOf, toData } from "./values";

/** Longest text or list that is built while reading. */
const LIMIT = 100_000;

/** `left op right`; undefined when it is unknown or Python would raise. */
export function binary(op: string, left: Val, right: Val): Val | undefined {
  if (left instanceof Sequence || right instanceof Sequence) {
    const made = sequences(op, left, right);
    if (made) return made;
  }
  if (left instanceof Mapping && right instanceof Mapping && op === "|") return merged(left, right);
  const a = toData(left);
  if (op === "%" && typeof a === "string") {
    const text = formatPercent(a, right);
    return text === null ? undefined : new Datum(text);
  }
  const b = toData(right);
  if (a === undefined || b === undefined) return undefined;
  const made = scalars(op, a, b);
  return made === undefined ? undefined : new Datum(made);
}

function merged(left: Mapping, right: Mapping): Mapping {
  const made = new Mapping();
  for (const [key, value] of [...left.pairs(), ...right.pairs()]) made.set(key, value);
  made.open = left.open || right.open;
  return made;
}

function sequences(op: string, left: Val, right: Val): Val | undefined {
  if (left instanceof Sequence && right instanceof Sequence) {
    if (left.items.length + right.items.length > LIMIT) return undefined;
    if (op === "+" && left.kind === right.kind && left.kind !== "set") {
      return new Sequence(left.kind, [...left.items, ...right.items]);
    }
    return left.kind === "set" && right.kind === "set" ? sets(op, left, right) : undefined;
  }
  if (op !== "*") return undefined;
  const [list, times] = left instanceof Sequence ? [left, right] : [right, left];
  const n = times instanceof Datum && isInt(times.value) ? Number(times.value) : NaN;
  if (!(list instanceof Sequence) || Number.isNaN(n) || list.items.length * n > LIMIT) return undefined;
  const items: Val[] = [];
  for (let i = 0; i < n; i++) items.push(...list.items);
  return new Sequence(list.kind, items);
}

function sets(op: string, left: Sequence, right: Sequence): Sequence | undefined {
  const other = new Set(right.items.map(keyOf));
  const inOther = (v: Val) => other.has(keyOf(v));
  if (op === "&") return new Sequence("set", left.items.filter(inOther));
  if (op === "-")
    return new Sequence(
      "set",
      left.items.filter((v) => !inOther(v)),
    );
  return op === "|" ? distinct([...left.items, ...right.items]) : undefined;
}

/** A set of these items, each once; undefined when one of them can't be a key. */
export function distinct(items: readonly Val[]): Sequence | undefined {
  const seen = new Map<string, Val>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === null) return undefined;
    if (!seen.has(key)) seen.set(key, item);
  }
  return new Sequence("set", [...seen.values()]);
}

function scalars(op: string, a: PyValue, b: PyValue): PyValue | undefined {
  if (typeof a === "string" || typeof b === "string") {
    if (op === "+" && typeof a === "string" && typeof b === "string") {
      return a.length + b.length > LIMIT ? undefined : a + b;
    }
    const [text, n] = typeof a === "string" ? [a, b] : [b, a];
    if (op !== "*" || typeof text !== "string" || !isInt(n) || text.length * Number(n) > LIMIT)
      return undefined;
    return text.repeat(Math.max(0, Number(n)));
  }
  const numeric = (v: PyValue) => isNumber(v) || typeof v === "boolean";
  if (!numeric(a) || !numeric(b)) return undefined;
  if (op !== "/" && !isFloat(a) && !isFloat(b)) return integers(op, whole(a), whole(b));
  return floats(op, asNumber(a), asNumber(b));
}

function whole(v: PyValue): bigint {
  return typeof v === "bigint" ? v : BigInt(asNumber(v));
}

function integers(op: string, a: bigint, b: bigint): PyValue | undefined {
  switch (op) {
    case "+":
      return int(a + b);
    case "-":
      return int(a - b);
    case "*":
      return int(a * b);
    case "//":
    case "%": {
      if (b === 0n) return undefined;
      const rest = ((a % b) + b) % b;
      return int(op === "%" ? rest : (a - rest) / b);
    }
    case "**":
      if (b < 0n) return a === 0n ? undefined : float(Number(a) ** Number(b));
      return b > 1000n ? undefined : int(a ** b);
    case "&":
      return int(a & b);
    case "|":
      return int(a | b);
    case "^":
      return int(a ^ b);
    case "<<":
      return b < 0n || b > 1000n ? undefined : int(a << b);
    case ">>":
      return b < 0n || b > 1000n ? undefined : int(a >> b);
    default:
      return undefined;
  }
}

function floats(op: string, a: number, b: number): PyValue | undefined {
  if (b === 0 && (op === "/" || op === "//" || op === "%")) return undefined;
  switch (op) {
    case "+":
      return float(a + b);
    case "-":
      return float(a - b);
    case "*":
      return float(a * b);
    case "/":
      return float(a / b);
    case "//":
      return float(Math.floor(a / b));
    case "%":
      return float(a - Math.floor(a / b) * b);
    case "**":
      return float(a ** b);
    default:
      return undefined;
  }
}

/** `op operand` for `-`, `+`, `~`; undefined when it is unknown. */
export function unary(op: string, operand: Val): Val | undefined {
  const v = operand instanceof Datum ? operand.value : undefined;
  if (v === undefined || !(isNumber(v) || typeof v === "boolean")) return undefined;
  if (isFloat(v)) return op === "~" ? undefined : new Datum(float(op === "-" ? -asNumber(v) : asNumber(v)));
  const n = whole(v);
  return new Datum(int(op === "-" ? -n : op === "~" ? ~n : n));
}

/** Python's truth of a value; null when it is unknown. */
export function truth(v: Val): boolean | null {
  if (v instanceof Datum) return truthy(v.value);
  if (v instanceof Sequence) return v.items.length > 0;
  if (v instanceof Mapping) return v.size > 0 ? true : v.open ? null : false;
  if (v instanceof HostObject) return true;
  return null;
}

/** `left op right` for comparisons, `in` and `is`; null when it is unknown. */
export function compare(op: string, left: Val, right: Val): boolean | null {
  const flat = op.replace(/\s+/g, " ");
  if (flat === "not in" || flat === "is not" || flat === "!=") {
    const positive = compare(flat === "not in" ? "in" : flat === "is not" ? "is" : "==", left, right);
    return positive === null ? null : !positive;
  }
  if (flat === "in") return contains(right, left);
  if (left instanceof HostObject || right instanceof HostObject) {
    return flat === "is" || flat === "==" ? left === right : null;
  }
  const a = toData(left);
  const b = toData(right);
  if (a === undefined || b === undefined) return left === right && flat !== "<" && flat !== ">" ? true : null;
  if (flat === "is") return a === null || b === null || typeof a === "boolean" ? a === b : equal(a, b);
  if (flat === "==") return equal(a, b);
  return ordered(flat, a, b);
}

function ordered(op: string, a: PyValue, b: PyValue): boolean | null {
  let sign: number;
  if (typeof a === "string" && typeof b === "string") sign = a < b ? -1 : a > b ? 1 : 0;
  else {
    const x = asNumber(a);
    const y = asNumber(b);
    if (Number.isNaN(x) || Number.isNaN(y)) return null;
    sign = Math.sign(x - y);
  }
  if (op === "<") return sign < 0;
  if (op === "<=") return sign <= 0;
  if (op === ">") return sign > 0;
  return op === ">=" ? sign >= 0 : null;
}

function contains(container: Val, item: Val): boolean | null {
  if (container instanceof HostObject) return container.has(item);
  if (container instanceof Mapping) {
    if (keyOf(item) === null) return null;
    return container.get(item) !== undefined ? true : container.open ? null : false;
  }
  if (container instanceof Sequence) {
    let sure = true;
    for (const one of container.items) {
      const same = compare("==", one, item);
      if (same === true) return true;
      if (same === null) sure = false;
    }
    return sure ? false : null;
  }
  const text = container instanceof Datum ? container.value : null;
  if (typeof text !== "string" || !(item instanceof Datum) || typeof item.value !== "string") return null;
  return text.includes(item.value);
}

/** `container[key]`; undefined when it is unknown or Python would raise. */
export function subscript(container: Val, key: Val): Val | undefined {
  if (container instanceof Mapping) return container.get(key);
  const n = key instanceof Datum && isInt(key.value) ? Number(key.value) : NaN;
  if (Number.isNaN(n)) return undefined;
  if (container instanceof Sequence) return container.kind === "set" ? undefined : container.items.at(n);
  if (!(container instanceof Datum) || typeof container.value !== "string") return undefined;
  const char = [...container.value].at(n);
  return char === undefined ? undefined : new Datum(char);
}

/** `container[from:to:step]`; undefined when a bound is unknown. */
export function slice(container: Val, bounds: readonly (Val | null)[]): Val | undefined {
  const numbers = bounds.map((b) => {
    if (b === null || (b instanceof Datum && b.value === null)) return null;
    return b instanceof Datum && isInt(b.value) ? Number(b.value) : NaN;
  });
  if (numbers.some((n) => Number.isNaN(n))) return undefined;
  const step = numbers[2] ?? 1;
  const take = <T>(items: readonly T[]): T[] => {
    const length = items.length;
    const clip = (n: number | null | undefined, fallback: number) =>
      n == null ? fallback : Math.min(Math.max(n < 0 ? n + length : n, step < 0 ? -1 : 0), length);
    const from = clip(numbers[0], step < 0 ? length - 1 : 0);
    const to = clip(numbers[1], step < 0 ? -1 : length);
    const found: T[] = [];
    for (let i = from; step > 0 ? i < to : i > to; i += step)
      if (i >= 0 && i < length) found.push(items[i] as T);
    return found;
  };
  if (step === 0) return undefined;
  if (container instanceof Sequence) return new Sequence(container.kind, take(container.items));
  if (!(container instanceof Datum) || typeof container.value !== "string") return undefined;
  return new Datum(take([...container.value]).join(""));
}

/** The text of plain data as `str()` gives it; null for what is not plain. */
export function textOf(v: Val): string | null {
  const data = toData(v);
  return data === undefined ? null : str(data);
}
