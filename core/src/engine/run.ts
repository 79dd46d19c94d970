import { GraphcellError } from "../errors";
import type { Graph } from "../model/graph";
import { isMap, type PyMap, type PyValue } from "../value/value";
import type { MockEvent } from "./event";
import { BothTraces } from "./bothtraces";
import { isHidden } from "./tracing";
import { clock } from "./clock";
import type { Table } from "./context";
import { BatchRun, WHOLE_RECORDS } from "./compiled/batchrun";
import { type BurstParts, type PlainRun, plainRun } from "./compiled/plainrun";
import { EventList, type EventSource } from "./eventlist";
import { EventResults } from "./results";
import { KEPT_RECORDS, TraceStore } from "./tracestore";
import type { Failure } from "./failure";
import { asFailure } from "./failure";
import { type Coro, Loop, type LoopEnd } from "./loop";
import { OpsTrace } from "./opstrace";
import { RecordTrace } from "./recordtrace";
import type { Reply } from "./answer";
import { Server } from "./server";
import type { EventResult, Outcome, RunResult, SimulateOptions } from "./simulate";
import { snapshot } from "./snapshot";
import { StoreyFlow, sourceOf } from "./storeyflow";
import { millisOf } from "./time";

/** Virtual start where neither the options nor an event say one: a Monday, so that runs are the same every day. */
const START = Date.UTC(2024, 0, 1);
/** Virtual milliseconds that a caller waits for an answer. */
const PATIENCE = 3_600_000;
/** Real milliseconds of work between two breaths: a page keeps its frames, a cancel is heard at once. */
const STRETCH = 8;

/**
 * Runs events through a graph as MLRun's mock server does, one after the other, and ends it. The steps' errors are
 * results, not exceptions; throws only for errors of the engine itself.
 */
export async function simulate(
  graph: Graph,
  events: readonly MockEvent[] | EventSource,
  options: SimulateOptions,
): Promise<RunResult> {
  const run = new Simulation(graph, new EventList(events), options);
  try {
    return await run.all();
  } finally {
    await options.executor?.end?.();
  }
}

class Simulation {
  private readonly loop: Loop;
  private readonly began: number;
  private readonly ops: OpsTrace | null;
  private readonly records: RecordTrace | null;
  private readonly server: Server | StoreyFlow;
  private readonly results: EventResults;
  private readonly store: TraceStore | null;
  private initError: Failure | null = null;
  private termination: Outcome | null = null;
  /** The event that went on for ever. */
  private endless: number | null = null;

  constructor(
    graph: Graph,
    private readonly sent: EventList,
    private readonly options: SimulateOptions,
  ) {
    this.began = options.now ?? (sent.length > 0 ? millisOf(sent.mock(0).time) : null) ?? START;
    this.loop = new Loop({
      now: this.began,
      cancel: options.cancel,
      breathe: options.breathe,
      mostTurns: options.mostTurns,
    });
    const { trace = "records" } = options;
    this.results = new EventResults(sent);
    this.ops = trace === "ops" || trace === "both" ? new OpsTrace() : null;
    this.store =
      trace === "records" || trace === "both"
        ? new TraceStore({
            previewBytes: options.previewBytes ?? 8192,
            keep: options.keepRecords ?? KEPT_RECORDS,
            idOf: (index) => sent.id(index),
          })
        : null;
    this.records =
      this.store !== null
        ? new RecordTrace({
            store: this.store,
            clock: () => this.loop.now - this.began,
            // The step that answers the caller is nobody's: people see the responder before it.
            hidden: (step) => isHidden(graph, step),
          })
        : null;
    const both = this.ops && this.records ? new BothTraces(this.ops, this.records) : null;
    const told = both ?? this.ops ?? this.records;
    const source = sourceOf(graph);
    this.server =
      source === null
        ? new Server(graph, options, this.loop, told)
        : new StoreyFlow(graph, source, options, this.loop, told);
  }

  async all(): Promise<RunResult> {
    const started = await this.work(this.server.start(), Infinity);
    if (started.failure !== null) this.initError = started.failure;
    else if (started.end !== "cancelled") await this.sendAll();
    return this.result();
  }

  private async sendAll(): Promise<void> {
    if (this.store) this.options.onTrace?.(this.store);
    this.options.onResults?.(this.results);
    const { server } = this;
    const plain = this.ops === null && server instanceof Server ? plainRun(server, this.burstParts()) : null;
    let batches = this.ops === null ? this.batches() : null;
    while (this.results.length < this.sent.length && !this.loop.cancel.cancelled && this.endless === null) {
      if (plain) await this.sendPlain(plain);
      else if (batches) batches = (await batches.work()) ? batches : null;
      else await this.sendOne();
      this.options.onProgress?.(this.results.length, this.sent.length);
    }
    if (this.results.length < this.sent.length) this.results.cancelRest();
    if (this.records) this.records.index = -1;
    if (this.loop.cancel.cancelled || this.endless !== null) return;
    if (this.options.lingerMs) await this.loop.run(() => false, this.loop.now + this.options.lingerMs);
    const ended = await this.work(this.server.end(), this.patience());
    if (ended.end === "endless") this.endless = this.sent.length;
    this.termination = outcomeOf(ended);
    this.records?.flush();
  }

