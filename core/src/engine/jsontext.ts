import { decodeUtf8 } from "../value/bytes";
import { type Failure, failure } from "./failure";

/** The text of JSON in bytes, decoded as Python's `json.loads` guesses: by byte order mark, then by zeros. */
export function jsonText(data: Uint8Array): string {
  const starts = (...bytes: number[]): boolean => bytes.every((byte, i) => data[i] === byte);
  if (starts(0xff, 0xfe, 0, 0)) return wide(data.slice(4), 4, true);
  if (starts(0, 0, 0xfe, 0xff)) return wide(data.slice(4), 4, false);
  if (starts(0xff, 0xfe)) return wide(data.slice(2), 2, true);
  if (starts(0xfe, 0xff)) return wide(data.slice(2), 2, false);
  if (starts(0xef, 0xbb, 0xbf)) return utf8(data.slice(3));
  if (data.length >= 4) {
    if (data[0] === 0) return wide(data, data[1] === 0 ? 4 : 2, false);
    if (data[1] === 0) return wide(data, data[2] === 0 && data[3] === 0 ? 4 : 2, true);
  } else if (data.length === 2) {
    if (data[0] === 0) return wide(data, 2, false);
    if (data[1] === 0) return wide(data, 2, true);
  }
  return utf8(data);
}

function utf8(data: Uint8Array): string {
  const text = decodeUtf8(data);
  if (text === null) throw undecodable(data);
  return text;
}

function undecodable(data: Uint8Array): Failure {
  let at = 0;
  while (at < data.length && !startsBadly(data, at)) at += width(data[at]);
  const byte = `0x${(data[at] ?? 0).toString(16).padStart(2, "0")}`;
  const first = data[at] ?? 0;
  const starts = first >= 0xc2 && first < 0xf5;
  const ended = starts && at + width(first) > data.length;
  const why = ended ? "unexpected end of data" : starts ? "invalid continuation byte" : "invalid start byte";
  return failure("UnicodeDecodeError", `'utf-8' codec can't decode byte ${byte} in position ${at}: ${why}`);
}

function startsBadly(data: Uint8Array, at: number): boolean {
  return decodeUtf8(data.slice(at, at + width(data[at]))) === null;
}

function width(byte: number): number {
  return byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/** UTF-16 or UTF-32; what is cut off is left out. */
function wide(data: Uint8Array, size: 2 | 4, little: boolean): string {
  let out = "";
  for (let i = 0; i + size <= data.length; i += size) {
    let code = 0;
    for (let j = 0; j < size; j++) code += data[i + j] * 2 ** (8 * (little ? j : size - 1 - j));
    out += size === 2 ? String.fromCharCode(code) : String.fromCodePoint(Math.min(code, 0x10ffff));
  }
  return out;
}
