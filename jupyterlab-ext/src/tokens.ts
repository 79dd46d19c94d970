import type { NotebookPanel } from "@jupyterlab/notebook";
import { Token } from "@lumino/coreutils";
import type { ISignal } from "@lumino/signaling";
import type { ViewSettings } from "@graphcell/core";
import type { NotebookSession } from "./notebookSession";

/** Graphcell's sessions: one for each open notebook that has been looked at. */
export interface IGraphcellSessions {
  /** Session of the notebook in front; null without one, or while it is still loading. */
  readonly current: NotebookSession | null;
  /** Fires when another notebook comes to the front, and when its session is there. */
  readonly currentChanged: ISignal<IGraphcellSessions, NotebookSession | null>;
  /** Fires after any change of the session in front, when there is time for it: within a second. */
  readonly stateChanged: ISignal<IGraphcellSessions, void>;
  /** Fires when a notebook has got its session. */
  readonly added: ISignal<IGraphcellSessions, NotebookSession>;
  readonly settings: ViewSettings;
  /** Applies to all sessions, also to those that come later. */
  setSettings(settings: ViewSettings): void;
  /** The session of a notebook; null until its content is loaded. */
  of(panel: NotebookPanel): NotebookSession | null;
  /** The session of a notebook, made if need be; rejects when the notebook is closed before it has loaded. */
  ready(panel: NotebookPanel): Promise<NotebookSession>;
}

export const IGraphcellSessions = new Token<IGraphcellSessions>(
  "graphcell:IGraphcellSessions",
  "Graphcell's session of each notebook: its graphs, events and results.",
);

/** Where the graph is shown. */
export interface IGraphcellPanels {
  /** Brings the sidebar to the front and puts the keyboard into it. */
  show(): void;
  /** Shows the sidebar and opens the editor of the chosen event. */
  editEvent(): void;
  /**
   * Opens the graph of a notebook (the one in front when no path is given) in a tab of its own; where the
   * application has no room for tabs it shows the sidebar.
   */
  openTab(path?: string): void;
}

export const IGraphcellPanels = new Token<IGraphcellPanels>(
  "graphcell:IGraphcellPanels",
  "Graphcell's sidebar and tabs.",
);
