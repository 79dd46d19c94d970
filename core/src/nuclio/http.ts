import { GraphcellError } from "../errors";
import type { CancelToken } from "../lifetime";

/** How requests reach a cluster: Node's HTTP, or a server that passes them on. Timeouts are its business. */
export interface HttpPort {
  /** Resolves for every answer, whatever its status; rejects with `TransportError` where there is none. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** The same with the body in pieces as they come; resolves when the answer has ended. */
  stream(request: HttpRequest, onChunk: (chunk: Uint8Array) => void): Promise<Omit<HttpAnswer, "body">>;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  /** Milliseconds without a byte of the answer until it is given up. */
  readonly timeoutMs: number;
  readonly cancel: CancelToken;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** `cut`: the answer ended in its middle; `lost`: the connection broke before any of it came. */
export type TransportKind =
  "refused" | "unknown-host" | "timeout" | "tls" | "cut" | "lost" | "proxy" | "cancelled" | "other";

/** No answer came. */
export class TransportError extends Error {
  override readonly name = "TransportError";

  constructor(
    readonly kind: TransportKind,
    /** What the system said; holds no secret. */
    message: string,
  ) {
    super(message);
  }

  /** Certain that the cluster has not got the request. */
  get neverSent(): boolean {
    return ["refused", "unknown-host", "tls", "proxy"].includes(this.kind);
  }
}

/** Real time, as a client needs it. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Waits; ends early when cancelled. */
  sleep(ms: number, cancel: CancelToken): Promise<void>;
  /** A number in [0, 1), for jitter. */
  random(): number;
}

/** An answer or failure of the cluster, told to a person. */
export class ClusterError extends GraphcellError {
  constructor(
    code: string,
    message: string,
    remedy: string,
    /** HTTP status; 0 where no answer came. */
    readonly status: number,
    /** What the cluster itself said, cleaned; empty when it said nothing. */
    readonly raw: string = "",
    readonly transport: TransportKind | null = null,
  ) {
    super(code, message, remedy);
  }

  /** It is not known whether the request was carried out. */
  get uncertain(): boolean {
    if (this.status >= 500) return true;
    return this.status === 0 && !["refused", "unknown-host", "tls", "proxy", null].includes(this.transport);
  }
}
