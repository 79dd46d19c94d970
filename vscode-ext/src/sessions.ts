import * as vscode from "vscode";
import {
  Disposables,
  Emitter,
  createSession,
  type HostPort,
  type ScriptPort,
  type Session,
  type ViewSettings,
} from "@graphcell/core";
import { answerSimulate } from "@graphcell/kernel-bridge";
import type { ScriptsOf } from "./host";
import { CodeKernelLink } from "./kernel/link";
import { cellIdOf } from "./notebook/cells";
import { CodeNotebook } from "./notebook/notebook";
import { NOTEBOOK_TYPE } from "./notebookType";
import { type Renames, renamedTo } from "./renamed";
import { readSettings, SECTION } from "./settings";
import { schedule } from "./time";

/** Milliseconds by which all else comes after the graph itself. */
const FOLLOW_MS = 30;

/** Everything of Graphcell that belongs to one notebook; gone when the notebook is closed. */
export class NotebookSession extends Disposables {
  readonly notebook: CodeNotebook;
  readonly kernel: CodeKernelLink;
  readonly session: Session;

  constructor(
    readonly document: vscode.NotebookDocument,
    host: HostPort,
    settings: ViewSettings,
    log: vscode.LogOutputChannel,
    scripts: ScriptPort | null,
  ) {
    super();
    this.notebook = this.add(new CodeNotebook(document, (message) => log.error(message)));
    this.kernel = this.add(new CodeKernelLink((error) => log.warn(`${error.message} ${error.remedy}`)));
    const { notebook, kernel } = this;
    const ports = { notebook, kernel, host, ...(scripts ? { scripts } : {}) };
    this.session = this.add(createSession(ports, settings));
    this.kernel.onSimulate = (request, tell) => answerSimulate(this.session, request, tell);
  }

  /** The cell that the person is in; null when no editor shows the notebook. */
  get activeCell(): vscode.NotebookCell | null {
    const editor = this.notebook.editor();
    const index = editor?.selection.start ?? -1;
    return index >= 0 && index < this.document.cellCount ? this.document.cellAt(index) : null;
  }

  get activeCellId(): string | null {
    return this.activeCell ? cellIdOf(this.activeCell) : null;
  }
}

/** A session for each open notebook, made when it is first asked for or comes to the front. */
export class Sessions extends Disposables {
  private readonly known = new Map<vscode.NotebookDocument, NotebookSession>();
  private readonly made = this.add(new Emitter<NotebookSession>());
  private readonly fronted = this.add(new Emitter<NotebookSession | null>());
  private readonly changed = this.add(new Emitter<NotebookSession>());
  private front: NotebookSession | null = null;
  /** What was known of notebooks that are getting these addresses. */
  private readonly moving = new Map<string, Session>();
  /** Sessions whose changes are not told yet. */
  private readonly untold = new Set<NotebookSession>();
  /** Fires when a notebook has got its session. */
  readonly onAdded = this.made.event;
  /** Fires when another notebook comes to the front. */
  readonly onCurrent = this.fronted.event;
  /** Fires soon after any change of any session: graphs are drawn first, lists, marks and texts follow. */
  readonly onState = this.changed.event;

  constructor(
    private readonly host: HostPort,
    private readonly log: vscode.LogOutputChannel,
    private readonly scriptsOf: ScriptsOf,
  ) {
    super();
    this.add({ dispose: () => this.known.forEach((session) => session.dispose()) });
    this.add(vscode.window.onDidChangeActiveNotebookEditor(() => this.follow()));
    this.add(vscode.window.onDidChangeVisibleNotebookEditors(() => this.follow()));
    this.add(vscode.window.onDidChangeNotebookEditorSelection(() => this.follow()));
    this.add(vscode.workspace.onDidCloseNotebookDocument((document) => this.forget(document)));
    this.add(vscode.workspace.onWillRenameFiles(({ files }) => this.renaming(files)));
    this.add(
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        for (const { session } of this.known.values()) session.trustChanged();
      }),
    );
    this.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(SECTION)) this.applySettings();
      }),
    );
  }

  /** The notebook in front; the last one that was, while another kind of editor is. */
  get current(): NotebookSession | null {
    return this.front;
  }

  get all(): readonly NotebookSession[] {
    return [...this.known.values()];
  }

  /** The session of a notebook, made if need be; null for what is no Jupyter notebook. */
  of(document: vscode.NotebookDocument): NotebookSession | null {
    if (document.notebookType !== NOTEBOOK_TYPE || document.isClosed) return null;
    return this.known.get(document) ?? this.create(document);
  }

  /** The session of the notebook that a cell's text document belongs to. */
  ofCell(text: vscode.TextDocument): NotebookSession | null {
    if (text.uri.scheme !== "vscode-notebook-cell") return null;
    const document = vscode.workspace.notebookDocuments.find((notebook) =>
      notebook.getCells().some((cell) => cell.document === text),
    );
    return document ? this.of(document) : null;
  }

  /** Looks which notebook is in front. */
  follow(): void {
    // After the extension host came back, an editor that is open may be told as visible only.
    const visible = this.front ? undefined : vscode.window.visibleNotebookEditors[0];
    const document = (vscode.window.activeNotebookEditor ?? visible)?.notebook;
    const session = document ? this.of(document) : null;
    if (session) this.bring(session);
  }

  private create(document: vscode.NotebookDocument): NotebookSession {
    const session = new NotebookSession(
      document,
      this.host,
      readSettings(),
      this.log,
      this.scriptsOf(document.uri),
    );
    this.known.set(document, session);
    const before = this.moving.get(document.uri.toString());
    this.moving.delete(document.uri.toString());
    if (before) session.session.adopt(before);
    session.add(session.session.onChange(() => this.tellSoon(session)));
    this.made.fire(session);
    return session;
  }

  /** A notebook under another name is another document, which keeps what the runs of this one gave. */
  private renaming(files: Renames): void {
    this.moving.clear();
    for (const [document, { session }] of this.known) {
      const to = renamedTo(document.uri, files);
      if (to) this.moving.set(to.toString(), session);
    }
  }

  private tellSoon(changed: NotebookSession): void {
    if (this.untold.size === 0) {
      schedule(() => {
        const sessions = [...this.untold];
        this.untold.clear();
        for (const session of sessions) if (!session.disposed) this.changed.fire(session);
      }, FOLLOW_MS);
    }
    this.untold.add(changed);
  }

  private forget(document: vscode.NotebookDocument): void {
    const session = this.known.get(document);
    if (!session) return;
    this.known.delete(document);
    if (session === this.front) {
      this.bring(null);
      this.follow();
    }
    session.dispose();
  }

  private bring(session: NotebookSession | null): void {
    if (session === this.front) return;
    this.front = session;
    this.fronted.fire(session);
  }

  private applySettings(): void {
    const settings = readSettings();
    for (const { session } of this.known.values()) session.setSettings(settings);
  }
}
