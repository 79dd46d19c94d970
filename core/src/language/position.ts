import type { SourceRange } from "../source";

/** A place in a cell, lines and columns from 1 as in `SourceRange`. */
export interface Position {
  readonly cellId: string;
  readonly line: number;
  readonly column: number;
}

/** Whether a cursor at `position` touches the range: before its first letter, in it, or after its last. */
export function touches(range: SourceRange, { cellId, line, column }: Position): boolean {
  if (range.cellId !== cellId || line < range.line || line > range.endLine) return false;
  if (line === range.line && column < range.column) return false;
  return line !== range.endLine || column <= range.endColumn;
}

/** UTF-16 offset of a line and column in a text; what lies outside of it is moved to its nearest end. */
export function offsetAt(text: string, line: number, column: number): number {
  let start = 0;
  for (let n = 1; n < line; n++) {
    const next = text.indexOf("\n", start);
    if (next < 0) return text.length;
    start = next + 1;
  }
  const end = text.indexOf("\n", start);
  return Math.min(start + column - 1, end < 0 ? text.length : end);
}

/** The range of two offsets of a cell's text. */
export function rangeAt(
  cell: { readonly id: string; readonly index: number; readonly text: string },
  from: number,
  to: number,
): SourceRange {
  const [line, column] = lineAndColumn(cell.text, from);
  const [endLine, endColumn] = lineAndColumn(cell.text, to);
  return { cellId: cell.id, cell: cell.index, line, column, endLine, endColumn };
}

function lineAndColumn(text: string, offset: number): readonly [number, number] {
  let line = 1;
  let start = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) {
    line++;
    start = at + 1;
  }
  return [line, offset - start + 1];
}

export function sameRange(a: SourceRange, b: SourceRange): boolean {
  return (
    a.cellId === b.cellId &&
    a.line === b.line &&
    a.column === b.column &&
    a.endLine === b.endLine &&
    a.endColumn === b.endColumn
  );
}

/** The text of a range in its cell. */
export function textIn(text: string, range: SourceRange): string {
  return text.slice(offsetAt(text, range.line, range.column), offsetAt(text, range.endLine, range.endColumn));
}
