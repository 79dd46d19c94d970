import type { CodeCellModel, ICodeCellModel } from "@jupyterlab/cells";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { CARD_MIME, cardBundle, type ResultCard } from "@graphcell/core";
import type { NotebookSession } from "./notebookSession";

/** Runs the saved events through the graph that the active cell builds, and puts the card below that cell. */
export async function simulateCell(current: NotebookSession): Promise<void> {
  const cell = current.activeCellId;
  const graph = cell ? current.session.graphsOf(cell)[0] : undefined;
  if (!cell || graph === undefined) return;
  const card = await current.session.simulateShown({ graph });
  if (card) putCard(current.panel, cell, card);
}

/**
 * Makes a card the cell's output: it takes the place of an older card of ours, else it comes after the other
 * outputs, which stay as they are.
 */
export function putCard(panel: NotebookPanel, cellId: string, card: ResultCard): void {
  const model = codeCell(panel, cellId);
  if (!model) return;
  const output = {
    output_type: "display_data",
    data: cardBundle(card),
    metadata: {},
  };
  const { outputs } = model;
  for (let i = 0; i < outputs.length; i++) {
    if (CARD_MIME in outputs.get(i).data) {
      outputs.set(i, output);
      return;
    }
  }
  outputs.add(output);
}

function codeCell(panel: NotebookPanel, cellId: string): ICodeCellModel | null {
  for (const cell of panel.content.model?.cells ?? []) {
    if (cell.sharedModel.getId() === cellId && isCode(cell)) return cell;
  }
  return null;
}

function isCode(cell: { readonly type: string }): cell is CodeCellModel {
  return cell.type === "code";
}
