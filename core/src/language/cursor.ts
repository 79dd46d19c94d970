/** What is being typed at a place of a cell, read from the text before it: it need not parse. */
export interface Cursor {
  /** Offset at which the word or string that is typed begins, after its quote. */
  readonly from: number;
  /** Its end: a word or string that stands there already is replaced as a whole. */
  readonly to: number;
  /** What of it stands before the cursor. */
  readonly typed: string;
  /** The quote that the cursor stands in; null for a word. */
  readonly quote: string | null;
  /** The dotted text before the word, its calls as `()`: `graph.to().` gives `graph.to()`; empty for none. */
  readonly object: string;
  /** Brackets that are open around the cursor, innermost first. */
  readonly open: readonly Bracket[];
}

export interface Bracket {
  readonly kind: "(" | "[" | "{";
  /** What is called or indexed, its own calls as `()`; empty for plain brackets. */
  readonly callee: string;
  /** Name of the keyword argument that the cursor stands in; null for a positional one. */
  readonly keyword: string | null;
  /** Number of the positional argument, from 0. */
  readonly index: number;
  /** Arguments that are written before the cursor, as text; positional ones by their number. */
  readonly given: ReadonlyMap<string, string>;
}

interface Frame {
  readonly kind: Bracket["kind"];
  readonly at: number;
  readonly callee: string;
  start: number;
  readonly args: string[];
}

/** Lines that can't go on with an open bracket: what was open before them is broken. */
const NEW_STATEMENT = /^(def|class|import|from|if|for|while|with|try|return|@|async)\b/;

/** Reads the text up to `offset`; null inside of a comment. */
export function cursorAt(text: string, offset: number): Cursor | null {
  const scan = new Scan(text, offset);
  return scan.run() ? scan.cursor() : null;
}

class Scan {
  private frames: Frame[] = [];
  /** Where the bracket was opened that each closing one closes. */
  private readonly opened = new Map<number, number>();
  private string: { readonly quote: string; readonly from: number } | null = null;

  constructor(
    private readonly text: string,
    private readonly offset: number,
  ) {}

  /** False when the cursor stands in a comment. */
  run(): boolean {
    const { text, offset } = this;
    for (let i = 0; i < offset;) {
      const c = text[i];
      if (c === "#") {
        const end = text.indexOf("\n", i);
        if (end < 0 || end >= offset) return false;
        i = end;
      } else if (c === '"' || c === "'") i = this.passString(i);
      else {
        this.step(c, i);
        i++;
      }
    }
    return true;
  }

  private passString(at: number): number {
    const { text, offset } = this;
    const mark = text[at];
    const quote = text.startsWith(mark.repeat(3), at) ? mark.repeat(3) : mark;
    const from = at + quote.length;
    for (let i = from; i < offset; i++) {
      if (text[i] === "\\") i++;
      else if (text.startsWith(quote, i) && i + quote.length <= offset) return i + quote.length;
      else if (text[i] === "\n" && quote.length === 1) return i;
    }
    if (from <= offset) this.string = { quote, from };
    return offset;
  }

  private step(c: string, i: number): void {
    const top = this.frames[this.frames.length - 1];
    if (c === "(" || c === "[" || c === "{") {
      this.frames.push({ kind: c, at: i, callee: this.before(i), start: i + 1, args: [] });
    } else if (c === ")" || c === "]" || c === "}") {
      const closed = this.frames.pop();
      if (closed) this.opened.set(i, closed.at);
    } else if (c === "," && top) {
      top.args.push(this.text.slice(top.start, i));
      top.start = i + 1;
    } else if (c === "\n" && top && NEW_STATEMENT.test(this.text.slice(i + 1, i + 12))) this.frames = [];
  }

  /** The dotted text that ends before `end`: names, dots, and what was called or indexed on the way. */
  private before(end: number): string {
    const { text } = this;
    let made = "";
    let i = end - 1;
    let wantName = true;
    for (;;) {
      while (/\s/.test(text[i] ?? "") && (!wantName || made !== "" || this.frames.length > 0)) i--;
      const open = text[i] === ")" || text[i] === "]" ? this.opened.get(i) : undefined;
      if (open !== undefined && (made === "" || made.startsWith("."))) {
        made = (text[i] === ")" ? "()" : "[]") + made;
        i = open - 1;
        wantName = true;
      } else if (/\w/.test(text[i] ?? "") && wantName) {
        const stop = i;
        while (/\w/.test(text[i] ?? "")) i--;
        made = text.slice(i + 1, stop + 1) + made;
        wantName = false;
      } else if (text[i] === "." && (!wantName || made === "")) {
        made = `.${made}`;
        i--;
        wantName = true;
      } else return made.replace(/^\.+/, "");
    }
  }

  cursor(): Cursor {
    const { text, offset, string } = this;
    if (string) {
      const { from, quote } = string;
      const rest = /^[^"'\n\\]*/.exec(text.slice(offset))?.[0] ?? "";
      const closed = text.startsWith(quote, offset + rest.length);
      const to = closed ? offset + rest.length : offset;
      return { from, to, typed: text.slice(from, offset), quote, object: "", open: this.brackets(from) };
    }
    const typed = /\w*$/.exec(text.slice(0, offset))?.[0] ?? "";
    const from = offset - typed.length;
    const to = offset + (/^\w*/.exec(text.slice(offset))?.[0].length ?? 0);
    const object = text[from - 1] === "." ? this.before(from - 1) : "";
    return { from, to, typed, quote: null, object, open: this.brackets(from) };
  }

  private brackets(at: number): readonly Bracket[] {
    return [...this.frames].reverse().map((frame): Bracket => {
      const now = this.text.slice(frame.start, at);
      const given = new Map<string, string>();
      for (const arg of frame.args) {
        const named = /^\s*(\w+)\s*=(?!=)([\s\S]*)$/.exec(arg);
        if (named) given.set(named[1], named[2].trim());
        else given.set(String(given.size), arg.trim());
      }
      return {
        kind: frame.kind,
        callee: frame.callee,
        keyword: /^\s*(\w+)\s*=(?!=)/.exec(now)?.[1] ?? null,
        index: frame.args.filter((arg) => !/^\s*\w+\s*=(?!=)/.test(arg)).length,
        given,
      };
    });
  }
}
