import * as vscode from "vscode";
import { Disposables, type Intent } from "@graphcell/core";
import { simulateCell, type CellExecutions } from "./cellCard";
import { openSample } from "./sample";
import type { Sessions } from "./sessions";
import type { GraphTabs } from "./views/graphTabs";
import type { GraphView } from "./views/graphView";

export const EXPORT_FORMATS = ["svg", "mermaid", "dot", "yaml", "json"] as const;
const FORMAT_NAMES = { svg: "SVG", mermaid: "Mermaid", dot: "DOT", yaml: "YAML", json: "JSON" };

export interface CommandContext {
  readonly sessions: Sessions;
  readonly view: GraphView;
  readonly tabs: GraphTabs;
  readonly log: vscode.LogOutputChannel;
  readonly executions: CellExecutions;
  /** Folder of the extension, which holds the sample. */
  readonly extensionUri: vscode.Uri;
}

/** A command's work; `args` is what a caller gave: nothing by the palette, an object by a menu or another extension. */
type Command = (context: CommandContext, args: Readonly<Record<string, unknown>>) => unknown;

/** All commands by the part of their id behind `graphcell:`; the same ids as in JupyterLab. */
const COMMANDS: Readonly<Record<string, Command>> = {
  "show-graph": showGraph,
  "open-tab": ({ tabs }) => tabs.open(),
  "reveal-step": revealStep,
  "simulate-cell": simulateThisCell,
  "simulate-all": simulateAll,
  "simulate-to-step": simulateToStep,
  verify,
  "cancel-run": (context) => send(context, { type: "cancel-run" }),
  "new-event": newEvent,
  "edit-event": editEvent,
  "check-graph": checkGraph,
  "export-graph": exportGraph,
  "insert-example": (context) => send(context, { type: "insert-example" }),
  "open-sample": ({ extensionUri }) => openSample(extensionUri),
  "show-logs": ({ log }) => log.show(),
};

export function registerCommands(context: CommandContext): Disposables {
  const owned = new Disposables();
  for (const [name, command] of Object.entries(COMMANDS)) {
    owned.add(
      vscode.commands.registerCommand(`graphcell:${name}`, (args: unknown) => {
        context.sessions.follow();
        return command(context, fieldsOf(args));
      }),
    );
  }
  return owned;
}

/** Menus of trees give the item itself: a step's or an event's id. */
function fieldsOf(args: unknown): Readonly<Record<string, unknown>> {
  if (typeof args === "string") return { step: args, event: args };
  return typeof args === "object" && args !== null ? { ...args } : {};
}

function send({ sessions }: CommandContext, intent: Intent): void {
  sessions.current?.session.send(intent);
}

