import { URLExt } from "@jupyterlab/coreutils";
import { ServerConnection, type Kernel } from "@jupyterlab/services";
import { Disposables, type Disposable } from "@graphcell/core";
import { schedule } from "./host";

/** Milliseconds between two looks for a server that does not answer. */
const LOOK_MS = 1_500;
/** Milliseconds that a connection gets to open when the server answers. */
const OPEN_MS = 5_000;

/**
 * Looks for the server while a kernel's connection is cut, and has JupyterLab connect again as soon as the server
 * answers: by itself it waits up to a minute between two attempts, and longer to find out that the kernel is gone.
 */
export class ServerWatch extends Disposables {
  private timer: Disposable | null = null;
  private looking = false;

  constructor(private readonly kernel: Kernel.IKernelConnection) {
    super();
    const changed = () => this.changed();
    kernel.connectionStatusChanged.connect(changed);
    this.add({ dispose: () => void kernel.connectionStatusChanged.disconnect(changed) });
    this.add({ dispose: () => this.timer?.dispose() });
  }

  /** A restart cuts the connection, too, and makes it again by itself. */
  private get cut(): boolean {
    const { kernel } = this;
    const restarts = kernel.status === "restarting" || kernel.status === "autorestarting";
    return !this.disposed && !kernel.isDisposed && !restarts && kernel.connectionStatus !== "connected";
  }

  private changed(): void {
    if (this.cut && !this.looking) this.lookIn(LOOK_MS);
  }

  private lookIn(ms: number): void {
    this.looking = true;
    this.timer = schedule(() => void this.look(), ms);
  }

  private async look(): Promise<void> {
    const answers = this.cut && (await this.answers());
    if (answers && this.cut) void this.kernel.reconnect().catch(() => undefined);
    if (this.cut) this.lookIn(answers ? OPEN_MS : LOOK_MS);
    else this.looking = false;
  }

  /** Whether the server is there, whatever it knows of the kernel. */
  private async answers(): Promise<boolean> {
    const { serverSettings, id } = this.kernel;
    const url = URLExt.join(serverSettings.baseUrl, "api/kernels", encodeURIComponent(id));
    try {
      const { status } = await ServerConnection.makeRequest(url, {}, serverSettings);
      // Behind a hub these say that there is no server at the moment.
      return status !== 424 && status < 500;
    } catch {
      return false;
    }
  }
}
