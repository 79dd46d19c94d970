import {
  type Alias,
  type Node,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
} from "yaml";
import { GraphcellError } from "../errors";
import { PyDict } from "../value/dict";
import { type PyMap, type PyValue, PyTuple, float } from "../value/value";
import { plainScalar } from "./yaml-scalar";

/**
 * Reads YAML as PyYAML's loader does (YAML 1.1): `yes` is true, `010` is 8, `1.0` is a float, ints have any size,
 * merge keys and aliases are followed, order is kept. Timestamps stay text. Only the first document is read.
 * Throws a `GraphcellError` (`GC_YAML`) with line and column for text that is not YAML.
 */
export function parseYaml(text: string): PyValue {
  return readYaml(text).value;
}

/** The same with the nodes of the text. */
export function readYaml(text: string): { readonly value: PyValue; readonly contents: Node | null } {
  const document = parseDocument(text, { schema: "failsafe", uniqueKeys: false, logLevel: "error" });
  const [error] = document.errors;
  if (error && error.code !== "MULTIPLE_DOCS") {
    const at = error.linePos?.[0];
    const what = error.message.split("\n")[0].replace(/ at line \d+, column \d+:?$/, "");
    throw new TextError(
      "GC_YAML",
      `The text is not YAML${at ? ` (line ${at.line}, column ${at.col})` : ""}: ${what}.`,
      "Correct it there.",
      error.pos[0],
    );
  }
  const reader = new Reader((alias) => alias.resolve(document));
  return { value: reader.read(document.contents), contents: document.contents };
}

/** A text that can't be read, and where: a UTF-16 offset. */
export class TextError extends GraphcellError {
  constructor(
    code: string,
    message: string,
    remedy: string,
    readonly offset: number,
  ) {
    super(code, message, remedy);
  }
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
