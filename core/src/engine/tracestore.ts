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
      this.steps.push(new StepDigest(name, number));
    }
    return number;
  }

  /** The sums of the step of that name; undefined before any event entered it. */
  digest(name: string): StepDigest | undefined {
    const number = this.numbers.get(name);
    return number === undefined ? undefined : this.steps[number];
  }

  nextSeq(): number {
    return this.seqs++;
  }

  /** Counts records that nobody keeps. */
  skip(records: number): void {
    this.seqs += records;
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

  /** Kept records that are looked for: the first `most` of them as records, and how many there are. */
  select(
    wanted: (kept: KeptRecord) => boolean,
    most: number,
  ): { readonly records: readonly TraceRecord[]; readonly total: number } {
    const found = this.kept.all().filter(wanted);
    return { records: found.slice(0, most).map((kept) => this.record(kept)), total: found.length };
  }

  /** The step that events came to most often. */
  busiest(): string | null {
    const [first, ...rest] = this.steps;
    return rest.reduce((most, one) => (one.entered > most.entered ? one : most), first)?.name ?? null;
  }

  /** The newest record of a step. */
  lastRecord(digest: StepDigest): TraceRecord {
    const { number: step, lastIndex: index, lastSeq: seq, lastMs: ms, lastEmitted: emitted } = digest;
    const out = emitted > 0 ? [digest.lastOut] : [];
    return this.record({
      seq,
      step,
      index,
      start: 0,
      ms,
      input: digest.lastIn,
      out,
      emitted,
      error: digest.lastError,
    });
  }

  /** One line: what a step gave last, or its error. */
  lastText({ lastError, lastEmitted, lastOut }: StepDigest): string {
    if (lastError) return `${lastError.class}: ${lastError.message}`;
    return lastEmitted > 0 ? this.preview(lastOut).text : "";
  }

  /** Id of a kept record's event. */
  eventOf(kept: KeptRecord): string {
    return kept.event ?? this.options.idOf(kept.index);
  }

  record(kept: KeptRecord): TraceRecord {
    const { seq, index, start, ms, emitted, error = null, handledBy = null, stdout = "" } = kept;
    return {
      seq,
      index,
      event: this.eventOf(kept),
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
