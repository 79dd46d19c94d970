import {
  type EventMetadata,
  type GraphMetadata,
  type NotebookMetadata,
  decodeMetadata,
  encodeMetadata,
  storedBody,
} from "./metadata";
import type { NotebookPort } from "./ports";
import type { RunItem } from "./run";
import type { Intent, Notice, StoredEvent } from "./state";
import { GraphcellError } from "../errors";
import type { MockEvent } from "../engine/event";
import { parseJson } from "../value/json";
import { dict } from "../value/value";

const NO_GRAPH: GraphMetadata = { events: [], direction: "auto", collapsed: [], mocks: {}, rest: {} };

/** A notebook's saved events: read from its metadata, changed by intents, written back at once. */
export class SavedEvents {
  private metadata: NotebookMetadata;

  constructor(private readonly notebook: NotebookPort) {
    this.metadata = decodeMetadata(notebook.readMetadata());
  }

  /** Reads again, after somebody else changed the notebook's metadata. */
  reload(): void {
    this.metadata = decodeMetadata(this.notebook.readMetadata());
  }

  of(graph: string): GraphMetadata {
    return this.metadata.graphs.get(graph) ?? NO_GRAPH;
  }

  update(graph: string, change: (graph: GraphMetadata) => GraphMetadata): void {
    const graphs = new Map(this.metadata.graphs);
    graphs.set(graph, change(this.of(graph)));
    this.metadata = { ...this.metadata, graphs };
    this.notebook.writeMetadata(encodeMetadata(this.metadata));
  }

  /** Applies an intent about events; returns the id of the event to select, or null. */
  apply(graph: string, intent: Intent): string | null {
    switch (intent.type) {
      case "add-event":
        return this.add(graph, intent.after, intent.name, intent.event);
      case "duplicate-event": {
        const from = this.of(graph).events.find((e) => e.id === intent.event);
        return from ? this.add(graph, from.id, `${from.name} copy`, from.event) : null;
      }
      case "edit-event":
        this.change(graph, intent.event, (e) => ({ ...e, name: intent.name, event: withBody(intent.to) }));
        return intent.event;
      case "move-event":
        this.move(graph, intent.event, intent.to);
        return intent.event;
      case "mock-step":
        this.update(graph, (g) => ({ ...g, mocks: mocked(g.mocks, intent.step, intent.result) }));
        return null;
      case "delete-event":
        this.update(graph, (g) => ({ ...g, events: g.events.filter((e) => e.id !== intent.event) }));
        return null;
      default:
        return null;
    }
  }

  private add(graph: string, after: string | null, name?: string, event?: StoredEvent): string {
    const { events } = this.of(graph);
    const taken = new Set(events.map((e) => e.id));
    let number = events.length + 1;
    while (taken.has(`event-${number}`)) number++;
    const id = `event-${number}`;
    const added: EventMetadata = {
      id,
      name: name ?? `event ${number}`,
      event: withBody(event ?? { bodyText: "{}", bodyError: null }),
      rest: {},
    };
    const at = after === null ? events.length : events.findIndex((e) => e.id === after) + 1;
    this.update(graph, (g) => ({ ...g, events: [...g.events.slice(0, at), added, ...g.events.slice(at)] }));
    return id;
  }

  private change(graph: string, id: string, change: (event: EventMetadata) => EventMetadata): void {
    this.update(graph, (g) => ({ ...g, events: g.events.map((e) => (e.id === id ? change(e) : e)) }));
  }

  private move(graph: string, id: string, to: number): void {
    this.update(graph, (g) => {
      const moved = g.events.find((e) => e.id === id);
      if (!moved) return g;
      const others = g.events.filter((e) => e.id !== id);
      const at = Math.max(0, Math.min(others.length, to));
      return { ...g, events: [...others.slice(0, at), moved, ...others.slice(at)] };
    });
  }
}

/** The mocked results with one more, or one less where the result is null. */
function mocked(mocks: GraphMetadata["mocks"], step: string, result: string | null): GraphMetadata["mocks"] {
  const others = Object.fromEntries(Object.entries(mocks).filter(([name]) => name !== step));
  return result === null ? others : { ...others, [step]: result };
}

function withBody(event: StoredEvent): StoredEvent {
  return { ...event, ...storedBody(event.bodyText) };
}

/** The event to run; throws `GraphcellError` when its body is not JSON. */
export function runItem(saved: EventMetadata): RunItem {
  return {
    saved: saved.id,
    name: saved.name,
    event: mockEvent(saved.name, saved.event),
    stored: saved.event,
  };
}

/**
 * The events to run. One that can't be sent keeps no other from running: it is left out; where none can be sent, it
 * throws as `runItem` does.
 */
export function runItems(saved: readonly EventMetadata[]): {
  readonly items: readonly RunItem[];
  /** Names of those that are left out. */
  readonly leftOut: readonly string[];
} {
  const good = saved.filter(({ event }) => event.bodyError === null);
  if (good.length === 0) return { items: saved.map(runItem), leftOut: [] };
  const leftOut = saved.filter(({ event }) => event.bodyError !== null).map(({ name }) => name);
  return { items: good.map(runItem), leftOut };
}

/** Id of the notice that says which events a run left out. */
export const LEFT_OUT = "events-left-out";

/** Says which events a run left out. */
export function leftOutNotice(names: readonly string[]): Notice {
  const one = names.length === 1;
  const list = names.map((name) => `"${name}"`).join(", ");
  return {
    id: LEFT_OUT,
    severity: "warning",
    message: `${one ? "Event" : "Events"} ${list} ${one ? "was" : "were"} left out: the body is not JSON.`,
    remedy: one ? "Correct it, then run it." : "Correct them, then run them.",
    action: null,
  };
}

function mockEvent(name: string, stored: StoredEvent): MockEvent {
  if (stored.bodyError) {
    throw new GraphcellError(
      "GC_EVENT_BODY",
      `The body of event "${name}" is not JSON: ${stored.bodyError.message}.`,
      "Correct the body, then run it again.",
    );
  }
  const text = stored.bodyText.trim();
  return {
    name,
    ...(text === "" ? {} : { body: parseJson(text) }),
    ...(stored.path === undefined ? {} : { path: stored.path }),
    ...(stored.method === undefined ? {} : { method: stored.method }),
    ...(stored.headers === undefined ? {} : { headers: dict(stored.headers) }),
    ...(stored.contentType === undefined ? {} : { contentType: stored.contentType }),
    ...(stored.key === undefined ? {} : { key: stored.key }),
    ...(stored.time === undefined ? {} : { time: timeOf(stored.time) }),
    ...(stored.repeat === undefined ? {} : { repeat: stored.repeat }),
  };
}

/** A time as typed: seconds since the epoch when it is a number, else as it stands (ISO 8601). */
function timeOf(text: string): string | number {
  return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
}
