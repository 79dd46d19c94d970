import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * What may go wrong with one request. `drop`: the connection breaks before an answer, nothing is done; `lose`: it is
 * done, then the connection breaks; `cut`: the answer ends in its middle; `hang`: no answer at all; `late`: after ms.
 */
export type Fault =
  | { readonly kind: "drop" | "lose" | "cut" | "hang" }
  | { readonly kind: "late"; readonly ms: number }
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    };

export interface PlannedFault {
  readonly method?: string;
  /** The path begins so; every path when absent. */
  readonly path?: string;
  readonly fault: Fault;
  /** How many requests it hits. */
  times: number;
}

/** The fault that a request meets; it is used up then. */
export function takeFault(planned: PlannedFault[], method: string, path: string): Fault | null {
  const found = planned.find(
    (one) => one.times > 0 && (one.method ?? method) === method && path.startsWith(one.path ?? ""),
  );
  if (!found) return null;
  found.times--;
  return found.fault;
}

/** Answers the request as the fault says; true when that was all. */
export async function applyFault(
  fault: Fault,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  switch (fault.kind) {
    case "drop":
      request.socket.destroy();
      return true;
    case "hang":
      return true;
    case "late":
      await new Promise((resolve) => setTimeout(resolve, fault.ms));
      return false;
    case "answer":
      response.writeHead(fault.status, { "content-type": "text/html", ...fault.headers });
      response.end(fault.body ?? "");
      return true;
    case "lose":
    case "cut":
      return false;
    default:
      return fault satisfies never;
  }
}
