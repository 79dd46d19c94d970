import type { NotebookPanel } from "@jupyterlab/notebook";
import type { Contents } from "@jupyterlab/services";
import { Disposables, createSession, lazyScripts, type Session, type ViewSettings } from "@graphcell/core";
import { createHostPort, type HostActions } from "./host";
import { LabKernelLink, type KernelDialogs } from "./kernelLink";
import { answerSimulate } from "@graphcell/kernel-bridge";
import { LabNotebook } from "./notebook";
import { PendingCards } from "./pendingCards";

/** Everything of Graphcell that belongs to one notebook; gone when the notebook is closed. */
export class NotebookSession extends Disposables {
  readonly notebook: LabNotebook;
  readonly kernel: LabKernelLink;
  readonly session: Session;

  /** The panel's content must be loaded. */
  constructor(
    readonly panel: NotebookPanel,
    model: NonNullable<NotebookPanel["content"]["model"]>,
    options: {
      readonly actions: HostActions;
      readonly dialogs: KernelDialogs;
      readonly settings: ViewSettings;
      readonly contents: Contents.IManager;
    },
  ) {
    super();
    this.notebook = this.add(new LabNotebook(panel, model));
    this.kernel = this.add(new LabKernelLink(panel.sessionContext, options.dialogs));
    this.session = this.add(
      createSession(
        {
          notebook: this.notebook,
          kernel: this.kernel,
          host: createHostPort(options.actions),
          scripts: lazyScripts(async () => {
            const { labScripts } = await import("./scripts");
            return labScripts(options.contents, () => this.notebook.path);
          }),
        },
        options.settings,
      ),
    );
    this.kernel.onSimulate = (request, tell) => answerSimulate(this.session, request, tell);
    this.add(
      new PendingCards(panel.sessionContext, model, async (request, tell) => {
        await this.kernel.look();
        return answerSimulate(this.session, request, tell);
      }),
    );
  }

  /** Id of the cell that the user is in; null in an empty notebook. */
  get activeCellId(): string | null {
    return this.panel.content.activeCell?.model.sharedModel.getId() ?? null;
  }
}
