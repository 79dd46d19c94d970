import { decodeUtf8 } from "../value/bytes";

/** Colour codes and other commands to a terminal. */
const ANSI = new RegExp(`${String.fromCharCode(27)}(?:\\[[0-9;?]*[A-Za-z]|[()][A-Z0-9])`, "g");
/** Longest line that is shown whole: MLRun logs all names of the module in one. */
const LONGEST_LINE = 2000;
const BASE64 = /[A-Za-z0-9+/]{200,}={0,2}/g;
/** Places in the image of the builder or the test machine that say nothing to a user. */
const PATHS = /(?:\/[\w.+-]+)*\/(?:rootfs\/)?opt\/nuclio\//g;

/** A log for people: no codes, no base64, no line that nobody can read. */
export function cleanLog(text: string): string {
  return text
    .replace(ANSI, "")
    .replace(/\r\n?/g, "\n")
    .replace(BASE64, (data) => `(${data.length} characters of base64)`)
    .replace(PATHS, "")
    .split("\n")
    .map((line) =>
      line.length > LONGEST_LINE ? `${line.slice(0, 400)} … (${line.length} characters)` : line.trimEnd(),
    )
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

/** A line of the processor or of the Python wrapper. */
export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error" | null;
  /** Time of day as the processor writes it, without the date; null where the line has none. */
  readonly time: string | null;
  readonly text: string;
  /** What was logged beside the message, where it can be read. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const PROCESSOR = /^(\d\d\.\d\d\.\d\d) (\d\d:\d\d:\d\d\.\d+) \(([DIWE])\)\s+(\S.*?)$/;
const LEVELS: Readonly<Record<string, LogLine["level"]>> = { D: "debug", I: "info", W: "warn", E: "error" };

/** Reads one cleaned line. Text that a function printed is a line without level. */
export function readLogLine(line: string): LogLine {
  const clean = line.replace(ANSI, "");
  const own = PROCESSOR.exec(clean);
  if (own) {
    const [, , time = null, level = "", rest = ""] = own;
    const { text, fields } = splitFields(rest.replace(/^\S+(?: connection)?\s+/, ""));
    return { level: LEVELS[level] ?? null, time, text, fields };
  }
  if (!clean.startsWith('{"datetime"')) return { level: null, time: null, text: clean, fields: {} };
  const record = parsed(clean);
  const level = String(record["level"] ?? "");
  return {
    level:
      level === "debug" || level === "info" || level === "error"
        ? level
        : level.startsWith("warn")
          ? "warn"
          : null,
    time: /\d\d:\d\d:\d\d/.exec(String(record["datetime"] ?? ""))?.[0] ?? null,
    text: String(record["message"] ?? ""),
    fields: objectIn(record["with"]),
  };
}

function splitFields(text: string): Pick<LogLine, "text" | "fields"> {
  const at = text.indexOf(" {");
  if (at < 0 || !text.endsWith("}")) return { text, fields: {} };
  const fields = parsed(text.slice(at + 1));
  return Object.keys(fields).length === 0 ? { text, fields: {} } : { text: text.slice(0, at), fields };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return objectIn(JSON.parse(text));
  } catch {
    return {};
  }
}

function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>) // JSON gives plain objects
    : {};
}

/** Bytes as text; what is no UTF-8 is shown byte by byte. */
export function textOfBytes(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text !== null) return text;
  let shown = "";
  for (const byte of bytes) shown += byte < 0x80 ? String.fromCharCode(byte) : "\ufffd";
  return shown;
}
