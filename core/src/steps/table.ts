import { str } from "../value/repr";
import type { PyValue } from "../value/value";
import { sha1Hex } from "./sha1";

/** Storey's text of a key: lists of two joined by a dot, longer ones by the first and a hash of the rest. */
export function stringifyKey(key: PyValue): string {
  if (!Array.isArray(key)) return str(key);
  if (key.length >= 3) return `${str(key[0])}.${sha1Hex(key.slice(1).map(str).join(""))}`;
  if (key.length === 2) return `${str(key[0])}.${str(key[1])}`;
  return str(key[0] ?? null);
}
