import * as vscode from "vscode";
import type { GraphcellApi } from "../api";
import { NOTEBOOK_TYPE } from "../notebookType";

/**
 * What VS Code loads: little, so that nobody waits for it. All else comes when a notebook is there or a command is
 * given, and at the latest right after the activation, which views and graph files ask for.
 */
export function activate(context: vscode.ExtensionContext): GraphcellApi | Promise<GraphcellApi> {
  let api: GraphcellApi | null = null;
  let starting: Promise<void> | null = null;
  const early = commandsOf(context).map((id) =>
    vscode.commands.registerCommand(id, async (...args: unknown[]) => {
      await started();
      return vscode.commands.executeCommand<unknown>(id, ...args);
    }),
  );
  context.subscriptions.push(...early);
  const started = () => (starting ??= begin());
  async function begin(): Promise<void> {
    const { start } = await import("./main");
    for (const command of early) command.dispose();
    api = start(context);
  }
  const given: GraphcellApi = {
    version: 1,
    stateOf: (notebook) => api?.stateOf(notebook) ?? null,
    send: (notebook, intent) => api?.send(notebook, intent),
  };
  // A notebook that is open looks for its kernels now.
  const open = vscode.workspace.notebookDocuments.some((document) => document.notebookType === NOTEBOOK_TYPE);
  if (open) return started().then(() => given);
  setTimeout(() => void started().catch(tell), 0);
  return given;
}

/** A part of the extension that is missing can't be mended from here. */
function tell(error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  void vscode.window.showErrorMessage(vscode.l10n.t("Graphcell could not be loaded: {0}", reason));
}

/** Ids of the commands that the palette, menus and keys know. */
function commandsOf({ extension }: vscode.ExtensionContext): readonly string[] {
  const { contributes } = extension.packageJSON as {
    readonly contributes: { readonly commands: readonly { readonly command: string }[] };
  };
  return contributes.commands.map(({ command }) => command);
}
