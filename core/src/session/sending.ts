import type { MockEvent } from "../engine/event";
import type { EventSource } from "../engine/eventlist";

/** Ids that are told of one item: records are kept of the first and the last events only. */
const TOLD = 10_000;

/**
 * The events of a run in the order of its items, each with its id: its own, else `e1`, `e2`, ... as far as nobody has
 * that name. Events that are repeated are made when their turn comes.
 */
export class Sending implements EventSource {
  readonly length: number;
  /** For each item, and after the last: the index of its first event, and how many before it have no id of their own. */
  private readonly begins: number[] = [0];
  private readonly unnamed: number[] = [0];
  /** Numbers that others have taken, from the smallest on. */
  private readonly taken: readonly number[];

  constructor(private readonly items: readonly MockEvent[]) {
    for (const [i, item] of items.entries()) {
      const times = timesOf(item);
      this.begins.push(this.begins[i] + times);
      this.unnamed.push(this.unnamed[i] + (hasOwnId(item) ? 0 : times));
    }
    this.length = this.begins[items.length];
    this.taken = items
      .flatMap(({ id }) => (id !== undefined && /^e[1-9]\d*$/.test(id) ? [Number(id.slice(1))] : []))
      .sort((a, b) => a - b);
  }

  at(index: number): MockEvent {
    const item = this.itemAt(index);
    const { repeat: _, ...single } = this.items[item];
    return { ...single, id: this.idOf(item, index) };
  }

  /** How many events an item is. */
  count(item: number): number {
    return this.begins[item + 1] - this.begins[item];
  }

  /** Ids of an item's events: of many, the first and the last ones. */
  ids(item: number): readonly string[] {
    const [from, end] = [this.begins[item], this.begins[item + 1]];
    const ids: string[] = [];
    for (let i = from; i < end; i++) {
      if (i === from + TOLD) i = Math.max(i, end - TOLD);
      ids.push(this.idOf(item, i));
    }
    return ids;
  }

  /** The item that an event comes of. */
  itemAt(index: number): number {
    let [low, high] = [0, this.items.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.begins[middle] <= index) low = middle;
      else high = middle;
    }
    return low;
  }

  private idOf(item: number, index: number): string {
    const { id } = this.items[item];
    if (id && hasOwnId(this.items[item])) return id;
    let number = this.unnamed[item] + index - this.begins[item] + 1;
    for (const other of this.taken) if (other <= number) number++;
    return `e${number}`;
  }
}

function timesOf({ repeat = 1 }: MockEvent): number {
  return Math.max(0, Math.floor(repeat));
}

function hasOwnId({ id, repeat = 1 }: MockEvent): boolean {
  return Boolean(id) && repeat === 1;
}
