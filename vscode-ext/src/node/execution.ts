import * as vscode from "vscode";
import type { GraphcellError } from "@graphcell/core";
import type { CellEvents, CellOutput, KernelClient } from "@graphcell/kernel-bridge";
import { cellIdOf } from "../notebook/cells";
import { notebookOutput, outputItems } from "./outputs";

/** Outputs that may change later, by their display id. */
export type Displays = Map<
  string,
  { readonly output: vscode.NotebookCellOutput; readonly cell: vscode.NotebookCell }
>;

/** One run of a cell: from the kernel's messages to what stands below it. */
export class CellExecution implements CellEvents {
  private clearBefore = false;
  /** The last output, when it is a stream: what is printed next goes on in it. */
  private stream: { readonly name: string; readonly output: vscode.NotebookCellOutput } | null = null;
  /** Edits of outputs go one after another. */
  private last: Thenable<unknown> = Promise.resolve();
  private finish: (ok: boolean) => void = () => undefined;

  constructor(
    private readonly execution: vscode.NotebookCellExecution,
    private readonly displays: Displays,
    private readonly interrupt: () => void,
  ) {}

  /** Runs the cell; true when it went well. */
  async run(kernel: KernelClient): Promise<boolean> {
    const { execution } = this;
    const { cell } = execution;
    execution.start(Date.now());
    await execution.clearOutput();
    const code = cell.document.getText().replace(/\r\n/g, "\n");
    if (code.trim() === "") {
      execution.end(undefined);
      return true;
    }
    const ended = new Promise<boolean>((done) => (this.finish = done));
    try {
      kernel.cells.run(code, cellIdOf(cell), this);
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error), "");
    }
    return ended;
  }

  begun(count: number | null): void {
    this.execution.executionOrder = count ?? undefined;
  }

  output(output: CellOutput): void {
    this.clearIfAsked();
    const { output: what, displayId } = output;
    if (what.type === "stream" && this.stream?.name === what.name) {
      const { output: before } = this.stream;
      this.after(() => this.execution.appendOutputItems(outputItems(what), before));
      return;
    }
    const shown = notebookOutput(output);
    this.stream = what.type === "stream" ? { name: what.name, output: shown } : null;
    if (displayId !== null) this.displays.set(displayId, { output: shown, cell: this.execution.cell });
    this.after(() => this.execution.appendOutput(shown));
  }

  clear(wait: boolean): void {
    this.clearBefore = true;
    if (!wait) this.clearIfAsked();
  }

  async input(prompt: string, password: boolean): Promise<string | null> {
    const value = await vscode.window.showInputBox({
      prompt: prompt.trim() || vscode.l10n.t("The code asks for a line of text"),
      title: vscode.l10n.t("Input of the running cell"),
      password,
      ignoreFocusOut: true,
    });
    if (value === undefined) this.interrupt();
    return value ?? null;
  }

  ended(how: "ok" | "failed" | "aborted", error?: GraphcellError): void {
    if (error) return this.fail(error.message, error.remedy);
    this.end(how === "aborted" ? undefined : how === "ok");
  }

  /** What went wrong outside of the cell's own code stands below it, too. */
  fail(message: string, remedy: string): void {
    const item = vscode.NotebookCellOutputItem.error({
      name: vscode.l10n.t("Kernel"),
      message: `${message} ${remedy}`.trim(),
    });
    this.after(() => this.execution.appendOutput(new vscode.NotebookCellOutput([item])));
    this.end(false);
  }

  private end(success: boolean | undefined): void {
    this.after(() => {
      this.execution.end(success, Date.now());
      this.finish(success === true);
      return Promise.resolve();
    });
  }

  private clearIfAsked(): void {
    if (!this.clearBefore) return;
    this.clearBefore = false;
    this.stream = null;
    this.after(() => this.execution.clearOutput());
  }

  private after(edit: () => Thenable<unknown>): void {
    // A notebook that was closed meanwhile takes no edits.
    this.last = this.last.then(edit).then(undefined, () => this.finish(false));
  }
}
