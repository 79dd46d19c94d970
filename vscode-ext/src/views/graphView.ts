import * as vscode from "vscode";
import { Disposables } from "@graphcell/core";
import type { Sessions } from "../sessions";
import { GraphPage } from "./page";

export const GRAPH_VIEW = "graphcell.graph";

/** The graph in the side bar: follows the notebook in front. */
export class GraphView extends Disposables implements vscode.WebviewViewProvider {
  private page: GraphPage | null = null;
  /** Asked for before the page was there. */
  private waiting: (() => void) | null = null;

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly sessions: Sessions,
  ) {
    super();
    this.add(vscode.window.registerWebviewViewProvider(GRAPH_VIEW, this));
    this.add(sessions.onCurrent((session) => this.page?.show(session)));
    this.add({ dispose: () => this.page?.dispose() });
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.sessions.follow();
    const page = new GraphPage(view.webview, this.extensionUri, "narrow", this.sessions.current);
    this.page = page;
    view.onDidChangeVisibility(() => {
      if (!view.visible) page.pause();
    });
    view.onDidDispose(() => {
      page.dispose();
      if (this.page === page) this.page = null;
    });
    this.waiting?.();
    this.waiting = null;
  }

  /** Brings it to the front, with the keyboard in it. */
  async show(): Promise<void> {
    await vscode.commands.executeCommand(`${GRAPH_VIEW}.focus`);
    this.page?.post({ type: "focus" });
  }

  /** Brings it to the front and opens the editor of the chosen event. */
  async editEvent(): Promise<void> {
    await vscode.commands.executeCommand(`${GRAPH_VIEW}.focus`);
    this.page?.post({ type: "edit-event" });
  }
}
