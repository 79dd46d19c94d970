/** Numbers as people read them. */

/** Milliseconds: `0.2 ms`, `8.1 ms`, `412 ms`, `1.4 s`, `2 min 5 s`. */
export function formatMs(ms: number): string {
  if (!Number.isFinite(ms)) return "";
  if (ms < 99.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Time that is left, in no more detail than it can be told: `under 1 s`, `12 s`, `2 min 5 s`. */
export function formatLeft(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 1) return "under 1 s";
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A rate in three digits: `8.25`, `412`, `12,300`. */
export function formatRate(perSecond: number): string {
  return Number(perSecond.toPrecision(3)).toLocaleString("en-US");
}

/** A count with separators: `12,000`. */
export function formatCount(n: number): string {
  return n.toLocaleString("en-US");
}

/** A size: `512 B`, `8 KB`, `1.2 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 || size >= 10 ? Math.round(size) : Number(size.toFixed(1))} ${units[unit]}`;
}

/** Text of at most `max` characters on one line, with an ellipsis where it was cut. */
export function oneLine(text: string, max: number): string {
  const line = text
    .slice(0, max * 4)
    .replace(/\s+/g, " ")
    .trim();
  return line.length > max ? `${line.slice(0, max)}\u2026` : line;
}
