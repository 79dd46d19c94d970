import * as vscode from "vscode";
import { Disposables, GraphcellError } from "@graphcell/core";
import { asGraphcellError } from "@graphcell/kernel-bridge";
import type { JupyterServer, RunningKernel } from "@graphcell/kernel-bridge/node";
import type { KernelConnection, KernelSource } from "../kernel/link";
import { NOTEBOOK_TYPE } from "../notebookType";
import { type Renames, renamedTo } from "../renamed";
import type { Sessions } from "../sessions";
import { NotebookKernel, failAll } from "./notebookKernel";

/** What has kernels: a Jupyter server, or this process itself. */
export type KernelHost = Pick<JupyterServer, "startKernel" | "connect" | "stopKernel"> & {
  listKernels(): Promise<readonly RunningKernel[]>;
};

/** Where a controller gets its kernels. */
export interface KernelOrigin {
  /** Id of the controller. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** The server to start a kernel on; null when the person declined. */
  server(document: vscode.NotebookDocument): Promise<KernelHost | null>;
  /** The servers that run already, for a window that was reloaded. */
  known(): Promise<readonly KernelHost[]>;
  /** The folder for a new kernel, as the server takes it. */
  folder(document: vscode.NotebookDocument): { readonly cwd?: string; readonly path?: string };
  /** A kernel that runs in a notebook of ours would be missed: it ends when the notebook closes. */
  readonly owns: boolean;
}

const KERNELS_KEY = "graphcell.kernels";

/** Runs the cells of notebooks that chose it, and gives their kernels to the sessions. */
export class KernelController extends Disposables {
  private readonly controller: vscode.NotebookController;
  private readonly kernels = new Map<vscode.NotebookDocument, NotebookKernel>();
  private readonly starting = new Map<vscode.NotebookDocument, Promise<NotebookKernel | null>>();
  private readonly finding = new Map<vscode.NotebookDocument, Promise<NotebookKernel | null>>();
  /** Where the notebooks of these kernels are being moved to. */
  private readonly moving = new Map<NotebookKernel, vscode.Uri>();
  private readonly chosen = new Set<vscode.NotebookDocument>();

  constructor(
    private readonly origin: KernelOrigin,
    private readonly sessions: Sessions,
    private readonly memento: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    const { id, label, description } = origin;
    this.controller = this.add(vscode.notebooks.createNotebookController(id, NOTEBOOK_TYPE, label));
    this.controller.description = description;
    this.controller.supportedLanguages = ["python"];
    this.controller.supportsExecutionOrder = true;
    this.controller.executeHandler = (cells, document) => this.execute(cells, document);
    this.controller.interruptHandler = (document) => this.kernels.get(document)?.interrupt();
    this.add(
      this.controller.onDidChangeSelectedNotebooks(({ notebook, selected }) =>
        this.select(notebook, selected),
      ),
    );
    this.add(vscode.workspace.onDidOpenNotebookDocument((document) => this.opened(document)));
    this.add(vscode.workspace.onDidCloseNotebookDocument((document) => this.closed(document)));
    this.add(vscode.workspace.onWillRenameFiles(({ files, waitUntil }) => waitUntil(this.renaming(files))));
    this.add({ dispose: () => this.kernels.forEach((kernel) => kernel.dispose()) });
  }

  /** The kernel of a notebook; null when it has none from here. */
  kernelOf(document: vscode.NotebookDocument): NotebookKernel | null {
    return this.kernels.get(document) ?? null;
  }

  owns(document: vscode.NotebookDocument): boolean {
    return this.chosen.has(document);
  }

  /** An execution to put an output into a cell; null when the notebook has another controller. */
  execution(cell: vscode.NotebookCell): vscode.NotebookCellExecution | null {
    return this.chosen.has(cell.notebook) ? this.controller.createNotebookCellExecution(cell) : null;
  }

  private select(document: vscode.NotebookDocument, selected: boolean): void {
    const session = this.sessions.of(document);
    if (!selected) {
      this.chosen.delete(document);
      void this.end(document);
      session?.kernel.setConnection(null);
      session?.kernel.setSource(null);
      return;
    }
    this.chosen.add(document);
    session?.kernel.setSource(this.sourceOf(document));
    void this.findAgain(document);
  }

  private sourceOf(document: vscode.NotebookDocument): KernelSource {
    const starting = () => this.starting.has(document);
    return {
      connect: async () => connectionOf(await this.kernel(document), this.controller.label),
      get status() {
        return starting() ? "starting" : "none";
      },
    };
  }

  private async execute(
    cells: readonly vscode.NotebookCell[],
    document: vscode.NotebookDocument,
  ): Promise<void> {
    const executions = cells.map((cell) => this.controller.createNotebookCellExecution(cell));
    try {
      const kernel = await this.kernel(document);
      if (!kernel)
        throw new GraphcellError(
          "GC_NO_KERNEL",
          "No kernel was started.",
          "Run the cell again to start one.",
        );
      await kernel.run(executions);
    } catch (error) {
      const failure = asGraphcellError(error, "GC_KERNEL_START");
      this.log.error(`${failure.message} ${failure.remedy}`);
      failAll(executions, failure);
    }
  }

