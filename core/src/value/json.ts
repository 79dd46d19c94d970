import { floatRepr } from "./number";
import { typeName } from "./repr";
import { PyRaise } from "./raise";
import { PyTextEnum, type PyMap, type PyValue, PyFloat, PyTuple, float, int } from "./value";

/** Text that is not JSON, as Python's `json.JSONDecodeError` says it. */
export class JsonError extends Error {
  /** Position in the text, in UTF-16 units from 0. */
  readonly offset: number;
  /** From 1, counted in characters as Python does. */
  readonly line: number;
  readonly column: number;
  /** Without the place: `Expecting value`. */
  readonly what: string;

  constructor(what: string, text: string, offset: number) {
    const before = text.slice(0, offset);
    const line = before.split("\n").length;
    const column = [...before.slice(before.lastIndexOf("\n") + 1)].length + 1;
    super(`${what}: line ${line} column ${column} (char ${[...before].length})`);
    this.name = "JSONDecodeError";
    this.offset = offset;
    this.line = line;
    this.column = column;
    this.what = what;
  }
}

const NUMBER = /(-?(?:0|[1-9]\d*))(\.\d+)?([eE][-+]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const CONSTANTS: readonly (readonly [string, PyValue])[] = [
  ["null", null],
  ["true", true],
  ["false", false],
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
];
/** Deeper nesting raises as Python does, instead of ending the page's stack. */
const MAX_DEPTH = 990;

/** `json.loads(text)`: ints of any size, `1` and `1.0` apart, NaN and Infinity; throws `JsonError`. */
export function parseJson(text: string): PyValue {
  if (text.startsWith("\ufeff"))
    throw new JsonError("Unexpected UTF-8 BOM (decode using utf-8-sig)", text, 0);
  const reader = new Reader(text);
  reader.space();
  const value = reader.value(0);
  reader.space();
  if (reader.at < text.length) throw new JsonError("Extra data", text, reader.at);
  return value;
}

class Reader {
  at = 0;

  constructor(private readonly text: string) {}

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  private fail(what: string, offset = this.at): never {
    throw new JsonError(what, this.text, offset);
  }

  space(): void {
    this.match(SPACE);
  }

  value(depth: number): PyValue {
    if (depth > MAX_DEPTH) {
      throw new PyRaise("RecursionError", "maximum recursion depth exceeded while decoding a JSON document");
    }
    const c = this.text[this.at];
    if (c === '"') return this.string();
    if (c === "{") return this.object(depth);
    if (c === "[") return this.array(depth);
    for (const [word, value] of CONSTANTS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    const n = this.match(NUMBER);
    if (!n) return this.fail("Expecting value");
    return n[2] === undefined && n[3] === undefined ? readInt(n[1]) : float(Number(n[0]));
  }

  private object(depth: number): PyMap {
    const map: PyMap = new Map();
    this.at++;
    this.space();
    if (this.text[this.at] === "}") {
      this.at++;
      return map;
    }
    for (;;) {
      if (this.text[this.at] !== '"') this.fail("Expecting property name enclosed in double quotes");
      const key = this.string();
      this.space();
      if (this.text[this.at] !== ":") this.fail("Expecting ':' delimiter");
      this.at++;
      this.space();
      map.set(key, this.value(depth + 1));
      this.space();
      const c = this.text[this.at];
      if (c === "}") {
        this.at++;
        return map;
      }
      if (c !== ",") this.fail("Expecting ',' delimiter");
      this.at++;
      this.space();
    }
  }

  private array(depth: number): PyValue[] {
    const items: PyValue[] = [];
    this.at++;
    this.space();
    if (this.text[this.at] === "]") {
      this.at++;
      return items;
    }
    for (;;) {
      items.push(this.value(depth + 1));
      this.space();
      const c = this.text[this.at];
      if (c === "]") {
        this.at++;
        return items;
      }
      if (c !== ",") this.fail("Expecting ',' delimiter");
      this.at++;
      this.space();
    }
  }

  private string(): string {
    const begin = this.at++;
    let result = "";
    for (;;) {
      result += this.match(PLAIN)?.[0] ?? "";
      const c = this.text[this.at];
      if (c === undefined) this.fail("Unterminated string starting at", begin);
      if (c === '"') {
        this.at++;
        return result;
      }
      if (c !== "\\") this.fail("Invalid control character at");
      result += this.escape(begin);
    }
  }

  private escape(begin: number): string {
    const c = this.text[this.at + 1];
    if (c === undefined) return this.fail("Unterminated string starting at", begin);
    if (c === "u") {
      const digits = this.text.slice(this.at + 2, this.at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail("Invalid \\uXXXX escape", this.at + 1);
      this.at += 6;
      return String.fromCharCode(parseInt(digits, 16));
    }
    const plain = ESCAPES[c];
    if (plain === undefined) return this.fail("Invalid \\escape");
    this.at += 2;
    return plain;
  }
}

function readInt(digits: string): number | bigint {
  const n = Number(digits);
  return Number.isSafeInteger(n) ? (n === 0 ? 0 : n) : int(BigInt(digits));
}

export interface DumpOptions {
  /** Spaces of one level; absent writes one line. */
  readonly indent?: number;
  /** Escape what is not ASCII, and DEL; true when absent, as in Python. */
  readonly ensureAscii?: boolean;
  readonly sortKeys?: boolean;
  /** Between items, between key and value. `", "` and `": "` when absent (`","` with an indent). */
  readonly separators?: readonly [string, string];
  /** Form of a value or key that JSON lacks; absent raises as Python does. */
  readonly fallback?: (value: PyValue) => PyValue;
}

/** `json.dumps(value)`, byte for byte; throws `PyRaise` TypeError where Python does. */
export function dumpJson(value: PyValue, options: DumpOptions = {}): string {
  const [item, colon] = options.separators ?? [options.indent === undefined ? ", " : ",", ": "];
  const text = (s: string) => quote(s, options.ensureAscii ?? true);

  const list = (parts: string[], open: string, close: string, depth: number): string => {
    if (parts.length === 0) return open + close;
    if (options.indent === undefined) return open + parts.join(item) + close;
    const inner = "\n" + " ".repeat(options.indent * (depth + 1));
    return open + inner + parts.join(item + inner) + "\n" + " ".repeat(options.indent * depth) + close;
  };

  const write = (v: PyValue, depth: number): string => {
    if (v === null) return "null";
    if (typeof v === "string") return text(v);
    if (typeof v === "boolean") return v ? "true" : "false";
    if (typeof v === "bigint") return v.toString();
    if (typeof v === "number") return Number.isInteger(v) ? String(v) : floatText(v);
    if (v instanceof PyFloat) return floatText(v.value);
    if (v instanceof PyTuple) return write([...v.items], depth);
    if (depth > MAX_DEPTH) throw new PyRaise("RecursionError", "maximum recursion depth exceeded");
    if (Array.isArray(v))
      return list(
        v.map((x) => write(x, depth + 1)),
        "[",
        "]",
        depth,
      );
    if (v instanceof Map) {
      const entries = [...v].map(([k, x]) => [keyText(k, options.fallback), x] as const);
      if (options.sortKeys) entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      return list(
        entries.map(([k, x]) => text(k) + colon + write(x, depth + 1)),
        "{",
        "}",
        depth,
      );
    }
    if (v instanceof PyTextEnum) return text(v.value);
    if (options.fallback) return write(options.fallback(v), depth);
    throw new PyRaise("TypeError", `Object of type ${typeName(v)} is not JSON serializable`);
  };
  return write(value, 0);
}

function keyText(key: PyValue, fallback: DumpOptions["fallback"]): string {
  if (typeof key === "string") return key;
  if (key === null) return "null";
  if (typeof key === "boolean") return key ? "true" : "false";
  if (typeof key === "bigint") return key.toString();
  if (typeof key === "number") return Number.isInteger(key) ? String(key) : floatText(key);
  if (key instanceof PyFloat) return floatText(key.value);
  if (fallback) return keyText(fallback(key), undefined);
  throw new PyRaise("TypeError", `keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

function floatText(n: number): string {
  if (Number.isNaN(n)) return "NaN";
  if (!Number.isFinite(n)) return n > 0 ? "Infinity" : "-Infinity";
  return floatRepr(n);
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function quote(s: string, ensureAscii: boolean): string {
  const odd = ensureAscii ? /["\\\u0000-\u001f\u007f-\uffff]/g : /["\\\u0000-\u001f]/g;
  const escape = (c: string) => SHORT[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `"${s.replace(odd, escape)}"`;
}
