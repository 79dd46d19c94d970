import { GraphcellError } from "../errors";
import { PyDict } from "./dict";
import { dumpJson, parseJson } from "./json";
import { floatRepr } from "./number";
import {
  type PyMap,
  type PyValue,
  PyBytes,
  PyFloat,
  PyObject,
  PySet,
  PyTuple,
  dict,
  float,
  int,
} from "./value";

/**
 * The wire form: JSON in which what JSON lacks is an object with `$type`. Two spellings:
 *
 * - text (`wireText`, `parseWire`), for processes: numbers as Python's json writes them, so `1.0` is a float and
 *   ints have any size; only nan and infinities are `{"$type": "float", "value": "nan"}`.
 * - plain data (`toWire`, `fromWire`), for messages and files that a JavaScript JSON reader handles: there integral
 *   floats are `{"$type": "float", "value": "1.0"}` and ints beyond 2^53 `{"$type": "int", "value": "..."}`.
 *
 * | `$type`   | other entries                                                                        |
 * | --------- | ------------------------------------------------------------------------------------ |
 * | float     | value: text                                                                          |
 * | int       | value: text                                                                          |
 * | tuple     | items                                                                                |
 * | set       | items                                                                                |
 * | bytes     | utf8, or base64                                                                      |
 * | dict      | items: pairs. For keys that are not strings, and for a dict that has a key `$type`   |
 * | any other | its fields; `fields` alone makes a named tuple; `handle` when it stays in a kernel   |
 */
export function wireText(value: PyValue): string {
  return dumpJson(describe(value), { separators: [",", ":"] });
}

/** Reads the text form; throws `JsonError` for what is not JSON and `GraphcellError` for a malformed `$type`. */
export function parseWire(text: string): PyValue {
  return revive(parseJson(text));
}

/** The plain form: null, boolean, number, string, array and object only. */
export function toWire(value: PyValue): unknown {
  return plain(describe(value));
}

/** Reads the plain form; throws `GraphcellError` for what is not plain data. */
export function fromWire(data: unknown): PyValue {
  return revive(unplain(data));
}

/** Rewrites a value with JSON's kinds only; numbers stay as they are but for nan and infinities. */
function describe(v: PyValue): PyValue {
  if (v === null || typeof v === "boolean" || typeof v === "string" || typeof v === "bigint") return v;
  if (typeof v === "number") {
    return Number.isFinite(v) ? v : dict({ $type: "float", value: floatRepr(v) });
  }
  if (v instanceof PyFloat) return v;
  if (Array.isArray(v)) return v.map(describe);
  if (v instanceof Map) return describeMap(v);
  if (v instanceof PyTuple) return describeTuple(v);
  if (v instanceof PySet) return dict({ $type: "set", items: v.items.map(describe) });
  if (v instanceof PyBytes) return describeBytes(v.data);
  const out = dict({ $type: v.type });
  if (v.handle !== null) out.set("handle", v.handle);
  for (const [k, x] of v.fields) out.set(k, describe(x));
  return out;
}

function describeMap(v: PyMap): PyValue {
  let regular = !v.has("$type");
  for (const k of v.keys()) regular &&= typeof k === "string";
  if (!regular) return dict({ $type: "dict", items: [...v].map(([k, x]) => [describe(k), describe(x)]) });
  return new Map([...v].map(([k, x]) => [k, describe(x)]));
}

function describeTuple(v: PyTuple): PyValue {
  const { named } = v;
  if (!named) return dict({ $type: "tuple", items: v.items.map(describe) });
  const fields = new Map<PyValue, PyValue>(v.items.map((x, i) => [named.fields[i], describe(x)]));
  return dict({ $type: named.className, fields });
}

function describeBytes(data: Uint8Array): PyValue {
  const utf8 = decodeUtf8(data);
  return utf8 !== null ? dict({ $type: "bytes", utf8 }) : dict({ $type: "bytes", base64: toBase64(data) });
}

function revive(v: PyValue): PyValue {
  if (Array.isArray(v)) return v.map(revive);
  if (!(v instanceof Map)) return v;
  const type = v.get("$type");
  if (typeof type !== "string") return new Map([...v].map(([k, x]) => [k, revive(x)]));
  return reviveTyped(type, v);
}

function reviveTyped(type: string, v: PyMap): PyValue {
  if (type === "float") return reviveFloat(v);
  if (type === "int") return reviveInt(v);
  if (type === "tuple") return new PyTuple(itemsOf(v).map(revive));
  if (type === "set") return new PySet(itemsOf(v).map(revive));
  if (type === "dict" && v.has("items")) return reviveDict(v);
  if (type === "bytes") {
    const utf8 = v.get("utf8");
    return new PyBytes(typeof utf8 === "string" ? encodeUtf8(utf8) : fromBase64(textOf(v, "base64")));
  }
  const fields = v.get("fields");
  if (fields instanceof Map && v.size === 2) {
    const names = [...fields.keys()].map(String);
    return new PyTuple([...fields.values()].map(revive), { className: type, fields: names });
  }
  const handle = v.get("handle");
  const rest = new Map<string, PyValue>();
  for (const [k, x] of v) if (k !== "$type" && k !== "handle") rest.set(String(k), revive(x));
  return new PyObject(type, rest, typeof handle === "string" ? handle : null);
}

