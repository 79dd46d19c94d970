/** Jupyter servers: one of our own, or somebody's that we join. */
import { isAbsolute, relative, resolve, sep } from "node:path";
import { realpathSync } from "node:fs";
import type { CancelToken, Disposable, Event } from "@graphcell/core";
import { Emitter, GraphcellError } from "@graphcell/core";
import { KernelClient, cancelled } from "@graphcell/kernel-bridge";
import type { ServerAddress } from "./rest";
import { call, isObject } from "./rest";
import { kernelTransport, nodeHost } from "./socket";

export interface StartKernelOptions {
  /** Kernelspec's name; default `python3`, which on a server of our own is the Python that was chosen. */
  readonly name?: string;
  /** The notebook's folder, as a path from the server's root with `/`; default the root. */
  readonly path?: string;
  /** The folder to run in, on this machine; must be in the root of the server that we started. */
  readonly cwd?: string;
}

/** A kernel that a server runs. */
export interface RunningKernel {
  readonly id: string;
  /** Kernelspec's name. */
  readonly name: string;
}

export interface JupyterServer extends Disposable {
  /** Address without the token, with a slash at its end. */
  readonly url: string;
  /** Fires once when the server is gone without our doing; its kernels are gone with it. */
  readonly onEnd: Event<GraphcellError>;
  /** Throws `GC_KERNEL_START` when there is no such kernelspec, or the kernel does not come up. */
  startKernel(options?: StartKernelOptions): Promise<RunningKernel>;
  listKernels(): Promise<readonly RunningKernel[]>;
  /** Ends a kernel; nothing happens when it is gone. */
  stopKernel(kernelId: string): Promise<void>;
  /** Connects to a kernel; ends when it answers. Errors: `KernelClient.connect`. */
  connect(kernelId: string, cancel?: CancelToken): Promise<KernelClient>;
  /** Closes all connections, and ends the server and its kernels if we started it. Ends when they are gone. */
  stop(): Promise<void>;
}

export interface ServerHandle {
  readonly address: ServerAddress;
  readonly maxFrame: number;
  /** Root folder, where it is known. */
  readonly rootDir?: string;
  /** Ends the server, for one of our own. */
  stop?(): Promise<void>;
}

/** Default of a server that we did not start. */
export const DEFAULT_MAX_FRAME = 10 * 2 ** 20;

export class ConnectedServer implements JupyterServer {
  private readonly ended = new Emitter<GraphcellError>();
  private readonly clients = new Set<KernelClient>();
  private stopping: Promise<void> | null = null;
  readonly onEnd = this.ended.event;

  constructor(private readonly handle: ServerHandle) {}

  get url(): string {
    return this.handle.address.url;
  }

  async startKernel(options: StartKernelOptions = {}): Promise<RunningKernel> {
    const name = options.name ?? "python3";
    const path = options.cwd === undefined ? (options.path ?? "") : this.pathOf(options.cwd);
    const request = call(this.handle.address, "POST", "api/kernels", { name, path }, START_MS);
    const { body } = await request.catch((error: unknown) => {
      // An unknown kernelspec is an internal error of the server.
      if (error instanceof GraphcellError && error.code === "GC_SERVER_REFUSED") return { body: null };
      throw error;
    });
    const kernel = kernelOf(body);
    if (!kernel) throw noKernel(name, this.url);
    return kernel;
  }

  async listKernels(): Promise<readonly RunningKernel[]> {
    const { body } = await call(this.handle.address, "GET", "api/kernels");
    return Array.isArray(body) ? body.flatMap((model: unknown) => kernelOf(model) ?? []) : [];
  }

  async stopKernel(kernelId: string): Promise<void> {
    await call(
      this.handle.address,
      "DELETE",
      `api/kernels/${encodeURIComponent(kernelId)}`,
      undefined,
      START_MS,
    );
  }

  async connect(kernelId: string, cancel?: CancelToken): Promise<KernelClient> {
    const { address, maxFrame } = this.handle;
    const client = await KernelClient.connect(kernelTransport(address, kernelId, maxFrame), nodeHost, cancel);
    if (this.stopping) {
      client.dispose();
      throw cancelled();
    }
    this.clients.add(client);
    return client;
  }

  /** The server's process ended by itself. */
  gone(error: GraphcellError): void {
    if (this.stopping) return;
    for (const client of this.clients) client.serverEnded(error);
    this.ended.fire(error);
  }

  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  dispose(): void {
    void this.stop();
  }

  private async end(): Promise<void> {
    for (const client of this.clients) client.dispose();
    this.clients.clear();
    await this.handle.stop?.();
    this.ended.dispose();
  }

  private pathOf(cwd: string): string {
    const { rootDir } = this.handle;
    const path = rootDir === undefined ? ".." : relative(rootDir, realpathSync(resolve(cwd)));
    // On Windows a path to another drive stays absolute.
    const outside = path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path);
    if (!outside) return path.split(sep).join("/");
    throw new GraphcellError(
      "GC_KERNEL_FOLDER",
      `${cwd} is not in the folder of the Jupyter server at ${this.url}${rootDir ? ` (${rootDir})` : ""}.`,
      "Start the server in a folder above it, or give the folder as a path on the server.",
    );
  }
}

const START_MS = 60_000;

function kernelOf(model: unknown): RunningKernel | null {
  if (!isObject(model) || typeof model.id !== "string") return null;
  return { id: model.id, name: typeof model.name === "string" ? model.name : "" };
}

function noKernel(name: string, url: string): GraphcellError {
  return new GraphcellError(
    "GC_KERNEL_START",
    `The Jupyter server at ${url} could not start the kernel "${name}".`,
    "`jupyter kernelspec list` shows what there is.",
  );
}
