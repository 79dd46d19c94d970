import { failure } from "../engine/failure";
import type { Windows } from "./window";

export const RAW = ["count", "sum", "sqr", "max", "min", "last", "first"];
/** Aggregations that are made of others. */
export const DERIVED: Readonly<Record<string, readonly string[]>> = {
  avg: ["count", "sum"],
  stddev: ["count", "sum", "sqr"],
  stdvar: ["count", "sum", "sqr"],
};

const START: Readonly<Record<string, number>> = { min: Infinity, max: -Infinity, last: NaN, first: NaN };

/** One running value of a bucket or window. */
class Running {
  value: number;
  time: number | null = null;
  /** It stands at the limit because a value went beyond. */
  capped = false;

  constructor(
    private readonly kind: string,
    private readonly limit: number | null,
  ) {
    this.value = START[kind] ?? 0;
    if (kind === "last") this.time = -Infinity;
    if (kind === "first") this.time = Infinity;
  }

  set(value: number): void {
    this.capped = this.limit !== null && value > this.limit;
    this.value = this.capped ? (this.limit ?? value) : value;
  }

  add(time: number | null, value: number): void {
    switch (this.kind) {
      case "count":
        this.set(this.value + 1);
        break;
      case "sum":
        this.set(this.value + value);
        break;
      case "sqr":
        this.set(this.value + value * value);
        break;
      case "min":
        if (value < this.value) {
          this.value = value;
          this.capped = false;
        }
        break;
      case "max":
        if (value > this.value) this.set(value);
        break;
      default:
        this.addInTime(time, value);
    }
  }

  private addInTime(time: number | null, value: number): void {
    if (time === null || Number.isNaN(value) || this.time === null) return;
    if (this.kind === "last" ? time <= this.time : time >= this.time) return;
    if (this.kind === "last" || Number.isNaN(this.value)) this.set(value);
    this.time = time;
  }

  reset(value?: number): void {
    if (this.kind === "last") this.time = -Infinity;
    if (this.kind === "first") this.time = Infinity;
    // A minimum begins anew at the limit, as it was given.
    this.capped = value === undefined && this.kind === "min" && this.limit !== null;
    const start = this.capped ? this.limit : START[this.kind];
    this.value = value ?? start ?? 0;
  }
}

export interface AggregationSpec {
  readonly name: string;
  readonly operations: readonly string[];
  readonly windows: Windows;
  /** No value gets higher. */
  readonly limit: number | null;
  /** A limit was given, be it 0: then there are no running values of windows. */
  readonly limited: boolean;
}

/** A value that the limit cut. */
export const CAPPED = Symbol("capped");

type Features = Map<string, number | typeof CAPPED>;

type Cells = ReadonlyMap<string, Running>;

/**
 * The buckets of one aggregation and key, as Storey keeps them: values by time bucket, and running values of the
 * windows that end now, from which the buckets that leave are taken again.
 */
export class Buckets {
  private readonly explicit: readonly string[];
  private readonly all: readonly string[];
  private readonly derived: readonly string[];
  private buckets: Cells[];
  private first: number;
  private last: number;
  private latest: number;
  private stale = false;
  /** Running values by aggregation and window; none where a limit makes taking away impossible. */
  private readonly current: ReadonlyMap<string, Running> | null;

  constructor(
    private readonly spec: AggregationSpec,
    base: number,
  ) {
    const { windows, operations } = spec;
    this.explicit = operations.filter((op) => RAW.includes(op));
    this.derived = operations.filter((op) => !RAW.includes(op));
    const hidden = [...this.derived.flatMap((op) => DERIVED[op] ?? []), "count"];
    this.all = [...new Set([...this.explicit, ...hidden])];
    const grid = windows.fixed ? windows.span : windows.period;
    this.first = Math.trunc(base / grid) * grid;
    this.last = this.first + (windows.buckets - 1) * windows.period;
    this.latest = base;
    this.buckets = this.empty();
    this.current = spec.limited ? null : this.runningWindows();
  }

  private runningWindows(): Map<string, Running> {
    const current = new Map<string, Running>();
    for (const [length] of this.spec.windows.list) {
      for (const op of this.all) current.set(keyOf(op, length), new Running(op, null));
    }
    return current;
  }

  private empty(): Cells[] {
    return Array.from({ length: this.spec.windows.buckets }, () => this.cells());
  }

  private cells(): Cells {
    return new Map(this.all.map((op) => [op, new Running(op, this.spec.limit)]));
  }

  private index(time: number): number {
    return Math.trunc((time - this.first) / this.spec.windows.period);
  }

  /** Counts a value at its time; one from before the first bucket is not counted. */
  add(time: number, value: number): void {
    const index = this.bucketFor(time);
    if (index < 0) return;
    for (const cell of this.buckets[index]?.values() ?? []) cell.add(time, value);
    if (this.current === null) return;
    for (const [length] of this.spec.windows.list) {
      const start = this.windowStart(time, length);
      const inside = index >= this.index(start) && index <= this.index(start + length) - 1;
      if (time < this.latest || !inside) continue;
      for (const op of this.all) this.current.get(keyOf(op, length))?.add(time, value);
    }
    if (time > this.latest) this.latest = time;
  }

  private windowStart(time: number, length: number): number {
    return Math.trunc((time - this.first) / length) * length + this.first;
  }

