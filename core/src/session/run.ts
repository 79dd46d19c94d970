import type { EventMetadata } from "./metadata";
import type { HostPort, KernelLink, ScriptPort } from "./ports";
import { type RunItem, RunResults } from "./results";
import type { EventRun, RunState, SavedEvent } from "./state";
import { runnableGraph, type GraphEntry } from "./entries";
import type { Raised } from "../engine/event";
import type { Executor } from "../engine/executor";
import { NO_KERNEL } from "../engine/nokernel";
import { previewOf } from "../engine/preview";
import type { EventResults } from "../engine/results";
import { type EventResult, type RunResult, endlessText } from "../engine/simulate";
import type { TraceRecord } from "../engine/trace";
import type { TraceStore } from "../engine/tracestore";
import { GraphcellError } from "../errors";
import { CancelSource } from "../lifetime";
import { type GraphPart, partOf } from "../model/part";
import { PyObject, type PyValue } from "../value/value";
import { fetchedPart } from "./lazy";
import { paceOf } from "./pace";
import { RunNames } from "./runNames";
import { SameKernel, kernelGraph } from "./sameKernel";
import { Sending } from "./sending";
import { NO_TALLY, type RunTally, StoreTally } from "./tally";

/** Milliseconds between two redraws while a run goes on. */
const REDRAW = 80;

export type { RunItem } from "./results";

export interface RunContext {
  readonly kernel: KernelLink;
  readonly host: HostPort;
  readonly scripts?: ScriptPort;
  readonly previewBytes: number;
  /** Results that stand for steps' work; throws `GraphcellError` for one that can't be read. */
  readonly mocks: () => ReadonlyMap<string, PyValue>;
  readonly onChange: () => void;
}

/** What is kept of a run when the next one begins. */
export interface Earlier {
  /** Which events it ran: what its steps gave is comparable with another run of the same only. */
  readonly events: string;
  readonly results: RunResults;
  /** What each step gave last. */
  readonly outputs: ReadonlyMap<string, string>;
}

/** One simulation of one graph: its progress, its records, its results by event. */
export class Run {
  readonly cancelSource = new CancelSource();
  private sums: RunTally = NO_TALLY;
  /** Steps that have got another name since. */
  readonly names = new RunNames();
  private trace: TraceStore | null = null;
  private answered: EventResults | null = null;
  private redraw: { dispose(): void } | null = null;
  private readonly begun: number;
  /** When it began to send events. */
  private sending = 0;
  private done = 0;
  private ended: number | null = null;
  private phase: RunState["phase"] = "loading";
  private failure: RunState["failure"] = null;
  private key: string | null = null;
  private readonly events: Sending;
  readonly results = new RunResults();
  outdated = false;
  /** What it ran on is no more: no change of the graph made it outdated. */
  private kernelEnded = false;
  /** The kernel had told of its namespace when the run began. */
  private readonly withKernel: boolean;
  /** It was made under another name of the notebook, whose kernel has told nothing here yet. */
  private adopted = false;

  constructor(
    readonly entry: GraphEntry,
    readonly items: readonly RunItem[],
    private readonly context: RunContext,
    /** What the run before gave, of the same graph: what "changed" is measured against. */
    readonly before: Earlier | null,
    /** What the results depend on, as it was when the run began. */
    private signature: string,
    /** What of the graph runs; null for all. */
    readonly part: GraphPart | null,
  ) {
    this.names.follow(entry);
    this.withKernel = context.kernel.report !== null;
    this.begun = context.host.now();
    this.events = new Sending(items.map(({ event }) => event));
  }

  get state(): RunState {
    const now = this.ended ?? this.context.host.now();
    return {
      phase: this.phase,
      done: this.done,
      total: this.events.length,
      failure: this.failure && {
        ...this.failure,
        step: this.failure.step && this.names.now(this.failure.step),
      },
      outdated: this.outdated,
      ...(this.kernelEnded ? { kernelEnded: true } : {}),
      startedAt: this.begun,
      ms: now - this.begun,
      pace: this.phase === "running" ? paceOf(this.done, this.events.length, now - this.sending) : null,
      ...(this.part ? { part: this.part } : {}),
    };
  }

  /** What the run has done so far, in sums, by the names that the steps have now. */
  get tally(): RunTally {
    return this.names.tally(this.sums);
  }

  /** Id of an item's first event. */
  firstId(item: number): string {
    return this.events.ids(item)[0] ?? "";
  }

  get running(): boolean {
    return this.ended === null;
  }

  /** The first records of the run. */
  firstRecords(most: number): readonly TraceRecord[] {
    return this.trace?.select(() => true, most).records ?? [];
  }

