import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import { readCard, type Disposable } from "@graphcell/core";
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
    this.clear();
    const card = readCard(model.data[this.mimeType]);
    if (card) {
      this.view = mountCard(this.node, card, {
        reveal: (range) => this.notebook()?.notebook.reveal(range, false),
        copy: (text) => this.notebook()?.session.send({ type: "copy", text }),
        cellIds: () => this.notebook()?.notebook.cells.map((cell) => cell.id) ?? [],
      });
    } else this.view = showText(this.node, model.data["text/plain"]);
    return Promise.resolve();
  }

  override dispose(): void {
    this.clear();
    super.dispose();
  }

  private clear(): void {
    this.view?.dispose();
    this.view = null;
  }

  private notebook() {
    const { current } = this.sessions;
    return current?.panel.node.contains(this.node) ? current : null;
  }
}

/** What is no result (yet): a cell that waits for one, or a form that a newer version wrote. */
function showText(el: HTMLElement, text: unknown): Disposable {
  const pre = document.createElement("pre");
  pre.className = "gc-lab-text";
  pre.textContent =
    typeof text === "string" ? text : "This result was saved by another version of Graphcell.";
  el.append(pre);
  return { dispose: () => pre.remove() };
}
