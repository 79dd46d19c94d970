import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Jupyter server with our extension, whose every folder is a temporary one. */
export interface JupyterServer {
  readonly url: string;
  readonly token: string;
  /** Where the notebooks are. */
  readonly workspace: string;
  /** Where kernels are described, one folder each. */
  readonly kernels: string;
  readonly python: string;
  restart(): Promise<void>;
  start(): Promise<void>;
  /** Ends the server; its folders stay. */
  pause(): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
}

interface Options {
  readonly root: string;
  /** `jupyterlab` or `notebook`. */
  readonly app: "jupyterlab" | "notebook";
  /** False for an application without Graphcell, to compare with; true when absent. */
  readonly extension?: boolean;
}

export async function startServer({ root, app, extension = true }: Options): Promise<JupyterServer> {
  const home = await mkdtemp(join(tmpdir(), "graphcell-e2e-"));
  const workspace = join(home, "work");
  const env = await prepare(root, home, extension);
  const token = randomBytes(16).toString("hex");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const start = () => launch({ root, app, port, env: { ...env, JUPYTER_TOKEN: token }, cwd: workspace, url });
  let child = await start();
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await ended;
  };
  return {
    url,
    token,
    workspace,
    kernels: join(home, "data/kernels"),
    python: pythonOf(root),
    pause: stop,
    async start() {
      child = await start();
    },
    async restart() {
      await stop();
      child = await start();
    },
    async stop() {
      await stop();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function prepare(root: string, home: string, extension: boolean): Promise<Record<string, string>> {
  const folder = (name: string) => join(home, name);
  for (const name of ["work", "config/labconfig", "config/jupyter_server_config.d", "data", "runtime"]) {
    await mkdir(folder(name), { recursive: true });
  }
  const built = join(root, "jupyterlab-ext/graphcell/labextension");
  if (extension) await cp(built, folder("share/labextensions/graphcell"), { recursive: true });
  const disabled = { "@jupyterlab/apputils-extension:announcements": true, graphcell: !extension };
  const pageConfig = { disabledExtensions: disabled };
  await writeFile(folder("config/labconfig/page_config.json"), JSON.stringify(pageConfig));
  const serverConfig = { ServerApp: { jpserver_extensions: { graphcell: true } } };
  await writeFile(folder("config/jupyter_server_config.d/graphcell.json"), JSON.stringify(serverConfig));
  return {
    HOME: home,
    JUPYTER_CONFIG_DIR: folder("config"),
    JUPYTER_DATA_DIR: folder("data"),
    JUPYTER_RUNTIME_DIR: folder("runtime"),
    JUPYTERLAB_SETTINGS_DIR: folder("settings"),
    JUPYTERLAB_WORKSPACES_DIR: folder("workspaces"),
    IPYTHONDIR: folder("ipython"),
    JUPYTER_PATH: folder("share"),
    PYTHONPATH: join(root, "jupyterlab-ext"),
    PYTHONDONTWRITEBYTECODE: "1",
    GRAPHCELL_CONNECTIONS: folder("connections.yaml"),
  };
}

interface Launch {
  readonly root: string;
  readonly app: Options["app"];
  readonly port: number;
  readonly url: string;
  readonly cwd: string;
  readonly env: Record<string, string>;
}

function pythonOf(root: string): string {
  const own = join(root, ".venv", process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  return process.env.GRAPHCELL_E2E_PYTHON || own;
}

async function launch({ root, app, port, url, cwd, env }: Launch): Promise<ChildProcess> {
  const python = pythonOf(root);
  const args = [
    ...["-m", app, "--ServerApp.ip=127.0.0.1", `--ServerApp.port=${port}`, "--ServerApp.port_retries=0"],
    ...["--ServerApp.open_browser=False", "--ServerApp.log_level=WARN", "--expose-app-in-browser"],
    // A kernel that can't be started is given up sooner than by default.
    ...["--KernelRestarter.time_to_dead=1", "--KernelRestarter.restart_limit=2"],
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
  ];
  const child = spawn(python, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-20_000)));
  const deadline = Date.now() + 60_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The Jupyter server ended while it started:\n${log}`);
    if (await answers(url)) return child;
    if (Date.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`The Jupyter server did not answer within a minute:\n${log}`);
    }
    await new Promise((next) => setTimeout(next, 100));
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/api`)).ok;
  } catch {
    return false;
  }
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
