import * as vscode from "vscode";
import { Disposables, Emitter, type FunctionFile, type GraphFileCode, handlerSource } from "@graphcell/core";

/** The Python file with a graph file's classes and handlers: which it is, and its text as it stands in the editor. */
export class HandlerFile extends Disposables {
  private readonly changed = this.add(new Emitter<void>());
  /** Fires when another file holds the handlers, or its text has changed. */
  readonly onChange = this.changed.event;
  /** null while no file is found, or the graph file carries its code itself. */
  uri: vscode.Uri | null = null;
  code: GraphFileCode | null = null;
  private looking = 0;
  private wanted = "";

  constructor(private readonly graphFile: vscode.Uri) {
    super();
    const folder = vscode.Uri.joinPath(graphFile, "..");
    const watcher = this.add(
      vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, "*.py")),
    );
    const again = () => void this.look();
    for (const event of [watcher.onDidCreate, watcher.onDidChange, watcher.onDidDelete])
      this.add(event(again));
    this.add(
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document.uri.toString() === this.uri?.toString()) this.take(this.uri, document.getText());
      }),
    );
  }

  private files: readonly string[] = [];

  /** The graph file says otherwise than before where its code is. */
  follow(file: FunctionFile | null): void {
    const { embedded, files } = handlerSource(file, nameOf(this.graphFile));
    const wanted = JSON.stringify([embedded, files]);
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    this.files = embedded === null ? files : [];
    if (embedded === null) void this.look();
    else this.take(null, embedded, `the code in ${nameOf(this.graphFile)}`);
  }

  /** The first of the files that exists; what is looked for later wins. */
  private async look(): Promise<void> {
    const turn = ++this.looking;
    for (const name of this.files) {
      const uri = vscode.Uri.joinPath(this.graphFile, "..", name);
      const text = await textOf(uri);
      if (turn !== this.looking || this.disposed) return;
      if (text !== null) return this.take(uri, text);
    }
    if (this.files.length > 0 && this.code) {
      this.uri = null;
      this.code = null;
      this.changed.fire();
    }
  }

  private take(uri: vscode.Uri | null, text: string, name = uri ? nameOf(uri) : ""): void {
    if (this.code?.name === name && this.code.text === text) return;
    this.uri = uri;
    this.code = { name, text };
    this.changed.fire();
  }
}

/** The text as an editor has it, else as it is saved; null when there is no such file. */
async function textOf(uri: vscode.Uri): Promise<string | null> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) return open.getText();
  try {
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch {
    return null;
  }
}

export function nameOf(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf("/") + 1);
}
