import { failure } from "../engine/failure";
import type { PyValue } from "../value/value";

type Part =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "index"; readonly at: number }
  | { readonly kind: "all" };

/** A JSONPath of fields, indices and stars: `$.items[*].id`. */
export class JsonPath {
  private constructor(
    /** Without the `$`: equal for two spellings of one path. */
    readonly text: string,
    private readonly parts: readonly Part[],
  ) {}

  /** Throws `MLRunValueError` for what is no such path; `where` names the endpoint. */
  static parse(source: string, where: string): JsonPath {
    const parts: Part[] = [];
    const token = /\.?(?:([A-Za-z_][\w-]*)|\[(\d+)\]|\[\*\]|(\*)|\['([^']*)'\]|\["([^"]*)"\])/y;
    let at = source.startsWith("$") ? 1 : 0;
    while (at < source.length) {
      token.lastIndex = at;
      const match = token.exec(source);
      if (!match) {
        throw failure(
          "MLRunValueError",
          `Invalid JSONPath expression '${source}' in endpoint '${where}': Parse error near the end of string!`,
        );
      }
      const [, field, index, , single, double] = match;
      const name = field ?? single ?? double;
      if (name !== undefined) parts.push({ kind: "field", name });
      else parts.push(index === undefined ? { kind: "all" } : { kind: "index", at: Number(index) });
      at = token.lastIndex;
    }
    const text = parts.map((part) =>
      part.kind === "field" ? `.${part.name}` : `[${part.kind === "all" ? "*" : part.at}]`,
    );
    return new JsonPath(text.join(""), parts);
  }

  /** All values that the path leads to. */
  find(value: PyValue): readonly PyValue[] {
    let found: readonly PyValue[] = [value];
    for (const part of this.parts) found = found.flatMap((at) => follow(at, part));
    return found;
  }
}

function follow(value: PyValue, part: Part): readonly PyValue[] {
  if (part.kind === "field") {
    const found = value instanceof Map ? value.get(part.name) : undefined;
    return found === undefined ? [] : [found];
  }
  if (part.kind === "index") return Array.isArray(value) && part.at < value.length ? [value[part.at]] : [];
  if (Array.isArray(value)) return value;
  // A star on what is no list takes the value itself for a list of one.
  return value === null ? [] : [value];
}
