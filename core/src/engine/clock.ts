/** Real milliseconds, as fine as the host tells them: pages, workers and Node all have `performance`. */
declare const performance: { now(): number } | undefined;

export const clock: () => number =
  typeof performance === "undefined" ? () => Date.now() : () => performance.now();
