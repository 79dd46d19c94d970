/** Starts a Jupyter server that lives as long as this process, or joins one that runs. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { realpathSync } from "node:fs";
import { createServer } from "node:net";
import type { CancelToken } from "@graphcell/core";
import { GraphcellError, never } from "@graphcell/core";
import { cancelled } from "@graphcell/kernel-bridge";
import type { ServerConfig } from "./config";
import type { PythonInfo } from "./python";
import type { ServerAddress } from "./rest";
import type { JupyterServer } from "./server";
import { writeConfig } from "./config";
import { findPython, pythonMissing, requireServer } from "./python";
import { call, isObject } from "./rest";
import { ConnectedServer, DEFAULT_MAX_FRAME } from "./server";

export interface StartServerOptions {
  /** The interpreter of the server and of its kernel `python3`: a path, or what `findPython` found. */
  readonly python: string | PythonInfo;
  /** Where a relative `python` and `notebookDir` start. */
  readonly cwd: string;
  /** Environment of server and kernels; default this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Root folder of the server; default `cwd`. */
  readonly notebookDir?: string;
  readonly cancel?: CancelToken;
  /** Lines of the server's log, the token masked. */
  readonly onLog?: (line: string) => void;
  /** Default 60,000. */
  readonly timeoutMs?: number;
  /** The server's token; a random one, that nobody else knows, when absent. */
  readonly token?: string;
  /**
   * Seconds that the server goes on without its parent and without a connection to a kernel: a parent that starts
   * anew can join it with its address and token. Default 0.
   */
  readonly lingers?: number;
}

const START_MS = 60_000;
const POLL_MS = 50;
/** Between asking the server to end, telling it to, and ending it. */
const STOP_MS = 5_000;
/** Somebody may take the free port before the server does. */
const PORTS = 3;
const MAX_FRAME = 512 * 2 ** 20;
const LOG_CHARS = 8_000;

/** A token that can't be guessed. */
export function randomToken(): string {
  return randomBytes(24).toString("hex");
}

/**
 * Starts a Jupyter server on a free port of this machine, with a token that only this process and the server know.
 * It ends with this process, however that ends. Throws `GC_PYTHON_MISSING`, `GC_PYTHON_OLD`, `GC_SERVER_MISSING`
 * (with the pip command), `GC_SERVER_START`, `GC_SERVER_TIMEOUT`, `GC_CANCELLED`.
 */
export async function startServer(options: StartServerOptions): Promise<JupyterServer> {
  const { python, cwd } = options;
  const info = typeof python === "string" ? await findPython(cwd, python) : python;
  requireServer(info);
  const rootDir = realpathSync(options.notebookDir ?? cwd);
  for (let tries = 1; ; tries++) {
    const attempt = await OwnServer.spawn(info, rootDir, options);
    try {
      await attempt.ready(options.timeoutMs ?? START_MS, options.cancel ?? never);
      return attempt.connected();
    } catch (error) {
      await attempt.stop();
      const taken = error instanceof GraphcellError && error.code === "GC_SERVER_PORT";
      if (!taken || tries === PORTS) throw error;
    }
  }
}

/**
 * Joins a running server. `url` may be any address of it that a browser shows, with the token in it or apart.
 * Throws `GC_SERVER_URL`, `GC_SERVER_TOKEN`, `GC_SERVER_UNREACHABLE`.
 */
export async function joinServer(options: {
  readonly url: string;
  readonly token?: string;
  /** Root folder of a server that `startServer` started in a former life of this process: stopping it ends it. */
  readonly ownRoot?: string;
}): Promise<JupyterServer> {
  const address = addressOf(options.url, options.token);
  const { status, body } = await call(address, "GET", "api/status");
  if (status === 200 && isObject(body)) {
    const { ownRoot } = options;
    if (ownRoot === undefined) return new ConnectedServer({ address, maxFrame: DEFAULT_MAX_FRAME });
    const stop = async () =>
      void (await call(address, "POST", "api/shutdown", {}, STOP_MS).catch(() => null));
    return new ConnectedServer({ address, maxFrame: MAX_FRAME, rootDir: realpathSync(ownRoot), stop });
  }
  throw new GraphcellError(
    "GC_SERVER_URL",
    `What answers at ${address.url} is no Jupyter server.`,
    "Give the address that `jupyter server list` shows.",
  );
}

