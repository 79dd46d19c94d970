/** Where a cursor stands in a YAML or JSON text that need not parse: read line by line and bracket by bracket. */
export interface FileCursor {
  /** Keys from the outside to the mapping (or list) that the cursor stands in. */
  readonly path: readonly string[];
  /** The key whose value is typed; null when a key is typed. */
  readonly key: string | null;
  readonly from: number;
  readonly to: number;
  /** The quote that the cursor stands in. */
  readonly quote: string | null;
  /** Entries of the same mapping that are written on lines of their own: key and the text after its colon. */
  readonly siblings: ReadonlyMap<string, string>;
}

interface Line {
  readonly indent: number;
  /** null for a line without a key. */
  readonly key: string | null;
  readonly value: string;
}

const ENTRY = /^(\s*(?:- +)*)(?:"([^"]*)"|'([^']*)'|([^\s#:'"[{&*!|>%@][^:#]*?))\s*:(?:\s+(.*)|$)/;

function lineOf(text: string): Line | null {
  if (/^\s*(#|$)/.test(text)) return null;
  const match = ENTRY.exec(text);
  if (match) {
    return { indent: match[1].length, key: match[2] ?? match[3] ?? match[4], value: (match[5] ?? "").trim() };
  }
  return { indent: /^\s*(?:- *)*/.exec(text)?.[0].length ?? 0, key: null, value: text.trim() };
}

/** The cursor in a block of YAML; values may be flow lists and mappings of one line. */
export function yamlCursor(text: string, offset: number): FileCursor | null {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const before = text.slice(start, offset);
  if (/(^|\s)#/.test(before.replace(/"[^"]*"|'[^']*'/g, ""))) return null;
  const above = text.slice(0, start).split("\n").slice(0, -1);
  const end = text.indexOf("\n", offset);
  const below = end < 0 ? [] : text.slice(end + 1).split("\n");
  const dash = /^\s*(?:- +)*/.exec(before)?.[0] ?? "";
  const entry = ENTRY.exec(before) ?? ENTRY.exec(`${before} `);
  const indent = dash.length;
  const inList = dash.includes("-");
  const path = pathTo(above, inList ? dash.indexOf("-") + 1 : indent, inList);
  const siblings = siblingsOf(above, below, indent);
  if (!entry) {
    const typed = before.slice(dash.length);
    if (inList)
      return {
        ...span(text, offset, typed),
        path: path.slice(0, -1),
        key: path[path.length - 1] ?? null,
        siblings,
      };
    return { ...span(text, offset, typed), path, key: null, siblings };
  }
  const key = entry[2] ?? entry[3] ?? entry[4];
  const value = entry[5] ?? "";
  const typed = /[^\s,[\]{}"']*$/.exec(value)?.[0] ?? "";
  // `{class_name: X, aft`: a flow mapping of one line.
  const flow = /^\{(.*)$/s.exec(value);
  if (flow && !flow[1].includes("}")) return inFlow(text, offset, flow[1], [...path, key]);
  return { ...span(text, offset, typed), path, key, siblings };
}

function inFlow(text: string, offset: number, inside: string, path: readonly string[]): FileCursor {
  const siblings = new Map<string, string>();
  for (const match of inside.matchAll(/(?:^|,)\s*["']?([\w.-]+)["']?\s*:\s*([^,[]*)/g))
    siblings.set(match[1], match[2].trim());
  const last = /(?:^|,)\s*["']?([\w.-]*)["']?\s*(?::\s*(\[[^\]]*|[^,[]*))?$/.exec(inside);
  const value = last?.[2];
  if (value === undefined) return { ...span(text, offset, last?.[1] ?? ""), path, key: null, siblings };
  const typed = /[^\s,[\]{}"']*$/.exec(value)?.[0] ?? "";
  return { ...span(text, offset, typed), path, key: last?.[1] ?? "", siblings };
}

/** What is typed, to the end of the word that stands there. */
function span(text: string, offset: number, typed: string): Pick<FileCursor, "from" | "to" | "quote"> {
  const bare = typed.replace(/^["']/, "");
  const from = offset - bare.length;
  const mark = text[from - 1];
  const quote = mark === '"' || mark === "'" ? mark : null;
  const rest = /^[^\s,[\]{}"':#]*/.exec(text.slice(offset))?.[0] ?? "";
  return { from, to: offset + rest.length, quote };
}

/** Keys of the lines above that the indentation puts around a line. */
function pathTo(above: readonly string[], indent: number, inList: boolean): readonly string[] {
  const path: string[] = [];
  let least = inList ? indent : indent;
  for (let i = above.length - 1; i >= 0 && least > 0; i--) {
    const line = lineOf(above[i]);
    if (!line || line.key === null) continue;
    // A list may stand at the same indentation as its key.
    const fits = inList && path.length === 0 ? line.indent < least : line.indent < least;
    if (!fits || line.value.replace(/#.*$/, "").trim() !== "") continue;
    path.unshift(line.key);
    least = line.indent;
  }
  return path;
}

function siblingsOf(
  above: readonly string[],
  below: readonly string[],
  indent: number,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const look = (lines: readonly string[]): void => {
    for (const text of lines) {
      const line = lineOf(text);
      if (!line) continue;
      if (line.indent < indent) return;
      if (line.indent === indent && line.key !== null)
        found.set(line.key, line.value.replace(/^["']|["']$/g, ""));
    }
  };
  look([...above].reverse());
  look(below);
  return found;
}

/** The cursor in JSON: brackets are counted from the start. */
export function jsonCursor(text: string, offset: number): FileCursor | null {
  const frames: {
    kind: "{" | "[";
    key: string | null;
    pending: string | null;
    entries: Map<string, string>;
  }[] = [];
  let string: { from: number } | null = null;
  for (let i = 0; i < offset; i++) {
    const c = text[i];
    const top = frames[frames.length - 1];
    if (c === '"') {
      const end = endOfString(text, i, offset);
      if (end === null) {
        string = { from: i + 1 };
        break;
      }
      const inside = text.slice(i + 1, end);
      if (top?.kind === "{" && top.key === null) top.pending = inside;
      else if (top?.kind === "{" && top.key !== null) top.entries.set(top.key, inside);
      i = end;
    } else if (c === "{" || c === "[") frames.push({ kind: c, key: null, pending: null, entries: new Map() });
    else if (c === "}" || c === "]") frames.pop();
    else if (c === ":" && top) {
      top.key = top.pending;
      top.pending = null;
    } else if (c === "," && top) top.key = null;
  }
  const path = frames.slice(0, -1).flatMap((frame) => (frame.key === null ? [] : [frame.key]));
  const top = frames[frames.length - 1];
  if (!top || string === null) return null;
  const holder = top.kind === "[" ? frames[frames.length - 2] : top;
  const rest = /^[^"\n]*/.exec(text.slice(offset))?.[0] ?? "";
  return {
    path: top.kind === "[" ? path.slice(0, -1) : path,
    key: top.kind === "[" ? (holder?.key ?? null) : top.key,
    from: string.from,
    to: text[offset + rest.length] === '"' ? offset + rest.length : offset,
    quote: '"',
    siblings: holder?.entries ?? new Map<string, string>(),
  };
}

function endOfString(text: string, at: number, limit: number): number | null {
  for (let i = at + 1; i < limit; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') return i;
  }
  return null;
}
