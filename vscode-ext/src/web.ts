import * as vscode from "vscode";
import { activateShared } from "./activate";
import type { GraphcellApi } from "./api";
import { JupyterKernels } from "./kernel/jupyterKernels";

/** VS Code in a browser alone: graphs are drawn and checked, and simulated where the Jupyter extension has a kernel. */
export function activate(context: vscode.ExtensionContext): GraphcellApi {
  const { api, owned, sessions } = activateShared(context);
  owned.add(new JupyterKernels(sessions, context.globalState, { alone: true }));
  owned.add(
    vscode.commands.registerCommand("graphcell:choose-kernel-connection", () =>
      vscode.commands.executeCommand("notebook.selectKernel"),
    ),
  );
  return api;
}
