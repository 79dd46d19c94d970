import type * as vscode from "vscode";
import { activateShared } from "./activate";

/** VS Code in a browser alone: graphs are drawn and checked. */
export function activate(context: vscode.ExtensionContext): void {
  activateShared(context);
}
