import * as vscode from "vscode";
import { Disposables } from "@graphcell/core";
import { summaryOf } from "./cellStatus";
import { SECTION } from "./settings";
import type { Sessions } from "./sessions";

/** One short text in the status bar: the graph, its problems, its last run. A click shows the graph. */
export class StatusItem extends Disposables {
  private readonly item: vscode.StatusBarItem;

  constructor(private readonly sessions: Sessions) {
    super();
    const { Left } = vscode.StatusBarAlignment;
    this.item = this.add(vscode.window.createStatusBarItem("graphcell.status", Left, 10));
    this.item.name = "Graphcell";
    this.item.command = "graphcell:show-graph";
    this.item.tooltip = vscode.l10n.t("Show the graph");
    const refresh = () => this.refresh();
    this.add(sessions.onCurrent(refresh));
    this.add(sessions.onState((session) => session === sessions.current && refresh()));
    this.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(`${SECTION}.statusBar`)) refresh();
      }),
    );
    refresh();
  }

  private refresh(): void {
    const graph = this.sessions.current?.session.state.current;
    const shown = vscode.workspace.getConfiguration(SECTION).get<unknown>("statusBar") !== false;
    if (!graph || !shown) return this.item.hide();
    const problems = graph.problems.filter(({ severity }) => severity !== "info").length;
    const parts = [`$(graphcell-graph) ${graph.name}`];
    if (problems > 0) parts.push(vscode.l10n.t("{0} problems", problems));
    const summary = summaryOf(graph);
    if (summary !== "") parts.push(summary);
    this.item.text = parts.join(" · ");
    this.item.show();
  }
}
