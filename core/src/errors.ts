/** An error for a person: a stable code, what is wrong, and what to do about it. */
export class GraphcellError extends Error {
  override readonly name = "GraphcellError";

  constructor(
    /** Stable, documented, upper case: `GC_...`. */
    readonly code: string,
    message: string,
    /** What to do instead, as one sentence; empty when there is nothing to say. */
    readonly remedy = "",
  ) {
    super(message);
  }
}
