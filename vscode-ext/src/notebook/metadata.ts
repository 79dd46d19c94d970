import * as vscode from "vscode";
import { Disposables, Emitter, METADATA_KEY } from "@graphcell/core";

/**
 * The notebook's metadata key `graphcell`. VS Code takes edits later than they are made: what was written stands here
 * until then, and edits go one after another, so that none overtakes another.
 */
export class MetadataKey extends Disposables {
  private readonly changed = this.add(new Emitter<void>());
  /** What was written and has not been applied; null when nothing waits. */
  private wanted: { readonly value: unknown } | null = null;
  private applying = false;
  private text: string;
  readonly onChange = this.changed.event;

  constructor(
    private readonly document: vscode.NotebookDocument,
    private readonly onProblem: (message: string) => void,
  ) {
    super();
    this.text = textOf(this.inDocument());
    this.add(
      vscode.workspace.onDidChangeNotebookDocument((event) => {
        if (event.notebook === document && event.metadata) this.look();
      }),
    );
  }

  read(): unknown {
    return this.wanted ? this.wanted.value : this.inDocument();
  }

  write(value: unknown): void {
    this.wanted = { value };
    this.text = textOf(value);
    if (!this.applying) void this.apply();
  }

  private async apply(): Promise<void> {
    this.applying = true;
    try {
      while (this.wanted && !this.disposed && !this.document.isClosed) {
        const { wanted } = this;
        const edit = new vscode.WorkspaceEdit();
        edit.set(this.document.uri, [vscode.NotebookEdit.updateNotebookMetadata(this.withKey(wanted.value))]);
        const done = await vscode.workspace.applyEdit(edit);
        if (this.wanted === wanted) this.wanted = null;
        if (!done)
          this.onProblem("The events could not be written into the notebook: it refused the change.");
      }
    } finally {
      this.applying = false;
    }
  }

  private look(): void {
    if (this.wanted) return;
    const text = textOf(this.inDocument());
    if (text === this.text) return;
    this.text = text;
    this.changed.fire();
  }

  /** The file's own metadata, which VS Code keeps under `metadata`. */
  private inFile(): Readonly<Record<string, unknown>> {
    const { metadata } = this.document.metadata;
    return typeof metadata === "object" && metadata !== null ? (metadata as Record<string, unknown>) : {};
  }

  private inDocument(): unknown {
    return this.inFile()[METADATA_KEY];
  }

  private withKey(value: unknown): Record<string, unknown> {
    const inner = { ...this.inFile(), [METADATA_KEY]: value };
    if (value === undefined) delete inner[METADATA_KEY];
    return { ...this.document.metadata, metadata: inner };
  }
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? "";
}
