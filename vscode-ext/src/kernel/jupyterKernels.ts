import type { Jupyter } from "@vscode/jupyter-extension";
import * as vscode from "vscode";
import { Disposables, GraphcellError, untrusted } from "@graphcell/core";
import { NOTEBOOK_TYPE } from "../notebookType";
import type { NotebookSession, Sessions } from "../sessions";
import { JupyterPort, type JupyterPortOptions } from "./jupyterPort";
import type { KernelConnection, KernelSource } from "./link";

export const JUPYTER_EXTENSION = "ms-toolsai.jupyter";
const EXPLAINED_KEY = "graphcell.jupyterExplained";

export interface JupyterKernelsOptions {
  /** Opens a way to the kernel beside that extension. */
  readonly openDirect?: JupyterPortOptions["openDirect"];
  /** There are no other kernels: VS Code runs in a browser alone. */
  readonly alone?: boolean;
}

/**
 * Kernels of the Jupyter extension. It is asked when the person simulates for the first time, not before: it shows a
 * question of its own then. Until that time graphs come from the text alone.
 */
export class JupyterKernels extends Disposables {
  constructor(
    sessions: Sessions,
    private readonly memento: vscode.Memento,
    private readonly options: JupyterKernelsOptions = {},
  ) {
    super();
    for (const session of sessions.all) this.give(session);
    this.add(sessions.onAdded((session) => this.give(session)));
  }

  private give(session: NotebookSession): void {
    if (session.document.notebookType !== NOTEBOOK_TYPE) return;
    const source: KernelSource = { status: "none", connect: () => this.connect(session) };
    session.kernel.setSource(source);
  }

  private async connect(session: NotebookSession): Promise<KernelConnection | null> {
    if (!vscode.workspace.isTrusted) throw untrusted();
    const extension = vscode.extensions.getExtension<Jupyter>(JUPYTER_EXTENSION);
    if (!extension) throw this.options.alone ? nothingHere() : missing();
    if (!(await this.explained())) return null;
    const api = await extension.activate();
    const { uri } = session.document;
    const kernel = await api.kernels.getKernel(uri);
    if (!kernel) throw notStarted();
    const context = { notebookEditor: { notebookUri: uri } };
    const { executeCommand } = vscode.commands;
    const { openDirect } = this.options;
    const port = new JupyterPort(kernel, {
      interrupt: () => executeCommand("jupyter.interruptkernel", context),
      restart: () => executeCommand("jupyter.restartkernel", context),
      ...(openDirect ? { openDirect } : {}),
    });
    session.add(port);
    // The Jupyter extension forgets a kernel that died: the next simulation asks for another.
    session.add(port.onStatus((status) => status === "dead" && session.kernel.setConnection(null)));
    return { port, name: `${kernel.language} (Jupyter)`, late: true };
  }

  /** Says once, before the Jupyter extension asks, why it will. */
  private async explained(): Promise<boolean> {
    if (this.memento.get<boolean>(EXPLAINED_KEY) === true) return true;
    const goOn = vscode.l10n.t("Continue");
    const answer = await vscode.window.showInformationMessage(
      vscode.l10n.t("Graphcell simulates with your own steps, so it runs them in this notebook's kernel."),
      {
        modal: true,
        detail: vscode.l10n.t(
          "The Jupyter extension asks next whether Graphcell may use its kernels. Nothing ran before now; your notebook and its variables stay as they are.",
        ),
      },
      goOn,
    );
    if (answer !== goOn) return false;
    await this.memento.update(EXPLAINED_KEY, true);
    return true;
  }
}

function missing(): GraphcellError {
  return new GraphcellError(
    "GC_JUPYTER_MISSING",
    "The Jupyter extension was removed or disabled.",
    "Reload the window: Graphcell then offers kernels of its own.",
  );
}

function nothingHere(): GraphcellError {
  return new GraphcellError(
    "GC_JUPYTER_MISSING",
    "In a browser alone VS Code has no kernel of its own.",
    "Install the Jupyter extension, which can use a Jupyter server, or open the folder in VS Code on a machine.",
  );
}

function notStarted(): GraphcellError {
  return new GraphcellError(
    "GC_NO_KERNEL",
    "This notebook has no running kernel that the Jupyter extension lets Graphcell use.",
    "Run a cell first, and allow the access when Jupyter asks for it.",
  );
}
