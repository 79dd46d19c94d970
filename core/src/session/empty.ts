import type { SessionState, ViewSettings } from "./state";

/** What views show while no notebook is open. */
export function emptyState(settings: ViewSettings): SessionState {
  return {
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
}
