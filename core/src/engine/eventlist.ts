import type { MockEvent } from "./event";

/** Events to send, made when their turn comes: a million of them need no room. */
export interface EventSource {
  readonly length: number;
  at(index: number): MockEvent;
}

/** The events of a run in their order, each with its id; `repeat` is written out. */
export class EventList {
  readonly length: number;
  /** For each given event the index of its first sending; null where every one is sent once. */
  private readonly begins: Float64Array | null;

  constructor(private readonly given: readonly MockEvent[] | EventSource) {
    const repeated = Array.isArray(given) && given.some((mock: MockEvent) => mock.repeat !== undefined);
    this.begins = repeated ? begins(given as readonly MockEvent[]) : null; // a source has no `some`
    this.length = this.begins === null ? given.length : this.begins[given.length];
  }

  /** The events themselves, where each is sent once. */
  get plain(): readonly MockEvent[] | null {
    return this.begins === null && isList(this.given) ? this.given : null;
  }

  /** The event that is sent at this place, from 0. */
  mock(index: number): MockEvent {
    return this.plainAt(this.place(index));
  }

  id(index: number): string {
    const place = this.place(index);
    const { id, repeat } = this.plainAt(place);
    if (id === undefined) return `e${index + 1}`;
    if (this.begins === null || timesOf(repeat) === 1) return id;
    return `${id}-${index - this.begins[place] + 1}`;
  }

  private plainAt(place: number): MockEvent {
    const { given } = this;
    return isList(given) ? given[place] : given.at(place);
  }

  /** Index of the given event that stands there: the last one that begins at or before it. */
  private place(index: number): number {
    const { begins } = this;
    if (begins === null) return index;
    let [low, high] = [0, begins.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (begins[middle] <= index) low = middle;
      else high = middle;
    }
    return low;
  }
}

function isList(given: readonly MockEvent[] | EventSource): given is readonly MockEvent[] {
  return Array.isArray(given);
}

function timesOf(repeat: number | undefined): number {
  return Math.max(0, Math.floor(repeat ?? 1));
}

function begins(given: readonly MockEvent[]): Float64Array {
  const begins = new Float64Array(given.length + 1);
  given.forEach(({ repeat }, i) => (begins[i + 1] = begins[i] + timesOf(repeat)));
  return begins;
}
