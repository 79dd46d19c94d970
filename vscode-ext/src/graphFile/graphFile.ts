import * as vscode from "vscode";
import {
  Disposables,
  Emitter,
  type Cell,
  type GraphFile,
  type HostPort,
  type NotebookPort,
  type ParsedNotebook,
  type ScriptPort,
  type Session,
  type SourceRange,
  type TextFix,
  type ViewSettings,
  createSession,
  graphFileStem,
  readGraphFile,
  readNotebook,
} from "@graphcell/core";
import { HandlerFile, nameOf } from "./code";
import { GraphFileKernel } from "./kernel";
import { SavedBeside } from "./saved";
import { shifted } from "../notebook/notebook";

/** One open graph file: its text, the Python file with its handlers, and the events that are saved beside it. */
export class OpenGraphFile extends Disposables implements NotebookPort {
  private readonly cellsChanged = this.add(new Emitter<void>());
  private readonly cursorMoved = this.add(new Emitter<SourceRange>());
  private readonly handlers: HandlerFile;
  private readonly saved: SavedBeside;
  readonly onCells = this.cellsChanged.event;
  readonly onCursor = this.cursorMoved.event;
  readonly onMetadata: NotebookPort["onMetadata"];
  readonly kernel: GraphFileKernel;
  /** The file as it was read last. */
  file: GraphFile;
  private running: Session | null = null;
  private pending = false;

  constructor(
    readonly document: vscode.TextDocument,
    private readonly host: HostPort,
    private readonly settings: ViewSettings,
    private readonly scripts: ScriptPort | null,
    onProblem: (message: string) => void,
  ) {
    super();
    this.handlers = this.add(new HandlerFile(document.uri));
    this.saved = this.add(new SavedBeside(document.uri, onProblem));
    this.kernel = this.add(
      new GraphFileKernel(
        document.uri,
        () => this.handlerCode(),
        (error) => onProblem(error.message),
      ),
    );
    this.onMetadata = this.saved.onChange;
    this.file = this.readFile(undefined);
    this.handlers.follow(this.file.file);
    this.add(this.handlers.onChange(() => this.changed()));
    this.add(vscode.workspace.onDidGrantWorkspaceTrust(() => this.running?.trustChanged()));
    this.add(
      vscode.workspace.onDidChangeTextDocument((event) => {
        if (event.document === document && event.contentChanges.length > 0) this.changed();
      }),
    );
    this.listenToCursor();
  }

  /** The session of the file, made when a view first needs it. */
  get session(): Session {
    const { kernel, host, scripts } = this;
    const ports = { notebook: this, kernel, host, ...(scripts ? { scripts } : {}) };
    this.running ??= this.add(createSession(ports, this.settings));
    return this.running;
  }

  get hasSession(): boolean {
    return this.running !== null;
  }

  get path(): string {
    return vscode.workspace.asRelativePath(this.document.uri, false);
  }

  get name(): string {
    return nameOf(this.document.uri);
  }

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
    return this.file.cells;
  }

  read(): ParsedNotebook {
    return this.file.parsed;
  }

  readMetadata(): unknown {
    return this.saved.read();
  }

  writeMetadata(value: unknown): void {
    this.saved.write(value);
  }

  reveal(range: SourceRange, keepFocus: boolean): void {
    const location = this.location(range);
    if (!location) return;
    const shown = vscode.window.visibleTextEditors.find(
      (editor) => editor.document.uri.toString() === location.uri.toString(),
    );
    void vscode.window.showTextDocument(location.uri, {
      selection: location.range,
      preserveFocus: keepFocus,
      viewColumn: shown?.viewColumn ?? vscode.ViewColumn.One,
    });
  }

  applyFix({ range, text }: TextFix): void {
    const location = this.location(range);
    if (!location) return;
    const edit = new vscode.WorkspaceEdit();
    edit.replace(location.uri, location.range, text);
    void vscode.workspace.applyEdit(edit);
  }

  /** A graph file has no cells to insert. */
  insertCells(): void {}

  /** The document and range of a place in the file, or in the Python file beside it. */
  location(range: SourceRange): vscode.Location | null {
    if (range.cell === 0) return new vscode.Location(this.document.uri, shifted(range, 0));
    const { uri, code } = this.handlers;
    if (!uri || !code) return null;
    const before = readNotebook(code.text, "python").linesBefore?.[range.cell - 1] ?? 0;
    return new vscode.Location(uri, shifted(range, before));
  }

  /** The code to run before events; null while none is found. */
  private handlerCode(): { readonly name: string; readonly cells: readonly string[] } | null {
    const { code } = this.handlers;
    const cells = this.cells.filter((cell) => cell.kind === "code").map((cell) => cell.source);
    return code && { name: code.name, cells };
  }

  private readFile(before: GraphFile | undefined): GraphFile {
    // Lines of an editor on Windows end otherwise than those of the ranges.
    const text = this.document.getText().replace(/\r\n/g, "\n");
    return readGraphFile(text, graphFileStem(this.name), this.handlers.code, before);
  }

  /** Reads the file once a tick, however often it changed. */
  private changed(): void {
    if (this.pending) return;
    this.pending = true;
    queueMicrotask(() => {
      this.pending = false;
      if (this.disposed) return;
      this.file = this.readFile(this.file);
      this.handlers.follow(this.file.file);
      this.cellsChanged.fire();
    });
  }

  private listenToCursor(): void {
    this.add(
      vscode.window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
        const at = selections[0]?.active;
        if (textEditor.document !== this.document || !at) return;
        const [line, column] = [at.line + 1, at.character + 1];
        const cellId = this.cells[0].id;
        this.cursorMoved.fire({ cellId, cell: 0, line, column, endLine: line, endColumn: column });
      }),
    );
  }
}
