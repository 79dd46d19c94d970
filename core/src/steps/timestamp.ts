import { failure } from "../engine/failure";
import { millisOf } from "../engine/time";
import { str, typeName } from "../value/repr";
import { type PyFloat, PyObject, type PyValue, asNumber, isFloat, isNumber } from "../value/value";

/** A moment as pandas' Timestamp tells it: its clock and calendar fields, in its own zone. */
export interface Timestamp {
  /** Nanoseconds since the epoch of the local clock. */
  readonly local: bigint;
  readonly zone: string | null;
}

const DAY = 86_400_000_000_000n;

/** Pandas' NaT: no moment at all. */
export const NOT_A_TIME = null;

const NOTHING: ReadonlySet<string> = new Set(["", "nat", "NaT", "NAT", "nan", "NaN"]);
const LIMIT = 2n ** 63n;

/** `pd.Timestamp(value)` of ISO text, nanoseconds or a datetime. */
export function timestampOf(value: PyValue): Timestamp | typeof NOT_A_TIME {
  if (value === null || (typeof value === "string" && NOTHING.has(value))) return NOT_A_TIME;
  if (isNumber(value)) return nanoseconds(value);
  const text = value instanceof PyObject ? value.fields.get("value") : value;
  const millis = typeof text === "string" ? millisOf(text) : null;
  if (typeof text !== "string" || millis === null) {
    if (typeof text === "string")
      throw failure("DateParseError", `Unknown datetime string format, unable to parse: ${text}`);
    throw failure(
      "TypeError",
      `Cannot convert input [${str(value)}] of type <class '${typeName(value)}'> to Timestamp`,
    );
  }
  const zone = /(Z|[+-]\d{2}:?\d{2})$/.exec(text.slice(10))?.[1] ?? null;
  const offset = zone === null || zone === "Z" ? 0 : offsetMinutes(zone);
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? "";
  const nanos = BigInt(fraction.padEnd(9, "0").slice(0, 9) || "0");
  const seconds = BigInt(Math.floor(millis / 1000)) + BigInt(offset) * 60n;
  return { local: seconds * 1_000_000_000n + nanos, zone };
}

/** Nanoseconds since the epoch; the least that 64 bits hold stands for no moment. */
function nanoseconds(value: number | bigint | PyFloat): Timestamp | typeof NOT_A_TIME {
  const n = asNumber(value);
  if (Number.isNaN(n)) return NOT_A_TIME;
  const isInfinite = !Number.isFinite(n);
  const local = typeof value === "bigint" ? value : isInfinite ? LIMIT : BigInt(Math.trunc(n));
  if (local === -LIMIT) return NOT_A_TIME;
  if (local < LIMIT && local > -LIMIT) return { local, zone: null };
  if (!isFloat(value))
    throw failure("OutOfBoundsDatetime", `Out of bounds nanosecond timestamp ${str(value)}`);
  const message = isInfinite
    ? "cannot convert float infinity to integer"
    : "Python int too large to convert to C long";
  throw failure("OutOfBoundsDatetime", `cannot convert input ${str(value)} with the unit 'None'`, {
    class: "OverflowError",
    message,
  });
}

function offsetMinutes(zone: string): number {
  const sign = zone.startsWith("-") ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)));
}

function floorDiv(a: bigint, b: bigint): bigint {
  const q = a / b;
  return a % b < 0n ? q - 1n : q;
}

const PARTS: Readonly<Record<string, (date: Date, rest: number, t: Timestamp) => PyValue>> = {
  year: (d) => d.getUTCFullYear(),
  month: (d) => d.getUTCMonth() + 1,
  day: (d) => d.getUTCDate(),
  hour: (d) => d.getUTCHours(),
  minute: (d) => d.getUTCMinutes(),
  second: (d) => d.getUTCSeconds(),
  microsecond: (_, rest) => Math.floor(rest / 1000),
  nanosecond: (_, rest) => rest % 1000,
  day_of_week: (d) => weekday(d),
  dayofweek: (d) => weekday(d),
  day_of_year: (d) => dayOfYear(d),
  dayofyear: (d) => dayOfYear(d),
  days_in_month: (d) => daysInMonth(d),
  daysinmonth: (d) => daysInMonth(d),
  is_leap_year: (d) => isLeap(d.getUTCFullYear()),
  is_month_start: (d) => d.getUTCDate() === 1,
  is_month_end: (d) => d.getUTCDate() === daysInMonth(d),
  is_quarter_start: (d) => d.getUTCDate() === 1 && d.getUTCMonth() % 3 === 0,
  is_quarter_end: (d) => d.getUTCMonth() % 3 === 2 && d.getUTCDate() === daysInMonth(d),
  is_year_start: (d) => dayOfYear(d) === 1,
  is_year_end: (d) => d.getUTCMonth() === 11 && d.getUTCDate() === 31,
  quarter: (d) => Math.floor(d.getUTCMonth() / 3) + 1,
  week: (d) => isoWeek(d),
  weekofyear: (d) => isoWeek(d),
};

/** `getattr(timestamp, part)`. */
export function timestampPart(t: Timestamp | typeof NOT_A_TIME, part: string): PyValue {
  const read = Object.hasOwn(PARTS, part) ? PARTS[part] : undefined;
  if (t === NOT_A_TIME) return partOfNothing(part, read !== undefined);
  if (read) {
    const seconds = floorDiv(t.local, 1_000_000_000n);
    const rest = Number(t.local - seconds * 1_000_000_000n);
    return read(new Date(Number(seconds) * 1000), rest, t);
  }
  if ((part === "tz" || part === "tzinfo") && t.zone === null) return null;
  throw failure("AttributeError", `'Timestamp' object has no attribute '${part}'`);
}

function partOfNothing(part: string, known: boolean): PyValue {
  if (known) return part.startsWith("is_") ? false : NaN;
  if (part === "tz" || part === "tzinfo") return null;
  throw failure("AttributeError", `'NaTType' object has no attribute '${part}'`);
}

/** Monday is 0. */
function weekday(d: Date): number {
  return (d.getUTCDay() + 6) % 7;
}

function dayOfYear(d: Date): number {
  const start = Date.UTC(d.getUTCFullYear(), 0, 1);
  return Math.floor((d.getTime() - start) / Number(DAY / 1_000_000n)) + 1;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysInMonth(d: Date): number {
  return new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + 1, 0)).getUTCDate();
}

/** Week of the ISO calendar: the week of the year's first Thursday is the first. */
function isoWeek(d: Date): number {
  const thursday = new Date(d.getTime() + (3 - weekday(d)) * 86_400_000);
  return Math.ceil(dayOfYear(thursday) / 7);
}
