import type { CancelToken } from "../../lifetime";
import { PyObject, type PyValue } from "../../value/value";
import { clock } from "../clock";
import type { EventList } from "../eventlist";
import type { BatchOutput, Executor, Segment, SegmentOutput } from "../executor";
import { type EventResults, ID_ANSWER } from "../results";
import type { TraceStore } from "../tracestore";
import { isPlain } from "./driver";

/** A flow that is one chain of foreign steps. */
export interface BatchChain {
  readonly segment: Segment;
  /** Names of its steps in traces. */
  readonly names: readonly string[];
  /** Tells what became of the next event, so that its run need not ask. */
  prime(output: SegmentOutput): void;
}

/** Records told whole at each end where the options don't say: each costs as much as ten that are not. */
export const WHOLE_RECORDS = 2_000;
/** Real milliseconds that a batch is to take. */
const AIM = 20;
/** Events of the first batch, and of any. */
const FEWEST = 4;
const MOST = 10_000;
/** A batch is at most so many times as large as the one before. */
const GROWTH = 8;
/** Where an event takes less than this, the next batch is on its way while one is worked on. */
const QUICK_MS = 1;

interface Asked {
  readonly from: number;
  readonly size: number;
  readonly begun: number;
  readonly output: Promise<BatchOutput>;
}

export interface BatchParts {
  readonly executor: Executor;
  readonly events: EventList;
  readonly results: EventResults;
  readonly store: TraceStore | null;
  /** Records to be told whole at each end of the run. */
  readonly keep: number;
  readonly cancel: CancelToken;
  /** Callers get the last step's answer; else the event's id. */
  readonly waits: boolean;
  /** Runs the next event by the event loop. */
  readonly sendOne: () => Promise<void>;
}

/** Sends the events of a run through a chain of foreign steps, many in one request, in their order. */
export class BatchRun {
  private size = FEWEST;
  private perEvent = Infinity;
  private next = 0;
  private readonly asked: Asked[] = [];
  /** Events at each end whose steps are told one by one. */
  private readonly whole: number;

  constructor(
    private readonly chain: BatchChain,
    private readonly parts: BatchParts,
  ) {
    this.whole = parts.store === null ? 0 : Math.ceil(parts.keep / chain.names.length);
  }

  /** Works until some events more have their results. False when the executor can't take this chain so. */
  async work(): Promise<boolean> {
    const { results, sendOne } = this.parts;
    if (this.asked.length === 0) this.next = results.length;
    for (const most = this.perEvent < QUICK_MS ? 2 : 1; this.asked.length < most;) {
      const asked = this.ask();
      if (asked === "none" || (asked === null && this.asked.length > 0)) break;
      if (asked === null) return false;
    }
    const first = this.asked.shift();
    if (first === undefined) await sendOne();
    else await this.take(first);
    return true;
  }

  /** Asks for the next batch; `none` where the next event needs the whole server, or there is none. */
  private ask(): "asked" | "none" | null {
    const { events, executor, cancel } = this.parts;
    const from = this.next;
    const bodies: PyValue[] = [];
    for (let i = from; i < events.length && bodies.length < this.size; i++) {
      const mock = events.mock(i);
      if (!isPlain(mock) || mock.time !== undefined) break;
      bodies.push(mock.body ?? null);
    }
    if (bodies.length === 0) return "none";
    const first = Math.min(bodies.length, Math.max(0, this.whole - from));
    const last = Math.min(bodies.length, Math.max(first, events.length - this.whole - from));
    const mayStop = this.asked.length === 0 && this.perEvent >= QUICK_MS;
    const output = executor.batch?.(this.chain.segment, { bodies, first, last, mayStop }, cancel) ?? null;
    if (output === null) {
      // Too much at once, or a body that has to go alone.
      if (bodies.length === 1) return null;
      this.size = bodies.length >> 1;
      return this.ask();
    }
    // It is looked at when its turn comes.
    output.catch(() => undefined);
    this.asked.push({ from, size: bodies.length, begun: clock(), output });
    this.next = from + bodies.length;
    return "asked";
  }

