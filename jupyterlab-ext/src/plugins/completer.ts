import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICompletionProviderManager } from "@jupyterlab/completer";
import { GraphCompletions } from "../completer";
import { IGraphcellSessions } from "../tokens";

/** Completions of what a graph's strings and calls may hold. */
export const completerPlugin: JupyterFrontEndPlugin<void> = {
  id: "graphcell:completer",
  description: "Completions of step classes, their arguments and step names.",
  autoStart: true,
  requires: [IGraphcellSessions],
  optional: [ICompletionProviderManager],
  activate: (_, sessions: IGraphcellSessions, completer: ICompletionProviderManager | null) => {
    completer?.registerProvider(new GraphCompletions(sessions));
  },
};
