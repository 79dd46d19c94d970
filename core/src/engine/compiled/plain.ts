import type { PyValue } from "../../value/value";
import type { Code } from "../expression";
import type { FlowEvent } from "../flowevent";

/**
 * What a step does where the body of the event is all that it looks at, nothing has to be waited for and nothing is
 * changed in place: then an event need not exist. A `code` throws what Python raises, and `Unsupported` where Python
 * has to work: the step itself takes the event then.
 */
export type PlainWork =
  | { readonly kind: "map" | "filter" | "flat_map"; readonly code: Code }
  /** Hands the body to the caller. */
  | { readonly kind: "answer" }
  /** Takes the body; gives the event that it emits, or undefined while it waits for more. */
  | { readonly kind: "gather"; take(body: PyValue): FlowEvent | undefined };
