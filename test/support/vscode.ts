/** The part of VS Code's API that the tested glue uses, by hand: values and events, no windows. */

type Listener<T> = (value: T) => unknown;

export class Disposable {
  constructor(private readonly work: () => unknown) {}

  dispose(): void {
    this.work();
  }
}

export class EventEmitter<T> {
  private readonly listeners = new Set<Listener<T>>();

  readonly event = (listener: Listener<T>) => {
    this.listeners.add(listener);
    return new Disposable(() => this.listeners.delete(listener));
  };

  fire(value: T): void {
    for (const listener of [...this.listeners]) listener(value);
  }

  dispose(): void {
    this.listeners.clear();
  }
}

export class CancellationTokenSource {
  private readonly emitter = new EventEmitter<void>();
  readonly token = { isCancellationRequested: false, onCancellationRequested: this.emitter.event };

  cancel(): void {
    if (this.token.isCancellationRequested) return;
    this.token.isCancellationRequested = true;
    this.emitter.fire();
  }

  dispose(): void {
    this.emitter.dispose();
  }
}

export class Uri {
  private constructor(
    readonly scheme: string,
    readonly path: string,
    readonly fragment: string,
  ) {}

  static file(path: string): Uri {
    return new Uri("file", path, "");
  }

  static from({ scheme, path, fragment = "" }: { scheme: string; path: string; fragment?: string }): Uri {
    return new Uri(scheme, path, fragment);
  }

  get fsPath(): string {
    return this.path;
  }

  toString(): string {
    return `${this.scheme}:${this.path}${this.fragment === "" ? "" : `#${this.fragment}`}`;
  }
}

export class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
}

export class Range {
  readonly start: Position;
  readonly end: Position;

  constructor(line: number, character: number, endLine: number, endCharacter: number) {
    this.start = new Position(line, character);
    this.end = new Position(endLine, endCharacter);
  }

  isEqual({ start, end }: Range): boolean {
    const places = ({ start: a, end: b }: Range) => [a.line, a.character, b.line, b.character].join();
    return places(this) === places({ start, end } as Range);
  }
}

export class Location {
  constructor(
    readonly uri: Uri,
    readonly range: Range,
  ) {}
}

export enum DiagnosticSeverity {
  Error,
  Warning,
  Information,
}

export class Diagnostic {
  source = "";
  code = "";

  constructor(
    readonly range: Range,
    readonly message: string,
    readonly severity: DiagnosticSeverity,
  ) {}
}

export const CodeActionKind = { QuickFix: "quickfix" };

export class CodeAction {
  diagnostics: Diagnostic[] = [];
  isPreferred = false;
  edit: WorkspaceEdit | undefined;

  constructor(
    readonly title: string,
    readonly kind: string,
  ) {}
}

export class MarkdownString {
  isTrusted = true;
  supportHtml = true;

  constructor(readonly value: string) {}
}

export class Hover {
  constructor(
    readonly contents: MarkdownString,
    readonly range?: Range,
  ) {}
}

export const CompletionItemKind = {
  Class: 6,
  Function: 2,
  Method: 1,
  Reference: 17,
  Field: 4,
  EnumMember: 19,
};

export class CompletionItem {
  documentation: MarkdownString | undefined;
  insertText = "";
  sortText = "";
  filterText = "";
  range: Range | undefined;

  constructor(
    readonly label: { readonly label: string; readonly description: string },
    readonly kind: number,
  ) {}
}

export enum NotebookCellKind {
  Markup = 1,
  Code = 2,
}

const encoder = new TextEncoder();

export class NotebookCellOutputItem {
  constructor(
    readonly data: Uint8Array,
    readonly mime: string,
  ) {}

  static text(value: string, mime = "text/plain") {
    return new NotebookCellOutputItem(encoder.encode(value), mime);
  }

  static json(value: unknown, mime = "application/json") {
    return NotebookCellOutputItem.text(JSON.stringify(value), mime);
  }

  static stdout(value: string) {
    return NotebookCellOutputItem.text(value, "application/vnd.code.notebook.stdout");
  }

  static stderr(value: string) {
    return NotebookCellOutputItem.text(value, "application/vnd.code.notebook.stderr");
  }

  static error({ name, message, stack }: Error) {
    return NotebookCellOutputItem.json({ name, message, stack }, "application/vnd.code.notebook.error");
  }
}

export class NotebookCellOutput {
  constructor(
    readonly items: NotebookCellOutputItem[],
    readonly metadata?: Readonly<Record<string, unknown>>,
  ) {}
}

export class WorkspaceEdit {
  readonly notebook: { readonly uri: Uri; readonly edits: readonly NotebookEdit[] }[] = [];
  readonly texts: { readonly uri: Uri; readonly range: Range; readonly text: string }[] = [];

  replace(uri: Uri, range: Range, text: string): void {
    this.texts.push({ uri, range, text });
  }

  set(uri: Uri, edits: readonly NotebookEdit[]): void {
    this.notebook.push({ uri, edits });
  }
}

export class NotebookEdit {
  private constructor(readonly newNotebookMetadata: Record<string, unknown>) {}

  static updateNotebookMetadata(metadata: Record<string, unknown>): NotebookEdit {
    return new NotebookEdit(metadata);
  }
}

/** Events of the workspace, which tests fire, and its edits, which tests answer. */
export const workspace = {
  isTrusted: true,
  changedText: new EventEmitter<unknown>(),
  changedNotebook: new EventEmitter<unknown>(),
  applied: [] as WorkspaceEdit[],
  apply: (_edit: WorkspaceEdit): Promise<boolean> => Promise.resolve(true),
  onDidChangeTextDocument: (listener: Listener<unknown>) => workspace.changedText.event(listener),
  onDidChangeNotebookDocument: (listener: Listener<unknown>) => workspace.changedNotebook.event(listener),
  applyEdit(edit: WorkspaceEdit): Promise<boolean> {
    workspace.applied.push(edit);
    return workspace.apply(edit);
  },
};