  /** The first records of a step, of all events or of those with these ids, and how many there are. */
  recordsOf(
    step: string,
    events: ReadonlySet<string> | null,
    most: number,
  ): { readonly records: readonly TraceRecord[]; readonly total: number } {
    const { trace } = this;
    if (trace === null) return { records: [], total: 0 };
    const name = this.names.then(step);
    const digest = name === null ? undefined : trace.digest(name);
    const number = digest?.number ?? -1;
    const found = trace.select(
      (kept) => kept.step === number && (events === null || events.has(trace.eventOf(kept))),
      most,
    );
    return events === null ? { ...found, total: digest?.entered ?? 0 } : found;
  }

  /** The newest record of a step, and how many events entered it; null when none did. */
  lastOf(step: string): { readonly record: TraceRecord; readonly events: number } | null {
    const name = this.names.then(step);
    const digest = name === null ? undefined : this.trace?.digest(name);
    const record = digest && this.trace?.lastRecord(digest);
    return digest && record ? { record, events: digest.entered } : null;
  }

  /** Its notebook has another name now, and with it another session. */
  adopt(): void {
    this.adopted = true;
  }

  /** Looks whether the results still hold, given what they would depend on now; `told` says that the kernel has told it. */
  compare(signatureNow: () => string, told: boolean): void {
    // It is the text of the whole graph: nobody makes it for a run that is known to be outdated.
    if (this.running || this.outdated) return;
    const signature = signatureNow();
    if (this.adopted) this.signature = signature;
    if (told) this.adopted = false;
    this.outdated = this.signature !== signature;
    this.kernelEnded = this.outdated && this.withKernel && !told;
  }

  cancel(): void {
    this.cancelSource.cancel();
  }

  /** Runs to its end; never rejects: what went wrong is in `state.failure`. */
  async start(): Promise<void> {
    let executor: Executor | null = null;
    const kernel = new SameKernel(this.context.kernel);
    try {
      const whole = runnableGraph(this.entry);
      if (!whole)
        throw new GraphcellError("GC_NO_GRAPH", "There is no graph to run.", "Run the cell that builds it.");
      const graph = this.part ? partOf(whole, this.part) : whole;
      // The engine is a fifth of what a page would load: it comes with the first run.
      const engine = await fetchedPart(import("../engine/run"));
      executor = await this.executor(kernel);
      this.phase = "running";
      this.sending = this.context.host.now();
      this.changed();
      const result = await engine.simulate(graph, this.events, {
        executor: executor ?? undefined,
        spec: this.entry.kernel?.info.spec ?? this.entry.parsed?.spec,
        functionName: this.entry.kernel?.info.name ?? this.entry.parsed?.functionName ?? undefined,
        trace: "records",
        previewBytes: this.context.previewBytes,
        mocks: this.context.mocks(),
        fetch: this.context.host.fetch,
        cancel: this.cancelSource.token,
        breathe: () => new Promise((resolve) => void this.context.host.schedule(resolve, 0)),
        onTrace: (trace) => {
          this.trace = trace;
          this.sums = new StoreTally(trace);
        },
        onResults: (results) => (this.answered = results),
        onProgress: (done) => {
          this.done = done;
          this.soon();
        },
      });
      this.finish(result);
    } catch (error) {
      this.fail(error);
    } finally {
      kernel.dispose();
      await Promise.resolve(executor?.end?.()).catch(() => undefined);
      this.ended = this.context.host.now();
      this.redraw?.dispose();
      this.context.onChange();
    }
  }

  /**
   * The executor of steps in TypeScript or JavaScript, where the settings name some, else the kernel's; none when there
   * is no kernel: a graph of native steps runs all the same.
   */
  private async executor(same: SameKernel): Promise<Executor | null> {
    const { kernel, scripts } = this.context;
    const own = await scripts?.executor(this.entry.name, this.cancelSource.token);
    if (own) return own;
    if (kernel.status === "none" || kernel.status === "not-python") return null;
    return same.executor(kernelGraph(this.entry), this.cancelSource.token);
  }

  private finish(result: RunResult): void {
    this.take(result.results, result.results.length);
    this.phase = result.cancelled ? "cancelled" : "done";
    if (result.initError) {
      this.phase = "failed";
      const { class: name, message } = result.initError;
      const kernelless = message.includes(NO_KERNEL);
      this.failure = {
        message: sentence(`The graph could not be started: ${kernelless ? "" : `${name}: `}${message}`),
        remedy: kernelless ? "" : "Mend the step that it names, run its cell, then simulate again.",
        step: stepNamed(result.initError, this.entry),
      };
    } else if (result.endless) {
      const { event, step } = result.endless;
      this.phase = "failed";
      this.failure = { ...endlessText(result.endless, this.eventName(event)), step };
    }
  }

  /** How people call the event of that index. */
  private eventName(index: number): string {
    if (index >= this.events.length) return "The end of the flow";
    return `Event "${this.items[this.events.itemAt(index)].name}"`;
  }

