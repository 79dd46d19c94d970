import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { Disposables } from "@graphcell/core";
import type { KernelClient } from "@graphcell/kernel-bridge";
import { EmbeddedKernel, type RunningKernel, hasEmbeddedPython } from "@graphcell/kernel-bridge/node";
import type { KernelHost, KernelOrigin } from "./controller";

/** The kernels of the embedded Python: each in a worker of the extension host, gone with it. */
export class EmbeddedKernels extends Disposables implements KernelHost {
  private readonly running = new Map<string, EmbeddedKernel>();

  constructor(private readonly extensionUri: vscode.Uri) {
    super();
    this.add({ dispose: () => this.running.forEach((kernel) => void kernel.stop()) });
  }

  /** The package of the extension brings the embedded Python along. */
  get available(): boolean {
    return hasEmbeddedPython(this.path("pyodide"));
  }

  async startKernel(): Promise<RunningKernel> {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t("Graphcell: starting the embedded Python"),
    };
    const { pyodide, worker } = { pyodide: this.path("pyodide"), worker: this.path("embedded.mjs") };
    const starting = EmbeddedKernel.start({ pyodide, worker });
    const kernel = await vscode.window.withProgress(options, () => starting);
    const id = randomUUID();
    this.running.set(id, kernel);
    return { id, name: "graphcell-embedded" };
  }

  listKernels(): Promise<readonly RunningKernel[]> {
    return Promise.resolve([...this.running.keys()].map((id) => ({ id, name: "graphcell-embedded" })));
  }

  async connect(id: string): Promise<KernelClient> {
    const kernel = this.running.get(id);
    if (!kernel) throw new Error(`there is no embedded kernel ${id}`);
    return kernel.connect();
  }

  async stopKernel(id: string): Promise<void> {
    const kernel = this.running.get(id);
    this.running.delete(id);
    await kernel?.stop();
  }

  private path(name: string): string {
    return vscode.Uri.joinPath(this.extensionUri, "dist", name).fsPath;
  }
}

export function embeddedLabel(): string {
  return vscode.l10n.t("Graphcell Python (no installation)");
}

/** The embedded Python in the kernel picker; a window that reloads has lost its kernels. */
export function embeddedOrigin(kernels: EmbeddedKernels): KernelOrigin {
  return {
    id: "graphcell-embedded",
    label: embeddedLabel(),
    description: vscode.l10n.t("plain Python inside VS Code, without mlrun"),
    server: () => Promise.resolve(kernels),
    known: () => Promise.resolve([]),
    folder: () => ({}),
    owns: true,
  };
}
