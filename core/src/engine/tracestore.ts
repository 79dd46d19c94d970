import type { PyValue } from "../value/value";
import { type KeptRecord, KeptRecords } from "./keptrecords";
import { type PathNode, Paths } from "./paths";
import { previewOf } from "./preview";
import { snapshot } from "./snapshot";
import { StepDigest } from "./stepdigest";
import type { Preview, TraceRecord } from "./trace";

/** Records that are kept whole at each end of a run where the options don't say. */
export const KEPT_RECORDS = 10_000;

export interface StoreOptions {
  readonly previewBytes: number;
  /** Records kept whole at each end of the run. */
  readonly keep: number;
  /** Id of the event of that index. */
  readonly idOf: (index: number) => string;
}

/**
 * What a run did, in bounded room: the first and the last records whole, and of all of them the counts and times by
 * step and the ways that events took. Previews are made when somebody looks.
 */
export class TraceStore {
  readonly steps: StepDigest[] = [];
  readonly paths = new Paths();
  readonly kept: KeptRecords;
  private readonly numbers = new Map<string, number>();
  private seqs = 0;
  private made: readonly TraceRecord[] = [];
  private madeAt = 0;

  constructor(private readonly options: StoreOptions) {
    this.kept = new KeptRecords(options.keep);
  }

  /** How many records there were, kept or not. */
  get count(): number {
    return this.seqs;
  }

  /** The number of a step; its digest is in `steps` there. */
  step(name: string): number {
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.steps.length;
      this.numbers.set(name, number);
      this.steps.push(new StepDigest(name));
    }
    return number;
  }

  nextSeq(): number {
    return this.seqs++;
  }

  /** Begins the way of an event. */
  get start(): PathNode {
    return this.paths.root;
  }

  /** The records that are kept, in order. */
  get records(): readonly TraceRecord[] {
    if (this.madeAt !== this.seqs) this.made = this.kept.all().map((record) => this.record(record));
    this.madeAt = this.seqs;
    return this.made;
  }

  record(kept: KeptRecord): TraceRecord {
    const { seq, index, start, ms, emitted, error = null, handledBy = null, stdout = "" } = kept;
    return {
      seq,
      index,
      event: kept.event ?? this.options.idOf(index),
      step: this.steps[kept.step].name,
      start,
      ms,
      in: this.preview(kept.input),
      out: kept.out.map((value) => this.preview(value)),
      emitted,
      error,
      handledBy,
      stdout,
    };
  }

  preview(value: PyValue): Preview {
    return previewOf(snapshot(value), this.options.previewBytes);
  }
}
