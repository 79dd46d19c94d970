/** What the benchmarks share: where they run, and how a row of times becomes one figure. */

export interface BenchContext {
  /** Project's folder. */
  readonly root: string;
  /** Path of a Chromium. */
  readonly chromium: string;
  /** Sets up a VS Code: Node and script of code-server, and our extension as people get it. */
  readonly code: () => Promise<{ readonly node: string; readonly server: string; readonly vsix: string }>;
}

/** The value below which `share` (0 to 1) of the numbers lie; NaN for none. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/**
 * Times several pieces of work in turns, so that what else the machine does falls on all of them alike; gives the
 * milliseconds of each. The first `warmUp` rounds do not count.
 */
export async function timeInTurns(
  works: readonly (() => Promise<unknown>)[],
  rounds: number,
  warmUp: number,
): Promise<readonly (readonly number[])[]> {
  const times = works.map((): number[] => []);
  for (let round = -warmUp; round < rounds; round++) {
    for (const [i, work] of works.entries()) {
      const begun = performance.now();
      await work();
      if (round >= 0) times[i].push(performance.now() - begun);
    }
  }
  return times;
}
