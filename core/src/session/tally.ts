import type { TraceRecord } from "../engine/trace";
import type { TraceStore } from "../engine/tracestore";

/** Sums of one step in a run. */
export interface StepCount {
  readonly in: number;
  readonly out: number;
  readonly ms: number;
  readonly failed: number;
  readonly handled: number;
  /** Text of what it gave last, or of its error. */
  readonly last: string;
}

/** One step's part in the way of one event. */
export interface Visit {
  readonly entered: number;
  readonly emitted: number;
  readonly handledBy: string | null;
}

export type Way = ReadonlyMap<string, Visit>;

/** What a run did, in sums: what an overlay is made of. */
export interface RunTally {
  count(step: string): StepCount | undefined;
  /** The ways that events took, and how many events took each. */
  ways(): Iterable<{ readonly way: Way; readonly count: number }>;
  /** The ways of the events of these ids, as far as they are still known. */
  waysOf(events: readonly string[]): readonly Way[];
  /** Text of what each step gave last: compared with the run before for "changed". */
  lastOutputs(): ReadonlyMap<string, string>;
}

/** Before anything ran. */
export const NO_TALLY: RunTally = {
  count: () => undefined,
  ways: () => [],
  waysOf: () => [],
  lastOutputs: () => new Map(),
};

/** The sums that a run keeps itself: as large for a million events as for one. */
export class StoreTally implements RunTally {
  constructor(private readonly store: TraceStore) {}

  count(step: string): StepCount | undefined {
    const digest = this.store.digest(step);
    if (digest === undefined || digest.entered === 0) return undefined;
    const { entered, emitted, ms, failed, handled } = digest;
    return { in: entered, out: emitted, ms, failed, handled, last: this.store.lastText(digest) };
  }

  *ways(): Iterable<{ readonly way: Way; readonly count: number }> {
    const { steps, paths } = this.store;
    for (const { visits, count } of paths.ways()) {
      const way = new Map<string, Visit>();
      for (const visit of visits) visited(way, steps[visit.step].name, visit.emitted, visit.handledBy);
      yield { way, count };
    }
  }

  waysOf(events: readonly string[]): readonly Way[] {
    const ids = new Set(events);
    const ways = new Map<string, Map<string, Visit>>();
    for (const kept of this.store.kept.all()) {
      const id = this.store.eventOf(kept);
      if (ids.has(id)) {
        visited(wayOf(ways, id), this.store.steps[kept.step].name, kept.emitted, kept.handledBy ?? null);
      }
    }
    return [...ways.values()];
  }

  lastOutputs(): ReadonlyMap<string, string> {
    const entered = this.store.steps.filter((digest) => digest.entered > 0);
    return new Map(entered.map((digest) => [digest.name, this.store.lastText(digest)]));
  }
}

/** The sums of records that are all at hand: those of a saved card. */
export class RecordTally implements RunTally {
  private readonly steps = new Map<string, { -readonly [K in keyof StepCount]: StepCount[K] }>();
  private readonly byEvent = new Map<string, Map<string, Visit>>();

  constructor(records: readonly TraceRecord[]) {
    for (const record of records) this.add(record);
  }

  private add(record: TraceRecord): void {
    let count = this.steps.get(record.step);
    if (!count)
      this.steps.set(record.step, (count = { in: 0, out: 0, ms: 0, failed: 0, handled: 0, last: "" }));
    count.in++;
    count.out += record.emitted;
    count.ms += record.ms;
    if (record.error && record.handledBy === null) count.failed++;
    else if (record.error) count.handled++;
    count.last = record.error
      ? `${record.error.class}: ${record.error.message}`
      : (record.out[0]?.text ?? "");
    visited(wayOf(this.byEvent, record.event), record.step, record.emitted, record.handledBy);
  }

  count(step: string): StepCount | undefined {
    return this.steps.get(step);
  }

  *ways(): Iterable<{ readonly way: Way; readonly count: number }> {
    for (const way of this.byEvent.values()) yield { way, count: 1 };
  }

  waysOf(events: readonly string[]): readonly Way[] {
    return events.flatMap((id) => this.byEvent.get(id) ?? []);
  }

  lastOutputs(): ReadonlyMap<string, string> {
    return new Map([...this.steps].map(([step, count]) => [step, count.last]));
  }
}

function wayOf(ways: Map<string, Map<string, Visit>>, event: string): Map<string, Visit> {
  let way = ways.get(event);
  if (!way) ways.set(event, (way = new Map()));
  return way;
}

function visited(way: Map<string, Visit>, step: string, emitted: number, handledBy: string | null): void {
  const before = way.get(step);
  way.set(step, {
    entered: (before?.entered ?? 0) + 1,
    emitted: (before?.emitted ?? 0) + emitted,
    handledBy: handledBy ?? before?.handledBy ?? null,
  });
}
