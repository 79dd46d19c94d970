/** Steps written in TypeScript or JavaScript: an entry of its own, loaded for graphs that have some. */
export { type ReadText, type ScriptModules, isScript, readScripts } from "./source";
export {
  type ModuleBody,
  type Require,
  type ScriptCall,
  type ScriptHost,
  type ScriptLoad,
  type ScriptLoaded,
  type ScriptResult,
  ScriptRuntime,
} from "./runtime";
export { bodiesOf } from "./evaluate";
export { ScriptExecutor } from "./executor";
export { fromScript, toScript } from "./values";
export { type ScriptWorker, type WorkerReply, type WorkerRequest, workerExecutor } from "./worker";
export { WORKER_SOURCE } from "./worker-source";
