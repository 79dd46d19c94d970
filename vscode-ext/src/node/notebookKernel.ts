import * as vscode from "vscode";
import { Disposables, type GraphcellError } from "@graphcell/core";
import type { DisplayUpdate, KernelClient } from "@graphcell/kernel-bridge";
import { CellExecution, type Displays } from "./execution";
import { outputItems } from "./outputs";

/** One notebook's kernel: its connection, and the cells that wait for it. */
export class NotebookKernel extends Disposables {
  private readonly displays: Displays = new Map();
  private queue: Promise<unknown> = Promise.resolve();
  /** Rises when what waits is to be given up. */
  private round = 0;
  private running: vscode.NotebookCellExecution | null = null;

  constructor(
    readonly client: KernelClient,
    readonly id: string,
    private readonly controller: vscode.NotebookController,
  ) {
    super();
    this.add(client);
    this.add(client.cells.onUpdate((update) => void this.update(update)));
    this.add(client.onRestart(() => this.displays.clear()));
  }

  /** Runs cells in order; the first that fails ends the rest. */
  run(executions: readonly vscode.NotebookCellExecution[]): Promise<void> {
    const { round } = this;
    const work = this.queue.then(() => this.runAll(executions, round));
    this.queue = work.catch(() => undefined);
    return work;
  }

  /** Ends the running cell and gives up those that wait. */
  async interrupt(): Promise<void> {
    this.round++;
    await this.client.interrupt();
  }

  private async runAll(executions: readonly vscode.NotebookCellExecution[], round: number): Promise<void> {
    let going = true;
    for (const execution of executions) {
      if (!going || round !== this.round || this.disposed) {
        giveUp(execution);
        continue;
      }
      this.running = execution;
      const run = new CellExecution(execution, this.displays, () => void this.interrupt());
      going = await run.run(this.client);
      this.running = null;
    }
  }

  /** Shows the new form of an output, wherever it stands; any execution of the notebook may do that. */
  private async update({ displayId, output }: DisplayUpdate): Promise<void> {
    const known = this.displays.get(displayId);
    if (!known || known.cell.index < 0) return;
    const execution = this.running ?? this.temporary(known.cell);
    if (!execution) return;
    try {
      await execution.replaceOutputItems(outputItems(output), known.output);
    } finally {
      if (execution !== this.running) execution.end(known.cell.executionSummary?.success);
    }
  }

  private temporary(cell: vscode.NotebookCell): vscode.NotebookCellExecution | null {
    try {
      const execution = this.controller.createNotebookCellExecution(cell);
      const order = cell.executionSummary?.executionOrder;
      execution.start();
      execution.executionOrder = order;
      return execution;
    } catch {
      // The notebook has another kernel by now.
      return null;
    }
  }
}

/** Ends an execution that never began. */
export function giveUp(execution: vscode.NotebookCellExecution): void {
  execution.start();
  execution.end(undefined);
}

/** Says below the first cell why it did not run, and gives up all. */
export function failAll(executions: readonly vscode.NotebookCellExecution[], error: GraphcellError): void {
  const [first, ...rest] = executions;
  rest.forEach(giveUp);
  if (!first) return;
  first.start(Date.now());
  const item = vscode.NotebookCellOutputItem.error({
    name: vscode.l10n.t("No kernel"),
    message: `${error.message} ${error.remedy}`.trim(),
  });
  void first.replaceOutput([new vscode.NotebookCellOutput([item])]).then(() => first.end(false, Date.now()));
}
