import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { EXPORT_FORMATS, createCommands, describeArgs } from "../commands";
import { IGraphcellPanels, IGraphcellSessions } from "../tokens";

/** What a person can ask for, by palette, button, menu or key. */
export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: "graphcell:commands",
  description: "Graphcell's commands.",
  autoStart: true,
  requires: [IGraphcellSessions, IGraphcellPanels],
  optional: [ICommandPalette, ITranslator],
  activate: (app, sessions: IGraphcellSessions, panels: IGraphcellPanels, palette, translator) => {
    const trans = (translator ?? nullTranslator).load("graphcell");
    const commands = createCommands(sessions, panels, trans);
    for (const command of commands) {
      app.commands.addCommand(command.id, {
        label: (args) => command.label(args),
        caption: command.caption,
        icon: command.icon,
        isEnabled: () => command.enabled?.() ?? true,
        isVisible: () => command.visible?.() ?? true,
        describedBy: describeArgs(command),
        execute: (args) => command.execute(args),
      });
      const category = trans.__("Graphcell");
      if (command.id === "graphcell:export-graph") {
        for (const format of EXPORT_FORMATS)
          palette?.addItem({ command: command.id, category, args: { format } });
      } else palette?.addItem({ command: command.id, category });
    }
    keepButtonsFresh(app.commands, sessions, commands);
  },
};

/** Buttons ask a command whether they show and work only when they are told that it has changed. */
function keepButtonsFresh(
  registry: { notifyCommandChanged(id: string): void },
  sessions: IGraphcellSessions,
  commands: ReturnType<typeof createCommands>,
): void {
  let last = "";
  const refresh = () => {
    const flags = commands.map((c) => `${c.enabled?.() ?? true}${c.visible?.() ?? true}`).join();
    if (flags === last) return;
    last = flags;
    for (const { id } of commands) registry.notifyCommandChanged(id);
  };
  sessions.stateChanged.connect(refresh);
  sessions.added.connect((_, { panel }) => panel.content.activeCellChanged.connect(refresh));
}
