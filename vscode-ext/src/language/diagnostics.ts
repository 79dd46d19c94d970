import * as vscode from "vscode";
import { Disposables, diagnosticsOf, type Diagnostic } from "@graphcell/core";
import type { Source, Sources } from "./source";
import type { GraphFiles } from "../graphFile/graphFiles";
import { isGraphFile } from "../graphFile/graphFiles";
import type { NotebookSession, Sessions } from "../sessions";
import { schedule } from "../time";

/** Milliseconds of rest before problems are shown: a half-typed line is none. */
const REST = 350;

const SEVERITIES = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
} as const;

/** In JSON the editor tells these itself, by the schema. */
const BY_SCHEMA = new Set([
  "wrong-type",
  "illegal-step-kind",
  "children-not-a-dict",
  "step-not-a-dict",
  "unknown-engine",
]);

export const SOURCE = "Graphcell";

/** The problems of graphs, at the text that they are about. */
export class Diagnostics extends Disposables {
  private readonly collection = this.add(vscode.languages.createDiagnosticCollection("graphcell"));
  /** What each document (a notebook by its own address) shows, and at which addresses. */
  private readonly shown = new Map<string, { found: readonly Diagnostic[]; uris: readonly vscode.Uri[] }>();
  private readonly waiting = new Map<string, { dispose(): void }>();

  constructor(
    sessions: Sessions,
    files: GraphFiles,
    private readonly sources: Sources,
  ) {
    super();
    this.add(sessions.onState((session) => this.notebook(session)));
    this.add(
      sessions.onAdded((session) => {
        session.add({ dispose: () => this.clear(session.document.uri.toString()) });
        this.notebook(session);
      }),
    );
    for (const session of sessions.all) this.notebook(session);
    this.add(files.onChange(({ document }) => this.document(document)));
    this.add(vscode.workspace.onDidOpenTextDocument((document) => this.document(document)));
    this.add(vscode.workspace.onDidChangeTextDocument(({ document }) => this.document(document)));
    this.add(vscode.workspace.onDidCloseTextDocument(({ uri }) => this.clear(uri.toString())));
    this.add({ dispose: () => this.waiting.forEach((timer) => timer.dispose()) });
    for (const document of vscode.workspace.textDocuments) this.document(document);
  }

  private notebook({ document, session }: NotebookSession): void {
    const found = () => diagnosticsOf(session.language());
    const source = () => {
      const [cell] = document.isClosed ? [] : document.getCells();
      return cell ? this.sources.of(cell.document) : null;
    };
    this.soon(document.uri.toString(), found, source);
  }

  /** A Python file or a graph file has changed. */
  private document(document: vscode.TextDocument): void {
    const { scheme } = document.uri;
    const python = document.languageId === "python" && scheme !== "vscode-notebook-cell" && scheme !== "git";
    if (!python && !isGraphFile(document)) return;
    const source = () => this.sources.of(document);
    this.soon(document.uri.toString(), () => listOf(source()), source);
  }

  private soon(key: string, found: () => readonly Diagnostic[], source: () => Source | null): void {
    // A run that goes on changes a session's state, but not its problems.
    if (this.shown.get(key)?.found === found()) return;
    this.waiting.get(key)?.dispose();
    this.waiting.set(
      key,
      schedule(() => {
        this.waiting.delete(key);
        this.show(key, found(), source());
      }, REST),
    );
  }

  private show(key: string, found: readonly Diagnostic[], source: Source | null): void {
    const byDocument = new Map<string, { uri: vscode.Uri; list: vscode.Diagnostic[] }>();
    const json = source?.graphFile && key.endsWith(".json");
    for (const diagnostic of source ? found : []) {
      if (json && BY_SCHEMA.has(diagnostic.problem.code)) continue;
      const place = source ? placeOf(diagnostic, source) : null;
      if (!place) continue;
      const at = place.uri.toString();
      const entry = byDocument.get(at) ?? { uri: place.uri, list: [] };
      byDocument.set(at, entry);
      entry.list.push(made(diagnostic, place.range));
    }
    for (const uri of this.shown.get(key)?.uris ?? []) {
      if (!byDocument.has(uri.toString())) this.collection.delete(uri);
    }
    for (const { uri, list } of byDocument.values()) this.collection.set(uri, list);
    this.shown.set(key, { found, uris: [...byDocument.values()].map(({ uri }) => uri) });
  }

  private clear(key: string): void {
    this.waiting.get(key)?.dispose();
    this.waiting.delete(key);
    for (const uri of this.shown.get(key)?.uris ?? []) this.collection.delete(uri);
    this.shown.delete(key);
  }
}

function listOf(source: Source | null): readonly Diagnostic[] {
  return source ? diagnosticsOf(source.context) : [];
}

/** Where a problem is shown: that of a whole graph where the graph is set up. */
export function placeOf({ problem, graph }: Diagnostic, source: Source): vscode.Location | null {
  const range = problem.range ?? graph?.range ?? null;
  return range && source.location(range);
}

function made({ problem }: Diagnostic, range: vscode.Range): vscode.Diagnostic {
  const { message, remedy, severity, code } = problem;
  const diagnostic = new vscode.Diagnostic(
    range,
    remedy === "" ? message : `${message} ${remedy}`,
    SEVERITIES[severity],
  );
  diagnostic.source = SOURCE;
  diagnostic.code = code;
  return diagnostic;
}