function reviveInt(v: PyMap): PyValue {
  const text = textOf(v, "value");
  if (!/^-?\d+$/.test(text)) throw malformed("int");
  return int(BigInt(text));
}

function reviveFloat(v: PyMap): PyValue {
  const text = textOf(v, "value");
  if (text === "nan") return NaN;
  if (text === "inf" || text === "-inf") return text === "inf" ? Infinity : -Infinity;
  return float(Number(text));
}

function reviveDict(v: PyMap): PyValue {
  const to = new PyDict();
  for (const pair of itemsOf(v)) {
    if (!Array.isArray(pair) || pair.length !== 2) throw malformed("dict");
    to.set(revive(pair[0]), revive(pair[1]));
  }
  return [...to.keys()].every((k) => typeof k === "string") ? new Map(to) : to;
}

function itemsOf(v: PyMap): PyValue[] {
  const items = v.get("items");
  if (!Array.isArray(items)) throw malformed(String(v.get("$type")));
  return items;
}

function textOf(v: PyMap, name: string): string {
  const text = v.get(name);
  if (typeof text !== "string") throw malformed(String(v.get("$type")));
  return text;
}

function malformed(type: string): GraphcellError {
  return new GraphcellError(
    "GC_WIRE",
    `A value of type "${type}" came in a form that can't be read.`,
    "The file or message was not written by this version of Graphcell; make it again.",
  );
}

function plain(v: PyValue): unknown {
  if (v === null || typeof v === "boolean" || typeof v === "string" || typeof v === "number") return v;
  if (typeof v === "bigint") return { $type: "int", value: v.toString() };
  if (v instanceof PyFloat) return { $type: "float", value: floatRepr(v.value) };
  if (Array.isArray(v)) return v.map(plain);
  if (v instanceof Map) return plainObject(v);
  throw malformed("object");
}

/** An object keeps its order of keys only while none looks like an index: else it goes as pairs. */
function plainObject(v: PyMap): unknown {
  const keys = [...v.keys()] as string[];
  if (keys.some((k) => /^(0|[1-9]\d*)$/.test(k) || k === "__proto__")) {
    return { $type: "dict", items: [...v].map(([k, x]) => [k, plain(x)]) };
  }
  return Object.fromEntries(keys.map((k) => [k, plain(v.get(k) ?? null)]));
}

function unplain(data: unknown): PyValue {
  if (data === null || typeof data === "boolean" || typeof data === "string") return data;
  if (typeof data === "number") return Number.isSafeInteger(data) ? int(data) : float(data);
  if (Array.isArray(data)) return data.map(unplain);
  if (typeof data === "object") {
    return new Map<PyValue, PyValue>(Object.entries(data).map(([k, x]) => [k, unplain(x)]));
  }
  throw malformed(typeof data);
}

/** Text of UTF-8 bytes, null when they are not UTF-8. Written out: the core has no TextDecoder everywhere. */
export function decodeUtf8(data: Uint8Array): string | null {
  let out = "";
  for (let i = 0; i < data.length;) {
    const b = data[i];
    const extra =
      b < 0x80 ? 0 : b >= 0xc2 && b < 0xe0 ? 1 : b >= 0xe0 && b < 0xf0 ? 2 : b >= 0xf0 && b < 0xf5 ? 3 : -1;
    if (extra < 0 || i + extra >= data.length) return null;
    let code = extra === 0 ? b : b & (0x3f >> extra);
    for (let j = 1; j <= extra; j++) {
      if ((data[i + j] & 0xc0) !== 0x80) return null;
      code = (code << 6) | (data[i + j] & 0x3f);
    }
    const least = [0, 0x80, 0x800, 0x10000][extra];
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return null;
    out += String.fromCodePoint(code);
    i += extra + 1;
  }
  return out;
}

export function encodeUtf8(text: string): Uint8Array {
  const out: number[] = [];
  for (const c of text) {
    const code = c.codePointAt(0) ?? 0;
    if (code < 0x80) out.push(code);
    else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    else if (code < 0x10000) out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    else {
      out.push(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 0x3f),
        0x80 | ((code >> 6) & 0x3f),
        0x80 | (code & 0x3f),
      );
    }
  }
  return Uint8Array.from(out);
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function toBase64(data: Uint8Array): string {
  let out = "";
  for (let i = 0; i < data.length; i += 3) {
    const n = (data[i] << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0);
    out += ALPHABET[n >> 18] + ALPHABET[(n >> 12) & 63];
    out += i + 1 < data.length ? ALPHABET[(n >> 6) & 63] : "=";
    out += i + 2 < data.length ? ALPHABET[n & 63] : "=";
  }
  return out;
}

export function fromBase64(text: string): Uint8Array {
  const out: number[] = [];
  let bits = 0;
  let count = 0;
  for (const c of text) {
    const at = ALPHABET.indexOf(c);
    if (at < 0) continue;
    bits = ((bits << 6) | at) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push((bits >> count) & 0xff);
    }
  }
  return Uint8Array.from(out);
}
