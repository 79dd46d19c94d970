/** Looks at processes by number. */
import { readFileSync } from "node:fs";

/** Whether a process lives; a zombie counts as dead where that can be told. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Waits until all of them are gone; those that are not. */
export async function survivors(pids: Iterable<number>, ms = 10_000): Promise<number[]> {
  const end = Date.now() + ms;
  for (;;) {
    const left = [...pids].filter(lives);
    if (left.length === 0 || Date.now() > end) return left;
    await new Promise((next) => setTimeout(next, 50));
  }
}