  private bucketFor(time: number): number {
    if (time < this.last + this.spec.windows.period) {
      const index = this.index(time);
      if (index > this.index(this.latest)) this.takeAway(time);
      return index;
    }
    this.advance(time);
    return this.index(time);
  }

  /** Takes what has left the windows at `time` out of the running values. */
  private takeAway(time: number): void {
    if (this.current === null) return;
    for (const [length] of this.spec.windows.list) {
      const [from, to] = this.leaving(time, length);
      for (const op of this.all) {
        const running = this.current.get(keyOf(op, length));
        for (let i = from; running && i < to && i < this.buckets.length; i++) {
          const left = this.buckets[i].get(op)?.value ?? 0;
          if (op === "count" || op === "sum" || op === "sqr") running.set(running.value - left);
          else if (running.value === left) {
            this.stale = true;
            return;
          }
        }
      }
    }
  }

  private leaving(time: number, length: number): readonly [number, number] {
    const { windows } = this.spec;
    if (windows.fixed) {
      return [this.index(this.windowStart(this.latest, length)), this.index(this.windowStart(time, length))];
    }
    const size = Math.trunc(length / windows.period);
    const from = Math.max(0, this.index(this.latest) - size + 1);
    const to = Math.max(0, this.index(time) - size + 1);
    return [Math.min(this.buckets.length - 1, from), Math.min(this.buckets.length, to)];
  }

  private advance(time: number): void {
    const { windows } = this.spec;
    let by = this.index(time) - (windows.buckets - 1);
    if (windows.fixed) by = Math.max(windows.buckets, by);
    if (by <= 0) return;
    if (by > windows.buckets) {
      this.buckets = this.empty();
      this.stale = true;
    } else {
      this.takeAway(time);
      const again = this.buckets.slice(0, by);
      for (const cells of again) for (const cell of cells.values()) cell.reset();
      this.buckets = [...this.buckets.slice(by), ...again];
    }
    const span = this.last + windows.period - this.first;
    const moved = windows.fixed ? Math.trunc((time - this.first) / span) * span : by * windows.period;
    this.first += moved;
    this.last += moved;
  }

  /** The features at `time`, by name; `CAPPED` for the limit itself, which stays the number that was given. */
  features(time: number): Map<string, number | typeof CAPPED> {
    const out = new Map<string, number | typeof CAPPED>();
    const index = this.index(time);
    if (index < 0) {
      this.stale = false;
      return out;
    }
    if (this.stale || this.current === null || index < this.index(this.latest)) this.recount(time, out);
    else this.running(this.current, out);
    this.derive(out);
    return out;
  }

  private running(current: ReadonlyMap<string, Running>, out: Features): void {
    for (const op of this.explicit) {
      for (const [length, name] of this.spec.windows.list) {
        const value = current.get(keyOf(op, length))?.value ?? NaN;
        const none = op !== "count" && current.get(keyOf("count", length))?.value === 0;
        out.set(this.feature(op, name), none || !Number.isFinite(value) ? NaN : value);
      }
    }
  }

  private recount(time: number, out: Features): void {
    const { windows, limit } = this.spec;
    let end = windows.fixed
      ? this.index(Math.trunc(time / windows.unit) * windows.unit + windows.unit - 1)
      : this.index(time);
    // Counts and squares of buckets are summed up.
    const sums = new Map(
      this.all.map((op) => [op, new Running(op === "count" || op === "sqr" ? "sum" : op, limit)]),
    );
    for (const sum of sums.values()) sum.reset();
    let before = 0;
    for (const [length, name] of windows.list) {
      const begin = Math.max(0, end - Math.trunc((length - before) / windows.period) + 1);
      for (let i = end; i >= begin; i--) {
        for (const [op, cell] of this.buckets[i] ?? []) sums.get(op)?.add(cell.time, cell.value);
      }
      for (const op of this.explicit) {
        const sum = sums.get(op);
        out.set(this.feature(op, name), sum?.capped === true ? CAPPED : (sum?.value ?? NaN));
      }
      if (this.stale)
        for (const op of this.all) this.current?.get(keyOf(op, length))?.reset(sums.get(op)?.value);
      end = begin - 1;
      before = length;
    }
    this.stale = false;
  }

  private derive(out: Features): void {
    const [first] = this.spec.windows.list;
    // Storey looks for running values, which an aggregation with a limit does not have.
    if (this.current === null && this.derived.length > 0)
      throw failure("KeyError", `('count', ${first?.[0] ?? 0})`);
    for (const op of this.derived) {
      for (const [length, name] of this.spec.windows.list) {
        const [count, sum, sqr] = (DERIVED[op] ?? []).map(
          (raw) => this.current?.get(keyOf(raw, length))?.value ?? NaN,
        );
        out.set(this.feature(op, name), derivedValue(op, count, sum, sqr ?? 0));
      }
    }
  }

  private feature(op: string, window: string): string {
    return `${this.spec.name}_${op}_${window}`;
  }
}

function keyOf(op: string, length: number): string {
  return `${op} ${length}`;
}

function derivedValue(op: string, count: number, sum: number, sqr: number): number {
  if (op === "avg") return count === 0 ? NaN : sum / count;
  if (count < 2) return NaN;
  const variance = (count * sqr - sum * sum) / (count * (count - 1));
  return op === "stddev" ? Math.sqrt(variance) : variance;
}
