/** A way to a server that can be cut, and mended again. */
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";

export interface Proxy {
  readonly port: number;
  /** Ends all connections at once; while cut, new ones are refused. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export function startProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let whole = true;
  const server = createServer((socket) => {
    if (!whole) return void socket.destroy();
    const onward = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return new Promise((done) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      done({
        port: typeof address === "object" && address ? address.port : 0,
        cut: () => {
          whole = false;
          drop();
        },
        mend: () => (whole = true),
        close: () =>
          new Promise((closed) => {
            drop();
            server.close(() => closed());
          }),
      });
    });
  });
}
