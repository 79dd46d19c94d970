import type { StoredEvent } from "./state";
import type { Direction } from "../layout/placement";
import { JsonError, dumpJson, parseJson } from "../value/json";
import { GraphcellError } from "../errors";
import type { PyValue } from "../value/value";
import { fromWire } from "../value/wire";

/**
 * What Graphcell keeps in a notebook: its metadata key `graphcell`. For each graph, by name, its events with their
 * expected results, and how its picture was left. Bodies are kept as typed text, because a JSON value that passes
 * through JavaScript forgets that `1.0` is a float; `body` (plain JSON, or wire form) is read too, for people and
 * programs that write it by hand.
 */
export interface NotebookMetadata {
  readonly graphs: ReadonlyMap<string, GraphMetadata>;
  /** Everything else that stood there, written back as it was. */
  readonly rest: Readonly<Record<string, unknown>>;
}

export interface GraphMetadata {
  readonly events: readonly EventMetadata[];
  readonly direction: Direction | "auto";
  readonly collapsed: readonly string[];
  /** Results of steps that are not to run in simulations, as typed JSON, by full step name. */
  readonly mocks: Readonly<Record<string, string>>;
  readonly rest: Readonly<Record<string, unknown>>;
}

export interface EventMetadata {
  readonly id: string;
  readonly name: string;
  readonly event: StoredEvent;
  /** Expected response in wire form, and other fields, kept as they are. */
  readonly rest: Readonly<Record<string, unknown>>;
}

export const METADATA_KEY = "graphcell";

const VERSION = 1;

type Json = Readonly<Record<string, unknown>>;

function isObject(v: unknown): v is Json {
  return typeof v === "object" && v !== null && !Array.isArray(v);
}

function without(from: Json, names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(from).filter(([name]) => !names.includes(name)));
}

/** Under this name stands what was not understood where a form of ours belongs, as it was. */
const UNREAD = "unread";

/** What a known field must be; where it is something else, its value is kept under `UNREAD`. */
type Known = Readonly<Record<string, (value: unknown) => boolean>>;

/** All that is not ours, for `rest`: other fields, and known ones with values that are not understood. */
function restOf(from: Json, known: Known): Json {
  const rest = without(from, Object.keys(known));
  const odd = Object.entries(known).filter(([name, fits]) => name in from && !fits(from[name]));
  if (odd.length === 0) return rest;
  const before = UNREAD in rest ? (isObject(rest[UNREAD]) ? rest[UNREAD] : { [UNREAD]: rest[UNREAD] }) : {};
  return { ...rest, [UNREAD]: { ...before, ...Object.fromEntries(odd.map(([name]) => [name, from[name]])) } };
}

const isText = (v: unknown) => typeof v === "string";
const isTexts = (v: unknown) => Array.isArray(v) && v.every(isText);
const isDirection = (v: unknown) => v === "LR" || v === "TB" || v === "auto";

const KNOWN: Known = { version: (v) => v === VERSION, graphs: isObject };
const isMocks = (v: unknown) => isObject(v) && Object.values(v).every(isText);
const KNOWN_OF_GRAPH: Known = {
  events: Array.isArray,
  direction: isDirection,
  collapsed: isTexts,
  mocks: isMocks,
};

/** Reads the metadata; never throws: what can't be understood is kept in `rest`. */
export function decodeMetadata(data: unknown): NotebookMetadata {
  if (data === undefined || data === null) return { graphs: new Map(), rest: {} };
  if (!isObject(data)) return { graphs: new Map(), rest: { [UNREAD]: data } };
  const graphs = new Map<string, GraphMetadata>();
  const given = isObject(data.graphs) ? data.graphs : {};
  for (const [name, graph] of Object.entries(given)) {
    const known = isObject(graph)
      ? decodeGraphEntry(graph)
      : { ...decodeGraphEntry({}), rest: { [UNREAD]: graph } };
    graphs.set(name, known);
  }
  return { graphs, rest: restOf(data, KNOWN) };
}

function decodeGraphEntry(graph: Json): GraphMetadata {
  const events: EventMetadata[] = [];
  const taken = new Set<string>();
  for (const raw of Array.isArray(graph.events) ? graph.events : []) {
    const event = decodeEvent(raw, taken, events.length + 1);
    taken.add(event.id);
    events.push(event);
  }
  const { direction } = graph;
  return {
    events,
    direction: direction === "LR" || direction === "TB" ? direction : "auto",
    collapsed: textsOf(graph.collapsed),
    mocks: isObject(graph.mocks)
      ? Object.fromEntries(
          Object.entries(graph.mocks).filter((e): e is [string, string] => typeof e[1] === "string"),
        )
      : {},
    rest: restOf(graph, KNOWN_OF_GRAPH),
  };
}

