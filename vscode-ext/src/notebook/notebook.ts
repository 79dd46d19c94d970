import * as vscode from "vscode";
import {
  Disposables,
  Emitter,
  type Cell,
  type NotebookPort,
  type SourceRange,
  type TextFix,
} from "@graphcell/core";
import { CellList, cellIdOf } from "./cells";
import { MetadataKey } from "./metadata";

/** VS Code's notebook as the session sees it. */
export class CodeNotebook extends Disposables implements NotebookPort {
  private readonly list: CellList;
  private readonly metadata: MetadataKey;
  private readonly cursorMoved = this.add(new Emitter<SourceRange>());
  readonly onCells: NotebookPort["onCells"];
  readonly onMetadata: NotebookPort["onMetadata"];
  readonly onCursor = this.cursorMoved.event;

  constructor(
    readonly document: vscode.NotebookDocument,
    onProblem: (message: string) => void,
  ) {
    super();
    this.list = this.add(new CellList(document));
    this.metadata = this.add(new MetadataKey(document, onProblem));
    this.onCells = this.list.onChange;
    this.onMetadata = this.metadata.onChange;
    this.listenToCursor();
  }

  get path(): string {
    return vscode.workspace.asRelativePath(this.document.uri, false);
  }

  get name(): string {
    return this.document.uri.path.split("/").pop() ?? this.path;
  }

  /** Trust is the folder's matter here, not a notebook's: outputs are drawn from data by text alone. */
  get trusted(): boolean {
    return vscode.workspace.isTrusted;
  }

  get restricted(): boolean {
    return !vscode.workspace.isTrusted;
  }

  get readOnly(): boolean {
    return vscode.workspace.fs.isWritableFileSystem(this.document.uri.scheme) === false;
  }

  get cells(): readonly Cell[] {
    return this.list.cells;
  }

  idOf(cell: vscode.NotebookCell): string {
    return cellIdOf(cell);
  }

  /** VS Code's cell of that id. */
  cell(id: string): vscode.NotebookCell | null {
    const cells = this.document.getCells();
    return cells.find((cell) => cellIdOf(cell) === id || cell.document.uri.toString() === id) ?? null;
  }

  readMetadata(): unknown {
    return this.metadata.read();
  }

  writeMetadata(value: unknown): void {
    this.metadata.write(value);
  }

  reveal(range: SourceRange, keepFocus: boolean): void {
    const cell = this.cell(range.cellId);
    if (!cell) return;
    void vscode.commands.executeCommand("vscode.open", cell.document.uri, {
      selection: rangeOf(range),
      preserveFocus: keepFocus,
      viewColumn: this.editor()?.viewColumn,
    });
  }

  applyFix({ range, text }: TextFix): void {
    const cell = this.cell(range.cellId);
    if (!cell) return;
    const edit = new vscode.WorkspaceEdit();
    edit.replace(cell.document.uri, rangeOf(range), text);
    void vscode.workspace.applyEdit(edit).then(() => this.reveal(range, false));
  }

  insertCells(sources: readonly string[]): void {
    const { document } = this;
    const at = this.editor()?.selection.end ?? document.cellCount;
    const cells = sources.map(
      (source) => new vscode.NotebookCellData(vscode.NotebookCellKind.Code, source, "python"),
    );
    // A new notebook has one empty cell: the example takes its place instead of standing below it.
    const empty = document.cellCount === 1 && document.cellAt(0).document.getText().trim() === "";
    const edit = new vscode.WorkspaceEdit();
    edit.set(document.uri, [
      empty
        ? vscode.NotebookEdit.replaceCells(new vscode.NotebookRange(0, 1), cells)
        : vscode.NotebookEdit.insertCells(Math.min(at, document.cellCount), cells),
    ]);
    void vscode.workspace.applyEdit(edit).then(() => {
      const first = document.cellAt(empty ? 0 : Math.min(at, document.cellCount - 1));
      return vscode.commands.executeCommand("vscode.open", first.document.uri);
    });
  }

  /** An editor that shows the notebook. */
  editor(): vscode.NotebookEditor | null {
    const active = vscode.window.activeNotebookEditor;
    if (active?.notebook === this.document) return active;
    return vscode.window.visibleNotebookEditors.find((e) => e.notebook === this.document) ?? null;
  }

  private listenToCursor(): void {
    this.add(
      vscode.window.onDidChangeNotebookEditorSelection(({ notebookEditor, selections }) => {
        if (notebookEditor.notebook === this.document) this.tellCell(selections[0]?.start ?? 0);
      }),
    );
    this.add(
      vscode.window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
        const cell = this.document.getCells().find((c) => c.document === textEditor.document);
        const at = selections[0]?.active;
        if (cell && at) this.tellPlace(cell, at.line + 1, at.character + 1);
      }),
    );
  }

  private tellCell(index: number): void {
    if (index < this.document.cellCount) this.tellPlace(this.document.cellAt(index), 1, 1);
  }

  private tellPlace(cell: vscode.NotebookCell, line: number, column: number): void {
    const place = { line, column, endLine: line, endColumn: column };
    this.cursorMoved.fire({ cellId: cellIdOf(cell), cell: cell.index, ...place });
  }
}

/** The same place as VS Code counts: from 0. */
export function rangeOf({ line, column, endLine, endColumn }: SourceRange): vscode.Range {
  return new vscode.Range(line - 1, column - 1, endLine - 1, endColumn - 1);
}

/** A range of a cell as one of the file that it is part of, with so many lines before it. */
export function shifted(range: SourceRange, lines: number): vscode.Range {
  return rangeOf({ ...range, line: range.line + lines, endLine: range.endLine + lines });
}
