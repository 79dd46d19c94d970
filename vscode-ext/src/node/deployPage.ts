import * as vscode from "vscode";
import { type Disposable, Disposables } from "@graphcell/core";
import {
  type DeployHostMessage,
  type DeploySession,
  NO_DEPLOYMENT,
  decodeDeployMessage,
} from "@graphcell/core/nuclio";
import type { NotebookSession, Sessions } from "../sessions";
import { pageOf } from "../views/html";
import type { Deployments } from "./deployments";

/** The deployment of the notebook in front, in a page of the side bar. */
export class DeployPage extends Disposables {
  private shown: { readonly notebook: NotebookSession; readonly session: DeploySession } | null = null;
  private following: Disposable | null = null;

  constructor(
    private readonly webview: vscode.Webview,
    extensionUri: vscode.Uri,
    private readonly sessions: Sessions,
    private readonly deployments: Deployments,
  ) {
    super();
    const dist = vscode.Uri.joinPath(extensionUri, "dist");
    webview.options = { enableScripts: true, localResourceRoots: [dist] };
    this.add(webview.onDidReceiveMessage((data: unknown) => this.receive(data)));
    this.add(sessions.onCurrent(() => this.show()));
    this.add({ dispose: () => this.following?.dispose() });
    webview.html = pageOf(webview, dist, "deploy", "narrow");
  }

  private show(): void {
    this.following?.dispose();
    const notebook = this.sessions.current;
    this.shown = notebook && { notebook, session: this.deployments.of(notebook) };
    this.following = this.shown?.session.onChange(() => this.tell()) ?? null;
    this.tell();
    void this.shown?.session.send({ type: "refresh" });
  }

  /** Nobody sees the page any more: what only shows something ends. */
  hidden(): void {
    const { session } = this.shown ?? {};
    const phase = session?.state.phase;
    if (phase === "watching" || phase === "following") void session?.send({ type: "cancel" });
  }

  private tell(): void {
    const saved = this.shown?.notebook.session.state.current?.events ?? [];
    const message: DeployHostMessage = {
      type: "deployment",
      state: this.shown?.session.state ?? NO_DEPLOYMENT,
      events: saved.map(({ id, name }) => ({ id, name })),
    };
    void this.webview.postMessage(message);
  }

  private receive(data: unknown): void {
    const message = decodeDeployMessage(data);
    if (!message) return;
    switch (message.type) {
      case "ready":
        return this.show();
      case "intent":
        return void this.shown?.session.send(message.intent);
      case "reveal":
        return this.reveal(message.cellId, message.line);
      default:
        return message satisfies never;
    }
  }

  private reveal(cellId: string, line: number): void {
    const { notebook } = this.shown ?? {};
    const cell = notebook?.notebook.cells.findIndex(({ id }) => id === cellId) ?? -1;
    if (cell < 0) return;
    const range = { cellId, cell, line, column: 1, endLine: line, endColumn: 1 };
    notebook?.session.send({ type: "reveal", range });
  }
}
