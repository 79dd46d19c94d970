import * as vscode from "vscode";
import { Disposables, Emitter, graphFileStem } from "@graphcell/core";
import { nameOf } from "./code";

/** The events of a graph file: they are saved beside it, in `NAME.graphcell.json`, in the form of a notebook's metadata. */
export class SavedBeside extends Disposables {
  private readonly changed = this.add(new Emitter<void>());
  readonly onChange = this.changed.event;
  readonly uri: vscode.Uri;
  private text = "";
  private value: unknown = undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    graphFile: vscode.Uri,
    private readonly onProblem: (message: string) => void,
  ) {
    super();
    this.uri = vscode.Uri.joinPath(graphFile, "..", `${graphFileStem(nameOf(graphFile))}.graphcell.json`);
    const pattern = new vscode.RelativePattern(vscode.Uri.joinPath(graphFile, ".."), nameOf(this.uri));
    const watcher = this.add(vscode.workspace.createFileSystemWatcher(pattern));
    const again = () => void this.load();
    for (const event of [watcher.onDidCreate, watcher.onDidChange, watcher.onDidDelete])
      this.add(event(again));
    void this.load();
  }

  read(): unknown {
    return this.value;
  }

  write(value: unknown): void {
    this.value = value;
    this.text = value === undefined ? "" : `${JSON.stringify(value, null, 2)}\n`;
    const { text } = this;
    this.writing = this.writing
      .then(() => this.save(text))
      .catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        this.onProblem(vscode.l10n.t("The events could not be saved in {0}: {1}", nameOf(this.uri), why));
      });
  }

  private async save(text: string): Promise<void> {
    if (text === "") await vscode.workspace.fs.delete(this.uri);
    else await vscode.workspace.fs.writeFile(this.uri, new TextEncoder().encode(text));
  }

  private async load(): Promise<void> {
    const bytes = await Promise.resolve(vscode.workspace.fs.readFile(this.uri)).catch(() => null);
    const text = bytes ? new TextDecoder().decode(bytes) : "";
    // What was just written comes back.
    if (text === this.text || this.disposed) return;
    try {
      this.value = text === "" ? undefined : JSON.parse(text);
      this.text = text;
      this.changed.fire();
    } catch {
      this.onProblem(vscode.l10n.t("{0} is no JSON: the events in it are not shown.", nameOf(this.uri)));
    }
  }
}