  /** The notebook's kernel, started if need be. */
  private kernel(document: vscode.NotebookDocument): Promise<NotebookKernel | null> {
    const known = this.kernels.get(document);
    if (known && known.client.status !== "dead") return Promise.resolve(known);
    known?.dispose();
    this.kernels.delete(document);
    let starting = this.starting.get(document);
    if (!starting) {
      starting = this.start(document).finally(() => {
        this.starting.delete(document);
        this.sessions.of(document)?.kernel.sourceChanged();
      });
      this.starting.set(document, starting);
      this.sessions.of(document)?.kernel.sourceChanged();
    }
    return starting;
  }

  private async start(document: vscode.NotebookDocument): Promise<NotebookKernel | null> {
    // Who runs a cell right after the window was reloaded means the kernel that has their variables.
    const former = await this.findAgain(document);
    if (former) return former;
    const server = await this.origin.server(document);
    if (!server) return null;
    const { id } = await server.startKernel(this.origin.folder(document));
    const kernel = await this.connect(document, server, id);
    await this.remember(document.uri, id);
    return kernel;
  }

  /** Connects a notebook to the kernel that it had before the window was reloaded. */
  private findAgain(document: vscode.NotebookDocument): Promise<NotebookKernel | null> {
    let finding = this.finding.get(document);
    if (!finding) {
      finding = this.former(document).finally(() => this.finding.delete(document));
      this.finding.set(document, finding);
    }
    return finding;
  }

  private async former(document: vscode.NotebookDocument): Promise<NotebookKernel | null> {
    const id = this.remembered()[document.uri.toString()];
    const known = this.kernels.get(document);
    if (id === undefined || known) return known ?? null;
    try {
      for (const server of await this.origin.known()) {
        const kernels = await server.listKernels();
        if (kernels.some((kernel) => kernel.id === id)) return await this.connect(document, server, id);
      }
      return null;
    } catch (error) {
      this.log.info(`The kernel of ${document.uri.path} was not found again: ${String(error)}`);
      return null;
    }
  }

  private async connect(
    document: vscode.NotebookDocument,
    server: KernelHost,
    id: string,
  ): Promise<NotebookKernel> {
    const kernel = new NotebookKernel(await server.connect(id), id, this.controller);
    kernel.add({
      dispose: () => {
        if (!this.origin.owns || !document.isClosed) return;
        const stop = (moved: boolean) => (moved ? null : server.stopKernel(id));
        void this.moved(kernel)
          .then(stop)
          .catch(() => null);
      },
    });
    this.kernels.set(document, kernel);
    this.sessions.of(document)?.kernel.setConnection(connectionOf(kernel, this.controller.label));
    return kernel;
  }

  /** A notebook under another name is another document: its kernel goes on, and that one finds it. */
  private async renaming(files: Renames): Promise<void> {
    for (const [document, kernel] of this.kernels) {
      const to = renamedTo(document.uri, files);
      if (!to) continue;
      this.moving.set(kernel, to);
      await this.remember(to, kernel.id);
    }
  }

  /** Whether its notebook got another name; a rename that was refused leaves no file there. */
  private async moved(kernel: NotebookKernel): Promise<boolean> {
    const to = this.moving.get(kernel);
    this.moving.delete(kernel);
    if (!to) return false;
    return Promise.resolve(vscode.workspace.fs.stat(to)).then(
      () => true,
      () => false,
    );
  }

  /** A notebook that got another name is to have its kernel again, though nobody chose one for that name. */
  private opened(document: vscode.NotebookDocument): void {
    if (document.notebookType !== NOTEBOOK_TYPE || !(document.uri.toString() in this.remembered())) return;
    this.controller.updateNotebookAffinity(document, vscode.NotebookControllerAffinity.Preferred);
    void this.findAgain(document);
  }

  private closed(document: vscode.NotebookDocument): void {
    this.chosen.delete(document);
    void this.remember(document.uri, null);
    void this.end(document);
  }

  private end(document: vscode.NotebookDocument): void {
    this.kernels.get(document)?.dispose();
    this.kernels.delete(document);
  }

  private remembered(): Readonly<Record<string, string>> {
    return this.memento.get<Record<string, string>>(`${KERNELS_KEY}.${this.origin.id}`) ?? {};
  }

  private async remember(uri: vscode.Uri, id: string | null): Promise<void> {
    const { [uri.toString()]: _, ...others } = this.remembered();
    const kernels = id === null ? others : { ...others, [uri.toString()]: id };
    await this.memento.update(`${KERNELS_KEY}.${this.origin.id}`, kernels);
  }
}

/** One object a kernel, so that setting it again changes nothing. */
const connections = new WeakMap<NotebookKernel, KernelConnection>();

function connectionOf(kernel: NotebookKernel | null, name: string): KernelConnection | null {
  if (!kernel) return null;
  let connection = connections.get(kernel);
  if (!connection) connections.set(kernel, (connection = { port: kernel.client, name, late: false }));
  return connection;
}