/** Server's root address and token, out of any of its pages' addresses. */
function addressOf(text: string, token?: string): ServerAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    url = new URL("invalid:");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new GraphcellError(
      "GC_SERVER_URL",
      "The address of the Jupyter server is not an http address.",
      "Write it like http://127.0.0.1:8888/",
    );
  }
  const path = url.pathname.replace(/\/(lab|tree|notebooks|edit|api|doc)(\/.*)?$/, "").replace(/\/*$/, "/");
  return { url: `${url.origin}${path}`, token: token || url.searchParams.get("token") || "" };
}

/** A server process of ours. */
class OwnServer {
  private log = "";
  private server: ConnectedServer | null = null;
  private failed: Error | null = null;
  private readonly exited: Promise<void>;

  private constructor(
    private readonly python: string,
    private readonly address: ServerAddress,
    private readonly rootDir: string,
    private readonly config: ServerConfig,
    private readonly child: ChildProcess,
    onLog: (line: string) => void,
  ) {
    for (const stream of [child.stdout, child.stderr]) this.follow(stream, onLog);
    this.exited = new Promise((done) => {
      child.on("error", (error) => {
        this.failed = error;
        done();
      });
      child.on("close", () => done());
    });
    void this.exited.then(() => this.server?.gone(this.ended()));
  }

  static async spawn(info: PythonInfo, rootDir: string, options: StartServerOptions): Promise<OwnServer> {
    const port = await freePort();
    const token = options.token ?? randomToken();
    const { lingers = 0 } = options;
    const config = await writeConfig({
      ...{ python: info.path, port, token, rootDir, maxFrame: MAX_FRAME, lingers },
    });
    const child = spawn(info.path, ["-m", "jupyter_server", `--config=${config.file}`], {
      // Not the notebook's folder: Python would import what lies there.
      cwd: config.folder,
      env: { ...(options.env ?? process.env), ...config.env, JUPYTER_CONFIG_PATH: "" },
      stdio: ["pipe", "pipe", "pipe"],
      // Ctrl-C in a terminal is for us to answer, not for the server.
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    child.stdin.on("error", () => {});
    const address = { url: `http://127.0.0.1:${port}/`, token };
    return new OwnServer(info.path, address, rootDir, config, child, options.onLog ?? (() => {}));
  }

  /** Ends when the server answers to its token. */
  async ready(timeoutMs: number, cancel: CancelToken): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (Date.now() < end) {
      if (cancel.cancelled) throw cancelled();
      if (this.failed) throw pythonMissing(this.python);
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw this.startFailed();
      if (await this.answers()) return;
      await new Promise((next) => setTimeout(next, POLL_MS));
    }
    throw new GraphcellError(
      "GC_SERVER_TIMEOUT",
      `The Jupyter server of ${this.python} did not start within ${timeoutMs / 1000} s.${this.lastWords()}`,
      "Try again; the first start after an installation is slow.",
    );
  }

  connected(): ConnectedServer {
    this.server = new ConnectedServer({
      address: this.address,
      maxFrame: MAX_FRAME,
      rootDir: this.rootDir,
      stop: () => this.stop(),
    });
    return this.server;
  }

  /** Asks the server to end, so that it ends its kernels; insists if it does not. */
  async stop(): Promise<void> {
    const { child } = this;
    // One that never answered has no kernels to end.
    if (!this.server) child.kill("SIGKILL");
    else if (this.running()) {
      child.stdin?.end();
      await call(this.address, "POST", "api/shutdown", {}, STOP_MS).catch(() => null);
      for (const signal of ["SIGTERM", "SIGKILL"] as const) {
        if (!(await this.exitsWithin(STOP_MS))) child.kill(signal);
      }
    }
    await this.exited;
    await this.config.remove().catch(() => {});
  }

  private running(): boolean {
    return this.failed === null && this.child.exitCode === null && this.child.signalCode === null;
  }

  private async exitsWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((done) => (timer = setTimeout(() => done(false), ms)));
    const exited = await Promise.race([this.exited.then(() => true), late]);
    clearTimeout(timer);
    return exited;
  }

  private async answers(): Promise<boolean> {
    try {
      return (await call(this.address, "GET", "api/status", undefined, 2_000)).status === 200;
    } catch {
      // Not up yet; or another program took the port: then the server says so, and ends.
      return false;
    }
  }

  private follow(stream: NodeJS.ReadableStream | null, onLog: (line: string) => void): void {
    let rest = "";
    stream?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const masked = line.replaceAll(this.address.token, "***");
        this.log = `${this.log}${masked}\n`.slice(-LOG_CHARS);
        onLog(masked);
      }
    });
  }

  private startFailed(): GraphcellError {
    if (/port .*(in use|denied|not available)|no available port|could be found/i.test(this.log)) {
      return new GraphcellError(
        "GC_SERVER_PORT",
        `The Jupyter server got no port on this machine.${this.lastWords()}`,
        "Check that programs may listen on 127.0.0.1.",
      );
    }
    const missing = /No module named '?([\w.]+)/.exec(this.log)?.[1];
    return new GraphcellError(
      missing ? "GC_SERVER_MISSING" : "GC_SERVER_START",
      `The Jupyter server of ${this.python} ended while it was starting.${this.lastWords()}`,
      missing
        ? `Install what it lacks: ${this.python} -m pip install ${missing}`
        : `Try it by hand: ${this.python} -m jupyter_server --version`,
    );
  }

  private ended(): GraphcellError {
    return new GraphcellError(
      "GC_KERNEL_DEAD",
      `The Jupyter server ended, and its kernels with it.${this.lastWords()}`,
      "Start a new kernel and run the notebook again.",
    );
  }

  /** End of the log, where a failed start says why. */
  private lastWords(): string {
    const lines = this.log.trim().split("\n").slice(-6).join("\n");
    return lines === "" ? "" : ` Its log ends with:\n${lines}`;
  }
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}
