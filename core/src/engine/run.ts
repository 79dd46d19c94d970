import { GraphcellError } from "../errors";
import type { Graph } from "../model/graph";
import type { PyValue } from "../value/value";
import type { MockEvent } from "./event";
import { BothTraces } from "./bothtraces";
import type { Failure } from "./failure";
import { asFailure } from "./failure";
import { type Coro, Loop, type LoopEnd } from "./loop";
import { OpsTrace } from "./opstrace";
import { RecordTrace } from "./recordtrace";
import { type Reply, Server } from "./server";
import type { EventResult, Outcome, RunResult, SimulateOptions } from "./simulate";
import { snapshot } from "./snapshot";
import { millisOf } from "./time";

/** Virtual start where neither the options nor an event say one: a Monday, so that runs are the same every day. */
const START = Date.UTC(2024, 0, 1);
/** Virtual milliseconds that a caller waits for an answer. */
const PATIENCE = 3_600_000;

/**
 * Runs events through a graph as MLRun's mock server does, one after the other, and ends it. The steps' errors are
 * results, not exceptions; throws only for errors of the engine itself.
 */
export async function simulate(
  graph: Graph,
  events: readonly MockEvent[],
  options: SimulateOptions,
): Promise<RunResult> {
  const run = new Simulation(graph, expand(events), options);
  try {
    return await run.all();
  } finally {
    await options.executor?.end?.();
  }
}

interface Sent {
  readonly mock: MockEvent;
  readonly id: string;
}

/** Repeated events are sent one after another; those without an id get one. */
function expand(events: readonly MockEvent[]): Sent[] {
  const sent: Sent[] = [];
  for (const mock of events) {
    const times = Math.max(0, Math.floor(mock.repeat ?? 1));
    for (let i = 0; i < times; i++) {
      const id = mock.id ?? `e${sent.length + 1}`;
      sent.push({ mock, id: times > 1 && mock.id !== undefined ? `${id}-${i + 1}` : id });
    }
  }
  return sent;
}

class Simulation {
  private readonly loop: Loop;
  private readonly began: number;
  private readonly ops: OpsTrace | null;
  private readonly records: RecordTrace | null;
  private readonly server: Server;
  private readonly results: EventResult[] = [];
  private initError: Failure | null = null;
  private termination: Outcome | null = null;

  constructor(
    graph: Graph,
    private readonly sent: readonly Sent[],
    private readonly options: SimulateOptions,
  ) {
    this.began = options.now ?? millisOf(sent[0]?.mock.time) ?? START;
    this.loop = new Loop({ now: this.began, cancel: options.cancel, breathe: options.breathe });
    const { trace = "records" } = options;
    this.ops = trace === "ops" || trace === "both" ? new OpsTrace() : null;
    this.records =
      trace === "records" || trace === "both"
        ? new RecordTrace({
            previewBytes: options.previewBytes ?? 8192,
            clock: () => this.loop.now - this.began,
            onRecord: options.onRecord,
            // The step that answers the caller is nobody's: people see the responder before it.
            hidden: (step) => /^Complete(#\d+)?$/.test(step) && !graph.steps.has(step),
          })
        : null;
    const both = this.ops && this.records ? new BothTraces(this.ops, this.records) : null;
    this.server = new Server(graph, options, this.loop, both ?? this.ops ?? this.records);
  }

  async all(): Promise<RunResult> {
    const started = await this.work(this.server.start(), Infinity);
    if (started.failure !== null) this.initError = started.failure;
    else if (started.end !== "cancelled") await this.sendAll();
    return this.result();
  }

  private async sendAll(): Promise<void> {
    let done = 0;
    for (const one of this.sent) {
      if (this.loop.cancel.cancelled) {
        this.results.push({ id: one.id, status: "cancelled", ms: 0 });
        continue;
      }
      if (this.records) this.records.index = done;
      const sent = this.send(one);
      this.results.push(sent instanceof Promise ? await sent : sent);
      this.records?.flush();
      this.options.onProgress?.(++done, this.sent.length);
    }
    if (this.records) this.records.index = -1;
    if (this.loop.cancel.cancelled) return;
    if (this.options.lingerMs) await this.loop.run(() => false, this.loop.now + this.options.lingerMs);
    const ended = await this.work(this.server.end(), this.patience());
    this.termination = outcomeOf(ended);
    this.records?.flush();
  }

  private patience(): number {
    return this.loop.now + (this.options.waitMs ?? PATIENCE);
  }

  private async send({ mock, id }: Sent): Promise<EventResult> {
    const at = millisOf(mock.time);
    if (at !== null) this.loop.advance(at);
    const began = Date.now();
    const ended = await this.work(this.server.request(mock, id), this.patience());
    // Whoever gets its answer at once leaves the rest to the flow, which works as long as it can.
    if (ended.end === "stopped") await this.loop.run(() => false, this.loop.now, true);
    return { id, ...statusOf(ended), ms: Date.now() - began };
  }

  /** Runs a coroutine in the loop until it is done, or nothing can make it go on. */
  private async work<T>(coro: Coro<T>, until: number): Promise<Ended<T>> {
    const task = this.loop.spawn(coro);
    const run = this.loop.run(() => task.done.done, until);
    const end = typeof run === "string" ? run : await run;
    if (!task.done.done) return { end, value: null, failure: null };
    try {
      return { end, value: task.done.result(), failure: null };
    } catch (error) {
      return { end, value: null, failure: asFailure(error) };
    }
  }

  private result(): RunResult {
    const { server } = this;
    const { deployed } = server.plan;
    return {
      events: this.results,
      records: this.records?.records ?? [],
      ops: this.ops?.ops ?? [],
      termination: this.termination,
      streams: new Map([...server.streams()].map(([step, items]) => [step, items.map(snapshot)])),
      errorStream: server.errorStream?.items.map(snapshot) ?? null,
      trackingStream: server.tracking?.items.map(snapshot) ?? null,
      initError: this.initError?.raised ?? null,
      deployed: this.initError === null ? (deployed?.graph ?? null) : null,
      cancelled: this.loop.cancel.cancelled,
    };
  }
}

/** How a coroutine of the server ended. */
export interface Ended<T> {
  readonly end: LoopEnd;
  readonly value: T | null;
  readonly failure: Failure | null;
}

/** What a caller gets. */
export function statusOf({
  end,
  value,
  failure,
}: Ended<Reply>): Pick<EventResult, "status" | "response" | "error"> {
  if (failure !== null) return { status: "error", error: failure.raised };
  if (value !== null)
    return { status: value.failed ? "error_response" : "ok", response: snapshot(value.value) };
  if (end === "stopped") throw new GraphcellError("GC_ENGINE", "An event ended without an answer.");
  return { status: end === "cancelled" ? "cancelled" : "timeout" };
}

function outcomeOf({ value, failure, end }: Ended<PyValue>): Outcome {
  if (failure !== null) return { status: "error", error: failure.raised };
  return end === "stopped" ? { status: "ok", result: snapshot(value) } : { status: "timeout" };
}
