/** Errors that every port raises in the same words. */
import { GraphcellError } from "@graphcell/core";

/** The caller no longer wants it. */
export function cancelled(): GraphcellError {
  return new GraphcellError("GC_CANCELLED", "The request was cancelled.");
}

/** The process that ran the code is gone, or is not the one that the code was meant for. */
export function kernelDead(
  why: string,
  remedy = "Restart the kernel and run the notebook again.",
): GraphcellError {
  return new GraphcellError("GC_KERNEL_DEAD", why, remedy);
}

/** The server does not know the kernel. */
export function kernelGone(): GraphcellError {
  return kernelDead(
    "The Jupyter server has no such kernel: it was shut down, or the server was started anew.",
    "Start a new kernel and run the notebook again.",
  );
}

export function messageTooLarge(size: number, limit: number): GraphcellError {
  const mb = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  return new GraphcellError(
    "GC_MESSAGE_SIZE",
    `A message of ${mb(size)} MB is more than the Jupyter server takes (${mb(limit)} MB).`,
    "Send fewer or smaller events.",
  );
}

export function kernelTimeout(what: string, ms: number, remedy: string): GraphcellError {
  return new GraphcellError("GC_KERNEL_TIMEOUT", `${what} within ${ms / 1000} s.`, remedy);
}

/** An answer got lost on the way; whether the code ran is not known. */
export function answerLost(): GraphcellError {
  return new GraphcellError(
    "GC_KERNEL_LOST",
    "The connection to the kernel was cut, and an answer was lost with it.",
    "Run it again.",
  );
}

export function portClosed(): GraphcellError {
  return new GraphcellError("GC_KERNEL_CLOSED", "The connection to the kernel was closed.");
}

/** Whatever was thrown, as an error for a person. */
export function asGraphcellError(error: unknown, code: string): GraphcellError {
  if (error instanceof GraphcellError) return error;
  return new GraphcellError(code, error instanceof Error ? error.message : String(error));
}
