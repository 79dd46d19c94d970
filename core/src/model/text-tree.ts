import { type Node, Scalar, isMap, isScalar, isSeq } from "yaml";
import { readYaml } from "./yaml";

/** A value of a YAML or JSON text with its place: UTF-16 offsets, of a quoted text without its quotes. */
export interface TextNode {
  readonly from: number;
  readonly to: number;
  readonly kind: "map" | "list" | "scalar";
  /** Text of a scalar, or of an alias as it is written; null for maps and lists. */
  readonly text: string | null;
  /** The text stands in the file letter by letter. */
  readonly exact: boolean;
  readonly entries: readonly { readonly key: TextNode; readonly value: TextNode }[];
  readonly items: readonly TextNode[];
}

/** The places of all values of a YAML or JSON text; null when it is empty or neither. */
export function textTree(text: string): TextNode | null {
  try {
    const { contents } = readYaml(text);
    return contents ? nodeOf(contents, text, 0) : null;
  } catch {
    return null;
  }
}

/** Deeper than any graph. */
const DEEPEST = 200;

function nodeOf(node: Node | null, text: string, at: number, depth = 0): TextNode {
  const [from, to] = node?.range ?? [at, at];
  const base = { from, to, text: null, exact: false, entries: [], items: [] };
  if (node === null || depth > DEEPEST) return { ...base, kind: "scalar", text: "", exact: true };
  if (isMap<Node, Node | null>(node)) {
    const entries = node.items.map(({ key, value }) => {
      const name = nodeOf(key, text, from, depth + 1);
      return { key: name, value: nodeOf(value, text, name.to, depth + 1) };
    });
    return { ...base, kind: "map", entries };
  }
  if (isSeq<Node>(node)) {
    return { ...base, kind: "list", items: node.items.map((item) => nodeOf(item, text, from, depth + 1)) };
  }
  if (!isScalar(node)) return { ...base, kind: "scalar", text: text.slice(from, to) };
  const value = String(node.value ?? "");
  const quoted = node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE ? 1 : 0;
  const inside = { from: from + quoted, to: to - quoted };
  return {
    ...base,
    ...inside,
    kind: "scalar",
    text: value,
    exact: text.slice(inside.from, inside.to) === value,
  };
}

export function entry(node: TextNode | null, name: string): TextNode | null {
  return node?.entries.find(({ key }) => key.text === name)?.value ?? null;
}

/** The graph's own node in a function, a spec or a bare graph; see `readFunction`. */
export function graphNode(root: TextNode | null): TextNode | null {
  const spec = entry(root, "spec");
  if (spec?.kind === "map") return entry(spec, "graph");
  const graph = entry(root, "graph");
  return graph && entry(root, "steps") === null && entry(root, "routes") === null ? graph : root;
}
