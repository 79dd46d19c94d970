import { deepCopy } from "../value/copy";
import { PyObject } from "../value/value";
import { failure } from "./failure";
import { FlowEvent } from "./flowevent";

/**
 * A deep copy for another branch; the waiting caller is the same. An event that an error handler has sent on can't be
 * copied, in Storey, because its exception holds the step that raised it: and its caller is forgotten by then.
 */
export function copyForBranch(event: FlowEvent): FlowEvent {
  if (event.error instanceof PyObject && event.error.type === "exception") {
    event.awaitable = null;
    throw failure("TypeError", "cannot pickle '_thread.lock' object");
  }
  const copied = deepCopy(event);
  return copied instanceof FlowEvent ? copied : event;
}
