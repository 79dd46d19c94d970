/** When to try again after a connection was cut, and when those who wait for it give up. */
import type { Disposable } from "@graphcell/core";
import type { Timers } from "./timers";

/** Pauses between attempts to reconnect; the last one repeats. */
const BACK_OFF_MS = [0, 250, 500, 1_000, 2_000, 4_000];
/** Executions that wait for the server fail after this time; reconnecting goes on. */
const GIVE_UP_MS = 60_000;

export class BackOff {
  private attempt = 0;
  private retry: Disposable | null = null;
  private giveUp: Disposable | null = null;

  constructor(private readonly timers: Timers) {}

  /** Calls `again` after a pause that grows, and `tooLate` once, a while after the first cut. */
  cut(again: () => void, tooLate: () => void): void {
    this.giveUp ??= this.timers.schedule(tooLate, GIVE_UP_MS);
    const pause = BACK_OFF_MS[Math.min(this.attempt++, BACK_OFF_MS.length - 1)] ?? 0;
    this.retry = this.timers.schedule(again, pause);
  }

  stop(): void {
    this.retry?.dispose();
    this.giveUp?.dispose();
    this.retry = this.giveUp = null;
  }

  /** Connected: the next cut begins with the shortest pause. */
  reset(): void {
    this.attempt = 0;
    this.stop();
  }
}
