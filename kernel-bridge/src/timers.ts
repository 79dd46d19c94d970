import type { Disposable } from "@graphcell/core";

/** Time, as a host has it. */
export interface Timers {
  /** Calls back once after `ms` milliseconds, unless disposed before. */
  schedule(callback: () => void, ms: number): Disposable;
}
