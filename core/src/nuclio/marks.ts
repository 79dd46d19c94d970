import { maskMagics } from "../notebook/magic";
import type { Problem } from "../model/problem";
import type { Cell } from "../source";

/**
 * What MLRun and Nuclio (nuclio-jupyter 0.13) read from a notebook when they make a function of it: comments that
 * mark which code belongs to it, and `%nuclio` magics that add to its configuration.
 */
export interface MarkedCode {
  /** Cells' texts that belong to the function, magics blanked out; offsets are the cell's own. */
  readonly parts: readonly CodePart[];
  /** True where `start-code` or `end-code` said which code it is; else `parts` is all that is not ignored. */
  readonly marked: boolean;
  /** Lines of `%nuclio cmd`: build commands. */
  readonly commands: readonly string[];
  /** `%nuclio env NAME=value`. */
  readonly env: ReadonlyMap<string, string>;
  /** `%nuclio config path = value` as written; they set entries of the function's configuration. */
  readonly config: readonly string[];
  readonly problems: readonly Problem[];
}

export interface CodePart {
  readonly cell: Cell;
  /** Index of the cell in the notebook, from 0. */
  readonly index: number;
  /** The cell's text with everything blanked out that is no Python or does not belong to the function. */
  readonly code: string;
}

const PREFIX = "[ \\t]*#[ \\t]*(?:nuclio|mlrun):[ \\t]*";
const IGNORE = new RegExp(`${PREFIX}ignore`);
const START = new RegExp(`${PREFIX}start-code[ \\t]*(\\S*)`);
const END = new RegExp(`${PREFIX}end-code[ \\t]*(\\S*)`);
const ANY_MARK = new RegExp(`^${PREFIX}(?:return|ignore|start-code|end-code).*$`, "gm");
const IGNORED_TAGS: ReadonlySet<string> = new Set(["mlrun-ignore", "nuclio-ignore", "graphcell-skip"]);

/** Reads the marks for one function; those that name another function are not for it. */
export function readMarks(cells: readonly Cell[], functionName: string): MarkedCode {
  const reader = new MarkReader(functionName);
  cells.forEach((cell, index) => {
    if (cell.kind === "code" && !isIgnored(cell)) reader.cell(cell, index);
  });
  return reader.result();
}

export function isIgnored(cell: Cell): boolean {
  return IGNORE.test(cell.source) || (cell.tags ?? []).some((tag) => IGNORED_TAGS.has(tag));
}

class MarkReader {
  private parts: CodePart[] = [];
  private started = false;
  private open = true;
  private readonly commands: string[] = [];
  private readonly env = new Map<string, string>();
  private readonly config: string[] = [];
  private readonly problems: Problem[] = [];

  constructor(private readonly functionName: string) {}

  cell(cell: Cell, index: number): void {
    const start = this.mark(START, cell.source);
    const end = this.mark(END, cell.source);
    if (start) {
      if (this.started && this.open) this.complain(index, "start-code");
      // What stands before the first start does not belong to the function.
      if (!this.started) this.parts = [];
      this.started = true;
      this.open = true;
    }
    if (end && !start && this.started && !this.open) this.complain(index, "end-code");
    if (end && start && end.from < start.to) {
      this.problem(`Cell ${index + 1} has end-code before start-code.`, "Put them in two cells.");
    }
    if (this.open) this.take(cell, index, start?.to ?? 0, end?.from ?? cell.source.length);
    if (end) {
      this.started = true;
      this.open = false;
    }
  }

  private mark(pattern: RegExp, text: string): { readonly from: number; readonly to: number } | null {
    const match = pattern.exec(text);
    if (!match || (match[1] !== "" && match[1] !== this.functionName)) return null;
    return { from: match.index, to: match.index + match[0].length };
  }

  private take(cell: Cell, index: number, from: number, to: number): void {
    const text = blank(cell.source.slice(0, from)) + cell.source.slice(from, Math.max(from, to));
    if (!this.magics(text)) return;
    const code = maskMagics(text).code.replace(ANY_MARK, blank);
    this.parts.push({ cell, index, code });
  }

  /** Takes over what `%nuclio` magics say; false for a cell that is one of them as a whole. */
  private magics(text: string): boolean {
    const whole = /^\s*%%nuclio[ \t]+(\w+)[ \t]*([^\n]*)\n?([\s\S]*)$/.exec(text);
    if (whole) {
      this.command(whole[1] ?? "", [whole[2] ?? "", ...(whole[3] ?? "").split("\n")]);
      return false;
    }
    for (const match of text.matchAll(/^[ \t]*#?[ \t]*%nuclio[ \t]+(\w+)[ \t]*(.*)$/gm)) {
      if (!match[0].trimStart().startsWith("#")) this.command(match[1] ?? "", [match[2] ?? ""]);
    }
    return true;
  }

  private command(name: string, lines: readonly string[]): void {
    const [first = "", ...rest] = lines;
    if (/^(-l|--local-only)\b/.test(first.trim())) return;
    const said = [first.replace(/^\s*(-c|--config-only)\b/, ""), ...rest]
      .map((line) => line.trim())
      .filter((line) => line !== "" && !line.startsWith("#"));
    if (name === "cmd") this.commands.push(...said);
    if (name === "config") this.config.push(...said);
    if (name === "env") for (const line of said) this.envLine(line);
  }

  private envLine(line: string): void {
    const at = line.indexOf("=");
    if (at > 0) this.env.set(line.slice(0, at).trim(), unquoted(line.slice(at + 1).trim()));
  }

  private complain(index: number, mark: string): void {
    const message = `Cell ${index + 1} has "${mark}" although the last one is not ended by its counterpart.`;
    this.problem(message, "Put start-code and end-code in turn.");
  }

  private problem(message: string, remedy: string): void {
    this.problems.push({
      code: "deploy-marks",
      severity: "error",
      step: null,
      message,
      remedy,
      range: null,
    });
  }

  result(): MarkedCode {
    const { parts, commands, env, config, problems } = this;
    return { parts, marked: this.started, commands, env, config, problems };
  }
}

function unquoted(text: string): string {
  return /^(["']).*\1$/.test(text) ? text.slice(1, -1) : text;
}

function blank(text: string): string {
  return text.replace(/[^\r\n]/g, " ");
}
