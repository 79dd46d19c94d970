import type { Disposable } from "@graphcell/core";
import { h, setText, show } from "../element";
import type { Translator } from "../texts";
import type { Scene } from "./scene";

/** A field over the picture: steps that don't match fade, Enter and the arrows go from one that does to the next. */
export class Find implements Disposable {
  readonly el: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly count = h("span", { class: "gc-find-count", role: "status" });
  private scene: Scene | null = null;
  private found: readonly string[] = [];
  private at = -1;

  constructor(
    private readonly t: Translator,
    private readonly handlers: {
      /** Ids that match, in reading order; null when nothing is looked for. */
      onFound(ids: ReadonlySet<string> | null): void;
      onGo(id: string): void;
      onClose(): void;
    },
  ) {
    const label = t("dag.find");
    this.input = h("input", { type: "search", "aria-label": label, placeholder: label, spellcheck: false });
    this.input.addEventListener("input", () => this.search());
    this.el = h("div", { class: "gc-find", hidden: true }, this.input, this.count);
    this.el.addEventListener("keydown", (event) => this.onKey(event));
  }

  get open(): boolean {
    return !this.el.hidden;
  }

  /** Opens, with the keyboard in the field unless `focus` is false; or closes. */
  toggle(open: boolean, focus = true): void {
    if (open === this.open) {
      if (open) this.input.select();
      return;
    }
    show(this.el, open);
    if (open) {
      if (focus) this.input.focus();
      this.search();
    } else {
      this.input.value = "";
      this.handlers.onFound(null);
      this.handlers.onClose();
    }
  }

  update(scene: Scene): void {
    this.scene = scene;
    if (this.open) this.search();
  }

  private search(): void {
    const query = this.input.value.trim().toLocaleLowerCase();
    const holds = (text: string) => text.toLocaleLowerCase().includes(query);
    const items = query === "" ? [] : [...(this.scene?.items.values() ?? [])];
    this.found = items
      .filter(
        ({ id, node }) => node.kind !== "start" && (holds(id) || holds(node.label) || holds(node.detail)),
      )
      .map(({ id }) => id);
    this.at = -1;
    this.say(query);
    this.handlers.onFound(query === "" ? null : new Set(this.found));
  }

  private say(query: string): void {
    const n = this.found.length;
    const text = n > 0 ? this.t("dag.found", { at: this.at + 1, n }) : this.t("dag.notFound");
    setText(this.count, query === "" ? "" : text);
  }

  private onKey(event: KeyboardEvent): void {
    event.stopPropagation();
    const by: Readonly<Record<string, number>> = {
      Enter: event.shiftKey ? -1 : 1,
      ArrowDown: 1,
      ArrowUp: -1,
    };
    if (event.key === "Escape") this.toggle(false);
    else if (event.key in by && this.found.length > 0) {
      const n = this.found.length;
      this.at = (this.at < 0 && by[event.key] < 0 ? n - 1 : this.at + by[event.key] + n) % n;
      this.handlers.onGo(this.found[this.at]);
      this.say(this.input.value);
    } else return;
    event.preventDefault();
  }

  dispose(): void {
    this.el.remove();
  }
}
