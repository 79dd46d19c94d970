import {
  JsonError,
  type MockEvent,
  PyRaise,
  type PyMap,
  type PyValue,
  isMap,
  parseWire,
} from "@graphcell/core";
import { readText } from "./document";
import { CommandError, Exit } from "./exit";
import type { Terminal } from "./terminal";

/** Fields of an event object; an object with `body` and nothing but these is an event, anything else is a body. */
const FIELDS = new Set([
  "body",
  "path",
  "method",
  "headers",
  "id",
  "key",
  "time",
  "content_type",
  "repeat",
  "name",
]);

/** Reads `--events`: a JSON list of bodies or event objects, from a file or standard input (`-`). */
export async function readEvents(from: string, terminal: Terminal): Promise<readonly MockEvent[]> {
  const text = from === "-" ? await terminal.readStdin() : await readText(from);
  const where = from === "-" ? "standard input" : from;
  const value = parse(text, where);
  if (!Array.isArray(value)) {
    throw new CommandError(
      Exit.usage,
      `The events in ${where} are not a list.`,
      "Write them as a JSON list: [event, ...].",
    );
  }
  return value.map((item, i) => eventOf(item, i, where));
}

function parse(text: string, where: string): PyValue {
  try {
    return parseWire(text);
  } catch (error) {
    if (error instanceof JsonError || error instanceof PyRaise) {
      throw new CommandError(
        Exit.usage,
        `The events in ${where} are not JSON: ${error.message}.`,
        "Correct the JSON.",
      );
    }
    throw error;
  }
}

function eventOf(item: PyValue, index: number, where: string): MockEvent {
  if (!isMap(item) || !item.has("body") || ![...item.keys()].every((k) => FIELDS.has(String(k))))
    return { body: item };
  const at = `event ${index + 1} in ${where}`;
  return {
    body: item.get("body"),
    ...textField(item, "id", "id", at),
    ...textField(item, "name", "name", at),
    ...textField(item, "path", "path", at),
    ...textField(item, "method", "method", at),
    ...textField(item, "content_type", "contentType", at),
    ...(item.has("key") ? { key: item.get("key") } : {}),
    ...(item.has("time") ? { time: item.get("time") } : {}),
    ...headersOf(item, at),
    ...repeatOf(item, at),
  };
}

function textField(item: PyMap, from: string, to: keyof MockEvent, at: string): Partial<MockEvent> {
  const value = item.get(from);
  if (value === undefined || value === null) return {};
  if (typeof value !== "string") throw wrong(`"${from}" of ${at} is not a text.`);
  return { [to]: value };
}

function headersOf(item: PyMap, at: string): Partial<MockEvent> {
  const headers = item.get("headers");
  if (headers === undefined || headers === null) return {};
  if (!isMap(headers)) throw wrong(`"headers" of ${at} is not an object.`);
  return { headers };
}

function repeatOf(item: PyMap, at: string): Partial<MockEvent> {
  const repeat = item.get("repeat");
  if (repeat === undefined) return {};
  if (typeof repeat !== "number" || !Number.isInteger(repeat) || repeat < 1) {
    throw wrong(`"repeat" of ${at} is not a whole number of at least 1.`);
  }
  return { repeat };
}

function wrong(message: string): CommandError {
  return new CommandError(Exit.usage, message, "See the form of events in the README.");
}
