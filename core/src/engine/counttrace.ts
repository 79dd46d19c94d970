import { clock } from "./clock";
import type { Graph } from "../model/graph";
import { type CallNote, type Trace, isHidden } from "./tracing";

/** Calls, errors and seconds of a step. */
export type CountRow = readonly [calls: number, errors: number, seconds: number];

interface Counted {
  calls: number;
  errors: number;
  seconds: number;
  /** When its last event entered; null once it has gone on. */
  began: number | null;
  failed: boolean;
}

/** Counts what steps do, and keeps nothing else: for graphs that run for months. */
export class CountTrace implements Trace {
  readonly wantsCalls = false;
  private readonly steps = new Map<string, Counted>();

  constructor(private readonly graph: Graph) {}

  get counts(): Readonly<Record<string, CountRow>> {
    const shown = [...this.steps].filter(([name]) => !isHidden(this.graph, name));
    return Object.fromEntries(
      shown.map(([name, { calls, errors, seconds }]) => [name, [calls, errors, seconds]]),
    );
  }

  enter(step: string): void {
    const row = this.of(step);
    row.calls++;
    row.failed = false;
    row.began = clock();
  }

  enterNothing(step: string): void {
    this.enter(step);
  }

  emit(step: string): void {
    this.time(this.of(step));
  }

  finish(step: string): void {
    this.time(this.of(step));
  }

  emitNothing(step: string): void {
    this.time(this.of(step));
  }

  emitValue(step: string): void {
    this.time(this.of(step));
  }

  raised(step: string): void {
    this.fail(step);
  }

  handled(step: string): void {
    this.fail(step);
  }

  enterPart(part: string): void {
    this.enter(part);
  }

  emitPart(part: string): void {
    this.time(this.of(part));
  }

  raisedPart(part: string): void {
    this.fail(part);
  }

  calling(step: string, fn: string): CallNote {
    return { step, fn, args: [], began: 0 };
  }

  called(): void {}

  streamEnd(): void {}

  streamEndIn(): void {}

  terminate(): void {}

  private of(step: string): Counted {
    let row = this.steps.get(step);
    if (row === undefined) {
      row = { calls: 0, errors: 0, seconds: 0, began: null, failed: false };
      this.steps.set(step, row);
    }
    return row;
  }

  /** A step's time ends with its first emission: what follows belongs to later steps. */
  private time(row: Counted): void {
    if (row.began !== null) row.seconds += (clock() - row.began) / 1000;
    row.began = null;
  }

  /** The same error may be told as raised and as handled. */
  private fail(step: string): void {
    const row = this.of(step);
    this.time(row);
    if (!row.failed) row.errors++;
    row.failed = true;
  }
}
