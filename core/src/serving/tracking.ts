import type { ServerContext } from "../engine/context";
import { type Failure, errorText } from "../engine/failure";
import { item, setItem } from "../engine/path";
import { truthy } from "../value/compare";
import { type PyMap, type PyValue, asNumber, float } from "../value/value";

/** Whose records they are. */
export interface Tracked {
  readonly className: string;
  readonly name: string;
  readonly uid: PyValue;
  readonly labels: PyValue;
  readonly metrics: PyValue;
}

/** One request's record, as far as it is known. */
export interface TrackedCall {
  /** When the request began: text and virtual milliseconds. */
  readonly start: string;
  readonly began: number;
  readonly request: PyValue;
  readonly op: PyValue;
}

/** Writes model tracking records to the stream that MLRun's model monitoring reads. */
export class ModelLog {
  private readonly percentage: number;
  /** Requests so far, to take an even share of them: MLRun draws at random. */
  private seen = 0;

  constructor(
    private readonly context: ServerContext,
    private readonly stream: { push(record: PyValue): void },
  ) {
    this.percentage = asNumber(context.param("sampling_percentage") ?? 100);
  }

  private base(of: Tracked): PyMap {
    const record = new Map<PyValue, PyValue>([
      ["class", of.className],
      ["worker", 0],
      ["model", of.name],
      ["host", "<host>"],
      ["function_uri", this.context.functionUri],
      ["endpoint_id", of.uid],
      ["sampling_percentage", float(this.percentage)],
    ]);
    if (truthy(of.labels)) record.set("labels", of.labels);
    return record;
  }

  pushError(of: Tracked, call: TrackedCall, ex: Failure): void {
    const record = this.base(of);
    record.set("request", call.request);
    record.set("op", call.op);
    record.set("when", call.start);
    const text = ex.message || errorText(ex.raised);
    record.set("error", this.context.verbose ? `${text}\n${ex.raised.traceback ?? ""}` : ex.message);
    this.stream.push(record);
  }

  push(of: Tracked, call: TrackedCall, response: PyValue): void {
    const { request } = call;
    const inputs = item(request, "inputs");
    const rows = Array.isArray(inputs) && inputs.every((row) => Array.isArray(row)) ? inputs : [inputs];
    setItem(request, "inputs", rows);
    if (this.percentage !== 100 && !this.sample(request, rows, response)) return;
    const record = this.base(of);
    record.set("request", request);
    record.set("op", call.op);
    record.set("resp", response);
    record.set("when", call.start);
    record.set("microsec", Math.round((this.context.loop.now - call.began) * 1000) % 1_000_000);
    if (truthy(of.metrics)) record.set("metrics", of.metrics);
    const kept = item(request, "inputs");
    record.set("effective_sample_count", Array.isArray(kept) ? kept.length : 0);
    this.stream.push(record);
  }

  /** Keeps the sampled rows only; false when there are none. */
  private sample(request: PyValue, rows: readonly PyValue[], response: PyValue): boolean {
    const share = (n: number): number => Math.floor((n * this.percentage) / 100);
    const kept: number[] = [];
    rows.forEach((_, i) => {
      if (share(++this.seen) > share(this.seen - 1)) kept.push(i);
    });
    if (kept.length === 0) return false;
    setItem(
      request,
      "inputs",
      kept.map((i) => rows[i]),
    );
    const outputs = response instanceof Map ? response.get("outputs") : undefined;
    if (response instanceof Map && Array.isArray(outputs)) {
      response.set(
        "outputs",
        kept.map((i) => outputs[i] ?? null),
      );
    }
    return true;
  }
}

/**
 * The log of a model or an ensemble once the first request says that its endpoint is ready; null when it is not
 * tracked.
 */
export class Tracking {
  private log: ModelLog | null = null;
  private ready = false;

  constructor(
    private readonly context: ServerContext,
    private readonly uid: PyValue,
  ) {}

  /** `_lazy_init`: looks at the body of a request. */
  look(body: PyValue): ModelLog | null {
    if (this.ready || !(body instanceof Map) || String(body.get("background_task_state")) !== "succeeded")
      return this.log;
    const { tracking } = this.context;
    if (tracking !== null && truthy(this.uid)) this.log = new ModelLog(this.context, tracking);
    this.ready = true;
    return this.log;
  }
}
