import { cardPlugin } from "./plugins/card";
import { commandsPlugin } from "./plugins/commands";
import { completerPlugin } from "./plugins/completer";
import { deployPlugin } from "./plugins/deploy";
import { panelsPlugin } from "./plugins/panels";
import { sessionsPlugin } from "./plugins/sessions";
import { settingsPlugin } from "./plugins/settings";
import { statusPlugin } from "./plugins/status";

export { IGraphcellPanels, IGraphcellSessions } from "./tokens";

/** Graphcell's plugins for JupyterLab and Notebook. */
export default [
  sessionsPlugin,
  settingsPlugin,
  panelsPlugin,
  commandsPlugin,
  cardPlugin,
  statusPlugin,
  completerPlugin,
  deployPlugin,
];
