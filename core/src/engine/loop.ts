import type { CancelToken } from "../lifetime";
import { never } from "../lifetime";
import { type Coro, Later, TICK, type Wait } from "./coroutine";

export * from "./coroutine";

/**
 * A small deterministic asyncio. Tasks are generators; the ready queue is first in, first out; a finished future
 * wakes its waiters through that queue, so the order of everything is asyncio's. The clock is virtual: it jumps to
 * the next timer when nothing is ready.
 */

export class Future<T> {
  private state: "pending" | "done" | "failed" = "pending";
  private value: T | undefined;
  private error: unknown;
  private waiters: (() => void)[] = [];

  constructor(private readonly loop: Loop) {}

  get done(): boolean {
    return this.state !== "pending";
  }

  resolve(value: T): void {
    if (this.done) return;
    this.state = "done";
    this.value = value;
    this.wake();
  }

  reject(error: unknown): void {
    if (this.done) return;
    this.state = "failed";
    this.error = error;
    this.wake();
  }

  /** The value, or throws the error. Only once it is done. */
  result(): T {
    if (this.state === "failed") throw this.error;
    return this.value as T; // done: resolve has set it
  }

  /** Called through the ready queue once it is done. */
  onDone(waiter: () => void): void {
    if (this.done) this.loop.soon(waiter);
    else this.waiters.push(waiter);
  }

  private wake(): void {
    for (const waiter of this.waiters) this.loop.soon(waiter);
    this.waiters = [];
  }
}

/** A coroutine that runs by itself. */
export class Task<T = unknown> {
  readonly done: Future<T>;
  private readonly stack: Coro<unknown>[];
  private value: unknown;
  private failed = false;

  constructor(
    private readonly loop: Loop,
    coro: Coro<T>,
  ) {
    this.done = new Future<T>(loop);
    this.stack = [coro];
  }

  /** Runs until it is done or waits. Gives a promise when the whole loop has to wait for it. */
  resume(): Promise<void> | null {
    for (let turns = 0; ; turns++) {
      // A flow that goes round for ever does so in here: the loop looks at its cancel and its clock in between.
      if (turns === SLICE) {
        this.loop.spend(turns);
        this.loop.switchTo(this);
        return null;
      }
      const top = this.stack[this.stack.length - 1];
      this.loop.depth = 0;
      let step: IteratorResult<Wait, unknown>;
      try {
        step = this.failed ? top.throw(this.take()) : top.next(this.take());
      } catch (error) {
        this.stack.pop();
        if (this.stack.length === 0) {
          this.done.reject(error);
          return null;
        }
        this.fail(error);
        continue;
      }
      if (step.done === true) {
        this.stack.pop();
        this.value = step.value;
        if (this.stack.length === 0) {
          this.done.resolve(step.value as T); // the bottom of the stack is the task's own coroutine
          return null;
        }
        continue;
      }
      const held = this.await(step.value);
      if (held !== GO) return held;
    }
  }

  /** GO to run on, a promise to hold the loop up, null to wait aside. */
  private await(what: Wait): Promise<void> | null | typeof GO {
    if (what === TICK) {
      this.loop.soon(this.again);
      return null;
    }
    if (what instanceof Future) return this.awaitFuture(what);
    if (!(what instanceof Later)) {
      this.stack.push(what);
      return GO;
    }
    const { source } = what;
    if (!(source instanceof Promise)) {
      this.stack.push(source);
      return GO;
    }
    if (what.suspends) return this.awaitFuture(this.loop.outside(source));
    return source.then(
      (value) => void (this.value = value),
      (error: unknown) => this.fail(error),
    );
  }

  private awaitFuture(future: Future<unknown>): null | typeof GO {
    const settle = (): void => {
      try {
        this.value = future.result();
      } catch (error) {
        this.fail(error);
      }
    };
    if (future.done) {
      settle();
      return GO;
    }
    future.onDone(() => {
      settle();
      return this.again();
    });
    return null;
  }

