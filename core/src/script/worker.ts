import { GraphcellError } from "../errors";
import type { CancelToken, Disposable } from "../lifetime";
import { ScriptExecutor } from "./executor";
import type { ScriptCall, ScriptHost, ScriptLoad, ScriptLoaded, ScriptResult, ScriptError } from "./runtime";
import type { ScriptModules } from "./source";

/** A worker of the page or of Node that has begun with `WORKER_SOURCE`. */
export interface ScriptWorker {
  post(message: WorkerRequest): void;
  /** What it posts. */
  onMessage(listener: (message: WorkerReply) => void): void;
  /** It broke, and says why. */
  onError(listener: (why: string) => void): void;
  terminate(): void;
}

/** What a worker is asked; values are plain JavaScript. */
export type WorkerRequest =
  | {
      readonly type: "start";
      readonly entry: string;
      readonly modules: readonly (readonly [string, string])[];
    }
  | { readonly type: "load"; readonly id: number; readonly request: ScriptLoad }
  | { readonly type: "call"; readonly id: number; readonly request: ScriptCall };

export interface WorkerReply {
  readonly id: number;
  readonly result: ScriptLoaded | { readonly raised: ScriptError } | ScriptResult;
}

/** Steps in a worker: a step that never returns holds up nobody, and ends with the run. */
class WorkerScripts implements ScriptHost, Disposable {
  private readonly waiting = new Map<
    number,
    { resolve(result: WorkerReply["result"]): void; reject(error: unknown): void }
  >();
  private count = 0;
  private broken: GraphcellError | null = null;
  private readonly heard: Disposable;

  constructor(
    private readonly worker: ScriptWorker,
    scripts: ScriptModules,
    cancel: CancelToken,
  ) {
    worker.onMessage(({ id, result }) => {
      this.waiting.get(id)?.resolve(result);
      this.waiting.delete(id);
    });
    worker.onError((why) =>
      this.end(new GraphcellError("GC_SCRIPT", `The steps of ${scripts.entry} ended: ${why}`)),
    );
    this.heard = cancel.onCancel(() => this.dispose());
    worker.post({ type: "start", entry: scripts.entry, modules: [...scripts.modules] });
  }

  load(request: ScriptLoad): Promise<ScriptLoaded | { readonly raised: ScriptError }> {
    return this.ask("load", request) as Promise<ScriptLoaded | { readonly raised: ScriptError }>;
  }

  call(request: ScriptCall): Promise<ScriptResult> {
    return this.ask("call", request) as Promise<ScriptResult>;
  }

  dispose(): void {
    this.end(new GraphcellError("GC_CANCELLED", "The request was cancelled."));
  }

  private ask(type: "load" | "call", request: ScriptLoad | ScriptCall): Promise<WorkerReply["result"]> {
    if (this.broken) return Promise.reject(this.broken);
    const id = ++this.count;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.post({ type, id, request } as WorkerRequest);
    });
  }

  private end(why: GraphcellError): void {
    this.heard.dispose();
    this.worker.terminate();
    this.broken ??= why;
    for (const { reject } of this.waiting.values()) reject(this.broken);
    this.waiting.clear();
  }
}

/** An executor for one run, with a worker of its own. */
export function workerExecutor(
  scripts: ScriptModules,
  worker: ScriptWorker,
  cancel: CancelToken,
): ScriptExecutor {
  const host = new WorkerScripts(worker, scripts, cancel);
  return new ScriptExecutor(host, () => host.dispose());
}
