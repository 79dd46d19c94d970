import * as vscode from "vscode";
import type { Intent, SessionState } from "@graphcell/core";
import type { Sessions } from "./sessions";

/** What other extensions get from `extensions.getExtension("graphcell.graphcell-vscode").exports`. */
export interface GraphcellApi {
  /** Rises when the meaning of something here changes. */
  readonly version: 1;
  /** What Graphcell knows of an open notebook: its graphs, events and results; null for what is no notebook. */
  stateOf(notebook: vscode.Uri): SessionState | null;
  /** Asks for something, as the view does. */
  send(notebook: vscode.Uri, intent: Intent): void;
}

export function createApi(sessions: Sessions): GraphcellApi {
  const of = (uri: vscode.Uri) => {
    const document = vscode.workspace.notebookDocuments.find((d) => d.uri.toString() === uri.toString());
    return document ? sessions.of(document) : null;
  };
  return {
    version: 1,
    stateOf: (uri) => of(uri)?.session.state ?? null,
    send: (uri, intent) => of(uri)?.session.send(intent),
  };
}
