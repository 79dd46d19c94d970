import type { EventMetadata } from "./metadata";
import type { EventRun, SavedEvent, StoredEvent } from "./state";
import type { MockEvent } from "../engine/event";

/** One saved event, or one of a cell, on its way through the graph. */
export interface RunItem {
  /** Saved event's id, null for an event that lives in a cell only. */
  readonly saved: string | null;
  readonly name: string;
  readonly event: MockEvent;
  /** The stored form that it was made from, so that a result is shown only beside the text that gave it. */
  readonly stored?: StoredEvent;
}

/** What a run gave for each of its events; as many as there are, one is found at once. */
export class RunResults extends Map<RunItem, EventRun> {
  private readonly saved = new Map<string, { readonly stored?: StoredEvent; readonly run: EventRun }>();
  private shown: { readonly events: readonly EventMetadata[]; readonly list: readonly SavedEvent[] } | null =
    null;

  override set(item: RunItem, run: EventRun): this {
    if (item.saved !== null && !this.saved.has(item.saved))
      this.saved.set(item.saved, { stored: item.stored, run });
    this.shown = null;
    return super.set(item, run);
  }

  /** Result of a saved event by its id. */
  ofSaved(id: string): EventRun | undefined {
    return this.saved.get(id)?.run;
  }

  /** Saved events, each with its result unless its text has changed since; the same list for the same events. */
  savedEvents(events: readonly EventMetadata[]): readonly SavedEvent[] {
    if (this.shown?.events !== events) {
      const list = events.map(({ id, name, event }) => ({ id, name, event, result: this.of(id, event) }));
      this.shown = { events, list };
    }
    return this.shown.list;
  }

  private of(id: string, stored: StoredEvent): EventRun | null {
    const found = this.saved.get(id);
    if (!found) return null;
    if (found.stored === stored) return found.run;
    return found.stored && text(found.stored) === text(stored) ? found.run : null;
  }
}

const texts = new WeakMap<StoredEvent, string>();

function text(stored: StoredEvent): string {
  let known = texts.get(stored);
  if (known === undefined) texts.set(stored, (known = JSON.stringify(stored)));
  return known;
}
