import type { PictureNode, SessionState } from "@graphcell/core";
import type { Panel, ViewContext } from "./context";
import { fill, h, setAttr, setText, show } from "./element";

/** Steps that are offered at once. */
const OFFERED = 30;

/** A field that finds steps by name or class: a list to walk with the arrow keys, Enter selects, Escape closes. */
export class StepSearch implements Panel {
  readonly el: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly list = h("ul", { class: "gc-search-list", role: "listbox", id: "gc-search-list" });
  private readonly none = h("p", { class: "gc-note gc-padded", role: "status" });
  private nodes: readonly PictureNode[] = [];
  private found: readonly PictureNode[] = [];
  private at = 0;

  constructor(
    private readonly context: ViewContext,
    private readonly onClose: () => void,
  ) {
    const { t } = context;
    const label = t("header.search");
    this.input = h("input", {
      type: "search",
      role: "combobox",
      "aria-label": label,
      "aria-controls": "gc-search-list",
      "aria-expanded": false,
      "aria-autocomplete": "list",
      placeholder: t("search.placeholder"),
      spellcheck: false,
      on: { input: () => this.find() },
    });
    setAttr(this.list, "aria-label", label);
    this.el = h("div", { class: "gc-search", hidden: true }, this.input, this.list, this.none);
    this.el.addEventListener("keydown", (event) => this.onKey(event));
  }

  get open(): boolean {
    return !this.el.hidden;
  }

  /** Opens with the focus in the field, or closes. */
  toggle(open: boolean): void {
    show(this.el, open);
    if (!open) return this.onClose();
    this.input.value = "";
    this.find();
    this.input.focus();
  }

  update(state: SessionState): void {
    this.nodes = state.current?.picture.nodes ?? [];
    if (!state.current && this.open) show(this.el, false);
  }

  private find(): void {
    const { t, announce } = this.context;
    const query = this.input.value.trim().toLocaleLowerCase();
    const holds = (text: string) => text.toLocaleLowerCase().includes(query);
    const steps = this.nodes.filter((node) => node.kind !== "start");
    const all =
      query === "" ? [] : steps.filter((node) => holds(node.id) || holds(node.label) || holds(node.detail));
    // Names that begin with the words come first.
    const begins = (node: PictureNode) => (node.label.toLocaleLowerCase().startsWith(query) ? 0 : 1);
    this.found = [...all].sort((a, b) => begins(a) - begins(b)).slice(0, OFFERED);
    this.at = 0;
    this.draw();
    setText(
      this.none,
      query !== "" && all.length === 0 ? t("search.none", { query: this.input.value.trim() }) : "",
    );
    if (all.length > 0) announce(t("search.found", { n: all.length }));
  }

  private draw(): void {
    fill(this.list, ...this.found.map((node, i) => this.option(node, i)));
    show(this.list, this.found.length > 0);
    show(this.none, this.none.textContent !== "");
    setAttr(this.input, "aria-expanded", this.found.length > 0);
    setAttr(this.input, "aria-activedescendant", this.found.length > 0 ? `gc-found-${this.at}` : null);
    this.list.children[this.at]?.scrollIntoView?.({ block: "nearest" });
  }

  private option(node: PictureNode, i: number): HTMLElement {
    const name = h("span", { dir: "auto" }, node.label);
    const detail = h("span", { class: "gc-type", dir: "auto" }, node.detail || node.kind);
    const attrs = { role: "option", id: `gc-found-${i}`, "aria-selected": i === this.at, title: node.id };
    const el = h("li", attrs, name, detail);
    el.addEventListener("click", () => this.choose(node));
    return el;
  }

  private choose(node: PictureNode | undefined): void {
    if (!node) return;
    this.context.link.send({ type: "select-step", step: node.id });
    this.toggle(false);
  }

  private onKey(event: KeyboardEvent): void {
    const n = this.found.length;
    if (event.key === "Escape") this.toggle(false);
    else if (event.key === "Enter") this.choose(this.found[this.at]);
    else if (event.key === "ArrowDown" && n > 0) this.at = (this.at + 1) % n;
    else if (event.key === "ArrowUp" && n > 0) this.at = (this.at + n - 1) % n;
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key.startsWith("Arrow")) this.draw();
  }

  dispose(): void {
    this.el.remove();
  }
}
