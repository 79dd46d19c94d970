import type { PyMap, PyValue } from "../value/value";
import type { Raised } from "./event";
import type { Failure } from "./failure";
import type { FlowEvent } from "./flowevent";
import { previewOf } from "./preview";
import { snapshot } from "./snapshot";
import type { Preview, TraceRecord } from "./trace";
import type { CallNote, CallOutcome, Trace } from "./tracing";

/** Emissions of one step and event whose previews are kept; all are counted. */
const KEPT_OUT = 20;

/** A record while its step may still add to it. */
interface Open {
  readonly record: { -readonly [K in keyof TraceRecord]: TraceRecord[K] } & { out: Preview[] };
  began: number;
  /** Real milliseconds that the kernel told; null when it did not. */
  told: number | null;
  closed: boolean;
}

export interface RecordOptions {
  readonly previewBytes: number;
  /** Virtual milliseconds since the run began. */
  readonly clock: () => number;
  readonly onRecord?: (record: TraceRecord) => void;
  /** Steps that get no record. */
  readonly hidden?: (step: string) => boolean;
}

/** Keeps one record for each step and event: what people look at. */
export class RecordTrace implements Trace {
  readonly wantsCalls = false;
  readonly records: TraceRecord[] = [];
  /** Index of the event that is being sent, -1 when none is. */
  index = -1;
  private readonly open: Open[] = [];
  /** The latest record of each step, and of each step and event. */
  private readonly latest = new Map<string, Open>();
  private readonly told = new Set<Open>();

  constructor(private readonly options: RecordOptions) {}

  enter(step: string, event: FlowEvent): void {
    if (this.options.hidden?.(step)) return;
    const open = this.begin(step, textOf(event.id), this.preview(event.body));
    this.latest.set(step, open);
    this.latest.set(keyOf(step, event), open);
  }

  private begin(step: string, event: string, input: Preview): Open {
    const record = {
      seq: this.records.length,
      index: this.index,
      event,
      step,
      start: this.options.clock(),
      ms: 0,
      in: input,
      out: [],
      emitted: 0,
      error: null,
      handledBy: null,
      stdout: "",
    };
    const open: Open = { record, began: Date.now(), told: null, closed: false };
    this.records.push(record);
    this.open.push(open);
    return open;
  }

  emit(step: string, event: FlowEvent): void {
    if (this.options.hidden?.(step)) return;
    const open = this.latest.get(keyOf(step, event)) ?? this.latest.get(step);
    const at = open ?? this.begin(step, textOf(event.id), this.preview(null));
    this.add(at, event.body);
  }

  finish(step: string, event: FlowEvent): void {
    this.emit(step, event);
  }

  emitValue(step: string, value: PyValue): void {
    const open = this.latest.get(step);
    if (open) this.add(open, value);
  }

  enterNothing(): void {}

  emitNothing(): void {}

  private add(open: Open, body: PyValue): void {
    const { record } = open;
    record.emitted++;
    if (record.out.length < KEPT_OUT) record.out.push(this.preview(body));
    this.time(open);
  }

  /** A step's time ends with its first emission: what follows belongs to later steps. */
  private time(open: Open): void {
    if (open.closed) return;
    open.closed = true;
    open.record.ms = open.told ?? Date.now() - open.began;
  }

  calling(step: string, fn: string, args: readonly PyValue[], kwargs: PyMap | undefined): CallNote {
    return { step, fn, args, ...(kwargs ? { kwargs } : {}), began: Date.now() };
  }

  called(note: CallNote, outcome: CallOutcome): void {
    const open = this.latest.get(note.step);
    if (!open) return;
    if (outcome.stdout) open.record.stdout += outcome.stdout;
    open.told = (open.told ?? 0) + (outcome.ms ?? Date.now() - note.began);
  }

  raised(step: string, failure: Failure): void {
    this.fail(step, failure.raised);
  }

  private fail(step: string, raised: Raised): void {
    const open = this.latest.get(step);
    if (!open) return;
    open.record.error = raised;
    this.time(open);
  }

  enterPart(part: string, event: FlowEvent): void {
    this.enter(part, event);
  }

  emitPart(part: string, event: FlowEvent): void {
    this.emit(part, event);
  }

  raisedPart(part: string, failure: Failure): void {
    this.raised(part, failure);
  }

  handled(step: string, handler: string, failure: Failure): void {
    this.fail(step, failure.raised);
    const open = this.latest.get(step);
    if (open) open.record.handledBy = handler;
  }

  streamEnd(): void {}

  streamEndIn(): void {}

  terminate(): void {}

  /** The work of an event is over: its records are told. */
  flush(): void {
    for (const open of this.open.splice(0)) {
      this.time(open);
      if (this.told.has(open)) continue;
      this.told.add(open);
      this.options.onRecord?.(open.record);
    }
    this.latest.clear();
    this.told.clear();
  }

  private preview(value: PyValue): Preview {
    return previewOf(snapshot(value), this.options.previewBytes);
  }
}

function keyOf(step: string, event: FlowEvent): string {
  return `${step}\n${textOf(event.id)}`;
}

function textOf(id: PyValue): string {
  return typeof id === "string" ? id : String(id);
}
