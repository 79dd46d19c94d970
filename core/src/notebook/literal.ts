import { type PyValue, PyBytes, PyObject, float, int } from "../value/value";

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** The parts of a string literal's source: its prefix in lower case and the text between its quotes. */
export function splitString(source: string): { prefix: string; quote: string; body: string } {
  const start = source.search(/['"]/);
  if (start < 0) return { prefix: "", quote: "", body: source };
  const prefix = source.slice(0, start).toLowerCase();
  const mark = source[start] ?? '"';
  const quote = source.startsWith(mark.repeat(3), start) ? mark.repeat(3) : mark;
  const from = start + quote.length;
  const to =
    source.endsWith(quote) && source.length - quote.length >= from
      ? source.length - quote.length
      : source.length;
  return { prefix, quote, body: source.slice(from, to) };
}

/** The value of a string or bytes literal as it stands in the source, with its prefix and quotes. */
export function stringValue(source: string): PyValue {
  const { prefix, body } = splitString(source);
  const text = prefix.includes("r") ? body : unescape(body, prefix.includes("b"));
  if (!prefix.includes("b")) return text;
  return new PyBytes(Uint8Array.from(text, (c) => c.charCodeAt(0) & 0xff));
}

/** Python's escapes; an unknown one stays as it stands. `\N{...}` needs a table of names and stays too. */
export function unescape(body: string, bytes = false): string {
  if (!body.includes("\\")) return body;
  const pattern = /\\(\r\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[\s\S])/g;
  return body.replace(pattern, (whole: string, code: string) => {
    if (code === "\r\n") return "";
    if (/^[0-7]/.test(code)) return String.fromCharCode(parseInt(code, 8));
    if (code.length > 1) {
      if (bytes && !code.startsWith("x")) return whole;
      const point = parseInt(code.slice(1), 16);
      return point > 0x10ffff ? whole : String.fromCodePoint(point);
    }
    return ESCAPES[code] ?? whole;
  });
}

/** The value of a number literal. */
export function numberValue(source: string): PyValue {
  const text = source.replace(/_/g, "").toLowerCase();
  if (text.endsWith("j")) return new PyObject("complex", new Map([["repr", text]]));
  if (/^0[xob]/.test(text)) return /^0[xob][0-9a-f]+$/.test(text) ? int(BigInt(text)) : null;
  if (/[.e]/.test(text)) return float(Number(text));
  return /^\d+$/.test(text) ? int(BigInt(text)) : null;
}