  private readonly again = (): void => this.loop.switchTo(this);

  private take(): unknown {
    const value = this.value;
    this.value = undefined;
    this.failed = false;
    return value;
  }

  private fail(error: unknown): void {
    this.value = error;
    this.failed = true;
  }
}

const GO = Symbol("go");

/** How a turn of the loop ended. */
export type LoopEnd = "stopped" | "idle" | "cancelled" | "endless";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
  off: boolean;
}

export interface LoopOptions {
  /** Virtual start, epoch milliseconds. */
  readonly now: number;
  readonly cancel?: CancelToken;
  /** Lets the host do its work; called now and then (about every 8 ms) when given. */
  readonly breathe?: () => Promise<void>;
  /** Turns of work without the clock moving after which what runs is taken for endless. */
  readonly mostTurns?: number;
}

/** Turns that a task makes before the loop looks around. */
const SLICE = 1024;
/** More than an event that half a million others come of needs. */
const MOST_TURNS = 5_000_000;
/** A millisecond of work counts as so many turns at least: half a minute without an end is endless, too. */
const TURNS_PER_MS = 170;

/** Real milliseconds between two breaths. */
const BREATH = 8;
/** Turns between two looks at the real clock. */
const LOOK = 256;

export class Loop {
  /** Virtual now, epoch milliseconds. */
  now: number;
  /** Depth of plain calls from step to step, to stay clear of the JavaScript stack's end. */
  depth = 0;
  private queue: (() => void)[] = [];
  private head = 0;
  private timers: Timer[] = [];
  private orders = 0;
  private outsiders = 0;
  private current: Task<never> | null = null;
  private wakeUp: (() => void) | null = null;
  /** Turns since the last look at the real clock. */
  private jobs = 0;
  /** Turns since the clock moved, or since somebody began anew. */
  private turns = 0;
  private lastBreath = Date.now();
  readonly cancel: CancelToken;

  constructor(private readonly options: LoopOptions) {
    this.now = options.now;
    this.cancel = options.cancel ?? never;
  }

  /** Counts turns of work against what is taken for endless. */
  spend(turns: number): void {
    this.jobs += turns;
  }

  /** Another piece of work begins, however long the one before took. */
  begin(): void {
    this.turns = 0;
  }

  soon(job: () => void): void {
    this.queue.push(job);
  }

  /** Starts a task: it runs when its turn comes. */
  spawn<T>(coro: Coro<T>): Task<T> {
    const task = new Task<T>(this, coro);
    this.soon(() => this.switchTo(task));
    return task;
  }

  /** Calls `fire` when the clock has come to `ms` from now; gives a function that calls it off. */
  later(ms: number, fire: () => void): () => void {
    const timer: Timer = { at: this.now + Math.max(0, ms), order: this.orders++, fire, off: false };
    let i = this.timers.length;
    while (i > 0 && this.timers[i - 1].at > timer.at) i--;
    this.timers.splice(i, 0, timer);
    return () => void (timer.off = true);
  }

  *sleep(ms: number): Coro {
    if (ms <= 0) {
      yield TICK;
      return;
    }
    const future = new Future<void>(this);
    this.later(ms, () => future.resolve());
    yield future;
  }

  /** Lets all go first that may go on now. */
  *others(): Coro {
    const future = new Future<void>(this);
    this.later(0, () => future.resolve());
    yield future;
  }

  /** A future of foreign work that runs beside the loop. */
  outside<T>(promise: Promise<T>): Future<T> {
    const future = new Future<T>(this);
    this.outsiders++;
    const settle = (set: () => void): void => {
      this.outsiders--;
      set();
      this.wakeUp?.();
    };
    promise.then(
      (value) => settle(() => future.resolve(value)),
      (error: unknown) => settle(() => future.reject(error)),
    );
    return future;
  }

  switchTo(task: Task<never> | Task<unknown>): void {
    this.current = task as Task<never>; // only resumed, its value is not looked at
  }

