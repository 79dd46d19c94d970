import type { CodeCellModel } from "@jupyterlab/cells";
import type { NotebookPanel } from "@jupyterlab/notebook";
import {
  Disposables,
  Emitter,
  type Cell,
  type NotebookPort,
  type SourceRange,
  type TextFix,
} from "@graphcell/core";
import { CellList } from "./cellList";

const METADATA_KEY = "graphcell";

type NotebookModel = NonNullable<NotebookPanel["content"]["model"]>;

/** JupyterLab's notebook as the session sees it. Made when the notebook's model is there. */
export class LabNotebook extends Disposables implements NotebookPort {
  private readonly list: CellList;
  private readonly cellsChanged = this.add(new Emitter<void>());
  private readonly metadataChanged = this.add(new Emitter<void>());
  private readonly cursorMoved = this.add(new Emitter<SourceRange>());
  private writing = false;
  readonly onCells = this.cellsChanged.event;
  readonly onMetadata = this.metadataChanged.event;
  readonly onCursor = this.cursorMoved.event;

  constructor(
    private readonly panel: NotebookPanel,
    private readonly model: NotebookModel,
  ) {
    super();
    this.list = this.add(new CellList(model.sharedModel));
    this.add(this.list.onChange(() => this.cellsChanged.fire()));
    this.listenToTrust();
    this.listenToMetadata();
    this.listenToCursor();
  }

  get path(): string {
    return this.panel.context.path;
  }

  get name(): string {
    return this.path.split("/").pop() ?? this.path;
  }

  /** Only outputs need trust: a notebook that nobody has run yet has none. */
  get trusted(): boolean {
    for (const cell of this.model.cells) {
      if (isCodeCell(cell) && !cell.trusted && cell.outputs.length > 0) return false;
    }
    return true;
  }

  get readOnly(): boolean {
    return this.model.readOnly || this.panel.context.contentsModel?.writable === false;
  }

  get cells(): readonly Cell[] {
    return this.list.cells;
  }

  readMetadata(): unknown {
    return this.model.sharedModel.getMetadata(METADATA_KEY);
  }

  writeMetadata(value: unknown): void {
    const shared = this.model.sharedModel;
    this.writing = true;
    try {
      if (value === undefined) shared.deleteMetadata(METADATA_KEY);
      else this.model.setMetadata(METADATA_KEY, value);
    } finally {
      this.writing = false;
    }
    this.model.dirty = true;
  }

  reveal(range: SourceRange, keepFocus: boolean): void {
    void this.goTo(range, keepFocus);
  }

  applyFix({ range, text }: TextFix): void {
    const shared = this.model.sharedModel.cells.find((cell) => cell.getId() === range.cellId);
    if (!shared || this.readOnly) return;
    const source = shared.getSource();
    const start = offsetOf(source, range.line, range.column);
    const end = offsetOf(source, range.endLine, range.endColumn);
    shared.transact(() => shared.updateSource(start, end, text));
    this.reveal(range, false);
  }

  insertCells(sources: readonly string[]): void {
    const { content } = this.panel;
    const shared = this.model.sharedModel;
    const at = Math.min(content.activeCellIndex + 1, shared.cells.length);
    // A new notebook has one empty cell: the example takes its place instead of standing below it.
    const empty = shared.cells.length === 1 && shared.cells[0]?.getSource().trim() === "";
    shared.transact(() => {
      const cells = sources.map((source) => ({ cell_type: "code", source, metadata: { trusted: true } }));
      shared.insertCells(at, cells);
      if (empty) shared.deleteCell(0);
    });
    content.activeCellIndex = empty ? 0 : at;
    void this.scrollTo(content.activeCellIndex);
  }

  private async goTo(range: SourceRange, keepFocus: boolean): Promise<void> {
    const { content } = this.panel;
    const index = this.model.sharedModel.cells.findIndex((cell) => cell.getId() === range.cellId);
    if (index < 0) return;
    content.deselectAll();
    content.activeCellIndex = index;
    const cell = content.widgets[index];
    if (!cell) return;
    if (cell.inputHidden) cell.inputHidden = false;
    await this.scrollTo(index);
    const { editor } = cell;
    if (!editor) return;
    const start = { line: range.line - 1, column: range.column - 1 };
    const end = { line: range.endLine - 1, column: range.endColumn - 1 };
    editor.setSelection({ start, end });
    editor.revealSelection({ start, end });
    if (keepFocus) return;
    content.mode = "edit";
    editor.focus();
  }

  private async scrollTo(index: number): Promise<void> {
    await this.panel.content.scrollToItem(index, "auto").catch(() => undefined);
    await this.panel.content.widgets[index]?.ready;
  }

  private listenToTrust(): void {
    const { cells } = this.model;
    const listen = (_: unknown, change: { readonly name: string }) => {
      if (change.name === "trusted") this.cellsChanged.fire();
    };
    // Connecting the same listener again changes nothing.
    const follow = () => {
      for (const cell of cells) cell.stateChanged.connect(listen);
    };
    cells.changed.connect(follow);
    follow();
    this.add({
      dispose: () => {
        cells.changed.disconnect(follow);
        for (const cell of cells) cell.stateChanged.disconnect(listen);
      },
    });
  }

  private listenToMetadata(): void {
    const { metadataChanged } = this.model.sharedModel;
    const listen = (_: unknown, change: { readonly key: string }) => {
      if (!this.writing && change.key === METADATA_KEY) this.metadataChanged.fire();
    };
    metadataChanged.connect(listen);
    this.add({ dispose: () => void metadataChanged.disconnect(listen) });
  }

  /** Follows the cursor of the active cell's editor, from cell to cell. */
  private listenToCursor(): void {
    const { content } = this.panel;
    let stop: (() => void) | null = null;
    const follow = () => {
      stop?.();
      stop = null;
      const selections = content.activeCell?.model.selections;
      if (!selections) return;
      const tell = () => this.tellCursor();
      selections.changed.connect(tell);
      stop = () => void selections.changed.disconnect(tell);
      tell();
    };
    content.activeCellChanged.connect(follow);
    follow();
    this.add({
      dispose: () => {
        content.activeCellChanged.disconnect(follow);
        stop?.();
      },
    });
  }

  private tellCursor(): void {
    const { activeCell, activeCellIndex } = this.panel.content;
    if (!activeCell) return;
    const at = activeCell.editor?.getCursorPosition() ?? { line: 0, column: 0 };
    const place = { line: at.line + 1, column: at.column + 1 };
    this.cursorMoved.fire({
      cellId: activeCell.model.sharedModel.getId(),
      cell: activeCellIndex,
      ...place,
      endLine: place.line,
      endColumn: place.column,
    });
  }
}

/** Whether a cell of JupyterLab's model holds code, and so outputs. */
export function isCodeCell(cell: { readonly type: string }): cell is CodeCellModel {
  return cell.type === "code";
}

/** Offset in UTF-16 units of a place given by line and column from 1; past the end it is the end. */
export function offsetOf(source: string, line: number, column: number): number {
  let start = 0;
  for (let i = 1; i < line; i++) {
    const next = source.indexOf("\n", start);
    if (next < 0) return source.length;
    start = next + 1;
  }
  return Math.min(start + column - 1, source.length);
}
