/** A kernel on a Jupyter server, reached with `ws` and `fetch`. */
import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { GraphcellError } from "@graphcell/core";
import type { ClientHost, KernelSocket, KernelTransport, SocketEvents } from "@graphcell/kernel-bridge";
import { KERNEL_SUBPROTOCOL } from "@graphcell/kernel-bridge";
import type { ServerAddress } from "./rest";
import { authorization, call, tokenRefused, unreachable } from "./rest";

/** Both ends give up on a connection that is silent for two of these. */
const PING_MS = 15_000;
const OPEN_MS = 90_000;
const RESTART_MS = 90_000;
/** Largest message that comes in; outputs may be large. */
const MAX_INCOMING = 1 << 29;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const nodeHost: ClientHost = {
  timers: {
    schedule(callback, ms) {
      const timer = setTimeout(callback, ms);
      return { dispose: () => clearTimeout(timer) };
    },
  },
  utf8: { encode: (text) => encoder.encode(text), decode: (bytes) => decoder.decode(bytes) },
  randomId: () => randomUUID(),
};

export function kernelTransport(server: ServerAddress, kernelId: string, maxFrame: number): KernelTransport {
  const path = `api/kernels/${encodeURIComponent(kernelId)}`;
  const session = randomUUID();
  return {
    maxFrame,
    open: (events) => openSocket(server, `${path}/channels?session_id=${session}`, events),
    exists: async () => (await call(server, "GET", path)).status === 200,
    interrupt: async () => void (await call(server, "POST", `${path}/interrupt`)),
    restart: async () => void (await call(server, "POST", `${path}/restart`, {}, RESTART_MS)),
  };
}

function openSocket(server: ServerAddress, path: string, events: SocketEvents): KernelSocket {
  const address = new URL(path, server.url);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address, [KERNEL_SUBPROTOCOL], {
    headers: authorization(server.token),
    handshakeTimeout: OPEN_MS,
    maxPayload: MAX_INCOMING,
    perMessageDeflate: false,
  });
  let why: GraphcellError | null = null;
  socket.binaryType = "nodebuffer";
  socket.on("open", () => {
    if (socket.protocol !== KERNEL_SUBPROTOCOL) {
      why = tooOld(server.url);
      return socket.close();
    }
    watch(socket);
    events.opened();
  });
  socket.on("message", (data) => {
    // With `nodebuffer` every message is one Buffer.
    if (Buffer.isBuffer(data)) events.message(data);
  });
  socket.on("unexpected-response", (request, response) => {
    const { statusCode } = response;
    const forbidden = statusCode === 401 || statusCode === 403;
    why = forbidden ? tokenRefused(server) : unreachable(server.url, `status ${statusCode}`);
    request.destroy();
    socket.terminate();
  });
  socket.on("error", (error) => (why ??= unreachable(server.url, error.message)));
  socket.on("close", () => events.closed(why ?? unreachable(server.url, "the connection was closed")));
  return {
    send: (frame) => socket.send(frame, () => {}),
    close: () => socket.close(),
  };
}

/** Ends a connection whose other end is gone without a word. */
function watch(socket: WebSocket): void {
  let alive = true;
  socket.on("pong", () => (alive = true));
  const timer = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, PING_MS);
  timer.unref();
  socket.on("close", () => clearInterval(timer));
}

function tooOld(url: string): GraphcellError {
  return new GraphcellError(
    "GC_SERVER_OLD",
    `The Jupyter server at ${url} does not speak ${KERNEL_SUBPROTOCOL}.`,
    "Update it: python -m pip install --upgrade jupyter_server",
  );
}