  /**
   * Works until `stop` says so or nothing is left to do. `until` bounds how far the clock may jump (epoch
   * milliseconds); `ready` stops rather than wait for foreign work that runs beside the loop. Gives a promise only
   * when something has to be waited for.
   */
  run(stop: () => boolean, until = Infinity, ready = false): LoopEnd | Promise<LoopEnd> {
    const end = this.turn(stop, until, ready);
    return typeof end === "string" ? end : this.runOn(end, stop, until, ready);
  }

  private async runOn(
    held: Promise<void>,
    stop: () => boolean,
    until: number,
    ready: boolean,
  ): Promise<LoopEnd> {
    let end: LoopEnd | Promise<void> = held;
    for (;;) {
      const cancelled = await this.orCancelled(end);
      if (cancelled) return "cancelled";
      const next: LoopEnd | Promise<void> = this.turn(stop, until, ready);
      if (typeof next === "string") return next;
      end = next;
    }
  }

  private orCancelled(held: Promise<void>): Promise<boolean> {
    if (this.cancel === never) return held.then(() => false);
    return new Promise((resolve, reject) => {
      const off = this.cancel.onCancel(() => resolve(true));
      held.then(
        () => {
          off.dispose();
          resolve(this.cancel.cancelled);
        },
        (error: unknown) => {
          off.dispose();
          reject(error);
        },
      );
    });
  }

  private turn(stop: () => boolean, until: number, ready: boolean): LoopEnd | Promise<void> {
    // Time that is waited elsewhere, for a kernel say, is no work.
    let looked = Date.now();
    for (;;) {
      if (this.cancel.cancelled) return "cancelled";
      if (this.turns > (this.options.mostTurns ?? MOST_TURNS)) return "endless";
      if (++this.jobs >= LOOK) {
        const now = Date.now();
        this.turns += Math.max(this.jobs, (now - looked) * TURNS_PER_MS);
        looked = now;
        this.jobs = 0;
        if (this.options.breathe && Date.now() - this.lastBreath > BREATH)
          return this.options.breathe().then(() => void (this.lastBreath = Date.now()));
      }
      if (this.current) {
        const task: Task<unknown> = this.current;
        this.current = null;
        const held = task.resume();
        if (held) {
          return held.then(() => this.switchTo(task));
        }
        continue;
      }
      if (stop()) return "stopped";
      if (this.nextJob()) continue;
      if (this.outsiders > 0) {
        if (ready) return "idle";
        return new Promise((resolve) => {
          this.wakeUp = () => {
            this.wakeUp = null;
            resolve();
          };
        });
      }
      if (!this.jump(until)) return "idle";
    }
  }

  private nextJob(): boolean {
    if (this.head >= this.queue.length) return false;
    const job = this.queue[this.head++];
    if (this.head > 1024 && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
    job();
    return true;
  }

  /** When the next timer is due, epoch milliseconds; null when there is none. */
  get nextAt(): number | null {
    return this.timers.find((timer) => !timer.off)?.at ?? null;
  }

  /** Moves the clock to the next timer and fires all that are due with it. */
  private jump(until: number): boolean {
    while (this.timers.length > 0 && this.timers[0].off) this.timers.shift();
    const next = this.timers[0];
    if (!next || next.at > until) return false;
    if (next.at > this.now) this.turns = 0;
    this.now = Math.max(this.now, next.at);
    while (this.timers.length > 0 && this.timers[0].at <= this.now) {
      const due = this.timers.shift();
      if (due && !due.off) due.fire();
    }
    return true;
  }

  /** Moves the clock forward, firing what becomes due on the way when the loop next runs. */
  advance(to: number): void {
    if (to <= this.now) return;
    while (this.timers.length > 0 && this.timers[0].at <= to) {
      const due = this.timers.shift();
      if (!due || due.off) continue;
      this.now = Math.max(this.now, due.at);
      due.fire();
    }
    this.now = to;
  }
}
