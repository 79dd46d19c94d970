import type { Contents } from "@jupyterlab/services";
import type { ScriptPort } from "@graphcell/core";
import { FolderScripts } from "@graphcell/core/folder-scripts";
import { type ScriptWorker, WORKER_SOURCE, type WorkerReply } from "@graphcell/core/script";
import { LabFolder, folderOf } from "./folder";

/** Steps in TypeScript or JavaScript beside a notebook: they run in a worker of the page. */
export function labScripts(contents: Contents.IManager, path: () => string): ScriptPort {
  return new FolderScripts(new LabFolder(contents, () => folderOf(path())), pageWorker);
}

function pageWorker(): ScriptWorker {
  const address = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: "text/javascript" }));
  const worker = new Worker(address);
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) =>
      worker.addEventListener("message", ({ data }: MessageEvent<WorkerReply>) => listener(data)),
    onError: (listener) =>
      worker.addEventListener("error", ({ message }) => listener(message || "no reason given")),
    terminate: () => {
      worker.terminate();
      URL.revokeObjectURL(address);
    },
  };
}
