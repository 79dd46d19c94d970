import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { deployIcon } from "../icons";
import { IGraphcellSessions } from "../tokens";

/** The deploy panel, on the right; its code comes when somebody opens it. */
export const deployPlugin: JupyterFrontEndPlugin<void> = {
  id: "graphcell:deploy",
  description: "Pushes graphs to Nuclio clusters.",
  autoStart: true,
  requires: [IGraphcellSessions],
  optional: [ICommandPalette, ITranslator],
  activate: (app, sessions: IGraphcellSessions, palette, translator) => {
    const trans = (translator ?? nullTranslator).load("graphcell");
    let opening: Promise<string> | null = null;
    const open = async (): Promise<string> => {
      const [{ LabClusters }, { DeployPanel }] = await Promise.all([
        import("../clusters"),
        import("../deployPanel"),
      ]);
      const { serverSettings, contents } = app.serviceManager;
      const panel = new DeployPanel(sessions, new LabClusters(serverSettings), contents);
      panel.title.icon = deployIcon;
      panel.title.caption = trans.__("Deploy to a Nuclio cluster");
      panel.node.setAttribute("role", "region");
      panel.node.setAttribute("aria-label", trans.__("Deploy"));
      app.shell.add(panel, "right", { rank: 450, type: "Graphcell" });
      return panel.id;
    };
    const show = async () => {
      opening ??= open();
      app.shell.activateById(await opening);
    };
    const describedBy = { args: { type: "object", additionalProperties: false, properties: {} } } as const;
    app.commands.addCommand("graphcell:deploy", {
      label: trans.__("Deploy Graph"),
      caption: trans.__("Push the graph of this notebook to a Nuclio cluster"),
      icon: deployIcon,
      describedBy,
      execute: show,
    });
    app.commands.addCommand("graphcell:show-deployment", {
      label: trans.__("Show Deployment"),
      caption: trans.__("Show the functions of this notebook's graph in a Nuclio cluster"),
      describedBy,
      execute: show,
    });
    for (const command of ["graphcell:deploy", "graphcell:show-deployment"])
      palette?.addItem({ command, category: trans.__("Graphcell") });
  },
};
