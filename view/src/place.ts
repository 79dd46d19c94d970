import { GRAPH_FILE_CELL, type Frame, type SessionState, type SourceRange } from "@graphcell/core";
import { type ViewContext, linkButton } from "./context";
import type { Translator } from "./texts";

/** "cell 3, line 4": cells counted from 1. A graph file has no cells, but lines. */
export function placeText(range: SourceRange, t: Translator): string {
  if (range.cellId === GRAPH_FILE_CELL) return t("inspector.lineOnly", { line: range.line });
  return t("inspector.place", { cell: range.cell + 1, line: range.line });
}

/** A link that shows a place in the notebook. */
export function placeLink(range: SourceRange, context: ViewContext, title = ""): HTMLButtonElement {
  const { t, link } = context;
  return linkButton(placeText(range, t), () => link.send({ type: "reveal", range }), title);
}

/** The line of a frame as a place; null for code that is in no cell of this notebook. */
export function frameRange(frame: Frame, cellIds: readonly string[]): SourceRange | null {
  if (frame.cellId === null) return null;
  const { cellId, line } = frame;
  return { cellId, cell: cellIds.indexOf(cellId), line, column: 1, endLine: line, endColumn: 1 };
}

/** Ids of the notebook's cells; where the state does not list them, those that steps and problems tell of. */
export function cellIdsOf(state: SessionState): readonly string[] {
  if (state.notebook?.cellIds) return state.notebook.cellIds;
  const ids: string[] = [];
  const note = (range: SourceRange | null | undefined) => {
    if (range) ids[range.cell] = range.cellId;
  };
  for (const { origin } of state.current?.steps.values() ?? []) {
    note(origin?.created);
    note(origin?.definition);
  }
  for (const problem of state.current?.problems ?? []) note(problem.range);
  return ids;
}
