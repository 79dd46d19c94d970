import { dirname, resolve } from "node:path";
import { FolderScripts } from "@graphcell/core/folder-scripts";
import { DiskFolder, nodeScriptWorker } from "@graphcell/kernel-bridge/node";

/** Steps in TypeScript or JavaScript that the settings beside FILE name. */
export function scriptsBesideFile(path: string): FolderScripts {
  const folder = dirname(resolve(path));
  return new FolderScripts(new DiskFolder(folder), () => nodeScriptWorker(folder));
}
