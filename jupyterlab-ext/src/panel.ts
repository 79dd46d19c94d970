import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import { Emitter, type Disposable, type SessionLink, type SessionState } from "@graphcell/core";
import { mountSidebar } from "@graphcell/view";

const INPUT = ["keydown", "pointerdown"] as const;

/**
 * A widget that shows a session. While it is hidden it listens to no changes: making what nobody sees would slow
 * typing down. When it comes back it draws the latest state.
 */
export class GraphPanel extends Widget {
  private link: SessionLink;
  private view: Disposable | null = null;
  private source: Disposable | null = null;
  private readonly changes = new Emitter<SessionState>();
  /** Whether the last input anywhere came from the keyboard. */
  private byKeyboard = false;

  constructor(
    link: SessionLink,
    private readonly shape: "narrow" | "wide",
  ) {
    super();
    this.link = link;
    this.addClass("gc-lab-panel");
    // The menu's commands are about the step under the pointer.
    this.node.addEventListener("contextmenu", (event) => this.chooseStep(event.target));
    for (const type of INPUT) document.addEventListener(type, this.noteInput, true);
  }

  /** Shows another session from now on. */
  setLink(link: SessionLink): void {
    if (link === this.link) return;
    this.link = link;
    this.unmount();
    if (this.isVisible) this.mount();
  }

  /** Puts the keyboard into the view. */
  focus(): void {
    const inGraph = this.node.querySelector<SVGElement>('.gc-dag-svg [tabindex="0"]');
    const first = this.node.querySelector<HTMLElement>('[tabindex="0"], button, select, input');
    // A browser draws the ring of a focus that a script sets, even for those who came with the mouse.
    this.toggleClass("gc-lab-quiet", !this.byKeyboard);
    (inGraph ?? first ?? this.node).focus();
  }

  /** Opens the editor of the chosen event, as the key F2 on its row does. */
  editEvent(): void {
    const row = this.node.querySelector<HTMLElement>('[role="row"][aria-selected="true"]');
    row?.focus();
    row?.dispatchEvent(new KeyboardEvent("keydown", { key: "F2", bubbles: true, cancelable: true }));
  }

  override dispose(): void {
    for (const type of INPUT) document.removeEventListener(type, this.noteInput, true);
    this.unmount();
    super.dispose();
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    if (this.isVisible) this.mount();
  }

  protected override onBeforeDetach(msg: Message): void {
    this.unmount();
    super.onBeforeDetach(msg);
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    if (!this.view) return this.mount();
    this.source ??= this.link.onChange((state) => this.changes.fire(state));
    this.changes.fire(this.link.state);
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this.source?.dispose();
    this.source = null;
  }

  protected override onActivateRequest(): void {
    this.focus();
  }

  private readonly noteInput = (event: Event) => {
    this.byKeyboard = event.type === "keydown";
    if (this.byKeyboard) this.removeClass("gc-lab-quiet");
  };

  private chooseStep(target: EventTarget | null): void {
    const box = target instanceof Element ? target.closest(".gc-dag .gc-node[data-id]") : null;
    const step = box?.getAttribute("data-id") ?? null;
    if (step !== null && this.link.state.current?.steps.has(step))
      this.link.send({ type: "select-step", step });
  }

  private mount(): void {
    this.unmount();
    const { link } = this;
    this.source = link.onChange((state) => this.changes.fire(state));
    const gated: SessionLink = {
      get state() {
        return link.state;
      },
      onChange: this.changes.event,
      send: (intent) => link.send(intent),
    };
    this.view = mountSidebar(this.node, gated, { layout: this.shape });
  }

  private unmount(): void {
    this.view?.dispose();
    this.source?.dispose();
    this.view = null;
    this.source = null;
    this.changes.dispose();
  }
}
