import type { PyValue } from "../value/value";
import type { Raised } from "./event";

/** Emissions of one record that are kept; all are counted. */
export const KEPT_OUT = 20;

/** What few records have. */
export interface Extras {
  /** Id of an event that the graph made: others go by their index. */
  readonly event?: string;
  readonly error?: Raised | null;
  readonly handledBy?: string | null;
  readonly stdout?: string;
}

/** One record as it is kept: values as they were then, which nobody changes any more. */
export interface KeptRecord extends Extras {
  readonly seq: number;
  readonly step: number;
  readonly index: number;
  readonly start: number;
  readonly ms: number;
  readonly input: PyValue;
  readonly out: readonly PyValue[];
  readonly emitted: number;
}

/** Stands in the column of outputs for a list of them. */
class Several {
  constructor(readonly values: readonly PyValue[]) {}
}

/** Columns of so many records at once. */
const PAGE = 1024;

/**
 * The newest `size` records in columns that are written over: a record costs no object. The columns grow with what is
 * written, up to their size.
 */
class Ring {
  private room = 0;
  private at = 0;
  private numbers = new Float64Array(0);
  private inputs: PyValue[] = [];
  private outputs: (PyValue | Several)[] = [];
  private readonly extras = new Map<number, Extras>();

  constructor(private readonly size: number) {}

  get full(): boolean {
    return this.at >= this.size;
  }

  put(
    seq: number,
    step: number,
    index: number,
    start: number,
    ms: number,
    emitted: number,
    input: PyValue,
    output: PyValue | Several,
  ): void {
    const slot = this.at % this.size;
    if (slot >= this.room) this.grow();
    const { numbers } = this;
    const base = slot * NUMBERS;
    numbers[base] = seq;
    numbers[base + 1] = step;
    numbers[base + 2] = index;
    numbers[base + 3] = start;
    numbers[base + 4] = ms;
    numbers[base + 5] = emitted;
    this.inputs[slot] = input;
    this.outputs[slot] = output;
    if (this.extras.size > 0 && this.at >= this.size) this.extras.delete(slot);
    this.at++;
  }

  /** Of the record that was put last. */
  tell(extras: Extras): void {
    this.extras.set((this.at - 1) % this.size, extras);
  }

  private grow(): void {
    this.room = Math.min(this.size, Math.max(PAGE, this.room * 2));
    const numbers = new Float64Array(this.room * NUMBERS);
    numbers.set(this.numbers);
    this.numbers = numbers;
  }

  *all(): Iterable<KeptRecord> {
    const begin = Math.max(0, this.at - this.size);
    for (let i = begin; i < this.at; i++) yield this.read(i % this.size);
  }

  private read(slot: number): KeptRecord {
    const base = slot * NUMBERS;
    const [seq, step, index, start, ms, emitted] = this.numbers.subarray(base, base + NUMBERS);
    const output = this.outputs[slot];
    const out = output instanceof Several ? output.values : emitted > 0 ? [output] : [];
    return { seq, step, index, start, ms, emitted, input: this.inputs[slot], out, ...this.extras.get(slot) };
  }
}

const NUMBERS = 6;

/** The first and the last records of a run. */
export class KeptRecords {
  private readonly first: Ring;
  private readonly last: Ring;

  constructor(private readonly keep: number) {
    this.first = new Ring(keep);
    this.last = new Ring(keep);
  }

  /** A record with one output, or with none. */
  add(
    seq: number,
    step: number,
    index: number,
    start: number,
    ms: number,
    emitted: 0 | 1,
    input: PyValue,
    output: PyValue,
  ): void {
    if (this.keep === 0) return;
    const ring = this.first.full ? this.last : this.first;
    ring.put(seq, step, index, start, ms, emitted, input, output);
  }

  addWith(record: Omit<KeptRecord, keyof Extras>, extras: Extras | null): void {
    if (this.keep === 0) return;
    const { seq, step, index, start, ms, emitted, input, out } = record;
    const ring = this.first.full ? this.last : this.first;
    ring.put(seq, step, index, start, ms, emitted, input, new Several(out.slice(0, KEPT_OUT)));
    if (extras) ring.tell(extras);
  }

  /** In the order in which the steps began. */
  all(): readonly KeptRecord[] {
    return [...this.first.all(), ...this.last.all()].sort((a, b) => a.seq - b.seq);
  }
}
