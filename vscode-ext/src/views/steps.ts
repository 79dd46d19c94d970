import * as vscode from "vscode";
import { Disposables, Emitter, type GraphState, type StepInfo, type StepState } from "@graphcell/core";
import type { Sessions } from "../sessions";

const ICONS: Readonly<Record<StepState, vscode.ThemeIcon>> = {
  idle: new vscode.ThemeIcon("circle-outline"),
  waiting: new vscode.ThemeIcon("clock"),
  running: new vscode.ThemeIcon("loading~spin"),
  ok: new vscode.ThemeIcon("pass", new vscode.ThemeColor("testing.iconPassed")),
  dropped: new vscode.ThemeIcon("circle-slash"),
  failed: new vscode.ThemeIcon("error", new vscode.ThemeColor("testing.iconFailed")),
  handled: new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground")),
};

/** The chosen graph's steps as a native tree: routers and flows hold their children. */
export class StepsTree extends Disposables implements vscode.TreeDataProvider<string> {
  private readonly changed = this.add(new Emitter<undefined>());
  readonly onDidChangeTreeData = this.changed.event;
  private shown: Pick<GraphState, "steps" | "overlay" | "pictureRevision"> | null = null;

  constructor(private readonly sessions: Sessions) {
    super();
    const view = this.add(
      vscode.window.createTreeView("graphcell.steps", { treeDataProvider: this, showCollapseAll: true }),
    );
    this.add(view.onDidChangeVisibility(() => this.refresh(view.visible)));
    this.add(sessions.onCurrent(() => this.refresh(view.visible)));
    this.add(sessions.onState((session) => session === sessions.current && this.refresh(view.visible)));
    this.add(
      view.onDidChangeSelection(({ selection }) => selection[0] !== undefined && this.select(selection[0])),
    );
  }

  getChildren(parent?: string): string[] {
    const graph = this.graph;
    if (!graph) return [];
    return [...graph.steps.keys()].filter((id) => parentOf(id, graph) === (parent ?? null));
  }

  getParent(id: string): string | undefined {
    return this.graph ? (parentOf(id, this.graph) ?? undefined) : undefined;
  }

  getTreeItem(id: string): vscode.TreeItem {
    const graph = this.graph;
    const info = graph?.steps.get(id);
    const children = this.getChildren(id).length > 0;
    const { None, Expanded } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(info?.name ?? id, children ? Expanded : None);
    const overlay = graph?.overlay?.steps.get(id);
    const state = overlay?.state ?? "idle";
    item.id = id;
    item.iconPath = ICONS[state];
    item.contextValue = "step";
    item.description = [info ? kindText(info) : "", overlay ? countText(overlay.in, overlay.out) : ""]
      .filter((part) => part !== "")
      .join(" · ");
    item.tooltip = `${id}: ${state}`;
    item.accessibilityInformation = { label: `${info?.name ?? id}, ${item.description}, ${state}` };
    return item;
  }

  private get graph(): GraphState | null {
    return this.sessions.current?.session.state.current ?? null;
  }

  /** Draws again when what is shown changed, and somebody sees it. */
  private refresh(visible: boolean): void {
    const graph = this.graph;
    if (!visible) return;
    const { shown } = this;
    const same = shown?.overlay === graph?.overlay && shown?.pictureRevision === graph?.pictureRevision;
    if (same && shown?.steps === graph?.steps) return;
    this.shown = graph;
    this.changed.fire(undefined);
  }

  private select(step: string): void {
    const session = this.sessions.current?.session;
    session?.send({ type: "select-step", step });
    const origin = session?.state.current?.steps.get(step)?.origin;
    const range = origin?.created ?? origin?.definition;
    if (range) session?.send({ type: "reveal", range, keepFocus: true });
  }
}

/** A route is called `router/route`; a step of a flow inside a flow likewise. */
function parentOf(id: string, graph: GraphState): string | null {
  for (let at = id.lastIndexOf("/"); at > 0; at = id.lastIndexOf("/", at - 1)) {
    const parent = id.slice(0, at);
    if (graph.steps.has(parent)) return parent;
  }
  return null;
}

function kindText({ kind, className, handler }: StepInfo): string {
  return className ?? handler ?? kind;
}

function countText(into: number, out: number): string {
  return into === out ? (into > 1 ? `${into}` : "") : `${into} > ${out}`;
}