const PLAIN = ["path", "method", "contentType", "key", "time"] as const;
const isRepeat = (v: unknown) => typeof v === "number" && v >= 1;
const KNOWN_OF_EVENT: Known = {
  id: (v) => typeof v === "string" && v !== "",
  name: isText,
  body: () => true,
  bodyText: isText,
  headers: isObject,
  repeat: isRepeat,
  ...Object.fromEntries(PLAIN.map((name) => [name, isText])),
};
const EVENT_FIELDS = Object.keys(KNOWN_OF_EVENT);

function decodeEvent(raw: unknown, taken: ReadonlySet<string>, number: number): EventMetadata {
  const fields =
    isObject(raw) && (Object.keys(raw).length === 0 || EVENT_FIELDS.some((f) => f in raw))
      ? raw
      : { body: raw };
  let id = typeof fields.id === "string" && fields.id !== "" ? fields.id : `event-${number}`;
  while (taken.has(id)) id += "-";
  const event: Record<string, unknown> = {};
  for (const name of PLAIN) if (typeof fields[name] === "string") event[name] = fields[name];
  if (isObject(fields.headers)) {
    event.headers = Object.fromEntries(Object.entries(fields.headers).map(([k, v]) => [k, String(v)]));
  }
  if (typeof fields.repeat === "number" && fields.repeat >= 1) event.repeat = Math.floor(fields.repeat);
  return {
    id,
    name: typeof fields.name === "string" ? fields.name : `event ${number}`,
    event: { ...event, ...storedBody(bodyTextOf(fields)) },
    rest: restOf(fields, KNOWN_OF_EVENT),
  };
}

function bodyTextOf(fields: Json): string {
  if (typeof fields.bodyText === "string") return fields.bodyText;
  if (fields.body === undefined) return "";
  return dumpJson(fromWire(fields.body), { ensureAscii: false, fallback: () => null });
}

function textsOf(v: unknown): readonly string[] {
  return Array.isArray(v) ? v.filter((x): x is string => typeof x === "string") : [];
}

/** The body's text with the place where it stops being JSON. Empty text means no body. */
export function storedBody(bodyText: string): Pick<StoredEvent, "bodyText" | "bodyError"> {
  if (bodyText.trim() === "") return { bodyText, bodyError: null };
  try {
    parseJson(bodyText);
    return { bodyText, bodyError: null };
  } catch (error) {
    if (error instanceof JsonError)
      return { bodyText, bodyError: { message: error.message, offset: error.offset } };
    return {
      bodyText,
      bodyError: { message: error instanceof Error ? error.message : String(error), offset: 0 },
    };
  }
}

/** The mocked results of a graph's steps; throws `GraphcellError` for one that is not JSON. */
export function mockedResults({ mocks }: GraphMetadata): ReadonlyMap<string, PyValue> {
  const results = new Map<string, PyValue>();
  for (const [step, text] of Object.entries(mocks)) {
    const { bodyError } = storedBody(text);
    if (bodyError !== null || text.trim() === "") {
      throw new GraphcellError(
        "GC_MOCK",
        `The mocked result of step "${step}" is not JSON: ${bodyError?.message ?? "it is empty"}.`,
        "Correct it, or take it away, then simulate again.",
      );
    }
    results.set(step, parseJson(text));
  }
  return results;
}

/** The plain JSON to write; undefined when there is nothing worth a key in the notebook. */
export function encodeMetadata(metadata: NotebookMetadata): unknown {
  const graphs: Record<string, unknown> = {};
  for (const [name, graph] of metadata.graphs) {
    const entry: Record<string, unknown> = { ...graph.rest };
    if (graph.events.length > 0) entry.events = graph.events.map(encodeEvent);
    if (graph.direction !== "auto") entry.direction = graph.direction;
    if (Object.keys(graph.mocks).length > 0) entry.mocks = graph.mocks;
    if (graph.collapsed.length > 0) entry.collapsed = [...graph.collapsed];
    if (Object.keys(entry).length > 0) graphs[name] = entry;
  }
  const whole: Record<string, unknown> = { ...metadata.rest };
  if (Object.keys(graphs).length > 0) whole.graphs = graphs;
  return Object.keys(whole).length > 0 ? { version: VERSION, ...whole } : undefined;
}

function encodeEvent({ id, name, event, rest }: EventMetadata): unknown {
  const { bodyText, bodyError, ...fields } = event;
  return { id, name, ...(bodyText === "" ? {} : { bodyText }), ...fields, ...rest };
}
