import type { JupyterFrontEnd } from "@jupyterlab/application";
import { Clipboard, Dialog, showDialog } from "@jupyterlab/apputils";
import type { ISettingRegistry } from "@jupyterlab/settingregistry";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import type { HostActions } from "./host";

/** Id of the plugin whose schema holds the settings. */
export const SETTINGS_ID = "graphcell:settings";

/** What JupyterLab does for a session: all by its own commands, dialogs and clipboard. */
export function createActions(
  app: JupyterFrontEnd,
  settings: ISettingRegistry | null,
  trans: TranslationBundle,
): HostActions {
  const execute = (command: string) => {
    if (app.commands.hasCommand(command)) void app.commands.execute(command);
  };
  return {
    chooseKernel: () => execute("notebook:change-kernel"),
    openTab: () => execute("graphcell:open-tab"),
    newNotebook: () => execute("notebook:create-new"),
    trustNotebook: () => execute("notebook:trust"),
    copy: (text) => Clipboard.copyToSystem(text),
    save: download,
    showValue({ title, preview }) {
      const body = new Widget({ node: document.createElement("pre") });
      body.addClass("gc-lab-value");
      body.node.textContent = preview.json ?? preview.text;
      body.node.tabIndex = 0;
      void showDialog({ title, body, buttons: [Dialog.okButton({ label: trans.__("Close") })] });
    },
    setSetting: (name, value) => void settings?.set(SETTINGS_ID, name, value as never),
  };
}

/** Hands a file to the browser, as JupyterLab's own download does. */
function download({
  name,
  mime,
  text,
}: {
  readonly name: string;
  readonly mime: string;
  readonly text: string;
}) {
  const url = URL.createObjectURL(new Blob([text], { type: mime }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
