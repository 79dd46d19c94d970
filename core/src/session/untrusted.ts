import { GraphcellError } from "../errors";

/** Code of the error that says that the place of a notebook is not trusted. */
export const UNTRUSTED = "GC_UNTRUSTED";

/** Nothing of this place may run, whoever asks. */
export function untrusted(): GraphcellError {
  return new GraphcellError(
    UNTRUSTED,
    "In Restricted Mode Graphcell starts no kernel and runs no code.",
    "Trust this folder, then try again.",
  );
}
