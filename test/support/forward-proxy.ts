import { type Server, createServer } from "node:http";
import { type Socket, connect } from "node:net";

/** A forward proxy that sends everything for `dashboard.test` to this machine. */
export async function startProxy(): Promise<{
  readonly url: string;
  readonly asked: string[];
  stop(): Promise<void>;
}> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
    const target = new URL(request.url ?? "");
    const socket = connect(Number(target.port), "localhost", () => {
      const lines = Object.entries(request.headers).map(([k, v]) => `${k}: ${String(v)}`);
      socket.write(
        `${request.method ?? ""} ${target.pathname}${target.search} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`,
      );
      request.pipe(socket);
      response.socket?.removeAllListeners("data");
      if (response.socket) socket.pipe(response.socket);
    });
  });
  const tunnels: Socket[] = [];
  server.on("connect", (request, socket: Socket) => {
    asked.push(`CONNECT ${request.url ?? ""}`);
    const target = connect(Number(request.url?.split(":")[1]), "localhost", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(target);
      target.pipe(socket);
    });
    tunnels.push(socket, target);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    asked,
    stop: () => {
      for (const tunnel of tunnels) tunnel.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
