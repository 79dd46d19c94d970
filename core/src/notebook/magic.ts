/** Cell magics whose body is Python that runs in the notebook's namespace. */
const PYTHON_BODIES = new Set(["capture", "time", "timeit", "prun"]);

export interface Masked {
  /** The text with everything that is not Python blanked out, so that all offsets stay. */
  readonly code: string;
  /** The cell runs other files or text, so that more names may exist than are written. */
  readonly opensNamespace: boolean;
  /** The Python file that `%%writefile` makes of the cell, its text at the same offsets. */
  readonly file?: { readonly name: string; readonly text: string };
}

/**
 * Blanks out what IPython adds to Python: `%magic`, `!command`, `?help`, `x = !command` (which becomes
 * `x = ...`), and the first line of cell magics. The body of a cell magic in another language is blanked too.
 */
export function maskMagics(text: string): Masked {
  if (!/[%!?]/.test(text)) return { code: text, opensNamespace: false };
  const written = /^\s*%%writefile[ \t]+(?:-a[ \t]+)?(\S+\.py)[^\n]*\n/.exec(text);
  if (written) {
    const file = text.slice(written[0].length);
    const name = written[1] ?? "";
    return { code: blank(text), opensNamespace: false, file: { name, text: blank(written[0]) + file } };
  }
  const cell = /^\s*%%(\w+)/.exec(text);
  if (cell && !PYTHON_BODIES.has(cell[1] ?? "")) return { code: blank(text), opensNamespace: false };
  let opensNamespace = false;
  const lines = splitLines(text);
  const inside = linesInsideTokens(text, lines);
  let continued = false;
  const masked = lines.map((line, i) => {
    if (inside[i]) return line;
    const wasContinued = continued;
    const magic = wasContinued || /^\s*(%|!|\?)/.test(line) || /^\s*[\w.]+\?{1,2}\s*$/.test(line);
    continued = magic && /\\\s*$/.test(line);
    if (magic) {
      if (/^\s*%(run|load|pylab|rerun|macro|recall)\b/.test(line)) opensNamespace = true;
      return indentedPass(line);
    }
    const assigned = /^(\s*[\w.,\s]+=\s*)([!%].*)$/.exec(line.replace(/[\r\n]+$/, ""));
    if (!assigned?.[1] || !assigned[2]) return line;
    const rest = assigned[2].length >= 3 ? "...".padEnd(assigned[2].length) : blank(assigned[2]);
    return assigned[1] + rest + line.slice(assigned[0].length);
  });
  return { code: masked.join(""), opensNamespace };
}

function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function blank(text: string): string {
  return text.replace(/[^\r\n]/g, " ");
}

/** An indented magic may be all that a block holds: it stays a statement. */
function indentedPass(line: string): string {
  const indent = /^[ \t]*/.exec(line)?.[0] ?? "";
  const rest = line.slice(indent.length);
  const length = rest.replace(/[\r\n]+$/, "").length;
  if (indent === "" || length < 4) return blank(line);
  return indent + "pass".padEnd(length) + rest.slice(length);
}

/** For each line: does it begin inside a triple-quoted string, brackets or a continued line? */
function linesInsideTokens(text: string, lines: readonly string[]): boolean[] {
  const starts = new Map<number, number>();
  let offset = 0;
  lines.forEach((line, i) => {
    starts.set(offset, i);
    offset += line.length;
  });
  const inside = lines.map(() => false);
  const token = /#[^\n]*|'''|"""|'|"|[([{]|[)\]}]|\\[\s\S]|\n/g;
  let depth = 0;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const t = match[0];
    if (depth === 0 && t !== "\n" && isMagicLine(text, match.index)) {
      // A magic's own quotes and brackets mean nothing to Python.
      const end = text.indexOf("\n", match.index);
      token.lastIndex = end < 0 ? text.length : end;
    } else if ("([{".includes(t)) depth++;
    else if (")]}".includes(t)) depth = Math.max(0, depth - 1);
    else if (t === "\n" || t === "\\\n") {
      const line = starts.get(match.index + t.length);
      if (line !== undefined && (depth > 0 || t !== "\n")) inside[line] = true;
    } else if (/^['"]/.test(t)) {
      const end = stringEnd(text, match.index, t);
      for (let i = match.index; i < end; i++) {
        const line = text[i] === "\n" ? starts.get(i + 1) : undefined;
        if (line !== undefined) inside[line] = true;
      }
      token.lastIndex = end;
    }
  }
  return inside;
}

function isMagicLine(text: string, at: number): boolean {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  return /^\s*[%!]/.test(text.slice(start, at + 1));
}

function stringEnd(text: string, at: number, quote: string): number {
  for (let i = at + quote.length; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text.startsWith(quote, i)) return i + quote.length;
    else if (quote.length === 1 && text[i] === "\n") return i;
  }
  return text.length;
}
