import * as vscode from "vscode";
import { Disposables } from "@graphcell/core";
import { createApi, type GraphcellApi } from "./api";
import { CardMessages } from "./cards";
import type { CellExecutions } from "./cellCard";
import { CellStatus } from "./cellStatus";
import { registerCommands } from "./commands";
import { ContextKeys } from "./contexts";
import { GraphFiles } from "./graphFile/graphFiles";
import { GraphFilePreviews } from "./graphFile/previews";
import { type ScriptsOf, createHostPort } from "./host";
import { registerLanguage } from "./language/register";
import { Sessions } from "./sessions";
import { StatusItem } from "./statusItem";
import { ValueDocuments } from "./valueDocuments";
import { EventsList } from "./views/events";
import { GraphTabs } from "./views/graphTabs";
import { GraphView } from "./views/graphView";
import { ProblemsList } from "./views/problems";
import { StepsTree } from "./views/steps";

/** What the parts that need Node build on. */
export interface SharedParts {
  readonly sessions: Sessions;
  readonly files: GraphFiles;
  readonly log: vscode.LogOutputChannel;
  /** Ways to put an output into a cell, asked in order. */
  readonly controllers: CellExecutions[];
  readonly api: GraphcellApi;
  /** Disposed with the extension. */
  readonly owned: Disposables;
}

/** Builds the parts and joins them; `context` disposes them. The same in Node and in a browser. */
export function activateShared(
  context: vscode.ExtensionContext,
  scriptsOf: ScriptsOf = () => null,
): SharedParts {
  const owned = new Disposables();
  context.subscriptions.push(owned);
  const log = vscode.window.createOutputChannel("Graphcell", { log: true });
  owned.add(log);
  const host = createHostPort(owned.add(new ValueDocuments()), (message) => {
    log.error(message);
    void vscode.window.showErrorMessage(message);
  });
  const sessions = owned.add(new Sessions(host, log, scriptsOf));
  const view = owned.add(new GraphView(context.extensionUri, sessions));
  const tabs = owned.add(new GraphTabs(context.extensionUri, sessions));
  for (const part of [StepsTree, EventsList, ProblemsList, ContextKeys, CardMessages, CellStatus, StatusItem])
    owned.add(new part(sessions));
  // Where notebooks have a controller of ours, it says how to put an output into a cell.
  const controllers: CellExecutions[] = [];
  const executions: CellExecutions = (cell) => {
    for (const of of controllers) {
      const execution = of(cell);
      if (execution) return execution;
    }
    return null;
  };
  owned.add(registerCommands({ sessions, view, tabs, log, executions, extensionUri: context.extensionUri }));
  const files = owned.add(new GraphFiles(host, log, scriptsOf));
  owned.add(new GraphFilePreviews(context.extensionUri, files));
  owned.add(registerLanguage({ sessions, files, view }));
  // Reading a large notebook takes longer than an activation should.
  setTimeout(() => {
    sessions.follow();
    files.follow();
  }, 0);
  return { sessions, files, log, owned, controllers, api: createApi(sessions) };
}
