import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { ITranslator, nullTranslator, type TranslationBundle } from "@jupyterlab/translation";
import { INotebookTracker } from "@jupyterlab/notebook";
import { createActions } from "../actions";
import { createEmptyLink } from "../emptyLink";
import type { HostActions } from "../host";
import { graphIcon } from "../icons";
import { GraphPanel } from "../panel";
import { GraphTabs } from "../tabs";
import { IGraphcellPanels, IGraphcellSessions } from "../tokens";

/** The sidebar, which follows the notebook in front, and the tabs, each of which belongs to one notebook. */
export const panelsPlugin: JupyterFrontEndPlugin<IGraphcellPanels> = {
  id: "graphcell:panels",
  description: "Graphcell's sidebar and tabs.",
  autoStart: true,
  provides: IGraphcellPanels,
  requires: [IGraphcellSessions, INotebookTracker],
  optional: [ILabShell, ILayoutRestorer, ISettingRegistry, ITranslator],
  activate: (app, sessions, tracker, labShell, restorer, settings, translator): IGraphcellPanels => {
    const trans = (translator ?? nullTranslator).load("graphcell");
    const actions = createActions(app, settings, trans);
    const sidebar = addSidebar(app, sessions, actions, trans, restorer);
    const show = () => app.shell.activateById(sidebar.id);
    // Notebook 7 has one document a page, and no tabs.
    const tabs = labShell ? new GraphTabs({ app, sessions, tracker, actions, trans, restorer }) : null;
    const editEvent = () => {
      show();
      // The choice of an event is drawn first.
      requestAnimationFrame(() => sidebar.editEvent());
    };
    return { show, editEvent, openTab: (path) => (tabs ? tabs.open(path) : show()) };
  },
};

function addSidebar(
  app: JupyterFrontEnd,
  sessions: IGraphcellSessions,
  actions: HostActions,
  trans: TranslationBundle,
  restorer: ILayoutRestorer | null,
): GraphPanel {
  const link = () => sessions.current?.session ?? createEmptyLink(actions, sessions.settings);
  const panel = new GraphPanel(link(), "narrow");
  panel.id = "graphcell-sidebar";
  panel.title.icon = graphIcon;
  panel.title.caption = trans.__("Graphcell");
  panel.node.setAttribute("role", "region");
  panel.node.setAttribute("aria-label", trans.__("Graphcell"));
  sessions.currentChanged.connect(() => panel.setLink(link()));
  app.shell.add(panel, "left", { rank: 450, type: "Graphcell" });
  restorer?.add(panel, panel.id);
  return panel;
}
