import type { Disposable } from "@graphcell/core";

/** Calls back once after `ms` milliseconds, unless disposed before. */
export function schedule(callback: () => void, ms: number): Disposable {
  const timer = setTimeout(callback, ms);
  return { dispose: () => clearTimeout(timer) };
}
