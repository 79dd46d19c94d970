import * as vscode from "vscode";
import { Disposables, Emitter, type EventRun, type GraphState } from "@graphcell/core";
import { NOTEBOOK_TYPE } from "./notebookType";
import type { Sessions } from "./sessions";

/** Below each cell that builds a graph: its last result, and a click that shows it. */
export class CellStatus extends Disposables implements vscode.NotebookCellStatusBarItemProvider {
  private readonly changed = this.add(new Emitter<void>());
  readonly onDidChangeCellStatusBarItems = this.changed.event;
  private text = "";

  constructor(private readonly sessions: Sessions) {
    super();
    this.add(vscode.notebooks.registerNotebookCellStatusBarItemProvider(NOTEBOOK_TYPE, this));
    this.add(
      sessions.onState(({ session }) => {
        const { current } = session.state;
        const text = current ? `${current.range?.cellId} ${summaryOf(current)}` : "";
        if (text === this.text) return;
        this.text = text;
        this.changed.fire();
      }),
    );
  }

  provideCellStatusBarItems(cell: vscode.NotebookCell): vscode.NotebookCellStatusBarItem[] {
    const session = this.sessions.of(cell.notebook);
    const graph = session?.session.state.current;
    if (!session || !graph || graph.range?.cellId !== session.notebook.idOf(cell)) return [];
    const summary = summaryOf(graph);
    if (summary === "") return [];
    const { Left } = vscode.NotebookCellStatusBarAlignment;
    const item = new vscode.NotebookCellStatusBarItem(`$(graphcell-graph) ${summary}`, Left);
    item.command = "graphcell:show-graph";
    item.tooltip = vscode.l10n.t("Last simulation of graph {0}. Show the graph", graph.name);
    item.accessibilityInformation = { label: `${graph.name}: ${summary}` };
    return [item];
  }
}

const GOOD: readonly EventRun["status"][] = ["ok", "emitted"];

/** What the last run of a graph made of its events, in a few words; empty before the first. */
export function summaryOf({ run, events }: GraphState): string {
  if (!run) return "";
  switch (run.phase) {
    case "loading":
      return vscode.l10n.t("starting");
    case "running":
      return vscode.l10n.t("{0} of {1} events", run.done, run.total);
    case "cancelled":
      return vscode.l10n.t("cancelled");
    case "failed":
      return vscode.l10n.t("failed");
    case "done": {
      const results = events.flatMap(({ result }) => result ?? []);
      const bad = results.filter(({ status }) => !GOOD.includes(status)).length;
      const old = run.outdated ? ` · ${vscode.l10n.t("outdated")}` : "";
      if (bad > 0) return `${vscode.l10n.t("{0} ok, {1} failed", results.length - bad, bad)}${old}`;
      return `${vscode.l10n.t("{0} ok", results.length)}${old}`;
    }
    default:
      return run.phase satisfies never;
  }
}
