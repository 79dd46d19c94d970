import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ISessionContextDialogs, SessionContextDialogs } from "@jupyterlab/apputils";
import { INotebookTracker } from "@jupyterlab/notebook";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { createActions } from "../actions";
import { Sessions } from "../sessions";
import { IGraphcellSessions } from "../tokens";

/** JupyterLab's commands that interrupt the kernel of the notebook in front. */
const INTERRUPTS: ReadonlySet<string> = new Set(["notebook:interrupt-kernel", "kernelmenu:interrupt"]);

/** Keeps one session for each notebook. */
export const sessionsPlugin: JupyterFrontEndPlugin<IGraphcellSessions> = {
  id: "graphcell:sessions",
  description: "Graphcell's session of each notebook.",
  autoStart: true,
  provides: IGraphcellSessions,
  requires: [INotebookTracker],
  optional: [ISettingRegistry, ISessionContextDialogs, ITranslator],
  activate: (app, tracker: INotebookTracker, settings, dialogs, translator) => {
    const actions = createActions(app, settings, (translator ?? nullTranslator).load("graphcell"));
    const sessions = new Sessions(
      tracker,
      actions,
      dialogs ?? new SessionContextDialogs(),
      app.serviceManager.contents,
    );
    // Steps run beside the main shell, where the interrupt does not reach them; whoever asks for it means them, too.
    app.commands.commandExecuted.connect((_, { id }) => {
      if (INTERRUPTS.has(id)) sessions.current?.session.send({ type: "cancel-run" });
    });
    window.addEventListener("pagehide", ({ persisted }) => {
      if (!persisted) sessions.leave();
    });
    return sessions;
  },
};
