import type { Disposable, HostIntent, HostPort } from "@graphcell/core";

/** What the session asks of JupyterLab, each by its own function, so that a plugin says what it can do. */
export interface HostActions {
  chooseKernel(): void;
  openTab(): void;
  newNotebook(): void;
  trustNotebook(): void;
  copy(text: string): void;
  save(file: { readonly name: string; readonly mime: string; readonly text: string }): void;
  showValue(value: Extract<HostIntent, { readonly type: "show-value" }>): void;
  setSetting(name: string, value: unknown): void;
}

/** Calls back once after `ms` milliseconds, unless disposed before. */
export function schedule(callback: () => void, ms: number): Disposable {
  const timer = setTimeout(callback, ms);
  return { dispose: () => clearTimeout(timer) };
}

/** The browser's clock and JupyterLab's actions as the session sees them. */
export function createHostPort(actions: HostActions): HostPort {
  return {
    now: () => performance.now(),
    schedule,
    perform: (intent) => perform(actions, intent),
  };
}

function perform(actions: HostActions, intent: HostIntent): void {
  switch (intent.type) {
    case "choose-kernel":
      return actions.chooseKernel();
    case "open-tab":
      return actions.openTab();
    case "new-notebook":
      return actions.newNotebook();
    case "trust-notebook":
      return actions.trustNotebook();
    case "copy":
      return actions.copy(intent.text);
    case "save":
      return actions.save(intent);
    case "show-value":
      return actions.showValue(intent);
    case "setting":
      return actions.setSetting(intent.name, intent.value);
    default:
      return intent satisfies never;
  }
}
