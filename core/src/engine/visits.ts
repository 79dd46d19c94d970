import { str } from "../value/repr";
import { type Failure, failure } from "./failure";
import type { FlowEvent } from "./flowevent";

/** Limit of visits of one step by one event where neither the step nor the graph sets one. */
const SAFETY_LIMIT = 10_000;

/** Counts the event's visit of a step; raises what Storey does when it has come too often. */
export function countVisit(event: FlowEvent, step: string, most: number | null): void {
  const visits = (event.visits ??= new Map<string, number>());
  const count = visits.get(step) ?? 0;
  if (count >= (most ?? SAFETY_LIMIT)) throw tooMany(event, step, most);
  visits.set(step, count + 1);
}

function tooMany(event: FlowEvent, step: string, most: number | null): Failure {
  const id = str(event.id);
  if (most !== null) {
    return failure("RuntimeError", `Max iterations exceeded in step '${step}' for event ${id}`);
  }
  return failure(
    "RuntimeError",
    `Step '${step}' exceeded the default cycle limit of ${SAFETY_LIMIT} iterations for event ${id}. ` +
      "This typically indicates an infinite cycle without an exit condition. To fix: 1) Add an exit " +
      "condition to your cycle, OR 2) Set max_iterations explicitly if this is intentional.",
  );
}
