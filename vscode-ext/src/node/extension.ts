import type * as vscode from "vscode";
import { activateShared } from "../activate";
import { registerDeploy } from "./deploy";

/** VS Code with Node: the desktop, and servers behind a browser. */
export function activate(context: vscode.ExtensionContext): void {
  registerDeploy(context, activateShared(context));
}
