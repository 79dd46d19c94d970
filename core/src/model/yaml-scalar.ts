import { type PyFloat, type PyValue, float, int } from "../value/value";

const constants = <T extends PyValue>(value: T, texts: string): [string, T][] =>
  texts.split(" ").map((text) => [text, value]);

const CONSTANTS: ReadonlyMap<string, PyValue> = new Map<string, PyValue>([
  ["", null],
  ...constants(null, "~ null Null NULL"),
  ...constants(true, "yes Yes YES true True TRUE on On ON"),
  ...constants(false, "no No NO false False FALSE off Off OFF"),
]);

/** What a text without quotes stands for. Numbers need a point for a float, and a sign in its exponent: `1e3` is text. */
export function plainScalar(text: string): PyValue {
  const constant = CONSTANTS.get(text);
  if (constant !== undefined) return constant;
  if (/^[-+]?\.(inf|Inf|INF)$/.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^\.(nan|NaN|NAN)$/.test(text)) return NaN;
  const digits = text.replaceAll("_", "");
  if (/^[-+]?(0|[1-9][0-9_]*|0b[01_]+|0x[0-9a-fA-F_]+)$/.test(text)) return signed(digits, BigInt);
  if (/^[-+]?0[0-7_]+$/.test(text)) return signed(digits, (d) => BigInt(`0o${d}`));
  if (/^[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+$/.test(text)) return signed(digits, sexagesimal);
  if (/^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*$/.test(text)) return sexagesimalFloat(digits);
  if (/^[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)([eE][-+][0-9]+)?$/.test(text))
    return float(Number(digits));
  return text;
}

function signed(digits: string, read: (digits: string) => bigint): number | bigint {
  const value = read(digits.replace(/^[-+]/, ""));
  return int(digits.startsWith("-") ? -value : value);
}

/** `1:30` is 90. */
function sexagesimal(digits: string): bigint {
  return digits.split(":").reduce((sum, part) => sum * 60n + BigInt(part), 0n);
}

function sexagesimalFloat(digits: string): number | PyFloat {
  const size = digits
    .replace(/^[-+]/, "")
    .split(":")
    .reduce((sum, part) => sum * 60 + Number(part), 0);
  return float(digits.startsWith("-") ? -size : size);
}
