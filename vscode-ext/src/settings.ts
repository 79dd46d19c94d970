import * as vscode from "vscode";
import { DEFAULT_SETTINGS, type ViewSettings } from "@graphcell/core";

export const SECTION = "graphcell";

/** The user's settings, checked: the file may hold anything. */
export function readSettings(): ViewSettings {
  const config = vscode.workspace.getConfiguration(SECTION);
  const direction = config.get<unknown>("direction");
  const previewBytes = config.get<unknown>("previewBytes");
  return {
    autoRun: config.get<unknown>("autoRun") === true,
    direction: direction === "LR" || direction === "TB" ? direction : "auto",
    previewBytes:
      typeof previewBytes === "number" && previewBytes >= 256 ? previewBytes : DEFAULT_SETTINGS.previewBytes,
    showTimes: config.get<unknown>("showTimes") === true,
  };
}

/** Writes a setting where it is set already, else for all workspaces. */
export async function writeSetting(name: string, value: unknown): Promise<void> {
  const config = vscode.workspace.getConfiguration(SECTION);
  const here = config.inspect(name)?.workspaceValue !== undefined;
  const { Workspace, Global } = vscode.ConfigurationTarget;
  await config.update(name, value, here ? Workspace : Global);
}
