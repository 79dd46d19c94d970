import * as vscode from "vscode";
import { Disposables } from "@graphcell/core";
import type { Sessions } from "./sessions";

/** The `graphcell.*` keys of `when` clauses: written only when they change. */
export class ContextKeys extends Disposables {
  private readonly known = new Map<string, unknown>();

  constructor(private readonly sessions: Sessions) {
    super();
    const refresh = () => this.refresh();
    this.add(sessions.onCurrent(refresh));
    this.add(sessions.onState((session) => session === sessions.current && refresh()));
    this.add(vscode.window.onDidChangeNotebookEditorSelection(refresh));
    this.refresh();
  }

  private refresh(): void {
    const { current } = this.sessions;
    const graph = current?.session.state.current ?? null;
    const cell = current?.activeCellId ?? null;
    this.set("hasNotebook", current !== null);
    this.set("readOnly", current?.notebook.readOnly === true);
    this.set("hasGraph", graph !== null);
    this.set("hasEvents", (graph?.events.length ?? 0) > 0);
    this.set("running", graph?.run?.phase === "loading" || graph?.run?.phase === "running");
    this.set("stepSelected", graph?.selection.step != null);
    this.set("cellBuildsGraph", cell !== null && (current?.session.graphsOf(cell).length ?? 0) > 0);
  }

  private set(name: string, value: unknown): void {
    if (this.known.get(name) === value) return;
    this.known.set(name, value);
    void vscode.commands.executeCommand("setContext", `graphcell.${name}`, value);
  }
}
