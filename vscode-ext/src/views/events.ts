import * as vscode from "vscode";
import { Disposables, Emitter, type EventRun, type SavedEvent } from "@graphcell/core";
import type { Sessions } from "../sessions";

/** The chosen graph's saved events as a native list, each with its last result. */
export class EventsList extends Disposables implements vscode.TreeDataProvider<string> {
  private readonly changed = this.add(new Emitter<undefined>());
  readonly onDidChangeTreeData = this.changed.event;
  private shown = "";

  constructor(private readonly sessions: Sessions) {
    super();
    const view = this.add(vscode.window.createTreeView("graphcell.events", { treeDataProvider: this }));
    this.add(view.onDidChangeVisibility(() => this.refresh(view.visible)));
    this.add(sessions.onCurrent(() => this.refresh(view.visible)));
    this.add(sessions.onState((session) => session === sessions.current && this.refresh(view.visible)));
    this.add(
      view.onDidChangeSelection(({ selection }) => {
        const event = selection[0];
        if (event !== undefined) sessions.current?.session.send({ type: "select-event", event });
      }),
    );
  }

  getChildren(parent?: string): string[] {
    return parent === undefined ? this.events.map((event) => event.id) : [];
  }

  getTreeItem(id: string): vscode.TreeItem {
    const event = this.events.find((e) => e.id === id);
    const item = new vscode.TreeItem(event?.name ?? id);
    if (!event) return item;
    item.id = id;
    item.contextValue = "event";
    item.iconPath = iconOf(event.result);
    item.description = [
      event.result ? resultText(event.result) : "",
      event.event.bodyText.replace(/\s+/g, " "),
    ]
      .filter((part) => part !== "")
      .join("  ");
    item.tooltip = event.event.bodyText.slice(0, 2_000);
    return item;
  }

  private get events(): readonly SavedEvent[] {
    return this.sessions.current?.session.state.current?.events ?? [];
  }

  private refresh(visible: boolean): void {
    if (!visible) return;
    const text = JSON.stringify(
      this.events.map(({ id, name, event, result }) => [id, name, event, resultKey(result)]),
    );
    if (text === this.shown) return;
    this.shown = text;
    this.changed.fire(undefined);
  }
}

function resultKey(result: EventRun | null): string {
  return result ? `${result.status} ${result.code} ${result.ms}` : "";
}

/** `200`, `ValueError`, `emitted`: what one line has room for. */
export function resultText({ status, code, error }: EventRun): string {
  if (error) return error.class;
  return code === null ? status : String(code);
}

function iconOf(result: EventRun | null): vscode.ThemeIcon {
  if (!result) return new vscode.ThemeIcon("circle-outline");
  const good = result.status === "ok" || result.status === "emitted";
  return good
    ? new vscode.ThemeIcon("pass", new vscode.ThemeColor("testing.iconPassed"))
    : new vscode.ThemeIcon("error", new vscode.ThemeColor("testing.iconFailed"));
}
