/** A Jupyter server as a user starts one: nothing of ours in it. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { python, root } from "./python";

export interface PlainServer {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface PlainServerOptions {
  /** Default: a free one. */
  readonly port?: number;
  readonly token?: string;
  /** Further arguments of the server. */
  readonly args?: readonly string[];
}

/** Starts a server and waits until it answers. Its message limit is off: tests print a lot. */
export async function startPlainServer(options: PlainServerOptions = {}): Promise<PlainServer> {
  const port = options.port ?? (await freePort());
  const token = options.token ?? randomBytes(12).toString("hex");
  const home = mkdtempSync(join(tmpdir(), "graphcell-test-"));
  const args = [
    "-m",
    "jupyter_server",
    "--allow-root",
    "--ServerApp.open_browser=False",
    "--ServerApp.ip=127.0.0.1",
    `--ServerApp.port=${port}`,
    "--ServerApp.port_retries=0",
    "--ServerApp.log_level=ERROR",
    "--ZMQChannelsWebsocketConnection.limit_rate=False",
    ...(options.args ?? []),
  ];
  const env = {
    ...process.env,
    JUPYTER_TOKEN: token,
    JUPYTER_NO_CONFIG: "1",
    JUPYTER_RUNTIME_DIR: join(home, "runtime"),
  };
  const child = spawn(python, args, { cwd: root, env, stdio: "ignore" });
  const url = `http://127.0.0.1:${port}/`;
  await answers(url, child);
  return {
    url,
    port,
    token,
    pid: child.pid ?? 0,
    stop: () => end(child).finally(() => rmSync(home, { recursive: true, force: true })),
  };
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error("The Jupyter server ended while it was starting.");
    const reply = await fetch(`${url}api`).catch(() => null);
    if (reply?.ok) return;
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error("The Jupyter server did not answer in time.");
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((done) => child.on("close", done));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await closed;
  clearTimeout(timer);
}

export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}
