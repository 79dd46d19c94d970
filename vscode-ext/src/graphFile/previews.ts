import * as vscode from "vscode";
import { Disposables } from "@graphcell/core";
import type { OpenGraphFile } from "./graphFile";
import type { GraphFiles } from "./graphFiles";
import { GraphPage } from "../views/page";

/** Not one of the views' own ids: their menus act on notebooks. */
const PREVIEW_TYPE = "graphcellFile.preview";

/** The pictures of graph files beside their text, one a file; a preview closes with its file. */
export class GraphFilePreviews extends Disposables {
  private readonly panels = new Map<OpenGraphFile, vscode.WebviewPanel>();

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly files: GraphFiles,
  ) {
    super();
    this.add({ dispose: () => this.panels.forEach((panel) => panel.dispose()) });
    this.add(files.onClosed((file) => this.panels.get(file)?.dispose()));
    this.add(
      vscode.commands.registerCommand("graphcell:preview-file", (uri: unknown) =>
        this.open(uri instanceof vscode.Uri ? uri : null),
      ),
    );
  }

  /** Opens the preview of a file, of the one in front when none is named. */
  async open(uri: vscode.Uri | null): Promise<void> {
    const front = vscode.window.activeTextEditor?.document;
    const document =
      uri && uri.toString() !== front?.uri.toString() ? await vscode.workspace.openTextDocument(uri) : front;
    const file = document && this.files.of(document);
    if (!document || !file) {
      const names = "function.yaml, *.graph.yaml, *.graph.json";
      await vscode.window.showInformationMessage(vscode.l10n.t("Open a graph file first: {0}.", names));
      return;
    }
    const open = this.panels.get(file);
    if (open) return open.reveal(undefined, true);
    if (document !== front) await vscode.window.showTextDocument(document);
    this.show(file);
  }

  private show(file: OpenGraphFile): void {
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const title = vscode.l10n.t("Graph: {0}", file.name);
    const panel = vscode.window.createWebviewPanel(PREVIEW_TYPE, title, place);
    panel.iconPath = vscode.Uri.joinPath(this.extensionUri, "media", "graph-tab.svg");
    this.files.watch(file);
    const page = new GraphPage(panel.webview, this.extensionUri, "narrow", file);
    this.panels.set(file, panel);
    panel.onDidChangeViewState(() => {
      if (!panel.visible) page.pause();
    });
    panel.onDidDispose(() => {
      page.dispose();
      this.panels.delete(file);
    });
  }
}
