import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type ScriptWorker, WORKER_SOURCE } from "@graphcell/core/script";

/** Gives the packed worker the way to its parent, and packages as the folder finds them. */
const NODE_PRELUDE = `
const { parentPort, workerData } = require("node:worker_threads");
globalThis.graphcellWorker = {
  post: (message) => parentPort.postMessage(message),
  listen: (listener) => parentPort.on("message", listener),
  require: require("node:module").createRequire(workerData.from),
};
`;

/** Starts a worker thread for steps in TypeScript or JavaScript. @param folder where their packages are looked for. */
export function nodeScriptWorker(folder: string): ScriptWorker {
  const worker = new Worker(NODE_PRELUDE + WORKER_SOURCE, {
    eval: true,
    workerData: { from: join(folder, "steps.js") },
    stdout: true,
    stderr: true,
  });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on("message", listener),
    onError: (listener) => {
      worker.on("error", (error: Error) => listener(`${error.name}: ${error.message}`));
      worker.on("exit", (code) => listener(`their process ended with ${code}`));
    },
    terminate: () => void worker.terminate(),
  };
}
