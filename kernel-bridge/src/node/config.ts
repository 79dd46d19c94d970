/** The configuration of a Jupyter server that we start: a folder of our own, made when it starts, gone with it. */
import { mkdtemp, mkdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ServerConfig {
  readonly folder: string;
  /** The configuration file, for `--config`. */
  readonly file: string;
  /** What the server's environment has beyond the user's. The token goes by it, not by a file or a command line. */
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

export interface ServerConfigOptions {
  readonly python: string;
  readonly port: number;
  readonly token: string;
  readonly rootDir: string;
  /** Bytes of the largest message that the server takes. */
  readonly maxFrame: number;
  /** Seconds that it outlives its parent, and then its last connection. */
  readonly lingers: number;
}

export async function writeConfig(options: ServerConfigOptions): Promise<ServerConfig> {
  // Only the user can read it. The real path: macOS keeps temporary folders behind a link.
  const folder = await realpath(await mkdtemp(join(tmpdir(), "graphcell-")));
  const file = join(folder, "graphcell_server_config.py");
  const kernel = join(folder, "data", "kernels", "python3");
  const runtime = join(folder, "runtime");
  await mkdir(kernel, { recursive: true });
  await mkdir(runtime, { mode: 0o700 });
  await writeFile(file, CONFIG);
  await writeFile(join(folder, "settings.json"), JSON.stringify(settings(options)));
  await writeFile(join(kernel, "kernel.json"), JSON.stringify(kernelSpec(options.python)));
  return {
    folder,
    file,
    env: {
      JUPYTER_TOKEN: options.token,
      // Neither the user's own Jupyter settings nor the machine's: they may want a password or another port.
      JUPYTER_NO_CONFIG: "1",
      // The server writes its token to a file there, for `jupyter server list`: ours is nobody else's business.
      JUPYTER_RUNTIME_DIR: runtime,
      JUPYTER_PATH: join(folder, "data"),
      GRAPHCELL_PARENT: String(process.pid),
      GRAPHCELL_LINGERS: String(options.lingers),
    },
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Traits by class, as the configuration file sets them. */
function settings({ port, rootDir, maxFrame }: ServerConfigOptions): Record<string, Record<string, unknown>> {
  return {
    ServerApp: {
      ip: "127.0.0.1",
      port,
      port_retries: 0,
      open_browser: false,
      // Only Graphcell talks to it, from this machine, with a token that nobody else has.
      allow_root: true,
      root_dir: rootDir,
      terminals_enabled: false,
      log_level: "WARN",
      tornado_settings: { websocket_max_message_size: maxFrame },
    },
    // By default messages above 1,000 a second are dropped.
    ZMQChannelsWebsocketConnection: { limit_rate: false, iopub_msg_rate_limit: 0, iopub_data_rate_limit: 0 },
  };
}

/** `python3` is the Python that was chosen, whatever the user has registered under that name. */
function kernelSpec(python: string): Record<string, unknown> {
  return {
    argv: [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    display_name: "Python 3 (Graphcell)",
    language: "python",
    metadata: { debugger: true },
    // A `jupyter` command in a notebook is the user's own again.
    env: { JUPYTER_NO_CONFIG: "" },
  };
}

/** Runs inside the server, as its configuration file. */
const CONFIG = `
import atexit
import inspect
import json
import os
import shutil
import threading
import time

folder = os.path.dirname(os.path.abspath(__file__))
c = get_config()

with open(os.path.join(folder, "settings.json"), encoding="utf-8") as file:
    for group, traits in json.load(file).items():
        for name, value in traits.items():
            setattr(c[group], name, value)

# Kernels inherit the environment: they need not know the token.
c.IdentityProvider.token = os.environ.pop("JUPYTER_TOKEN")


def without_delay():
    """Small messages leave at once: Nagle's delay costs 40 ms for each request."""
    from jupyter_server.services.kernels.websocket import KernelWebsocketHandler as Handler

    opened = Handler.open

    async def open(self, *args, **kwargs):
        try:
            self.set_nodelay(True)
        except Exception:
            pass
        result = opened(self, *args, **kwargs)
        return await result if inspect.isawaitable(result) else result

    Handler.open = open


def parent_ended(pid):
    """Returns when the process that started this server is gone."""
    if os.name == "nt":
        import ctypes

        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel32.OpenProcess.restype = ctypes.c_void_p
        kernel32.WaitForSingleObject.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
        process = kernel32.OpenProcess(0x00100000, False, pid)
        if process:
            kernel32.WaitForSingleObject(process, 0xFFFFFFFF)
        return
    # The other end of standard input is in the parent's hand.
    while os.read(0, 1024):
        pass


def left_alone(app, seconds):
    """Returns when nobody has been connected to a kernel for that long."""
    idle = 0.0
    while idle < seconds:
        time.sleep(0.5)
        connections = sum(getattr(app.kernel_manager, "_kernel_connections", {}).values())
        idle = 0.0 if connections else idle + 0.5


def end_with_parent(pid, lingers):
    try:
        parent_ended(pid)
    except OSError:
        pass
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    from jupyter_server.serverapp import ServerApp

    if lingers and ServerApp.initialized():
        # Nobody reads what we say any longer.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        left_alone(ServerApp.instance(), lingers)

    if ServerApp.initialized():
        app = ServerApp.instance()
        app.io_loop.add_callback(app.stop)
        time.sleep(10)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


try:
    without_delay()
except Exception as error:
    print("Graphcell: kernel websockets keep Nagle's delay:", error)
threading.Thread(
    target=end_with_parent,
    args=(int(os.environ.pop("GRAPHCELL_PARENT")), float(os.environ.pop("GRAPHCELL_LINGERS"))),
    daemon=True,
).start()
`;
