import { deepCopy } from "../value/copy";
import { PyObject } from "../value/value";
import { failure } from "./failure";
import { FlowEvent } from "./flowevent";

/**
 * A deep copy for another branch; the waiting caller is the same. An event that passed an error handler holds its
 * exception, that the step which raised it, and that a lock: there is no copy of it, and by the time Python finds that
 * out the event has lost its caller.
 */
export function copyForBranch(event: FlowEvent): FlowEvent {
  if (event.error instanceof PyObject && event.error.type === "exception") {
    event.awaitable = null;
    throw failure("TypeError", "cannot pickle '_thread.lock' object");
  }
  const copied = deepCopy(event);
  return copied instanceof FlowEvent ? copied : event;
}
