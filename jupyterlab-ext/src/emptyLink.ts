import { emptyState, type SessionLink, type ViewSettings } from "@graphcell/core";
import type { HostActions } from "./host";

/** What the panel shows while no notebook is open. */
export function createEmptyLink(actions: HostActions, settings: ViewSettings): SessionLink {
  return {
    state: emptyState(settings),
    onChange: () => ({ dispose() {} }),
    send(intent) {
      if (intent.type === "new-notebook") actions.newNotebook();
    },
  };
}
