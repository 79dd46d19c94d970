import type { CodeCellModel } from "@jupyterlab/cells";
import type { NotebookPanel } from "@jupyterlab/notebook";
import {
  CARD_MIME,
  cardBundle,
  type CardBundle,
  failedCard,
  liveBundle,
  type ResultCard,
} from "@graphcell/core";
import { failureOf } from "@graphcell/kernel-bridge";
import { isCodeCell } from "./notebook";
import type { NotebookSession } from "./notebookSession";

/** Runs the saved events through the graph that the active cell builds, and puts the card below that cell. */
export async function simulateCell(current: NotebookSession): Promise<void> {
  const cell = current.activeCellId;
  const graph = cell ? current.session.graphsOf(cell)[0] : undefined;
  if (!cell || graph === undefined) return;
  const put = (card: CardBundle) => putCard(current.panel, cell, card);
  put(await cardBundle(await cardOf(current, graph, (soFar) => put(liveBundle(soFar)))));
}

/** What can't begin is told by a card too: the person looks at the cell. */
async function cardOf(
  current: NotebookSession,
  graph: string,
  onCard: (card: ResultCard) => void,
): Promise<ResultCard> {
  try {
    return await current.session.simulate({ graph, onCard });
  } catch (error) {
    return failedCard(graph, failureOf(error));
  }
}

/**
 * Makes a card the cell's output: it takes the place of an older card of ours, else it comes after the other
 * outputs, which stay as they are.
 */
export function putCard(panel: NotebookPanel, cellId: string, card: CardBundle): void {
  const outputs = codeCell(panel, cellId)?.outputs;
  if (!outputs) return;
  // The card is plain JSON; its type says more than JupyterLab's does.
  const output = {
    output_type: "display_data",
    data: JSON.parse(JSON.stringify(card)),
    metadata: {},
  };
  for (let i = 0; i < outputs.length; i++) {
    if (CARD_MIME in outputs.get(i).data) {
      outputs.set(i, output);
      return;
    }
  }
  outputs.add(output);
}

function codeCell(panel: NotebookPanel, cellId: string): CodeCellModel | null {
  for (const cell of panel.content.model?.cells ?? []) {
    if (cell.sharedModel.getId() === cellId && isCodeCell(cell)) return cell;
  }
  return null;
}
