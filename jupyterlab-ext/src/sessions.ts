import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { Contents } from "@jupyterlab/services";
import { Signal } from "@lumino/signaling";
import { DEFAULT_SETTINGS, type Disposable, type ViewSettings } from "@graphcell/core";
import { type HostActions, schedule } from "./host";
import type { KernelDialogs } from "./kernelLink";
import { NotebookSession } from "./notebookSession";
import type { IGraphcellSessions } from "./tokens";

/** Milliseconds from a change to those who need to know of it, but not while somebody types on. */
const QUIET = 250;
/** Milliseconds after which they are told all the same. */
const AT_LATEST = 1000;

/** Makes a session when a notebook comes to the front for the first time, and ends it when the notebook closes. */
export class Sessions implements IGraphcellSessions {
  private readonly known = new Map<NotebookPanel, NotebookSession>();
  private readonly loading = new Map<NotebookPanel, Promise<NotebookSession>>();
  private front: NotebookSession | null = null;
  private following: Disposable | null = null;
  private telling: Disposable | null = null;
  private untoldSince = 0;
  private viewSettings = DEFAULT_SETTINGS;
  readonly currentChanged: Signal<IGraphcellSessions, NotebookSession | null> = new Signal(this);
  readonly stateChanged: Signal<IGraphcellSessions, void> = new Signal(this);
  readonly added: Signal<IGraphcellSessions, NotebookSession> = new Signal(this);

  constructor(
    private readonly tracker: INotebookTracker,
    private readonly actions: HostActions,
    private readonly dialogs: KernelDialogs,
    private readonly contents: Contents.IManager,
  ) {
    tracker.currentChanged.connect((_, panel) => this.follow(panel));
    this.follow(tracker.currentWidget);
  }

  get current(): NotebookSession | null {
    return this.front;
  }

  get settings(): ViewSettings {
    return this.viewSettings;
  }

  setSettings(settings: ViewSettings): void {
    this.viewSettings = settings;
    for (const { session } of this.known.values()) session.setSettings(settings);
  }

  of(panel: NotebookPanel): NotebookSession | null {
    return this.known.get(panel) ?? null;
  }

  ready(panel: NotebookPanel): Promise<NotebookSession> {
    let loading = this.loading.get(panel);
    if (!loading) this.loading.set(panel, (loading = this.create(panel)));
    return loading;
  }

  /** The page goes away: the kernels hear of it, which ends what runs for nobody. */
  leave(): void {
    for (const { kernel } of this.known.values()) kernel.dispose();
  }

  private async create(panel: NotebookPanel): Promise<NotebookSession> {
    await panel.context.ready;
    const { model } = panel.content;
    if (panel.isDisposed || !model) throw new Error(`${panel.context.path} was closed while it was loading`);
    const session = new NotebookSession(panel, model, {
      actions: this.actions,
      dialogs: this.dialogs,
      settings: this.viewSettings,
      contents: this.contents,
    });
    this.known.set(panel, session);
    panel.disposed.connect(() => this.forget(panel));
    this.added.emit(session);
    return session;
  }

  private forget(panel: NotebookPanel): void {
    const session = this.known.get(panel);
    this.known.delete(panel);
    this.loading.delete(panel);
    if (session === this.front) this.bring(null);
    session?.dispose();
  }

  private follow(panel: NotebookPanel | null): void {
    this.bring(panel ? this.of(panel) : null);
    if (!panel || this.front) return;
    this.ready(panel).then(
      (session) => {
        if (this.tracker.currentWidget === panel) this.bring(session);
      },
      () => undefined,
    );
  }

  private bring(session: NotebookSession | null): void {
    if (session === this.front) return;
    this.following?.dispose();
    this.front = session;
    this.following = session?.session.onTouch(() => this.tellSoon()) ?? null;
    this.currentChanged.emit(session);
    this.stateChanged.emit();
  }

  /** Who listens asks for the state, and that builds it: later than the letter that was typed is drawn. */
  private tellSoon(): void {
    const now = performance.now();
    if (!this.telling) this.untoldSince = now;
    this.telling?.dispose();
    const left = this.untoldSince + AT_LATEST - now;
    this.telling = schedule(
      () => {
        this.telling = null;
        this.stateChanged.emit();
      },
      Math.max(0, Math.min(QUIET, left)),
    );
  }
}
