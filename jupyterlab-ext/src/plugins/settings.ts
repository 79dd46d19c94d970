import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { DEFAULT_SETTINGS, type ViewSettings } from "@graphcell/core";
import { SETTINGS_ID } from "../actions";
import { IGraphcellSessions } from "../tokens";

/** Gives the user's settings to all sessions; its schema also declares toolbars, menus and shortcuts. */
export const settingsPlugin: JupyterFrontEndPlugin<void> = {
  id: SETTINGS_ID,
  description: "Graphcell's settings.",
  autoStart: true,
  requires: [IGraphcellSessions],
  optional: [ISettingRegistry],
  activate: (_app, sessions: IGraphcellSessions, registry: ISettingRegistry | null) => {
    if (!registry) return;
    registry.load(SETTINGS_ID).then(
      (settings) => {
        const apply = () => sessions.setSettings(decodeSettings(settings.composite));
        settings.changed.connect(apply);
        apply();
      },
      (error: unknown) => console.error("Graphcell's settings could not be read; the defaults hold.", error),
    );
  },
};

function decodeSettings(given: ISettingRegistry.ISettings["composite"]): ViewSettings {
  const { autoRun, direction, previewBytes, showTimes } = given;
  return {
    autoRun: autoRun === true,
    direction: direction === "LR" || direction === "TB" ? direction : "auto",
    previewBytes: typeof previewBytes === "number" ? previewBytes : DEFAULT_SETTINGS.previewBytes,
    showTimes: showTimes === true,
  };
}
