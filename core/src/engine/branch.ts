import { deepCopy } from "../value/copy";
import { FlowEvent } from "./flowevent";

/** A deep copy for another branch; the waiting caller is the same. */
export function copyForBranch(event: FlowEvent): FlowEvent {
  const copied = deepCopy(event);
  return copied instanceof FlowEvent ? copied : event;
}
