/** The direct channel over a socket on this machine, where a host has neither comms nor subshells. */
import { connect, type Socket } from "node:net";
import { type Disposable, GraphcellError } from "@graphcell/core";
import { DirectRequests, type DirectAddress, type DirectChannel } from "@graphcell/kernel-bridge";
import { nodeHost } from "./socket";

const CONNECT_MS = 2_000;

/** A channel to an agent that listens; throws `GC_DIRECT_CLOSED` when it is on another machine. */
export async function connectLoopback({ port, token }: DirectAddress): Promise<DirectChannel & Disposable> {
  const socket = await open(port);
  socket.write(`${token}\n`);
  const channel = new DirectRequests(
    (data) => void socket.write(`${JSON.stringify(data)}\n`),
    nodeHost.timers,
  );
  let rest = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) channel.received(parsed(line));
  });
  socket.on("error", () => undefined);
  socket.on("close", () => channel.close(closed("the connection was closed")));
  return {
    request: (message, timeoutMs, cancel) => channel.request(message, timeoutMs, cancel),
    onPush: channel.onPush,
    dispose() {
      channel.dispose();
      socket.destroy();
    },
  };
}

function open(port: number): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    const timer = setTimeout(() => socket.destroy(closed("nobody answers")), CONNECT_MS);
    socket.once("error", (error) => {
      clearTimeout(timer);
      fail(closed(error.message));
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      done(socket);
    });
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function closed(why: string): GraphcellError {
  return new GraphcellError("GC_DIRECT_CLOSED", `The direct channel to the kernel is closed: ${why}.`);
}
