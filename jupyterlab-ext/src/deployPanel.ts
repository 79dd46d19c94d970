import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import type { Contents } from "@jupyterlab/services";
import type { Disposable } from "@graphcell/core";
import { DeploySession, deployedMarks } from "@graphcell/core/nuclio";
import { mountDeploy } from "@graphcell/view/deploy";
import type { LabClusters } from "./clusters";
import { LabDeployHost } from "./deployHost";
import type { NotebookSession } from "./notebookSession";
import type { IGraphcellSessions } from "./tokens";

/** Shows the deployment of the notebook in front; one session for each notebook, kept while it is open. */
export class DeployPanel extends Widget {
  private readonly deployments = new WeakMap<NotebookSession, DeploySession>();
  private view: Disposable | null = null;

  constructor(
    private readonly sessions: IGraphcellSessions,
    private readonly clusters: LabClusters,
    private readonly contents: Contents.IManager,
  ) {
    super();
    this.id = "graphcell-deploy";
    this.addClass("gc-lab-panel");
    sessions.currentChanged.connect(() => this.isVisible && this.show_());
  }

  override dispose(): void {
    this.view?.dispose();
    super.dispose();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.show_();
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this.view?.dispose();
    this.view = null;
  }

  protected override onActivateRequest(): void {
    this.node.querySelector<HTMLElement>("select, input, button")?.focus();
  }

  private show_(): void {
    this.view?.dispose();
    this.view = null;
    const current = this.sessions.current;
    if (!current) {
      this.node.replaceChildren("Open a notebook with a serving graph to deploy it.");
      return;
    }
    this.node.replaceChildren();
    const session = this.deploymentOf(current);
    this.view = mountDeploy(this.node, {
      get state() {
        return session.state;
      },
      onChange: session.onChange,
      send: (intent) => void session.send(intent),
      events: () => eventsOf(current),
      reveal: ({ cellId, line }) => {
        const cell = current.notebook.cells.findIndex((one) => one.id === cellId);
        if (cell < 0) return;
        const range = { cellId, cell, line, column: 1, endLine: line, endColumn: 1 };
        current.session.send({ type: "reveal", range });
      },
    });
  }

  private deploymentOf(current: NotebookSession): DeploySession {
    const known = this.deployments.get(current);
    if (known) return known;
    const host = new LabDeployHost(current, this.clusters, this.contents);
    const made = current.add(new DeploySession(host));
    made.onChange((state) => {
      if (state.graph !== null) current.session.setDeployed(state.graph, deployedMarks(state));
    });
    this.deployments.set(current, made);
    return made;
  }
}

function eventsOf(current: NotebookSession): readonly { readonly id: string; readonly name: string }[] {
  return current.session.state.current?.events.map(({ id, name }) => ({ id, name })) ?? [];
}
