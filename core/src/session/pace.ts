/** How fast a run goes, once that can be told. */
export interface Pace {
  /** Events a second. */
  readonly perSecond: number;
  /** Milliseconds until its end at that rate. */
  readonly leftMs: number;
}

/** Milliseconds before which a rate says little: nobody reads it in less. */
const SOON = 500;

/** The pace of a run that has done so many of its events in so many milliseconds; null while it is too early. */
export function paceOf(done: number, total: number, ms: number): Pace | null {
  if (ms < SOON || done === 0) return null;
  return { perSecond: (done / ms) * 1000, leftMs: ((total - done) * ms) / done };
}
