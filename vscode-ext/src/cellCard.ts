import * as vscode from "vscode";
import {
  CARD_MIME,
  cardBundle,
  failedCard,
  liveBundle,
  type CardBundle,
  type ResultCard,
} from "@graphcell/core";
import { failureOf } from "@graphcell/kernel-bridge";
import type { NotebookSession } from "./sessions";

/** Puts outputs into cells while a notebook's own controller is ours; null for a cell of another controller. */
export type CellExecutions = (cell: vscode.NotebookCell) => vscode.NotebookCellExecution | null;

/** Runs the saved events through the graph that a cell builds, and puts the card below that cell. */
export async function simulateCell(
  current: NotebookSession,
  cell: vscode.NotebookCell,
  executions: CellExecutions,
): Promise<void> {
  const graph = current.session.graphsOf(current.notebook.idOf(cell))[0];
  if (graph === undefined) return;
  const execution = executions(cell);
  if (!execution) {
    await replaceWithCard(cell, await cardBundle(await cardOf(current, graph)));
    return;
  }
  // The cell keeps its number: its code did not run.
  const order = cell.executionSummary?.executionOrder;
  execution.start(Date.now());
  execution.executionOrder = order;
  execution.token.onCancellationRequested(() => current.session.send({ type: "cancel-run" }));
  let succeeded = false;
  try {
    const others = othersOf(cell);
    const put = (bundle: CardBundle) => execution.replaceOutput([...others, outputOf(bundle)]);
    const card = await cardOf(current, graph, (soFar) => {
      // The cell may be gone meanwhile: the last card tells.
      void Promise.resolve(put(liveBundle(soFar))).catch(() => undefined);
    });
    succeeded = card.failure === null;
    await put(await cardBundle(card));
  } finally {
    execution.end(succeeded, Date.now());
  }
}

/** What can't begin is told by a card too: the person looks at the cell. */
async function cardOf(
  { session }: NotebookSession,
  graph: string,
  onCard?: (card: ResultCard) => void,
): Promise<ResultCard> {
  try {
    return await session.simulate({ graph, onCard });
  } catch (error) {
    return failedCard(graph, failureOf(error));
  }
}

/** The cell's outputs but an older card of ours. */
function othersOf(cell: vscode.NotebookCell): readonly vscode.NotebookCellOutput[] {
  return cell.outputs.filter(({ items }) => !items.some(({ mime }) => mime === CARD_MIME));
}

function outputOf(bundle: CardBundle): vscode.NotebookCellOutput {
  const { NotebookCellOutputItem: Item } = vscode;
  const items = Object.entries(bundle).map(([mime, data]) =>
    typeof data === "string" ? Item.text(data, mime) : Item.json(data, mime),
  );
  return new vscode.NotebookCellOutput(items, { outputType: "display_data" });
}

/** Another controller's cell takes outputs only as a whole: the cell is replaced by its like, in one step of undo. */
async function replaceWithCard(cell: vscode.NotebookCell, bundle: CardBundle): Promise<void> {
  const { document, metadata, executionSummary } = cell;
  const data = new vscode.NotebookCellData(cell.kind, document.getText(), document.languageId);
  data.metadata = metadata;
  if (executionSummary) data.executionSummary = executionSummary;
  data.outputs = [...othersOf(cell), outputOf(bundle)];
  const edit = new vscode.WorkspaceEdit();
  const range = new vscode.NotebookRange(cell.index, cell.index + 1);
  edit.set(cell.notebook.uri, [vscode.NotebookEdit.replaceCells(range, [data])]);
  await vscode.workspace.applyEdit(edit);
}
