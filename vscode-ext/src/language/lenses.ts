import * as vscode from "vscode";
import { Disposables, Emitter, lensesOf, type Intent, type Lens, type SessionLink } from "@graphcell/core";
import type { Sources } from "./source";
import type { GraphFiles } from "../graphFile/graphFiles";
import { SECTION } from "../settings";
import type { Sessions } from "../sessions";
import { schedule } from "../time";
import type { GraphView } from "../views/graphView";

/** Not for people: what a click on a lens does. */
const ACT = "graphcell.lens";

const ICONS: Readonly<Record<Lens["action"]["type"], string>> = {
  simulate: "$(run-all) ",
  "add-event": "$(add) ",
  "show-graph": "",
  "show-step": "",
};

/** Above a graph: run it, see it. Above a step's class: its last output. */
export class Lenses extends Disposables implements vscode.CodeLensProvider {
  private readonly changed = this.add(new Emitter<void>());
  readonly onDidChangeCodeLenses = this.changed.event;
  private soon: { dispose(): void } | null = null;

  constructor(
    private readonly sessions: Sessions,
    private readonly files: GraphFiles,
    private readonly sources: Sources,
    private readonly view: GraphView,
  ) {
    super();
    this.add(sessions.onState(() => this.refresh()));
    this.add(files.onChange(() => this.refresh()));
    this.add(vscode.commands.registerCommand(ACT, (uri: unknown, action: unknown) => this.act(uri, action)));
    this.add({ dispose: () => this.soon?.dispose() });
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (!vscode.workspace.getConfiguration(SECTION).get<boolean>("codeLens", true)) return [];
    const source = this.sources.of(document);
    // A Python file has no events of its own, and no view.
    if (!source || (document.languageId === "python" && document.uri.scheme !== "vscode-notebook-cell"))
      return [];
    const own = document.uri.toString();
    return lensesOf(source.context).flatMap(({ range, title, action }) => {
      const at = source.location(range);
      if (at?.uri.toString() !== own) return [];
      if (action.type === "simulate" && !vscode.workspace.isTrusted) return [];
      const line = new vscode.Range(at.range.start, at.range.start);
      return [
        new vscode.CodeLens(line, {
          title: ICONS[action.type] + title,
          command: ACT,
          arguments: [own, action],
        }),
      ];
    });
  }

  /** Once for many changes: a run tells of itself often. */
  private refresh(): void {
    this.soon ??= schedule(() => {
      this.soon = null;
      this.changed.fire();
    }, 200);
  }

  private async act(uri: unknown, given: unknown): Promise<void> {
    const action = actionOf(given);
    const document = vscode.workspace.textDocuments.find((d) => d.uri.toString() === uri);
    if (!action || !document) return;
    const file = this.files.of(document);
    const link: SessionLink | undefined = file ? file.session : this.sessions.ofCell(document)?.session;
    const send = (intent: Intent) => link?.send(intent);
    send({ type: "choose-graph", graph: action.graph });
    if (action.type === "show-step") send({ type: "select-step", step: action.step });
    if (file) await vscode.commands.executeCommand("graphcell:preview-file", document.uri);
    else await this.view.show();
    if (action.type === "simulate") send({ type: "run-events", events: "all" });
    if (action.type === "add-event") {
      send({ type: "add-event", after: null });
      if (!file) await this.view.editEvent();
    }
  }
}

/** Arguments of a command may come from anywhere. */
function actionOf(data: unknown): Lens["action"] | null {
  if (typeof data !== "object" || data === null) return null;
  const { type, graph, step } = data as Readonly<Record<string, unknown>>;
  if (typeof graph !== "string") return null;
  if (type === "simulate" || type === "add-event" || type === "show-graph") return { type, graph };
  return type === "show-step" && typeof step === "string" ? { type, graph, step } : null;
}
