import * as vscode from "vscode";
import { Disposables } from "@graphcell/core";
import type { NotebookSession, Sessions } from "../sessions";
import { GraphPage } from "./page";

const TAB_TYPE = "graphcell.tab";

/** Graphs in editor tabs, one a notebook; a tab closes with its notebook. */
export class GraphTabs extends Disposables {
  private readonly tabs = new Map<NotebookSession, vscode.WebviewPanel>();

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly sessions: Sessions,
  ) {
    super();
    this.add({ dispose: () => this.tabs.forEach((panel) => panel.dispose()) });
  }

  open(): void {
    this.sessions.follow();
    const session = this.sessions.current;
    if (!session) return;
    const open = this.tabs.get(session);
    if (open) return open.reveal();
    const title = vscode.l10n.t("Graph: {0}", session.notebook.name);
    const panel = vscode.window.createWebviewPanel(TAB_TYPE, title, vscode.ViewColumn.Beside);
    panel.iconPath = vscode.Uri.joinPath(this.extensionUri, "media", "graph-tab.svg");
    const page = new GraphPage(panel.webview, this.extensionUri, "wide", session);
    this.tabs.set(session, panel);
    panel.onDidChangeViewState(() => {
      if (!panel.visible) page.pause();
    });
    panel.onDidDispose(() => {
      page.dispose();
      this.tabs.delete(session);
    });
    session.add({ dispose: () => panel.dispose() });
  }
}
