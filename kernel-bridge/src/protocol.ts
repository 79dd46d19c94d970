/**
 * The agent's protocol. A request carries several calls, its reply their answers in the same order; both are texts
 * in wire form (see core's value/wire), whatever way they go: in the code of an execution, answered by a display
 * output of `RPC_MIME`, or over the direct channel. Python's side is python/graphcell_agent/protocol.py.
 */
import { type PyMap, type PyValue, dict, wireText } from "@graphcell/core";

/** Rises when a message changes its meaning; both ends must agree. */
export const PROTOCOL_VERSION = 1;

/** Type of the output that answers a request by execution: `{"graphcell": 1, "text": "..."}`. */
export const RPC_MIME = "application/vnd.graphcell.rpc+json";

/** Type of a result card in a cell's outputs; while the cell of `%%simulate` waits, it says what it waits for. */
export const RESULT_MIME = "application/vnd.graphcell+json";

/** Module under which the agent lives in the kernel. */
export const AGENT_MODULE = "_graphcell_agent";

/** First line of the code of every request of ours: by it the agent tells such cells from the user's. */
export const REQUEST_MARKER = "# graphcell request";

/** One call of a request; `op` names it, the other entries are its arguments. */
export type Call = PyMap;

/** A call from plain arguments. */
export function call(op: string, args: Readonly<Record<string, PyValue>> = {}): Call {
  return dict({ op, ...args });
}

/** The text of a request. */
export function requestText(id: string, calls: readonly Call[]): string {
  return wireText(dict({ graphcell: PROTOCOL_VERSION, id, calls: [...calls] }));
}

/**
 * What a `%%simulate` cell asks of a front end, pushed by the agent as
 * `{"graphcell": 1, "push": "simulate", "graph": "...", "events": [...], "display_id": "..."}`.
 */
export interface SimulateRequest {
  /** Variable or name of the graph; empty when the notebook has only one. */
  readonly graph: string;
  /** Mock events: entries `body` and any of path, method, headers, id, key, time. */
  readonly events: readonly PyMap[];
  /** Display id of the cell's output. */
  readonly displayId: string;
}

/** What fills that output: shown by the kernel, so that it is the cell's own output and saved with it. */
export interface SimulateReply {
  /** Texts by MIME type, JSON as JSON text; `RESULT_MIME`, `image/svg+xml` and `text/plain` for a result card. */
  readonly bundle: Readonly<Record<string, string>>;
  /** The cell fails with this text when the simulation could not be done. */
  readonly failure?: string;
}

/** Simulates for a cell; `tell` gets what to show in the meantime. */
export type AnswerSimulate = (
  request: SimulateRequest,
  tell: (soFar: SimulateReply) => void,
) => Promise<SimulateReply>;
