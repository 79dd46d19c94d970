import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type * as VsCode from "vscode";

/** A code-server with our extension, whose every folder is a temporary one. */
export interface CodeServer {
  readonly url: string;
  /** Where the notebooks are. */
  readonly workspace: string;
  /** The settings file of the user. */
  readonly settings: string;
  /** Where the user's clusters are named. */
  readonly connections: string;
  /** Calls a function in the extension host. */
  readonly driver: Driver;
  stop(): Promise<void>;
}

export interface CodeServerOptions {
  readonly root: string;
  /** Node and script of code-server. */
  readonly node: string;
  readonly server: string;
  /** Our extension, as it is given to people. */
  readonly vsix: string;
  /** The folder is not trusted before the person says so, as on a desktop; all is trusted when absent. */
  readonly trust?: boolean;
  /** Folders of further extensions. */
  readonly extensions?: readonly string[];
  /** Environment beyond the test's own. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Driver {
  /**
   * Calls a function in the extension host; it may use nothing from outside but its arguments. `vscode` is VS Code's
   * API.
   */
  call<R, A>(work: (vscode: typeof VsCode, argument: A) => R | PromiseLike<R>, argument: A): Promise<R>;
}

/** Settings under which scenarios run. */
export const SETTINGS = {
  "telemetry.telemetryLevel": "off",
  "workbench.startupEditor": "none",
  "chat.disableAIFeatures": true,
  "extensions.ignoreRecommendations": true,
  "window.restoreWindows": "none",
  "files.autoSave": "off",
  "workbench.tips.enabled": false,
  "security.workspace.trust.banner": "never",
  "security.workspace.trust.startupPrompt": "never",
  "workbench.enableExperiments": false,
  "git.enabled": false,
  // What is typed is what stands there.
  "editor.autoClosingBrackets": "never",
  "editor.autoClosingQuotes": "never",
  "editor.autoIndent": "none",
  "editor.quickSuggestions": { other: "off", comments: "off", strings: "off" },
  "editor.suggestOnTriggerCharacters": false,
  "editor.acceptSuggestionOnCommitCharacter": false,
  "notebook.lineNumbers": "off",
};

export async function startCodeServer(options: CodeServerOptions): Promise<CodeServer> {
  const home = await mkdtemp(join(tmpdir(), "graphcell-code-"));
  const folder = (name: string) => join(home, name);
  for (const name of ["work", "user/User", "extensions"]) await mkdir(folder(name), { recursive: true });
  const settings = folder("user/User/settings.json");
  await writeFile(settings, JSON.stringify(SETTINGS));
  const [port, driverPort] = [await freePort(), await freePort()];
  const token = randomBytes(16).toString("hex");
  const python = process.env.GRAPHCELL_E2E_PYTHON || join(options.root, ".venv/bin/python");
  const env = {
    HOME: home,
    PATH: `${dirname(python)}:${process.env.PATH}`,
    VIRTUAL_ENV: dirname(dirname(python)),
    JUPYTER_CONFIG_DIR: folder("jupyter"),
    JUPYTER_DATA_DIR: folder("data"),
    IPYTHONDIR: folder("ipython"),
    GRAPHCELL_CONNECTIONS: folder("connections.yaml"),
    GRAPHCELL_DRIVER_PORT: String(driverPort),
    GRAPHCELL_DRIVER_TOKEN: token,
    ...options.env,
  };
  const dirs = ["--user-data-dir", folder("user"), "--extensions-dir", folder("extensions")];
  // Before the first installation: VS Code looks for folders only as long as it has no list.
  const drivers = [join(options.root, "test/e2e/code/driver"), ...(options.extensions ?? [])];
  for (const [i, from] of drivers.entries()) {
    await cp(from, folder(`extensions/graphcell.test-${i}-0.0.1`), { recursive: true });
  }
  await install(options, dirs, env);
  const args = [
    ...["--auth", "none", "--bind-addr", `127.0.0.1:${port}`, ...dirs],
    ...["--disable-telemetry", "--disable-update-check"],
    ...(options.trust ? [] : ["--disable-workspace-trust"]),
    folder("work"),
  ];
  const child = await launch(options, args, env, port);
  return {
    url: `http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder("work"))}`,
    workspace: folder("work"),
    settings,
    connections: env.GRAPHCELL_CONNECTIONS,
    driver: { call: (work, argument) => call(driverPort, token, String(work), argument) as never },
    async stop() {
      const ended = new Promise((done) => child.once("exit", done));
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        await ended;
      }
      await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

/** Installs the package itself: what is tested is what people get. */
async function install(
  { node, server, vsix }: CodeServerOptions,
  dirs: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const args = [server, ...dirs, "--install-extension", vsix];
  const child = spawn(node, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (log += text));
  }
  const code = await new Promise((done) => child.once("close", done));
  if (code !== 0) throw new Error(`The extension could not be installed:\n${log}`);
}

async function launch(
  { node, server }: CodeServerOptions,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  port: number,
): Promise<ChildProcess> {
  const child = spawn(node, [server, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-20_000)));
  }
  const deadline = Date.now() + 60_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`code-server ended while it started:\n${log}`);
    const up = await fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) return child;
    if (Date.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`code-server did not answer within a minute:\n${log}`);
    }
    await new Promise((next) => setTimeout(next, 100));
  }
}

async function call(port: number, token: string, code: string, argument: unknown): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: "POST",
    headers: { authorization: token },
    body: JSON.stringify({ code, argument }),
    // A question that VS Code asks a person would hold it for ever.
    signal: AbortSignal.timeout(60_000),
  });
  const value: unknown = await response.json();
  if (response.ok) return value;
  throw new Error(`in the extension host: ${String(value)}`);
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => done(port));
    });
  });
}
