import type * as vscode from "vscode";
import { DeploySession, deployedMarks } from "@graphcell/core/nuclio";
import type { NotebookSession } from "../sessions";
import { type AskSecret, CodeDeployHost } from "./deployHost";

/** The deployment of each notebook, kept while that is open: commands and the view act on the same one. */
export class Deployments {
  private readonly known = new WeakMap<NotebookSession, DeploySession>();

  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly ask: AskSecret,
  ) {}

  of(notebook: NotebookSession): DeploySession {
    let session = this.known.get(notebook);
    if (!session) {
      session = notebook.add(new DeploySession(new CodeDeployHost(notebook, this.secrets, this.ask)));
      session.onChange((state) => {
        if (state.graph !== null) notebook.session.setDeployed(state.graph, deployedMarks(state));
      });
      this.known.set(notebook, session);
    }
    return session;
  }
}
