import {
  type Cell,
  type LanguageContext,
  type Position,
  type SourceRange,
  type TextEdit,
  type TextFix,
  parseNotebook,
} from "@graphcell/core";
import { codeCells, textOf } from "./notebook";

/** A notebook with a cursor: `¦` in one of the sources. */
export interface Marked {
  readonly context: LanguageContext;
  readonly position: Position;
  readonly sources: readonly string[];
}

/** Reads code cells of these sources; the cursor stands where `¦` is (at the start of the first cell without one). */
export function marked(...texts: readonly string[]): Marked {
  const at = Math.max(
    0,
    texts.findIndex((text) => text.includes("¦")),
  );
  const before = (texts[at] ?? "").split("¦")[0] ?? "";
  const lines = (texts[at]?.includes("¦") ? before : "").split("\n");
  const sources = texts.map((text) => text.replace("¦", ""));
  const cells = codeCells(...sources);
  return {
    context: { cells, parsed: parseNotebook(cells) },
    position: { cellId: `c${at}`, line: lines.length, column: (lines.at(-1) ?? "").length + 1 },
    sources,
  };
}

/** `cell:line:column text` of a range. */
export function shown({ sources }: Marked, range: SourceRange | null | undefined): string | null {
  return range ? `${range.cell}:${range.line}:${range.column} ${textOf(sources, range)}` : null;
}

/** The sources after edits. */
export function edited(cells: readonly Cell[], edits: readonly (TextEdit | TextFix)[]): readonly string[] {
  return cells.map(({ id, source }) => {
    const own = edits
      .filter((edit) => edit.range.cellId === id)
      .map(({ range, text }) => ({
        from: offset(source, range.line, range.column),
        to: offset(source, range.endLine, range.endColumn),
        text,
      }))
      .sort((a, b) => b.from - a.from);
    return own.reduce((text, edit) => text.slice(0, edit.from) + edit.text + text.slice(edit.to), source);
  });
}

function offset(text: string, line: number, column: number): number {
  const lines = text.split("\n");
  return lines.slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0) + column - 1;
}
