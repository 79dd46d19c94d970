/** What differs between versions of mlrun for a deployed graph. */
export interface MlrunVersion {
  readonly text: string;
  /** Runtime whose Python is the image's. */
  readonly runtime: string;
  /** Reads a serving spec that is packed (base64 of gzip). */
  readonly readsPackedSpec: boolean;
}

/** The version that Graphcell's engine is compared with. */
export const DEFAULT_MLRUN = "1.12.1";

/** First minor version of mlrun 1 whose image has that Python. */
const PYTHON_SINCE: readonly (readonly [number, string])[] = [
  [10, "python:3.11"],
  [3, "python:3.9"],
  [0, "python:3.7"],
];

/** First minor version of mlrun 1 whose serving runtime is known to unpack its spec. */
const PACKED_SINCE = 12;

/** Reads `1.12.1`, `v1.10`, `1.12.0-rc3`; null for anything else. */
export function mlrunVersion(text: string): MlrunVersion | null {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(.*)$/.exec(text.trim());
  if (!match) return null;
  const major = Number(match[1]);
  const minor = Number(match[2]);
  const of1 = major > 1 ? 99 : major < 1 ? -1 : minor;
  const runtime = PYTHON_SINCE.find(([since]) => of1 >= since)?.[1] ?? "python:3.7";
  return { text: text.trim().replace(/^v/, ""), runtime, readsPackedSpec: of1 >= PACKED_SINCE };
}

/** The image of that version, which has mlrun and what it needs. */
export function mlrunImage(version: MlrunVersion): string {
  return `mlrun/mlrun:${version.text}`;
}
