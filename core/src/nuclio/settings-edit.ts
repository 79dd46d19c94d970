import { type Document, isMap, isScalar, parseDocument } from "yaml";
import type { Json } from "./json";

/**
 * The text of a settings file with one value set, or taken away where `value` is undefined. Comments, order and the
 * form of all else stay. The text must be YAML.
 */
export function editSettings(text: string, path: readonly string[], value: Json | undefined): string {
  // As PyYAML reads it: what would be another value there (`yes`, `010`) gets quotes.
  const document: Document = parseDocument(text, { version: "1.1" });
  if (!isMap(document.contents)) document.contents = document.createNode({});
  if (value === undefined) remove(document, path);
  else set(document, path, value);
  const written = document.toString({ lineWidth: 0 });
  return written.trim() === "{}" ? "" : written;
}

function set(document: Document, path: readonly string[], value: Json): void {
  const there: unknown = document.getIn(path, true);
  if (isScalar(there) && typeof value !== "object") {
    // The comment behind it stays.
    there.value = value;
    return;
  }
  let depth = path.length - 1;
  while (depth > 0 && !isMap(document.getIn(path.slice(0, depth)))) depth--;
  const whole = path.slice(depth + 1).reduceRight<Json>((inner, name) => ({ [name]: inner }), value);
  const above = depth === 0 ? document.contents : document.getIn(path.slice(0, depth));
  if (isMap(above) && above.items.length === 0) above.flow = false;
  document.setIn(path.slice(0, depth + 1), document.createNode(whole));
}

/** Takes a value away, and the maps that are empty without it. */
function remove(document: Document, path: readonly string[]): void {
  if (!document.hasIn(path)) return;
  document.deleteIn(path);
  for (let length = path.length - 1; length > 0; length--) {
    const above = document.getIn(path.slice(0, length));
    if (!isMap(above) || above.items.length > 0) return;
    document.deleteIn(path.slice(0, length));
  }
}
