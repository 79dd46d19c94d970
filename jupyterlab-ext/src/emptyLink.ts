import type { SessionLink, SessionState, ViewSettings } from "@graphcell/core";
import type { HostActions } from "./host";

/** What the panel shows while no notebook is open. */
export function createEmptyLink(actions: HostActions, settings: ViewSettings): SessionLink {
  const state: SessionState = {
    revision: 0,
    notebook: null,
    kernel: {
      status: "none",
      name: "",
      mlrun: { state: "unknown", version: null },
      direct: false,
      waiting: null,
    },
    graphs: [],
    current: null,
    settings,
    notices: [],
  };
  return {
    state,
    onChange: () => ({ dispose() {} }),
    send(intent) {
      if (intent.type === "new-notebook") actions.newNotebook();
    },
  };
}
