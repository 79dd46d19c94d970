import { dirname } from "node:path";
import type * as vscode from "vscode";
import { type ScriptPort, lazyScripts } from "@graphcell/core";
import { DiskFolder, nodeScriptWorker } from "@graphcell/kernel-bridge/node";

/** Steps in TypeScript or JavaScript beside a file of this machine; null for what is in no folder. */
export function scriptsOf(uri: vscode.Uri): ScriptPort | null {
  if (uri.scheme !== "file") return null;
  const folder = dirname(uri.fsPath);
  return lazyScripts(async () => {
    const { FolderScripts } = await import("@graphcell/core/folder-scripts");
    return new FolderScripts(new DiskFolder(folder), () => nodeScriptWorker(folder));
  });
}
