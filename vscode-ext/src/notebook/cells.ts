import * as vscode from "vscode";
import { Disposables, Emitter, type Cell } from "@graphcell/core";

/** A cell's id: its own in the file, else, for a cell that has none yet, the address of its document. */
export function cellIdOf(cell: vscode.NotebookCell): string {
  const { id } = cell.metadata;
  return typeof id === "string" && id !== "" ? id : cell.document.uri.toString();
}

/**
 * A notebook's cells as plain values. A cell that did not change stays the same object, so that who reads them parses
 * only what is new. Changes are told once a tick, however many there were.
 */
export class CellList extends Disposables {
  private readonly known = new WeakMap<vscode.NotebookCell, Cell>();
  private list: readonly Cell[] | null = null;
  private readonly changed = this.add(new Emitter<void>());
  private pending = false;
  readonly onChange = this.changed.event;

  constructor(private readonly document: vscode.NotebookDocument) {
    super();
    this.add(
      vscode.workspace.onDidChangeTextDocument((event) => {
        if (event.contentChanges.length > 0 && this.has(event.document)) this.tell();
      }),
    );
    this.add(
      vscode.workspace.onDidChangeNotebookDocument((event) => {
        if (event.notebook === document && this.differs()) this.tell();
      }),
    );
  }

  get cells(): readonly Cell[] {
    this.list ??= this.document.getCells().map((cell) => this.plainOf(cell));
    return this.list;
  }

  private has(text: vscode.TextDocument): boolean {
    if (text.uri.scheme !== "vscode-notebook-cell" || text.uri.path !== this.document.uri.path) return false;
    return this.document.getCells().some((cell) => cell.document === text);
  }

  /** Whether anything changed that stands in the values: outputs do not. */
  private differs(): boolean {
    const before = this.list;
    const cells = this.document.getCells();
    return (
      !before || before.length !== cells.length || cells.some((cell, i) => this.plainOf(cell) !== before[i])
    );
  }

  private plainOf(cell: vscode.NotebookCell): Cell {
    const before = this.known.get(cell);
    const now = cellOf(cell);
    if (before && same(before, now)) return before;
    this.known.set(cell, now);
    return now;
  }

  private tell(): void {
    this.list = null;
    if (this.pending) return;
    this.pending = true;
    queueMicrotask(() => {
      this.pending = false;
      if (!this.disposed) this.changed.fire();
    });
  }
}

function cellOf(cell: vscode.NotebookCell): Cell {
  const code = cell.kind === vscode.NotebookCellKind.Code;
  const raw = cell.document.languageId === "raw";
  const tags: unknown = (cell.metadata as { metadata?: { tags?: unknown } }).metadata?.tags;
  return {
    id: cellIdOf(cell),
    kind: code ? (raw ? "raw" : "code") : "markdown",
    // An editor on Windows may keep line ends that notebooks do not have.
    source: cell.document.getText().replace(/\r\n/g, "\n"),
    ...(code ? { executionCount: cell.executionSummary?.executionOrder ?? null } : {}),
    ...(Array.isArray(tags) ? { tags: tags.filter((tag): tag is string => typeof tag === "string") } : {}),
  };
}

function same(a: Cell, b: Cell): boolean {
  return (
    a.id === b.id &&
    a.kind === b.kind &&
    a.source === b.source &&
    a.executionCount === b.executionCount &&
    (a.tags ?? []).join("\n") === (b.tags ?? []).join("\n")
  );
}