  private async take({ begun, output, size }: Asked): Promise<void> {
    const { results } = this.parts;
    const before = results.length;
    const done = await this.unlessCancelled(output);
    if (done === null) return;
    const ms = clock() - begun;
    if (done.outputs.size === 0) this.add(done);
    else await this.addEach(done);
    results.time(before, ms / Math.max(1, done.count));
    this.count(done);
    if (done.count < size) this.next = before + done.count;
    this.perEvent = done.took / Math.max(1, done.count);
    // By the executor's own time: how long the way there takes says nothing of how long a cancel would wait.
    const wanted = Math.ceil(AIM / Math.max(this.perEvent, 1e-6));
    // One batch that was held up by other work of the machine says little.
    this.size = Math.max(1, size >> 1, Math.min(MOST, wanted, size * GROWTH));
  }

  /** Who cancelled wants no more; what was done before stays. */
  private async unlessCancelled(output: Promise<BatchOutput>): Promise<BatchOutput | null> {
    try {
      return await output;
    } catch (error) {
      if (this.parts.cancel.cancelled) return null;
      throw error;
    }
  }

  /** A batch of which nothing is told step by step. */
  private add({ count, values, dropped, entered }: BatchOutput): void {
    let at = 0;
    for (let i = 0; i < count; i++) {
      if (dropped.has(i)) this.addDropped();
      else this.addValue(values[at++]);
    }
    this.parts.store?.skip(entered.reduce((sum, n) => sum + n, 0));
  }

  private async addEach({ count, values, dropped, outputs }: BatchOutput): Promise<void> {
    let at = 0;
    for (let i = 0; i < count; i++) {
      const told = outputs.get(i);
      if (told !== undefined) await this.tell(told);
      else {
        const droppedAt = dropped.get(i);
        this.parts.store?.skip(droppedAt === undefined ? this.chain.names.length : droppedAt + 1);
        if (droppedAt !== undefined) this.addDropped();
        else this.addValue(values[at++]);
      }
    }
  }

  private addValue(value: PyValue): void {
    const { results, waits } = this.parts;
    if (!waits) results.addOk(ID_ANSWER);
    else if (value instanceof PyObject && value.type === "Response") results.add(statusOf(value), value);
    else results.addOk(value);
  }

  private addDropped(): void {
    const { results, waits } = this.parts;
    if (waits) results.add("timeout", undefined);
    else results.addOk(ID_ANSWER);
  }

  /** The event goes its way in the flow, which need not ask for what its steps did. */
  private async tell(output: SegmentOutput): Promise<void> {
    const { events, results, sendOne } = this.parts;
    const id = events.id(results.length);
    this.chain.prime({ ...output, out: output.out.map(({ body }) => ({ id, body })) });
    await sendOne();
  }

  /** Counts what is not told step by step. */
  private count({ values, dropped, entered, emitted, ms }: BatchOutput): void {
    const { store } = this.parts;
    if (store === null || entered.length === 0) return;
    this.chain.names.forEach((name, i) => {
      store.steps[store.step(name)].addMany(entered[i], emitted[i], ms[i]);
    });
    this.way(this.chain.names.length, values.length, false);
    const drops = new Map<number, number>();
    for (const at of dropped.values()) drops.set(at, (drops.get(at) ?? 0) + 1);
    for (const [at, n] of drops) this.way(at + 1, n, true);
  }

  /** So many events went through so many steps, the last of which may have dropped them. */
  private way(steps: number, events: number, dropped: boolean): void {
    const { store } = this.parts;
    if (store === null || events === 0) return;
    let at = store.start;
    for (let i = 0; i < steps; i++) {
      at = at.to(store.step(this.chain.names[i]), dropped && i === steps - 1 ? 0 : 1);
    }
    at.ended += events;
  }
}

function statusOf(response: PyObject): "ok" | "error_response" {
  const status = response.fields.get("status_code");
  return typeof status === "number" && status >= 300 ? "error_response" : "ok";
}
