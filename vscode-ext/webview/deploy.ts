/** The page of the deployment: the shared view over a session that lives in the extension host. */
import { Emitter } from "@graphcell/core";
import type { DeployHostMessage, DeployState, DeployViewMessage } from "@graphcell/core/nuclio";
import { mountDeploy } from "@graphcell/view/deploy";

interface CodeApi {
  postMessage(message: DeployViewMessage): void;
}

declare function acquireVsCodeApi(): CodeApi;

const api = acquireVsCodeApi();
const root = document.getElementById("graphcell") ?? document.body;
const changes = new Emitter<DeployState>();
let last: DeployHostMessage | null = null;

function receive(message: DeployHostMessage): void {
  const first = last === null;
  last = message;
  if (!first) return changes.fire(message.state);
  mountDeploy(root, {
    get state() {
      return last?.state ?? message.state;
    },
    onChange: changes.event,
    send: (intent) => api.postMessage({ type: "intent", intent }),
    events: () => last?.events ?? [],
    reveal: ({ cellId, line }) => api.postMessage({ type: "reveal", cellId, line }),
  });
}

window.addEventListener("message", ({ data }: MessageEvent<DeployHostMessage>) => receive(data));
api.postMessage({ type: "ready" });
