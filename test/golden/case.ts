import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type MockEvent, type PyMap, type PyValue, isMap, parseJson, parseWire } from "@graphcell/core";

/** A recorded case: the program, and what the real mlrun made of it. */
export interface Case {
  readonly id: string;
  readonly kind: string;
  readonly source: string;
  readonly mode: string;
  /** The file as it stands: values in their described form (`$type`). */
  readonly raw: PyMap;
  /** The same with Python values. */
  readonly values: PyMap;
  /** JSON pointers of what differed between two recordings. */
  readonly volatile: readonly string[];
}

export function readCases(dir: string): Case[] {
  return readdirSync(dir)
    .filter((file) => file.endsWith(".json") && file !== "index.json")
    .sort()
    .map((file) => readCase(readFileSync(join(dir, file), "utf8")))
    .filter((one): one is Case => one !== null);
}

/** The case in a file's text; null when it holds none. */
export function readCase(text: string): Case | null {
  const raw = parseJson(text);
  const values = parseWire(text);
  if (!isMap(raw) || !isMap(values) || typeof raw.get("kind") !== "string") return null;
  const volatile = raw.get("volatile");
  return {
    id: textAt(raw, "id"),
    kind: textAt(raw, "kind"),
    source: textAt(raw, "source"),
    mode: textAt(raw, "mode"),
    raw,
    values,
    volatile: Array.isArray(volatile) ? volatile.map(String) : [],
  };
}

export function textAt(map: PyMap, name: string): string {
  const value = map.get(name);
  return typeof value === "string" ? value : "";
}

export function mapAt(map: PyMap, name: string): PyMap {
  const value = map.get(name);
  return isMap(value) ? value : new Map<PyValue, PyValue>();
}

export function listAt(map: PyMap, name: string): readonly PyValue[] {
  const value = map.get(name);
  return Array.isArray(value) ? value : [];
}

/** When `after(server)` sends its events: a while after the others. */
const LATER = "2024-01-01T00:00:01+00:00";

/** The events of a case; those that its `after(server)` sent are read from the trace. */
export function eventsOf(one: Case): { readonly events: readonly MockEvent[]; readonly recorded: number } {
  const recorded = listAt(one.values, "events").filter(isMap).map(eventOf);
  const known = new Set<PyValue>(recorded.map((event) => event.id ?? null));
  const later: MockEvent[] = [];
  if (/^def after\(/m.test(one.source)) {
    for (const entry of listAt(one.values, "trace")) {
      if (!isMap(entry) || entry.get("op") !== "in" || known.has(entry.get("event") ?? null)) continue;
      known.add(entry.get("event") ?? null);
      const sent = eventOf(new Map([...entry].map(([k, v]) => [k === "event" ? "event_id" : k, v])));
      later.push({ ...sent, time: LATER });
    }
  }
  return { events: [...recorded, ...later], recorded: recorded.length };
}

function eventOf(args: PyMap): MockEvent {
  const text = (name: string): string | undefined => {
    const value = args.get(name);
    return typeof value === "string" ? value : undefined;
  };
  const headers = args.get("headers");
  const results = args.get("expected_number_of_results");
  return {
    id: text("event_id") ?? text("id"),
    body: args.get("body") ?? null,
    ...(args.has("key") ? { key: args.get("key") } : {}),
    ...(typeof results === "number" ? { results } : {}),
    path: text("path"),
    method: text("method"),
    contentType: text("content_type"),
    ...(isMap(headers) ? { headers } : {}),
  };
}
