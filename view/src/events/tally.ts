import type { EventRun, SavedEvent } from "@graphcell/core";
import { formatCount } from "../format";
import type { Translator } from "../texts";

/** One word of a summary, and the kind that gives it its colour. */
export interface Count {
  readonly kind: "ok" | "changed" | "failed" | "noAnswer" | "cancelled";
  readonly n: number;
}

/** How the results of events are distributed; kinds without any are left out. Each event counts once. */
export function tally(events: readonly SavedEvent[]): readonly Count[] {
  const counts = new Map<Count["kind"], number>();
  for (const { result } of events) {
    if (result) counts.set(kindOf(result), (counts.get(kindOf(result)) ?? 0) + 1);
  }
  const order: readonly Count["kind"][] = ["ok", "changed", "noAnswer", "failed", "cancelled"];
  return order.flatMap((kind) => (counts.has(kind) ? [{ kind, n: counts.get(kind) ?? 0 }] : []));
}

/** What an event's result counts as. */
export function kindOf(run: EventRun): Count["kind"] {
  if (run.status === "error" || run.status === "error_response") return "failed";
  if (run.status === "cancelled") return "cancelled";
  if (run.changed) return "changed";
  return run.status === "timeout" ? "noAnswer" : "ok";
}

/** `12 ok, 1 changed, 1 failed`. */
export function tallyText(counts: readonly Count[], t: Translator): string {
  return counts.map(({ kind, n }) => t(`summary.${kind}`, { n: formatCount(n) })).join(", ");
}
