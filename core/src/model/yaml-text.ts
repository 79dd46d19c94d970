import { floatRepr } from "../value/number";
import { repr } from "../value/repr";
import { PyFloat, PyTuple, type PyValue } from "../value/value";
import { plainScalar } from "./yaml-scalar";

/** YAML text of a value, in block style, that `parseYaml` and PyYAML read back. Tuples become lists. */
export function dumpYaml(value: PyValue): string {
  return `${block(value).join("\n")}\n`;
}

/** The lines of a value that stands alone. */
function block(value: PyValue): readonly string[] {
  if (Array.isArray(value)) return sequence(value);
  if (value instanceof PyTuple) return sequence(value.items);
  if (value instanceof Map) return mapping(value);
  const literal = typeof value === "string" ? literalLines(value) : null;
  return literal ?? [scalar(value)];
}

function sequence(items: readonly PyValue[]): readonly string[] {
  return items.length === 0 ? ["[]"] : items.flatMap((item) => behind("- ", block(item)));
}

function mapping(map: ReadonlyMap<PyValue, PyValue>): readonly string[] {
  if (map.size === 0) return ["{}"];
  return [...map].flatMap(([key, value]) => {
    const name = isContainer(key) ? null : scalar(key);
    // A key must stand on one line, of at most 1,024 characters, unless it is marked as one.
    if (name === null || name.length > 1000)
      return [...behind("? ", block(key)), ...behind(": ", block(value))];
    const [first, ...rest] = block(value);
    const below = isContainer(value) && first !== "[]" && first !== "{}";
    if (below) return [`${name}:`, ...[first, ...rest].map((line) => indented(line))];
    return [`${name}: ${first}`, ...rest];
  });
}

function isContainer(value: PyValue): boolean {
  return Array.isArray(value) || value instanceof PyTuple || value instanceof Map;
}

/** Lines of a value behind a mark of two characters. */
function behind(mark: string, [first, ...rest]: readonly string[]): readonly string[] {
  return [mark + first, ...rest.map((line) => indented(line))];
}

function indented(line: string): string {
  return line === "" ? "" : `  ${line}`;
}

function scalar(value: PyValue): string {
  if (value === null) return "null";
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "string") return text(value);
  if (typeof value === "number" && Number.isInteger(value)) return String(BigInt(value));
  if (typeof value === "number" || value instanceof PyFloat) return floatText(Number(value));
  return text(repr(value));
}

/** Begins with a letter or the like, and has nothing in it that YAML could take for its own. */
const PLAIN = /^[\p{L}_$/(](?:[\p{L}\p{N} _$/().+=<>;*~^@%!?'"-]|:(?=[^\s]))*$/u;

/** A string that would read as something else goes in quotes, also for readers of later versions of YAML. */
function text(value: string): string {
  const plain = PLAIN.test(value) && !value.endsWith(" ") && plainScalar(value) === value;
  return plain && !/^[yYnN]$/.test(value) ? value : quoted(value);
}

function quoted(value: string): string {
  const escaped = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replace(/[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g, escaped);
}

/** Text of several lines as it is, where nothing in it would be lost; else null. The lines are those of a value. */
function literalLines(value: string): readonly string[] | null {
  const body = value.endsWith("\n") ? value.slice(0, -1) : value;
  const printable = /^[\x20-\x7e\n\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;
  if (!body.includes("\n") || !printable.test(body) || /^[\s]|\n$|[ ]$|[ ]\n/.test(body)) return null;
  const lines = body.split("\n").map((line) => indented(line));
  return [value.endsWith("\n") ? "|" : "|-", ...lines];
}

/** `1.0`, `1.0e+16`, `.nan`: without its point it would be read as something else. */
function floatText(n: number): string {
  if (Number.isNaN(n)) return ".nan";
  if (!Number.isFinite(n)) return n < 0 ? "-.inf" : ".inf";
  const written = floatRepr(n);
  return written.includes(".") ? written : written.replace("e", ".0e");
}
