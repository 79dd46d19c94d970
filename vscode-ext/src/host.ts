import * as vscode from "vscode";
import type { HostIntent, HostPort, ScriptPort } from "@graphcell/core";
import { writeSetting } from "./settings";
import { schedule } from "./time";
import type { ValueDocuments } from "./valueDocuments";

/** Steps in TypeScript or JavaScript beside a document; null where they can't be run. */
export type ScriptsOf = (uri: vscode.Uri) => ScriptPort | null;

/** What a session asks of VS Code: all by its own commands, dialogs and clipboard. */
export function createHostPort(values: ValueDocuments, onProblem: (message: string) => void): HostPort {
  return {
    now: () => performance.now(),
    schedule,
    perform: (intent) => {
      Promise.resolve(perform(intent, values)).catch((error: unknown) => {
        onProblem(error instanceof Error ? error.message : String(error));
      });
    },
  };
}

function perform(intent: HostIntent, values: ValueDocuments): Thenable<unknown> {
  const { executeCommand } = vscode.commands;
  switch (intent.type) {
    case "choose-kernel":
      return executeCommand("notebook.selectKernel");
    case "open-tab":
      return executeCommand("graphcell:open-tab");
    case "new-notebook":
      return executeCommand("ipynb.newUntitledIpynb");
    case "trust-notebook":
      return executeCommand("workbench.trust.manage");
    case "copy":
      return vscode.env.clipboard.writeText(intent.text);
    case "save":
      return save(intent);
    case "show-value":
      return values.show(intent.title, intent.preview);
    case "setting":
      return writeSetting(intent.name, intent.value);
    default:
      return intent satisfies never;
  }
}

async function save({ name, text }: Extract<HostIntent, { readonly type: "save" }>): Promise<void> {
  const folder =
    vscode.window.activeNotebookEditor?.notebook.uri ?? vscode.workspace.workspaceFolders?.[0]?.uri ?? null;
  const near = folder && folder.scheme !== "untitled" ? vscode.Uri.joinPath(folder, "..", name) : undefined;
  const uri = await vscode.window.showSaveDialog({ ...(near ? { defaultUri: near } : {}) });
  if (!uri) return;
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  await vscode.window.showTextDocument(uri, { preview: true });
}
