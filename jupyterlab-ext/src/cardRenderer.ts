import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import type { Disposable, Intent } from "@graphcell/core";
import { mountCard } from "@graphcell/view";
import type { IGraphcellSessions } from "./tokens";

/** Draws a saved result. Its links act on the notebook that holds it, when that one is in front. */
export class CardRenderer extends Widget implements IRenderMime.IRenderer {
  private view: Disposable | null = null;

  constructor(
    private readonly mimeType: string,
    private readonly sessions: IGraphcellSessions,
  ) {
    super();
    this.addClass("gc-lab-card");
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.view?.dispose();
    this.view = mountCard(this.node, model.data[this.mimeType], {
      trusted: model.trusted,
      send: (intent: Intent) => this.session()?.send(intent),
    });
    return Promise.resolve();
  }

  override dispose(): void {
    this.view?.dispose();
    this.view = null;
    super.dispose();
  }

  private session() {
    const { current } = this.sessions;
    return current?.panel.node.contains(this.node) ? current.session : null;
  }
}
