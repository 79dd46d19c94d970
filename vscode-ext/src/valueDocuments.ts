import * as vscode from "vscode";
import { Disposables, type Preview } from "@graphcell/core";

const SCHEME = "graphcell-value";
/** Values that can be looked at again: the oldest go first. */
const KEPT = 20;

/** Shows a value in an editor of its own, read-only, with VS Code's own folding and search. */
export class ValueDocuments extends Disposables implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private last = 0;

  constructor() {
    super();
    this.add(vscode.workspace.registerTextDocumentContentProvider(SCHEME, this));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? "This value is no longer kept. Show it again from the graph.";
  }

  async show(title: string, preview: Preview): Promise<void> {
    const json = preview.json !== null;
    const name = title.replace(/[^\p{L}\p{N}._-]+/gu, "-") || "value";
    const path = `/${++this.last}/${name}.${json ? "json" : "txt"}`;
    this.texts.set(path, preview.json ?? preview.text);
    for (const old of [...this.texts.keys()].slice(0, -KEPT)) this.texts.delete(old);
    const document = await vscode.workspace.openTextDocument(vscode.Uri.from({ scheme: SCHEME, path }));
    await vscode.window.showTextDocument(document, { preview: true });
  }
}
