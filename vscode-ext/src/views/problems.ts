import * as vscode from "vscode";
import { Disposables, Emitter, type Problem } from "@graphcell/core";
import type { Sessions } from "../sessions";

const ICONS = {
  error: new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground")),
  warning: new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground")),
  info: new vscode.ThemeIcon("info"),
} as const;

/** What is wrong with the chosen graph, as a native list; a click goes to the place. */
export class ProblemsList extends Disposables implements vscode.TreeDataProvider<Problem> {
  private readonly changed = this.add(new Emitter<undefined>());
  readonly onDidChangeTreeData = this.changed.event;
  private shown: readonly Problem[] = [];

  constructor(private readonly sessions: Sessions) {
    super();
    const view = this.add(vscode.window.createTreeView("graphcell.problems", { treeDataProvider: this }));
    const refresh = () => {
      const problems = sessions.current?.session.state.current?.problems ?? [];
      if (problems === this.shown) return;
      this.shown = problems;
      const count = problems.length;
      view.badge = count > 0 ? { value: count, tooltip: vscode.l10n.t("{0} problems", count) } : undefined;
      view.message = count > 0 ? "" : vscode.l10n.t("No problems.");
      this.changed.fire(undefined);
    };
    this.add(sessions.onCurrent(refresh));
    this.add(sessions.onState((session) => session === sessions.current && refresh()));
    this.add(view.onDidChangeSelection(({ selection }) => selection[0] && this.reveal(selection[0])));
    refresh();
  }

  getChildren(parent?: Problem): Problem[] {
    return parent ? [] : [...this.shown];
  }

  getTreeItem({ message, remedy, severity, step, code }: Problem): vscode.TreeItem {
    const item = new vscode.TreeItem(message);
    item.iconPath = ICONS[severity];
    item.description = step ?? "";
    item.tooltip = `${message}\n${remedy}\n${code}`;
    item.accessibilityInformation = { label: `${severity}: ${message} ${remedy}` };
    return item;
  }

  private reveal({ step, range }: Problem): void {
    const session = this.sessions.current?.session;
    if (step !== null) session?.send({ type: "select-step", step });
    if (range) session?.send({ type: "reveal", range, keepFocus: true });
  }
}
