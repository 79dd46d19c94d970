import { GraphcellError } from "../errors";
import { decodeUtf8, encodeUtf8, fromBase64, toBase64 } from "./bytes";
import { PyDict } from "./dict";
import { dumpJson, parseJson } from "./json";
import { floatRepr } from "./number";
import {
  type PyMap,
  type PyValue,
  PyBytes,
  PyFloat,
  PyObject,
  PyTextEnum,
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
 * | frozenset | items                                                                                |
 * | bytes     | utf8, or base64                                                                      |
 * | dict      | items: pairs. For keys that are not strings, and for a dict that has a key `$type`   |
 * | cycle     | stands where a value contains itself, in forms that are only looked at               |
 * | shared    | id, and value where it comes first: one list, dict or set in several places          |
 * | any other | its fields; `fields` alone makes a named tuple; `handle` when it stays in a kernel   |
 */
export function wireText(value: PyValue): string {
  return dumpJson(new Describer(null).form(value), { separators: [",", ":"] });
}

/** Reads the text form; throws `JsonError` for what is not JSON and `GraphcellError` for a malformed `$type`. */
export function parseWire(text: string): PyValue {
  return new Reviver().value(parseJson(text));
}

/** The plain form: null, boolean, number, string, array and object only. */
export function toWire(value: PyValue): unknown {
  return plain(new Describer(null).form(value));
}

/** Reads the plain form; throws `GraphcellError` for what is not plain data. */
export function fromWire(data: unknown): PyValue {
  return new Reviver().value(unplain(data));
}

/** A value that is in wire form already. */
export class Described extends PyObject {
  constructor(readonly form: PyValue) {
    super("described");
  }
}

/**
 * The wire forms of values that belong together: a list, dict or set that is in several places, or contains itself, is
 * written once, and so is one at the other end, too.
 */
export class SharedForms {
  /** Lists, dicts and sets in the order in which they are written, once each; not those that objects are made of. */
  readonly containers: PyValue[] = [];
  private readonly ids = new Map<PyValue, number>();
  private readonly written = new Set<PyValue>();
  private readonly describer = new Describer(this);

  /** All values that will be written. */
  constructor(values: readonly PyValue[]) {
    const seen = new Set<PyValue>();
    const visit = (v: PyValue): void => {
      if (v === null || typeof v !== "object") return;
      if (isContainer(v)) {
        if (seen.has(v)) return void this.ids.set(v, ++lastId);
        seen.add(v);
      }
      for (const part of partsOf(v)) visit(part);
    };
    for (const value of values) visit(value);
  }

  form(value: PyValue): Described {
    return new Described(this.describer.form(value));
  }

  write(v: PyValue, counted: boolean, make: () => PyValue): PyValue {
    const id = this.ids.get(v);
    if (id !== undefined && this.written.has(v)) return dict({ $type: "shared", id });
    this.written.add(v);
    if (counted) this.containers.push(v);
    const form = make();
    return id === undefined ? form : dict({ $type: "shared", id, value: form });
  }
}

let lastId = 0;

function isContainer(v: PyValue): boolean {
  return Array.isArray(v) || v instanceof Map || (v instanceof PySet && !v.frozen);
}

function partsOf(v: PyValue): Iterable<PyValue> {
  if (Array.isArray(v)) return v;
  // Keys hold no lists, dicts or sets.
  if (v instanceof Map) return v.values();
  if (v instanceof PyTuple) return v.items;
  // What has a handle is at the other end already.
  return v instanceof PyObject && v.handle === null && !(v instanceof Described) ? v.fields.values() : [];
}

/** Levels of a value that are written: Python reads not many more. */
const MAX_DEPTH = 400;

/** Rewrites values with JSON's kinds only; numbers stay as they are but for nan and infinities. */
class Describer {
  private readonly open = new Set<PyValue>();
  private depth = 0;
  /** How many objects are open. */
  private objects = 0;

  constructor(private readonly sharing: SharedForms | null) {}

  form(v: PyValue): PyValue {
    if (v === null || typeof v === "boolean" || typeof v === "string" || typeof v === "bigint") return v;
    if (typeof v === "number") {
      return Number.isFinite(v) ? v : dict({ $type: "float", value: floatRepr(v) });
    }
    if (v instanceof PyFloat) {
      return Number.isFinite(v.value) ? v : dict({ $type: "float", value: floatRepr(v.value) });
    }
    if (v instanceof PyBytes) return describeBytes(v.data);
    if (v instanceof Described) return v.form;
    // Who only looks at it sees the text.
    if (v instanceof PyTextEnum && this.sharing === null) return v.value;
    return this.inside(v, () => this.parts(v));
  }

  private inside(v: PyValue, make: () => PyValue): PyValue {
    if (this.depth >= MAX_DEPTH) throw tooDeep();
    this.depth++;
    try {
      if (this.sharing !== null && isContainer(v)) return this.sharing.write(v, this.objects === 0, make);
      if (this.open.has(v)) return dict({ $type: "cycle" });
      this.open.add(v);
      const form = make();
      this.open.delete(v);
      return form;
    } finally {
      this.depth--;
    }
  }

  private parts(v: PyValue[] | PyMap | PyTuple | PySet | PyObject): PyValue {
    if (Array.isArray(v)) return v.map((x) => this.form(x));
    if (v instanceof Map) return this.map(v);
    if (v instanceof PyTuple) return this.tuple(v);
    if (v instanceof PySet) {
      return dict({ $type: v.frozen ? "frozenset" : "set", items: v.items.map((x) => this.form(x)) });
    }
    return this.object(v);
  }

  private object(v: PyObject): PyValue {
    const out = dict({ $type: v.type });
    if (v.handle !== null) out.set("handle", v.handle);
    const parts = v.handle === null ? this : new Describer(null);
    this.objects++;
    for (const [k, x] of v.fields) out.set(k, parts.form(x));
    this.objects--;
    return out;
  }

  private map(v: PyMap): PyValue {
    let regular = !v.has("$type");
    for (const k of v.keys()) regular &&= typeof k === "string";
    if (!regular) {
      return dict({ $type: "dict", items: [...v].map(([k, x]) => [this.form(k), this.form(x)]) });
    }
    const to: PyMap = new Map();
    for (const [k, x] of v) to.set(k, this.form(x));
    return to;
  }

  private tuple(v: PyTuple): PyValue {
    const { named } = v;
    if (!named) return dict({ $type: "tuple", items: v.items.map((x) => this.form(x)) });
    const fields = new Map<PyValue, PyValue>(v.items.map((x, i) => [named.fields[i], this.form(x)]));
    return dict({ $type: named.className, fields });
  }
}

function tooDeep(): GraphcellError {
  return new GraphcellError(
    "GC_TOO_DEEP",
    `A value is nested deeper than ${MAX_DEPTH} levels.`,
    "Use a flatter value.",
  );
}

function describeBytes(data: Uint8Array): PyValue {
  const utf8 = decodeUtf8(data);
  return utf8 !== null ? dict({ $type: "bytes", utf8 }) : dict({ $type: "bytes", base64: toBase64(data) });
}

/** Makes values of wire forms; what is shared is one. */
class Reviver {
  private readonly shared = new Map<PyValue, PyValue>();
  /** Id of the container that comes next. */
  private naming: PyValue = null;

  value(v: PyValue): PyValue {
    if (Array.isArray(v)) {
      const to = this.named<PyValue[]>([]);
      for (const x of v) to.push(this.value(x));
      return to;
    }
    if (!(v instanceof Map)) return v;
    const type = v.get("$type");
    if (typeof type === "string") return this.typed(type, v);
    const to = this.named<PyMap>(new Map());
    for (const [k, x] of v) to.set(k, this.value(x));
    return to;
  }

  private named<T extends PyValue>(container: T): T {
    if (this.naming !== null) this.shared.set(this.naming, container);
    this.naming = null;
    return container;
  }

  private typed(type: string, v: PyMap): PyValue {
    if (type === "float") return reviveFloat(v);
    if (type === "int") return reviveInt(v);
    if (type === "shared" && v.has("id")) return this.again(v);
    if (type === "tuple") return new PyTuple(itemsOf(v).map((x) => this.value(x)));
    if (type === "set" || type === "frozenset") {
      const to = this.named(new PySet([], type === "frozenset"));
      for (const x of itemsOf(v)) to.items.push(this.value(x));
      return to;
    }
    if (type === "dict" && v.has("items")) return this.dict(v);
    if (type === "bytes") {
      const utf8 = v.get("utf8");
      return new PyBytes(typeof utf8 === "string" ? encodeUtf8(utf8) : fromBase64(textOf(v, "base64")));
    }
    const fields = v.get("fields");
    if (fields instanceof Map && v.size === 2) {
      const names = [...fields.keys()].map(String);
      const items = [...fields.values()].map((x) => this.value(x));
      return new PyTuple(items, { className: type, fields: names });
    }
    if (type === "text_enum") {
      return new PyTextEnum(textOf(v, "class"), textOf(v, "value"), textOf(v, "repr"));
    }
    const handle = v.get("handle");
    const rest = new Map<string, PyValue>();
    for (const [k, x] of v) if (k !== "$type" && k !== "handle") rest.set(String(k), this.value(x));
    return new PyObject(type, rest, typeof handle === "string" ? handle : null);
  }

  private again(v: PyMap): PyValue {
    const id = v.get("id") ?? null;
    const form = v.get("value");
    if (form === undefined) {
      const known = this.shared.get(id);
      if (known === undefined) throw malformed("shared");
      return known;
    }
    this.naming = id;
    const value = this.value(form);
    this.shared.set(id, value);
    this.naming = null;
    return value;
  }

  private dict(v: PyMap): PyValue {
    const pairs = itemsOf(v);
    const to = this.named<PyMap>(pairs.every(hasTextKey) ? new Map() : new PyDict());
    for (const pair of pairs) {
      if (!Array.isArray(pair) || pair.length !== 2) throw malformed("dict");
      to.set(this.value(pair[0]), this.value(pair[1]));
    }
    return to;
  }
}

function hasTextKey(pair: PyValue): boolean {
  return Array.isArray(pair) && typeof pair[0] === "string";
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
