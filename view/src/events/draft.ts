import type { SavedEvent, StoredEvent } from "@graphcell/core";
import { bodyProblem } from "./jsonField";

/** Most times that one event can be sent. */
export const MAX_REPEAT = 1_000_000;

/** The fields of an event's editor, all as text. */
export interface Draft {
  readonly name: string;
  readonly bodyText: string;
  readonly path: string;
  readonly method: string;
  readonly contentType: string;
  readonly headers: string;
  readonly key: string;
  readonly time: string;
  readonly repeat: string;
}

export type DraftField = keyof Draft;

/** The texts of a saved event. */
export function draftOf({ name, event }: SavedEvent): Draft {
  const headers = Object.entries(event.headers ?? {}).map(([k, v]) => `${k}: ${v}`);
  return {
    name,
    bodyText: event.bodyText,
    path: event.path ?? "",
    method: event.method ?? "",
    contentType: event.contentType ?? "",
    headers: headers.join("\n"),
    key: event.key ?? "",
    time: event.time ?? "",
    repeat: event.repeat === undefined ? "" : String(event.repeat),
  };
}

/** The event that the texts say; what can't be read (a header without colon, a bad count) is left as `before` has it. */
export function eventOf(draft: Draft, before: StoredEvent): StoredEvent {
  const problem = bodyProblem(draft.bodyText);
  const headers = readHeaders(draft.headers);
  const repeat = readRepeat(draft.repeat);
  return {
    bodyText: draft.bodyText,
    bodyError: problem ? { message: problem.message, offset: problem.offset } : null,
    ...texts(draft),
    ...given("headers", headers.badLine === null ? headers.headers : before.headers),
    ...given("repeat", repeat === "bad" ? before.repeat : repeat),
  };
}

function texts(draft: Draft): Partial<StoredEvent> {
  const names = ["path", "method", "contentType", "key", "time"] as const;
  return Object.fromEntries(names.filter((n) => draft[n].trim() !== "").map((n) => [n, draft[n].trim()]));
}

function given<K extends keyof StoredEvent>(
  name: K,
  value: StoredEvent[K] | undefined,
): Partial<StoredEvent> {
  return value === undefined ? {} : { [name]: value };
}

/** Headers from lines `Name: value`; `badLine` is the first line, from 1, that is none. */
export function readHeaders(text: string): {
  headers: Readonly<Record<string, string>> | undefined;
  badLine: number | null;
} {
  const headers: [string, string][] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const colon = line.indexOf(":");
    if (colon < 1) return { headers: undefined, badLine: i + 1 };
    headers.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
  }
  return { headers: headers.length > 0 ? Object.fromEntries(headers) : undefined, badLine: null };
}

/** How often the event is sent; undefined when the field is empty. */
export function readRepeat(text: string): number | undefined | "bad" {
  if (text.trim() === "") return undefined;
  const n = Number(text);
  return Number.isInteger(n) && n >= 1 && n <= MAX_REPEAT ? n : "bad";
}
