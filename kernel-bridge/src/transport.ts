/** What a client of a Jupyter server needs of its host: sockets, REST calls, time, text. */
import type { GraphcellError } from "@graphcell/core";
import type { Timers } from "./timers";
import type { Utf8 } from "./wire";

/** The way to one kernel on one server. */
export interface KernelTransport {
  /** Bytes of the largest frame that the server takes. */
  readonly maxFrame: number;
  /** Opens a websocket to the kernel; events come later, never from inside this call. */
  open(events: SocketEvents): KernelSocket;
  /** Whether the server still has the kernel. Throws `GraphcellError`: `GC_SERVER_TOKEN`, `GC_SERVER_UNREACHABLE`. */
  exists(): Promise<boolean>;
  interrupt(): Promise<void>;
  /** Ends when the new kernel process answers. */
  restart(): Promise<void>;
}

export interface SocketEvents {
  opened(): void;
  message(frame: Uint8Array): void;
  /** Once, also when it never opened; the error says why, where that is known. */
  closed(error: GraphcellError): void;
}

export interface KernelSocket {
  send(frame: Uint8Array): void;
  close(): void;
}

export interface ClientHost {
  readonly timers: Timers;
  readonly utf8: Utf8;
  /** A new name, unlike any other. */
  randomId(): string;
}
