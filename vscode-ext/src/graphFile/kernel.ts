import * as vscode from "vscode";
import { type CancelToken, type Executor, GraphcellError, type KernelLink } from "@graphcell/core";
import type { KernelPort } from "@graphcell/kernel-bridge";
import { CodeKernelLink, type KernelConnection } from "../kernel/link";

/** Starts kernels for graph files. */
export interface FileKernels {
  /** A new kernel in the folder of a file; null when the person declined what it needs. */
  start(file: vscode.Uri): Promise<KernelConnection | null>;
}

/** The kernel of a graph file: started when something is simulated, with the code beside the file run in it. */
export class GraphFileKernel extends CodeKernelLink {
  private port: KernelPort | null = null;
  /** The code that the kernel has run last. */
  private loaded: string | null = null;
  private kernels: FileKernels | null = null;

  constructor(
    private readonly file: vscode.Uri,
    private readonly code: () => { readonly name: string; readonly cells: readonly string[] } | null,
    onProblem: (error: GraphcellError) => void,
  ) {
    super(onProblem);
    this.add({ dispose: () => this.port?.dispose() });
  }

  /** Where to get a kernel from; none in a browser. */
  setKernels(kernels: FileKernels): void {
    if (this.kernels === kernels) return;
    this.kernels = kernels;
    this.setSource({ connect: () => this.connect(), status: "none" });
  }

  /** Where there is code to run, a simulation brings its kernel along. */
  override get status(): KernelLink["status"] {
    const own = super.status;
    return own === "none" && this.kernels && this.code() ? "idle" : own;
  }

  /** The graph is the file's: the kernel holds none that it could differ from, so no step is marked as not run yet. */
  override get report(): null {
    return null;
  }

  override async executor(
    graph: Parameters<KernelLink["executor"]>[0],
    cancel: CancelToken,
  ): Promise<Executor> {
    await this.start();
    await this.load(cancel);
    return super.executor(graph, cancel);
  }

  private async connect(): Promise<KernelConnection | null> {
    const connection = (await this.kernels?.start(this.file)) ?? null;
    this.port = connection?.port ?? null;
    this.loaded = null;
    this.port?.onRestart(() => (this.loaded = null));
    return connection;
  }

  /** Runs the code when it is not what the kernel has run: the person asked for a simulation. */
  private async load(cancel: CancelToken): Promise<void> {
    const code = this.code();
    const text = code?.cells.join("\n\n") ?? "";
    if (!this.port || !code || text === this.loaded) return;
    for (const cell of code.cells) {
      for await (const output of this.port.execute(cell, cancel)) {
        if (output.type !== "error") continue;
        throw new GraphcellError(
          "GC_HANDLER_FILE",
          vscode.l10n.t("{0} raised {1}: {2}", code.name, output.name, output.value),
          vscode.l10n.t("Mend it, then simulate again."),
        );
      }
    }
    this.loaded = text;
  }
}
