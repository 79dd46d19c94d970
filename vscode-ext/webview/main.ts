/** The page of the graph's view: the shared view over a session that lives in the extension host. */
import { SessionMirror, type HostMessage, type ViewMessage } from "@graphcell/core";
import { mountSidebar, type ViewStorage } from "@graphcell/view";

interface CodeApi {
  postMessage(message: ViewMessage): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): CodeApi;

const api = acquireVsCodeApi();
const mirror = new SessionMirror((message) => api.postMessage(message));
const root = document.getElementById("graphcell") ?? document.body;

/** Sizes and folds: kept by VS Code for as long as the view exists, over reloads of the window. */
function codeStorage(): ViewStorage {
  const given = api.getState();
  const values: Record<string, string> = {};
  if (typeof given === "object" && given !== null) {
    for (const [key, value] of Object.entries(given)) if (typeof value === "string") values[key] = value;
  }
  return {
    get: (key) => values[key] ?? null,
    set(key, value) {
      values[key] = value;
      api.setState(values);
    },
  };
}

/** Opens the editor of the chosen event, as the key F2 on its row does. */
function editEvent(): void {
  const row = root.querySelector<HTMLElement>('[role="row"][aria-selected="true"]');
  row?.focus();
  row?.dispatchEvent(new KeyboardEvent("keydown", { key: "F2", bubbles: true, cancelable: true }));
}

function focus(): void {
  const inGraph = root.querySelector<SVGElement>('.gc-dag-svg [tabindex="0"]');
  (inGraph ?? root.querySelector<HTMLElement>('[tabindex="0"], button, select, input'))?.focus();
}

/** Tells VS Code's own menu what is under the pointer, and makes that step the chosen one. */
function noteTarget(event: MouseEvent): void {
  const target = event.target instanceof Element ? event.target : null;
  const step = target?.closest(".gc-dag .gc-node[data-id]")?.getAttribute("data-id") ?? null;
  const known = step !== null && mirror.started && mirror.state.current?.steps.has(step) === true;
  const context = known ? { webviewSection: "step", step } : { webviewSection: "graph" };
  root.dataset.vscodeContext = JSON.stringify({ preventDefaultContextMenuItems: true, ...context });
  if (known) mirror.send({ type: "select-step", step });
}

let mounted = false;

function receive(message: HostMessage): void {
  switch (message.type) {
    case "state":
      mirror.receive(message);
      if (mounted) return;
      mounted = true;
      mountSidebar(root, mirror, {
        layout: root.dataset.layout === "wide" ? "wide" : "narrow",
        storage: codeStorage(),
      });
      return;
    case "edit-event":
      // The choice of an event is drawn first.
      return void requestAnimationFrame(editEvent);
    case "focus":
      return focus();
    default:
      return message satisfies never;
  }
}

window.addEventListener("message", ({ data }: MessageEvent<HostMessage>) => receive(data));
document.addEventListener("contextmenu", noteTarget, true);
api.postMessage({ type: "ready" });
