import type { GraphState } from "./state";
import type { Overlay, StepOverlay } from "../draw/picture";
import type { DeployedMark } from "../nuclio/deployed-mark";

/** The state with what is known of the graph's functions; while they are watched their numbers stand at the steps. */
export function withDeployed(state: GraphState, deployed: readonly DeployedMark[] | undefined): GraphState {
  if (!deployed) return state;
  const overlay = liveOverlay(deployed);
  return { ...state, deployed, ...(overlay ? { overlay } : {}) };
}

function liveOverlay(deployed: readonly DeployedMark[]): Overlay | null {
  if (!deployed.some(({ numbers }) => numbers)) return null;
  const steps = new Map<string, StepOverlay>();
  for (const { numbers } of deployed) {
    for (const [step, { calls, errors, ms }] of Object.entries(numbers ?? {})) {
      const state = errors > 0 ? "failed" : calls > 0 ? "ok" : "idle";
      steps.set(step, { state, in: calls, out: calls - errors, ms: (ms ?? 0) * calls, changed: false });
    }
  }
  return { steps, edges: new Map(), path: null, outdated: false };
}