function graphOf({ sessions }: CommandContext) {
  return sessions.current?.session.state.current ?? null;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function showGraph({ sessions, view }: CommandContext) {
  const { current } = sessions;
  if (current?.activeCellId) current.session.follow(current.activeCellId);
  return view.show();
}

async function revealStep(context: CommandContext, args: Readonly<Record<string, unknown>>): Promise<void> {
  const graph = graphOf(context);
  if (!graph) return;
  const step =
    text(args.step) ??
    graph.selection.step ??
    (await pickStep([...graph.steps.keys()], vscode.l10n.t("Step to go to")));
  if (step === null) return;
  const origin = graph.steps.get(step)?.origin;
  const range = origin?.created ?? origin?.definition ?? graph.range;
  send(context, { type: "select-step", step });
  if (range) send(context, { type: "reveal", range });
}

async function pickStep(steps: readonly string[], placeHolder: string): Promise<string | null> {
  return (await vscode.window.showQuickPick([...steps], { placeHolder })) ?? null;
}

async function simulateThisCell(
  { sessions, executions }: CommandContext,
  args: Readonly<Record<string, unknown>>,
): Promise<void> {
  // The button of a cell gives the cell itself.
  const given = vscode.window.activeNotebookEditor?.notebook
    .getCells()
    .find((cell) => cell.index === args.index);
  const { current } = sessions;
  const cell = given ?? current?.activeCell;
  if (current && cell) await simulateCell(current, cell, executions);
}

async function simulateAll(context: CommandContext, args: Readonly<Record<string, unknown>>): Promise<void> {
  const graph = text(args.graph);
  if (graph !== null) send(context, { type: "choose-graph", graph });
  await context.view.show();
  send(context, { type: "run-events", events: "all" });
}

/** Runs no more than the way from a step to the selected one; the person says where events enter. */
async function simulateToStep(
  context: CommandContext,
  args: Readonly<Record<string, unknown>>,
): Promise<void> {
  const graph = graphOf(context);
  const session = context.sessions.current?.session;
  if (!graph || !session) return;
  const placeHolder = vscode.l10n.t("Simulate up to this step");
  const to =
    text(args.step) ?? graph.selection.step ?? (await pickStep([...graph.steps.keys()], placeHolder));
  if (to === null) return;
  const from = "from" in args ? { name: text(args.from) } : await pickStart(session.startsOf(to), to);
  if (from === null) return;
  await context.view.show();
  send(context, { type: "select-step", step: to });
  send(context, { type: "run-events", events: "all", part: { from: from.name, to } });
}

/** Where events enter; null when the person declined. */
async function pickStart(starts: readonly string[], to: string): Promise<{ name: string | null } | null> {
  // A router and an unknown step run into the error that says so.
  if (starts.length === 0) return { name: null };
  const items = [
    { label: vscode.l10n.t("The start of the graph"), name: null, iconPath: new vscode.ThemeIcon("play") },
    ...starts.map((name) => ({ label: name, name, iconPath: new vscode.ThemeIcon("debug-step-into") })),
  ];
  const placeHolder = vscode.l10n.t('Where events enter, on their way to step "{0}"', to);
  return (await vscode.window.showQuickPick(items, { placeHolder })) ?? null;
}

async function verify(context: CommandContext, args: Readonly<Record<string, unknown>>): Promise<void> {
  const graph = text(args.graph);
  if (graph !== null) send(context, { type: "choose-graph", graph });
  await context.view.show();
  send(context, { type: "verify-events", events: "all" });
}

async function newEvent(context: CommandContext, args: Readonly<Record<string, unknown>>): Promise<void> {
  const bodyText = text(args.body);
  const name = text(args.name);
  send(context, {
    type: "add-event",
    after: null,
    ...(bodyText === null ? {} : { event: { bodyText, bodyError: null } }),
    ...(name === null ? {} : { name }),
  });
  await context.view.editEvent();
}

async function editEvent(context: CommandContext, args: Readonly<Record<string, unknown>>): Promise<void> {
  const graph = graphOf(context);
  const event = text(args.event) ?? graph?.selection.event ?? graph?.events[0]?.id ?? null;
  send(context, { type: "select-event", event });
  await context.view.editEvent();
}

async function checkGraph(context: CommandContext): Promise<void> {
  const problems = graphOf(context)?.problems ?? [];
  if (problems.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t("The graph has no problems."));
    return;
  }
  await vscode.commands.executeCommand("graphcell.problems.focus");
  const worst = problems.find((p) => p.severity === "error") ?? problems[0];
  if (worst.step !== null) send(context, { type: "select-step", step: worst.step });
  if (worst.range) send(context, { type: "reveal", range: worst.range });
}

async function exportGraph(context: CommandContext, args: Readonly<Record<string, unknown>>): Promise<void> {
  const given = EXPORT_FORMATS.find((format) => format === args.format);
  const items = EXPORT_FORMATS.map((format) => ({ label: FORMAT_NAMES[format], format }));
  const placeHolder = vscode.l10n.t("Export the graph as");
  const format = given ?? (await vscode.window.showQuickPick(items, { placeHolder }))?.format;
  if (format) send(context, { type: "export", format });
}
