import { equal } from "../value/compare";
import { PyFloat, PyTuple, type PyValue, asNumber, float, int, isFloat, isNumber } from "../value/value";

/** The operation is not one that is carried over exactly here: Python has to do it. */
export class Unsupported extends Error {}

/** Longest text or list that an operation may make. */
const LIMIT = 1_000_000;

function numeric(v: PyValue): boolean {
  return isNumber(v) || typeof v === "boolean";
}

function whole(v: PyValue): bigint {
  return typeof v === "bigint" ? v : BigInt(asNumber(v));
}

/** `a op b` for numbers, texts and lists; throws `Unsupported` for the rest, also where Python would raise. */
export function arithmetic(op: string, a: PyValue, b: PyValue): PyValue {
  if (numeric(a) && numeric(b)) {
    return isFloat(a) || isFloat(b) || op === "/" ? floats(op, a, b) : integers(op, a, b);
  }
  if (op === "+") {
    if (typeof a === "string" && typeof b === "string" && a.length + b.length <= LIMIT) return a + b;
    if (Array.isArray(a) && Array.isArray(b) && a.length + b.length <= LIMIT) return [...a, ...b];
    if (a instanceof PyTuple && b instanceof PyTuple) return new PyTuple([...a.items, ...b.items]);
  }
  if (op === "*") {
    if (typeof a === "string" && typeof b === "number" && a.length * b <= LIMIT)
      return a.repeat(Math.max(0, b));
    if (Array.isArray(a) && typeof b === "number" && a.length * b <= LIMIT) return repeated(a, b);
  }
  throw new Unsupported();
}

function repeated(items: readonly PyValue[], times: number): PyValue[] {
  const out: PyValue[] = [];
  for (let i = 0; i < times; i++) out.push(...items);
  return out;
}

function integers(op: string, a: PyValue, b: PyValue): PyValue {
  if (typeof a === "number" && typeof b === "number" && op !== "**") {
    const fast = small(op, a, b);
    if (fast !== null) return fast;
  }
  const x = whole(a);
  const y = whole(b);
  switch (op) {
    case "+":
      return int(x + y);
    case "-":
      return int(x - y);
    case "*":
      return int(x * y);
    case "//":
    case "%": {
      if (y === 0n) throw new Unsupported();
      const rest = ((x % y) + y) % y;
      return int(op === "%" ? rest : (x - rest) / y);
    }
    case "**":
      if (y < 0n || y > 512n) throw new Unsupported();
      return int(x ** y);
    default:
      throw new Unsupported();
  }
}

/** The result where plain numbers hold it exactly. */
function small(op: string, a: number, b: number): number | null {
  const made = op === "+" ? a + b : op === "-" ? a - b : op === "*" ? a * b : NaN;
  return Number.isSafeInteger(made) ? (made === 0 ? 0 : made) : null;
}

function floats(op: string, a: PyValue, b: PyValue): PyValue {
  if (typeof a === "bigint" || typeof b === "bigint") throw new Unsupported(); // rounding differs
  const x = asNumber(a);
  const y = asNumber(b);
  switch (op) {
    case "+":
      return float(x + y);
    case "-":
      return float(x - y);
    case "*":
      return float(x * y);
    case "/":
      if (y === 0) throw new Unsupported();
      return float(x / y);
    default:
      throw new Unsupported();
  }
}

/** `-a`. */
export function negative(a: PyValue): PyValue {
  if (a instanceof PyFloat) return new PyFloat(-a.value);
  if (typeof a === "number") return Number.isInteger(a) ? int(-a) : -a;
  if (typeof a === "bigint") return int(-a);
  if (typeof a === "boolean") return a ? -1 : 0;
  throw new Unsupported();
}

/** `a op b` for comparisons. */
export function comparison(op: string, a: PyValue, b: PyValue): boolean {
  if (op === "==") return equal(a, b);
  if (op === "!=") return !equal(a, b);
  if (op === "is") return identity(a, b);
  if (op === "is not") return !identity(a, b);
  if (op === "in") return contains(b, a);
  if (op === "not in") return !contains(b, a);
  if (numeric(a) && numeric(b)) return ordered(op, numberOf(a), numberOf(b));
  if (typeof a === "string" && typeof b === "string") return ordered(op, points(a), points(b));
  throw new Unsupported();
}

function numberOf(v: PyValue): number | bigint {
  return typeof v === "bigint" ? v : asNumber(v);
}

/** Texts compare by code points, not by UTF-16 units. */
function points(text: string): string {
  if (/[\ud800-\udfff]/.test(text)) throw new Unsupported();
  return text;
}

function ordered(op: string, x: number | bigint | string, y: number | bigint | string): boolean {
  switch (op) {
    case "<":
      return x < y;
    case "<=":
      return x <= y;
    case ">":
      return x > y;
    case ">=":
      return x >= y;
    default:
      throw new Unsupported();
  }
}

/** `is` with None, True and False only: the identity of other values is Python's own business. */
function identity(a: PyValue, b: PyValue): boolean {
  if (a === null || b === null || typeof a === "boolean" || typeof b === "boolean") return a === b;
  throw new Unsupported();
}

function contains(container: PyValue, item: PyValue): boolean {
  if (container instanceof Map) {
    if (typeof item === "string" || item === null) return container.has(item);
    throw new Unsupported();
  }
  if (Array.isArray(container)) return container.some((x) => equal(x, item));
  if (container instanceof PyTuple) return container.items.some((x) => equal(x, item));
  if (typeof container === "string" && typeof item === "string") return container.includes(item);
  throw new Unsupported();
}
