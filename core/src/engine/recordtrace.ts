import type { PyMap, PyValue } from "../value/value";
import { clock } from "./clock";
import type { Raised } from "./event";
import type { Failure } from "./failure";
import type { FlowEvent } from "./flowevent";
import { snapshot } from "./snapshot";
import type { PathNode } from "./paths";
import { KEPT_OUT, type KeptRecord } from "./keptrecords";
import type { TraceStore } from "./tracestore";
import type { CallNote, CallOutcome, Trace } from "./tracing";

type Row = { -readonly [K in keyof KeptRecord]: KeptRecord[K] } & {
  readonly out: PyValue[];
  readonly event: string;
  stdout: string;
};

/** Records of one event that are open at once: one that a million others come of must not hold them all. */
const MOST_OPEN = 8192;
const STILL_OPEN = 1024;

/** A record while its step may still add to it. */
interface Open {
  readonly row: Row;
  readonly began: number;
  /** Real milliseconds that the kernel told; null when it did not. */
  told: number | null;
  closed: boolean;
}

export interface RecordOptions {
  readonly store: TraceStore;
  /** Virtual milliseconds since the run began. */
  readonly clock: () => number;
  /** Steps that get no record. */
  readonly hidden?: (step: string) => boolean;
}

/** Keeps one record for each step and event: what people look at. */
export class RecordTrace implements Trace {
  readonly wantsCalls = false;
  /** Index of the event that is being sent, -1 when none is. */
  index = -1;
  /** Where the event's way had come to before the records here; null for the beginning. */
  way: PathNode | null = null;
  private open: Open[] = [];
  /** The latest record of each step, and of each step and event. */
  private readonly latest = new Map<string, Open>();
  private readonly names = new Map<string, boolean>();

  constructor(private readonly options: RecordOptions) {}

  private hidden(step: string): boolean {
    let hidden = this.names.get(step);
    if (hidden === undefined) {
      hidden = this.options.hidden?.(step) === true;
      this.names.set(step, hidden);
    }
    return hidden;
  }

  enter(step: string, event: FlowEvent): void {
    if (this.hidden(step)) return;
    const open = this.begin(step, textOf(event.id), snapshot(event.body));
    this.latest.set(step, open);
    this.latest.set(keyOf(step, event), open);
  }

  private begin(step: string, event: string, input: PyValue): Open {
    const { store } = this.options;
    if (this.open.length >= MOST_OPEN) this.keepOld();
    const row: Row = {
      seq: store.nextSeq(),
      step: store.step(step),
      index: this.index,
      start: this.options.clock(),
      ms: 0,
      input,
      out: [],
      emitted: 0,
      event,
      stdout: "",
    };
    const open: Open = { row, began: clock(), told: null, closed: false };
    this.open.push(open);
    return open;
  }

  emit(step: string, event: FlowEvent): void {
    if (this.hidden(step)) return;
    const open = this.latest.get(keyOf(step, event)) ?? this.latest.get(step);
    const at = open ?? this.begin(step, textOf(event.id), null);
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
    const { row } = open;
    row.emitted++;
    if (row.out.length < KEPT_OUT) row.out.push(snapshot(body));
    this.time(open);
  }

  /** A step's time ends with its first emission: what follows belongs to later steps. */
  private time(open: Open): void {
    if (open.closed) return;
    open.closed = true;
    open.row.ms = open.told ?? clock() - open.began;
  }

  calling(step: string, fn: string, args: readonly PyValue[], kwargs: PyMap | undefined): CallNote {
    return { step, fn, args, ...(kwargs ? { kwargs } : {}), began: clock() };
  }

  called(note: CallNote, outcome: CallOutcome): void {
    const open = this.latest.get(note.step);
    if (!open) return;
    if (outcome.stdout) open.row.stdout += outcome.stdout;
    open.told = (open.told ?? 0) + (outcome.ms ?? clock() - note.began);
  }

  raised(step: string, failure: Failure): void {
    this.fail(step, failure.raised);
  }

  private fail(step: string, raised: Raised): void {
    const open = this.latest.get(step);
    if (!open) return;
    open.row.error = raised;
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
    if (open) open.row.handledBy = handler;
  }

  streamEnd(): void {}

  streamEndIn(): void {}

  terminate(): void {}

  /** The work of an event is over: its records are kept. */
  flush(): void {
    const { store } = this.options;
    const at = this.keep(this.open.splice(0));
    this.way = null;
    if (at !== store.start) at.ended++;
    this.latest.clear();
  }

  /** Keeps these records for good, and gives where the event's way has come to. */
  private keep(done: readonly Open[]): PathNode {
    const { store } = this.options;
    let at = this.way ?? store.start;
    for (const open of done) {
      this.time(open);
      const { row } = open;
      digest(store, row);
      at = at.to(row.step, row.emitted, row.handledBy ?? null);
      store.kept.addWith(row, row);
    }
    return at;
  }

  /** Keeps all but the newest records, and the newest of each step, which may get more. */
  private keepOld(): void {
    const names = this.options.store.steps.map(({ name }) => name);
    const last = new Set(names.map((name) => this.latest.get(name)));
    const from = this.open.length - STILL_OPEN;
    const stays = (open: Open, i: number) => i >= from || last.has(open);
    this.way = this.keep(this.open.filter((open, i) => !stays(open, i)));
    this.open = this.open.filter(stays);
    const left = new Set(this.open);
    for (const [key, open] of this.latest) if (!left.has(open)) this.latest.delete(key);
  }
}

function digest(store: TraceStore, row: Row): void {
  const step = store.steps[row.step];
  step.add(row.index, row.seq, row.input, row.out[0] ?? null, row.emitted, row.ms);
  if (row.error && !row.handledBy) step.failed++;
  else if (row.error) step.handled++;
  step.lastError = row.error ?? null;
}

function keyOf(step: string, event: FlowEvent): string {
  return `${step}\n${textOf(event.id)}`;
}

function textOf(id: PyValue): string {
  return typeof id === "string" ? id : String(id);
}
