/** What a view says, decoded once where it comes in: a page may send anything. */
import type { GraphPart } from "../model/part";
import type { ViewMessage } from "./messages";
import type { Intent, StoredEvent, ViewSettings } from "../session/state";
import type { SourceRange } from "../source";

type Fields = Readonly<Record<string, unknown>>;

/** The message, or null for what is none. */
export function decodeViewMessage(data: unknown): ViewMessage | null {
  if (!isFields(data)) return null;
  if (data.type === "ready") return { type: "ready" };
  if (data.type === "taken" && isNumber(data.sequence)) return { type: "taken", sequence: data.sequence };
  if (data.type !== "intent") return null;
  const intent = decodeIntent(data.intent);
  return intent && { type: "intent", intent };
}

const PLAIN = new Set<Intent["type"]>([
  "cancel-run",
  "cancel-verify",
  "start-kernel",
  "interrupt-kernel",
  "restart-kernel",
  "choose-kernel",
  "insert-example",
  "open-tab",
  "new-notebook",
  "trust-notebook",
]);

const DIRECTIONS = ["LR", "TB", "auto"] as const;
const FORMATS = ["svg", "mermaid", "dot", "yaml", "json"] as const;

/** An intent out of anything; null when it is none, or one of its fields is of another type. */
export function decodeIntent(data: unknown): Intent | null {
  if (!isFields(data) || typeof data.type !== "string") return null;
  const type = data.type as Intent["type"];
  if (PLAIN.has(type)) return { type } as Intent;
  return choiceOf(type, data) ?? eventOf(type, data) ?? otherOf(type, data);
}

function choiceOf(type: Intent["type"], data: Fields): Intent | null {
  switch (type) {
    case "choose-graph":
      return isText(data.graph) ? { type, graph: data.graph } : null;
    case "select-step":
      return isTextOrNull(data.step) ? { type, step: data.step } : null;
    case "select-event":
      return isTextOrNull(data.event) ? { type, event: data.event } : null;
    case "run-events": {
      const events = eventsOf(data.events);
      if (events === null) return null;
      if (data.part === undefined) return { type, events };
      const part = graphPartOf(data.part);
      return part && { type, events, part };
    }
    case "verify-events": {
      const events = eventsOf(data.events);
      return events && { type, events };
    }
    case "reveal": {
      const range = rangeOf(data.range);
      return range && { type, range, keepFocus: data.keepFocus === true };
    }
    default:
      return null;
  }
}

function eventsOf(data: unknown): readonly string[] | "all" | null {
  if (data === "all") return data;
  return Array.isArray(data) && data.every(isText) ? data : null;
}

function graphPartOf(data: unknown): GraphPart | null {
  if (!isFields(data)) return null;
  const { from, to } = data;
  return isTextOrNull(from) && isText(to) ? { from, to } : null;
}

function eventOf(type: Intent["type"], data: Fields): Intent | null {
  const { event, name } = data;
  switch (type) {
    case "add-event": {
      if (!isTextOrNull(data.after)) return null;
      const stored = event === undefined ? undefined : storedOf(event);
      if (stored === null) return null;
      return {
        type,
        after: data.after,
        ...(stored ? { event: stored } : {}),
        ...(isText(name) ? { name } : {}),
      };
    }
    case "edit-event": {
      const to = storedOf(data.to);
      return to && isText(event) && isText(name) ? { type, event, name, to } : null;
    }
    case "duplicate-event":
    case "delete-event":
      return isText(event) ? { type, event } : null;
    case "move-event":
      return isText(event) && isNumber(data.to) ? { type, event, to: data.to } : null;
    default:
      return null;
  }
}

function otherOf(type: Intent["type"], data: Fields): Intent | null {
  switch (type) {
    case "set-direction": {
      const direction = DIRECTIONS.find((d) => d === data.direction);
      return direction ? { type, direction } : null;
    }
    case "set-collapsed":
      return isText(data.group) ? { type, group: data.group, collapsed: data.collapsed === true } : null;
    case "set-setting": {
      const name = settingOf(data.name, data.value);
      return name && { type, name, value: data.value };
    }
    case "apply-fix":
      return isNumber(data.problem) ? { type, problem: data.problem } : null;
    case "show-value":
      return isText(data.handle) ? { type, handle: data.handle } : null;
    case "copy":
      return isText(data.text) ? { type, text: data.text } : null;
    case "export": {
      const format = FORMATS.find((f) => f === data.format);
      return format ? { type, format } : null;
    }
    case "dismiss":
      return isText(data.notice) ? { type, notice: data.notice } : null;
    default:
      return null;
  }
}

/** The setting's name when the value is one that it can have. */
function settingOf(name: unknown, value: unknown): keyof ViewSettings | null {
  if (name === "autoRun" || name === "showTimes") return typeof value === "boolean" ? name : null;
  if (name === "direction") return DIRECTIONS.some((d) => d === value) ? name : null;
  if (name === "previewBytes") return isNumber(value) ? name : null;
  return null;
}

function storedOf(data: unknown): StoredEvent | null {
  if (!isFields(data) || !isText(data.bodyText)) return null;
  const texts = ["path", "method", "contentType", "key", "time"] as const;
  const error = isFields(data.bodyError) ? data.bodyError : null;
  const headers = isFields(data.headers)
    ? Object.entries(data.headers).flatMap(([k, v]) => (isText(v) ? [[k, v] as const] : []))
    : null;
  return {
    bodyText: data.bodyText,
    bodyError:
      error && isText(error.message) && isNumber(error.offset)
        ? { message: error.message, offset: error.offset }
        : null,
    ...Object.fromEntries(texts.flatMap((field) => (isText(data[field]) ? [[field, data[field]]] : []))),
    ...(headers ? { headers: Object.fromEntries(headers) } : {}),
    ...(isNumber(data.repeat) ? { repeat: data.repeat } : {}),
  };
}

function rangeOf(data: unknown): SourceRange | null {
  if (!isFields(data) || !isText(data.cellId)) return null;
  const { cellId, cell, line, column, endLine, endColumn } = data;
  if (!isNumber(cell) || !isNumber(line) || !isNumber(column)) return null;
  if (!isNumber(endLine) || !isNumber(endColumn)) return null;
  return { cellId, cell, line, column, endLine, endColumn };
}

function isFields(data: unknown): data is Fields {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

function isText(data: unknown): data is string {
  return typeof data === "string";
}

function isTextOrNull(data: unknown): data is string | null {
  return data === null || typeof data === "string";
}

function isNumber(data: unknown): data is number {
  return typeof data === "number" && Number.isFinite(data);
}
