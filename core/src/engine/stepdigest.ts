import type { PyValue } from "../value/value";
import type { Raised } from "./event";

/** Powers of two of microseconds that times are sorted into: the last takes all above half an hour. */
const CLASSES = 33;

/** All of a step's work in a run, in numbers. */
export class StepDigest {
  entered = 0;
  emitted = 0;
  failed = 0;
  handled = 0;
  /** Real milliseconds: their sum and the most. */
  ms = 0;
  most = 0;
  /** The newest record: what the step got, gave first, and the error that it ended with. */
  lastIndex = -1;
  lastSeq = -1;
  lastIn: PyValue = null;
  lastOut: PyValue = null;
  lastEmitted = 0;
  lastMs = 0;
  lastError: Raised | null = null;
  /** How many took up to 2^n microseconds. */
  readonly classes = new Uint32Array(CLASSES);

  constructor(
    readonly name: string,
    readonly number: number,
  ) {}

  /** One record more. */
  add(index: number, seq: number, input: PyValue, out: PyValue, emitted: number, ms: number): void {
    this.entered++;
    this.emitted += emitted;
    this.lastIndex = index;
    this.lastSeq = seq;
    this.lastIn = input;
    this.lastOut = out;
    this.lastEmitted = emitted;
    this.lastMs = ms;
    this.lastError = null;
    this.ms += ms;
    if (ms > this.most) this.most = ms;
    this.classes[32 - Math.clz32(ms * 1000)]++;
  }

  /** Many records at once, whose times are known as a sum. */
  addMany(entered: number, emitted: number, ms: number): void {
    this.entered += entered;
    this.emitted += emitted;
    this.ms += ms;
    if (entered > 0) this.classes[32 - Math.clz32((ms / entered) * 1000)] += entered;
  }

  /** Milliseconds below which `share` (0 to 1) of the times lie, as far as the classes tell; null before any. */
  quantile(share: number): number | null {
    const total = this.classes.reduce((sum, n) => sum + n, 0);
    let left = total * share;
    for (let i = 0; i < CLASSES && total > 0; i++) {
      left -= this.classes[i];
      if (left <= 0) return Math.min(this.most, 2 ** i / 1000);
    }
    return total > 0 ? this.most : null;
  }
}
