import * as vscode from "vscode";
import { NOTEBOOK_TYPE } from "./notebookType";

/** The part of a notebook's file that a new one takes over. */
interface SampleFile {
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly cells: readonly { readonly cell_type: string; readonly source: string | readonly string[] }[];
}

/** Opens the quick-start example as a new notebook, which nobody has to save. */
export async function openSample(extensionUri: vscode.Uri): Promise<void> {
  const uri = vscode.Uri.joinPath(extensionUri, "dist", "quick-start.ipynb");
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  const { cells, metadata } = JSON.parse(text) as SampleFile;
  const data = new vscode.NotebookData(
    cells.map(({ cell_type, source }) => {
      const { Code, Markup } = vscode.NotebookCellKind;
      const whole = typeof source === "string" ? source : source.join("");
      return cell_type === "code"
        ? new vscode.NotebookCellData(Code, whole, "python")
        : new vscode.NotebookCellData(Markup, whole, "markdown");
    }),
  );
  data.metadata = { metadata: metadata ?? {}, nbformat: 4, nbformat_minor: 5 };
  const document = await vscode.workspace.openNotebookDocument(NOTEBOOK_TYPE, data);
  await vscode.window.showNotebookDocument(document);
}
