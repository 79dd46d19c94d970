import {
  type Alias,
  type Node,
  Pair,
  Scalar,
  type ScalarTag,
  YAMLMap,
  YAMLSeq,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  stringify,
} from "yaml";
import { GraphcellError } from "../errors";
import { PyDict } from "../value/dict";
import { floatRepr } from "../value/number";
import { repr } from "../value/repr";
import { type PyMap, type PyValue, PyFloat, PyTuple, float, int } from "../value/value";

/**
 * Reads YAML as PyYAML's loader does (YAML 1.1): `yes` is true, `010` is 8, `1.0` is a float, ints have any size,
 * merge keys and aliases are followed, order is kept. Timestamps stay text. Only the first document is read.
 * Throws a `GraphcellError` (`GC_YAML`) with line and column for text that is not YAML.
 */
export function parseYaml(text: string): PyValue {
  const document = parseDocument(text, { schema: "failsafe", uniqueKeys: false, logLevel: "error" });
  const [error] = document.errors;
  if (error && error.code !== "MULTIPLE_DOCS") {
    const at = error.linePos?.[0];
    const what = error.message.split("\n")[0].replace(/ at line \d+, column \d+:?$/, "");
    throw new GraphcellError(
      "GC_YAML",
      `The text is not YAML${at ? ` (line ${at.line}, column ${at.col})` : ""}: ${what}.`,
      "Correct it there.",
    );
  }
  const reader = new Reader((alias) => alias.resolve(document));
  return reader.read(document.contents);
}

class Reader {
  private readonly known = new Map<Node, PyValue>();
  private readonly open = new Set<Node>();

  constructor(private readonly resolve: (alias: Alias) => Node | undefined) {}

  /** Every node is read once, so that aliases of aliases cost nothing. */
  read(node: unknown): PyValue {
    if (node === null || node === undefined) return null;
    if (isAlias(node)) return this.readAlias(node);
    if (!isScalar(node) && !isSeq(node) && !isMap(node)) throw unreadable("a value of an unknown form");
    const known = this.known.get(node);
    if (known !== undefined) return known;
    this.open.add(node);
    const value = this.readNode(node);
    this.open.delete(node);
    this.known.set(node, value);
    return value;
  }

  private readAlias(alias: Alias): PyValue {
    const target = this.resolve(alias);
    if (target === undefined || this.open.has(target)) {
      throw unreadable(`the alias *${alias.source}, which stands for nothing or for what it is part of`);
    }
    return this.read(target);
  }

  private readNode(node: Scalar | YAMLSeq | YAMLMap): PyValue {
    if (isScalar(node)) return readScalar(node);
    if (isMap(node)) return this.readMap(node);
    const items = node.items.map((item) => this.read(item));
    return (node.tag ?? "").endsWith("python/tuple") ? new PyTuple(items) : items;
  }

  private readMap(node: YAMLMap): PyMap {
    const all: PyMap = new PyDict();
    const own: PyMap = new PyDict();
    for (const { key, value } of node.items) {
      const merges = isScalar(key) && key.value === "<<" && key.type === Scalar.PLAIN;
      if (!merges) own.set(this.readKey(key), this.read(value));
      else for (const [k, v] of this.merged(value)) if (!all.has(k)) all.set(k, v);
    }
    for (const [k, v] of own) all.set(k, v);
    return [...all.keys()].every((k) => typeof k === "string") ? new Map(all) : all;
  }

  private readKey(node: unknown): PyValue {
    const key = this.read(node);
    if (Array.isArray(key) || key instanceof Map) throw unreadable("a list or mapping as a key");
    return key;
  }

  private *merged(value: unknown): Generator<readonly [PyValue, PyValue]> {
    const from = this.read(value);
    for (const each of Array.isArray(from) ? from : [from]) if (each instanceof Map) yield* each;
  }
}

function unreadable(what: string): GraphcellError {
  return new GraphcellError(
    "GC_YAML",
    `The YAML has ${what}.`,
    "Write it out as text, number, list or mapping.",
  );
}

function readScalar(node: Scalar): PyValue {
  const text = typeof node.value === "string" ? node.value : "";
  const tag = (node.tag ?? "").replace("tag:yaml.org,2002:", "");
  if (node.type !== Scalar.PLAIN || tag === "str" || tag === "!") return text;
  const value = plainScalar(text);
  return tag === "float" && typeof value === "number" ? float(value) : value;
}

const constants = <T extends PyValue>(value: T, texts: string): [string, T][] =>
  texts.split(" ").map((text) => [text, value]);

const CONSTANTS: ReadonlyMap<string, PyValue> = new Map<string, PyValue>([
  ["", null],
  ...constants(null, "~ null Null NULL"),
  ...constants(true, "yes Yes YES true True TRUE on On ON"),
  ...constants(false, "no No NO false False FALSE off Off OFF"),
]);

/** Numbers need a point for a float, and a sign in its exponent: `1e3` is text. */
function plainScalar(text: string): PyValue {
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

/** YAML text of a value, in block style, that `parseYaml` and PyYAML read back. Tuples become lists. */
export function dumpYaml(value: PyValue): string {
  return stringify(nodeOf(value), {
    version: "1.1",
    lineWidth: 0,
    aliasDuplicateObjects: false,
    customTags: (tags) => [RAW_NUMBER, ...tags],
  });
}

function nodeOf(value: PyValue): Node {
  if (Array.isArray(value)) return sequence(value);
  if (value instanceof PyTuple) return sequence(value.items);
  if (value instanceof Map) {
    const map = new YAMLMap<Node, Node>();
    for (const [k, v] of value) map.items.push(new Pair(nodeOf(k), nodeOf(v)));
    return map;
  }
  if (value === null || typeof value === "boolean" || typeof value === "bigint") return new Scalar(value);
  if (typeof value === "string") return textNode(value);
  if (typeof value === "number" && Number.isInteger(value)) return new Scalar(value);
  if (typeof value === "number" || value instanceof PyFloat) return floatNode(Number(value));
  return textNode(repr(value));
}

function sequence(items: readonly PyValue[]): Node {
  const list = new YAMLSeq<Node>();
  list.items.push(...items.map(nodeOf));
  return list;
}

/** A string that would read as something else goes in quotes, also for readers that know timestamps. */
function textNode(value: string): Node {
  const node = new Scalar(value);
  const odd = plainScalar(value) !== value || /^(<<|=)$|^\d{4}-\d{1,2}-\d{1,2}/.test(value);
  if (odd) node.type = Scalar.QUOTE_DOUBLE;
  return node;
}

/** `1.0`, `1.0e+16`, `.nan`: the library would drop the point. */
function floatNode(n: number): Node {
  if (Number.isNaN(n)) return new Scalar(new RawNumber(".nan"));
  if (!Number.isFinite(n)) return new Scalar(new RawNumber(n < 0 ? "-.inf" : ".inf"));
  const written = floatRepr(n);
  return new Scalar(new RawNumber(written.includes(".") ? written : written.replace("e", ".0e")));
}

/** A number in the very text in which it is to be written. */
class RawNumber {
  constructor(readonly source: string) {}
}

const RAW_NUMBER: ScalarTag = {
  tag: "tag:yaml.org,2002:float",
  default: true,
  identify: (value) => value instanceof RawNumber,
  resolve: (source) => new RawNumber(source),
  stringify: ({ value }) => (value instanceof RawNumber ? value.source : String(value)),
};
