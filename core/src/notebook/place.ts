import type { SourceRange } from "../source";
import type { Span } from "./syntax";

/**
 * A cell whose text is read, and how its offsets become lines. For a half-typed cell the text that is read is the
 * last that parsed: places in it are moved by what was typed since.
 */
export class CellText {
  private lines: readonly number[] | null = null;

  constructor(
    readonly id: string,
    /** Index in the notebook, from 0. */
    readonly index: number,
    /** The text as it stands in the notebook. */
    readonly text: string,
    /** The text that the syntax was made from; the same as `text` unless the cell is half typed. */
    private readonly read: string = text,
  ) {}

  /** The text of a span. */
  source(span: Span): string {
    return this.read.slice(span.from, span.to);
  }

  range(span: Span): SourceRange {
    const from = this.moved(span.from, false);
    const to = Math.max(from, this.moved(span.to, true));
    const [line, column] = this.position(from);
    const [endLine, endColumn] = this.position(to);
    return { cellId: this.id, cell: this.index, line, column, endLine, endColumn };
  }

  /** Where an offset of the text that was read is in the text of today. */
  private moved(offset: number, end: boolean): number {
    if (this.read === this.text) return Math.min(offset, this.text.length);
    const shorter = Math.min(this.read.length, this.text.length);
    let same = 0;
    while (same < shorter && this.read[same] === this.text[same]) same++;
    if (offset < same || (offset === same && end)) return offset;
    let tail = 0;
    while (tail < shorter - same && this.read.at(-1 - tail) === this.text.at(-1 - tail)) tail++;
    const fromEnd = this.read.length - offset;
    return fromEnd <= tail ? this.text.length - fromEnd : end ? this.text.length - tail : same;
  }

  private position(offset: number): [number, number] {
    this.lines ??= lineStarts(this.text);
    let low = 0;
    let high = this.lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.lines[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return [low + 1, offset - (this.lines[low] ?? 0) + 1];
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
