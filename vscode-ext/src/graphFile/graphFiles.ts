import * as vscode from "vscode";
import { Disposables, Emitter, type HostPort, isGraphFileName } from "@graphcell/core";
import { nameOf } from "./code";
import { OpenGraphFile } from "./graphFile";
import type { FileKernels } from "./kernel";
import type { ScriptsOf } from "../host";
import { readSettings } from "../settings";

/** The graph files that are open: `function.yaml`, `*.graph.yaml`, `*.graph.json`. */
export class GraphFiles extends Disposables {
  private readonly known = new Map<vscode.TextDocument, OpenGraphFile>();
  private readonly changed = this.add(new Emitter<OpenGraphFile>());
  private readonly closed = this.add(new Emitter<OpenGraphFile>());
  private kernels: FileKernels | null = null;
  /** Fires when a file, its code or its results have changed. */
  readonly onChange = this.changed.event;
  readonly onClosed = this.closed.event;

  constructor(
    private readonly host: HostPort,
    private readonly log: vscode.LogOutputChannel,
    private readonly scriptsOf: ScriptsOf,
  ) {
    super();
    this.add({ dispose: () => this.known.forEach((file) => file.dispose()) });
    this.add(vscode.workspace.onDidCloseTextDocument((document) => this.forget(document)));
    this.add(vscode.workspace.onDidOpenTextDocument((document) => void this.of(document)));
  }

  get all(): readonly OpenGraphFile[] {
    return [...this.known.values()];
  }

  /** What starts kernels for the files; none in a browser. */
  setKernels(kernels: FileKernels): void {
    this.kernels = kernels;
    for (const file of this.known.values()) file.kernel.setKernels(kernels);
  }

  /** Looks for files that were open before the extension. */
  follow(): void {
    for (const document of vscode.workspace.textDocuments) this.of(document);
  }

  /** The graph file of a document; null when it is none, by its name. */
  of(document: vscode.TextDocument): OpenGraphFile | null {
    if (!isGraphFile(document) || document.isClosed) return null;
    const known = this.known.get(document);
    if (known) return known;
    const made = new OpenGraphFile(
      document,
      this.host,
      readSettings(),
      this.scriptsOf(document.uri),
      (message) => this.log.error(message),
    );
    this.known.set(document, made);
    if (this.kernels) made.kernel.setKernels(this.kernels);
    made.add(made.onCells(() => this.changed.fire(made)));
    this.changed.fire(made);
    return made;
  }

  /** A view shows the session of a file from here on: its results are told, too. */
  watch(file: OpenGraphFile): void {
    if (!file.hasSession) file.add(file.session.onChange(() => this.changed.fire(file)));
  }

  private forget(document: vscode.TextDocument): void {
    const file = this.known.get(document);
    if (!file) return;
    this.known.delete(document);
    this.closed.fire(file);
    file.dispose();
  }
}

export function isGraphFile({ uri, languageId }: vscode.TextDocument): boolean {
  return /^(yaml|json|jsonc)$/.test(languageId) && uri.scheme !== "git" && isGraphFileName(nameOf(uri));
}
