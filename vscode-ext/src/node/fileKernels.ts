import { untrusted } from "@graphcell/core";
import * as vscode from "vscode";
import { asGraphcellError } from "@graphcell/kernel-bridge";
import type { FileKernels } from "../graphFile/kernel";
import type { KernelConnection } from "../kernel/link";
import type { KernelHost } from "./controller";
import { type EmbeddedKernels, embeddedLabel } from "./embedded";
import { type OwnServers, folderOf } from "./servers";

/** Kernels for graph files: the Python of the workspace, else the embedded one where the extension brings it. */
export class NodeFileKernels implements FileKernels {
  constructor(
    private readonly servers: OwnServers,
    private readonly embedded: EmbeddedKernels,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  async start(uri: vscode.Uri): Promise<KernelConnection | null> {
    if (!vscode.workspace.isTrusted) throw untrusted();
    try {
      const server = await this.servers.get({ uri });
      if (server)
        return await connected(server, vscode.l10n.t("Python (Graphcell)"), { cwd: folderOf({ uri }) });
      if (!this.embedded.available) return null;
    } catch (error) {
      if (!this.embedded.available) throw error;
      this.log.warn(
        `${asGraphcellError(error, "GC_KERNEL_START").message} The embedded Python is used instead.`,
      );
    }
    return connected(this.embedded, embeddedLabel(), {});
  }
}

async function connected(
  host: KernelHost,
  name: string,
  folder: { readonly cwd?: string },
): Promise<KernelConnection> {
  const { id } = await host.startKernel(folder);
  const port = await host.connect(id);
  const end = port.dispose.bind(port);
  // The kernel serves this file alone: it ends with its connection.
  port.dispose = () => {
    end();
    void host.stopKernel(id).catch(() => null);
  };
  return { port, name, late: false };
}