  /** Sends the next event by the event loop. */
  private async sendOne(): Promise<void> {
    const index = this.results.length;
    const mock = this.sent.mock(index);
    const at = millisOf(mock.time);
    if (at !== null) this.loop.advance(at);
    if (this.records) this.records.index = index;
    const begun = clock();
    await this.answered(this.server.request(mock, this.sent.id(index)), begun);
  }

  /** Waits for an event's answer, then has the flow work on as long as it can. */
  private async answered(request: Coro<Reply>, begun: number): Promise<void> {
    const ended = await this.work(request, this.patience());
    // Whoever gets its answer at once leaves the rest to the flow, which works as long as it can.
    const left = ended.end === "stopped" ? await this.loop.run(() => false, this.loop.now, true) : ended.end;
    if (left === "endless") this.endless = this.results.length;
    const { status, response, error } = statusOf(ended);
    this.results.add(status, response, error);
    this.results.time(this.results.length - 1, clock() - begun);
    this.records?.flush();
  }

  /** Events in batches, where the flow is one chain of foreign steps and there are several. */
  private batches(): BatchRun | null {
    const { executor } = this.options;
    const { server } = this;
    if (!executor?.batch || this.sent.length < 2 || !(server instanceof Server)) return null;
    const chain = server.wholeChain;
    if (chain === null) return null;
    return new BatchRun(chain, {
      executor,
      events: this.sent,
      results: this.results,
      store: this.store,
      keep: this.options.keepRecords ?? WHOLE_RECORDS,
      cancel: this.loop.cancel,
      waits: server.waits,
      sendOne: () => this.sendOne(),
    });
  }

  private burstParts(): BurstParts {
    return {
      loop: this.loop,
      store: this.store,
      events: this.sent,
      results: this.results,
      began: this.began,
      turn: (index) => {
        if (this.records) this.records.index = index;
      },
    };
  }

  /** A stretch of the tight loop, and what it leaves to the event loop. */
  private async sendPlain({ driver, burst }: PlainRun): Promise<void> {
    const stop = driver.run(clock() + STRETCH);
    if (stop === "general") await this.sendOne();
    if (stop === "left" && burst !== null && this.server instanceof Server) {
      const begun = clock();
      const { event, works } = burst.takeHeld();
      for (const work of works) this.loop.spawn(work);
      if (this.records && burst.way) this.records.way = burst.way;
      await this.answered(this.server.answerTo(event), begun);
    }
    if (stop === "time") await this.options.breathe?.();
  }

  private patience(): number {
    return this.loop.now + (this.options.waitMs ?? PATIENCE);
  }

  /** Runs a coroutine in the loop until it is done, or nothing can make it go on. */
  private async work<T>(coro: Coro<T>, until: number): Promise<Ended<T>> {
    this.loop.begin();
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
    const { results, store } = this;
    return {
      // Objects for a million events are made only for who wants them.
      get events() {
        return results.list();
      },
      get records() {
        return store?.records ?? [];
      },
      results,
      trace: store,
      ops: this.ops?.ops ?? [],
      termination: this.termination,
      streams: new Map([...server.streams()].map(([step, items]) => [step, items.map(snapshot)])),
      tables: tablesOf(server.tableRows()),
      files: new Map([...server.files].map(([path, bodies]) => [path, bodies.map(snapshot)])),
      errorStream: server.errorStream?.items.map(snapshot) ?? null,
      trackingStream: server.tracking?.items.map(snapshot) ?? null,
      initError: this.initError?.raised ?? null,
      deployed: this.initError === null ? (deployed?.graph ?? null) : null,
      cancelled: this.loop.cancel.cancelled,
      endless: this.endless === null ? null : { event: this.endless, step: store?.busiest() ?? null },
    };
  }
}

/** Rows of the tables that hold any. */
function tablesOf(tables: ReadonlyMap<string, Table>): RunResult["tables"] {
  const told = new Map<string, ReadonlyMap<string, PyMap>>();
  for (const [path, { rows }] of tables) {
    const kept = [...rows].filter(([, row]) => row.size > 0);
    const copied = kept.map(([key, row]) => [key, snapshot(row)] as const);
    if (kept.length > 0)
      told.set(path, new Map(copied.filter((entry): entry is [string, PyMap] => isMap(entry[1]))));
  }
  return told;
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
  if (value?.emitted === true) return { status: "emitted" };
  if (value !== null)
    return { status: value.failed ? "error_response" : "ok", response: snapshot(value.value) };
  if (end === "stopped") throw new GraphcellError("GC_ENGINE", "An event ended without an answer.");
  return { status: end === "cancelled" ? "cancelled" : "timeout" };
}

function outcomeOf({ value, failure, end }: Ended<PyValue>): Outcome {
  if (failure !== null) return { status: "error", error: failure.raised };
  return end === "stopped" ? { status: "ok", result: snapshot(value) } : { status: "timeout" };
}
