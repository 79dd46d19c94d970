import { failure } from "../engine/failure";

/** Time windows of an aggregation: how they are cut into buckets. Milliseconds throughout. */
export interface Windows {
  readonly fixed: boolean;
  /** Length and name (`1h`) of each window, the shortest first. */
  readonly list: readonly (readonly [number, string])[];
  readonly period: number;
  /** The time that all buckets together cover. */
  readonly span: number;
  readonly buckets: number;
  /** One unit of the shortest window's name. */
  readonly unit: number;
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Buckets to the unit or window that sets the period. */
const PER_WINDOW = 2;

function unitOf(text: string): number {
  const unit = UNITS[text.slice(-1)];
  if (unit === undefined) throw failure("ValueError", `Failed to parse time "${text}"`);
  return unit;
}

/** `90s`, `10m`, `1h`, `2d` in milliseconds. */
export function duration(text: string): number {
  const unit = unitOf(text);
  const count = Number(text.slice(0, -1));
  if (Number.isInteger(count) && text.length > 1) return count * unit;
  throw failure("ValueError", `invalid literal for int() with base 10: '${text.slice(0, -1)}'`);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** Sliding windows have a period; fixed ones are aligned to the clock. */
export function windowsOf(names: readonly string[], period: string | null): Windows {
  if (names.length === 0) throw failure("ValueError", "Windows list can not be empty");
  const list = names.map((name) => [duration(name), name] as const).sort((a, b) => a[0] - b[0]);
  const lengths = list.map(([length]) => length);
  const span = lengths.reduce((a, b) => (a / gcd(a, b)) * b);
  const unit = unitOf(list[0][1]);
  const fixed = period === null;
  const step = period === null ? lengths.reduce(gcd) / PER_WINDOW : duration(period);
  for (const [length, name] of fixed ? [] : list) {
    if (length % step === 0) continue;
    throw failure(
      "ValueError",
      `Period must be a divisor of every window, but period ${period ?? ""} does not divide (${length}, '${name}')`,
    );
  }
  return { fixed, list, period: step, span, buckets: Math.trunc(span / step), unit };
}