  /** The results of the first events. */
  private take(results: EventResults, length: number): void {
    this.done = length;
    let from = 0;
    this.items.forEach((item, i) => {
      const count = Math.min(this.events.count(i), length - from);
      if (count > 0) this.results.set(item, this.eventRun(item, results, from, count));
      from += count;
    });
  }

  /** Results by item; of a run that goes on those of the first items that are through, no more than so many events. */
  resultsSoFar(most: number): ReadonlyMap<RunItem, EventRun> {
    const { answered, items, events } = this;
    if (!this.running || answered === null) return this.results;
    const known = new Map<RunItem, EventRun>();
    let from = 0;
    for (const [i, item] of items.entries()) {
      const end = from + events.count(i);
      if (end > Math.min(most, answeredLength(answered))) break;
      known.set(item, this.eventRun(item, answered, from, end - from));
      from = end;
    }
    return known;
  }

  /** What became of an event that was sent so many times: the first that went wrong stands for all, else the last. */
  private eventRun(item: RunItem, results: EventResults, from: number, count: number): EventRun {
    let at = from;
    let ms = 0;
    for (let i = from; i < from + count; i++) {
      ms += results.ms(i);
      const before = results.status(at);
      if (before === "ok" || before === "emitted") at = i;
    }
    const worst = results.at(at);
    const response =
      worst.response === undefined ? null : previewOf(worst.response, this.context.previewBytes);
    const run = { status: worst.status, code: codeOf(worst), ms, response, error: worst.error ?? null };
    const earlier = this.before && item.saved !== null ? this.before.results.ofSaved(item.saved) : undefined;
    return { ...run, changed: earlier !== undefined && !sameAnswer(earlier, run) };
  }

  /** What each step gave in the run before, when that ran the same events. */
  get outputsBefore(): ReadonlyMap<string, string> | null {
    return this.before?.events === this.eventsKey ? this.names.renamedKeys(this.before.outputs) : null;
  }

  private get eventsKey(): string {
    return (this.key ??= this.items
      .map(({ saved, name, stored }) => JSON.stringify([saved, name, stored]))
      .join());
  }

  /** What the next run is compared with. */
  get earlier(): Earlier {
    return { events: this.eventsKey, results: this.results, outputs: this.tally.lastOutputs() };
  }

  /** Saved events, each with its result unless its text has changed since. */
  savedEvents(events: readonly EventMetadata[]): readonly SavedEvent[] {
    return this.results.savedEvents(events);
  }

  /** Ids that this run gave to a saved event; empty when it was not part of it. */
  idsOf(saved: string): readonly string[] {
    const index = this.items.findIndex((item) => item.saved === saved);
    return index < 0 ? [] : this.events.ids(index);
  }

  /** What was done before stays. */
  private fail(error: unknown): void {
    const { answered } = this;
    if (answered) this.take(answered, answeredLength(answered));
    if (this.cancelSource.cancelled) {
      this.phase = "cancelled";
      return;
    }
    this.phase = "failed";
    this.failure =
      error instanceof GraphcellError
        ? { message: error.message, remedy: error.remedy, step: null }
        : {
            message: sentence(
              `The simulation broke: ${error instanceof Error ? error.message : String(error)}`,
            ),
            remedy: "Simulate again; if it breaks again, please report it with the notebook.",
            step: null,
          };
  }

  private changed(): void {
    this.context.onChange();
  }

  /** Redraws soon, not for each record. */
  private soon(): void {
    this.redraw ??= this.context.host.schedule(() => {
      this.redraw = null;
      if (this.running) this.changed();
    }, REDRAW);
  }
}

/** How many events are through: one that is on its way looks like one that nobody answers. */
function answeredLength(results: EventResults): number {
  let { length } = results;
  while (length > 0 && results.status(length - 1) === "timeout") length--;
  return length;
}

function codeOf(result: EventResult): number | null {
  if (result.status === "timeout" || result.status === "cancelled") return null;
  if (result.status === "error") return result.error?.statusCode ?? 400;
  const status = result.response instanceof PyObject ? result.response.fields.get("status_code") : undefined;
  return typeof status === "number" ? status : 200;
}

type Answer = Pick<EventRun, "status" | "response" | "error">;

function sameAnswer(a: Answer, b: Answer): boolean {
  const text = (run: Answer) =>
    run.error ? `${run.error.class}: ${run.error.message}` : (run.response?.json ?? run.response?.text ?? "");
  return a.status === b.status && text(a) === text(b);
}

/** The step that an error of starting the graph names in quotes or at its end, when it is one of this graph's. */
function stepNamed(error: Raised, entry: GraphEntry): string | null {
  const graph = runnableGraph(entry);
  if (!graph) return null;
  const words = new Set(error.message.split(/[\s'"`,;:()=]+/));
  for (const key of graph.steps.keys()) if (words.has(key)) return key;
  return null;
}

/** Ends in a full stop, where it has no other end. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
