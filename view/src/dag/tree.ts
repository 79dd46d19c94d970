import type { Disposable } from "@graphcell/core";
import { h, setAttr } from "../element";
import type { Translator } from "../texts";
import type { Scene, SceneItem } from "./scene";
import { readingOrder } from "./walk";

/** How long after the last of several changes the list is made anew, in ms: it may be late, typing may not. */
const DELAY = 250;

/** What the tree says and does. */
export interface TreeHandlers {
  sentence(item: SceneItem): string;
  select(id: string): void;
  reveal(id: string): void;
}

/**
 * The graph as a tree of steps, for people who can't see the picture: frames hold what is in them, and each step says
 * where it leads. It comes into sight when it has the focus.
 */
export class TreeTwin implements Disposable {
  readonly el: HTMLElement;
  private scene: Scene | null = null;
  private selection: string | null = null;
  private timer: number | null = null;
  private stale = false;

  constructor(
    private readonly t: Translator,
    private readonly handlers: TreeHandlers,
  ) {
    this.el = h("ul", { class: "gc-tree-twin", role: "tree", "aria-label": t("dag.tree"), tabindex: 0 });
    this.el.addEventListener("keydown", (event) => this.onKey(event));
    this.el.addEventListener("focus", () => {
      if (this.stale) this.build();
      this.focusItem(this.selected() ?? this.rows()[0]);
    });
    this.el.addEventListener("click", (event) => {
      const id = idOf(event.target);
      if (id !== null) this.handlers.select(id);
    });
  }

  update(scene: Scene, selection: string | null): void {
    this.scene = scene;
    this.selection = selection;
    this.stale = true;
    if (this.timer !== null) window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.build(), DELAY);
  }

  private build(): void {
    if (this.timer !== null) window.clearTimeout(this.timer);
    this.timer = null;
    this.stale = false;
    const scene = this.scene;
    if (!scene) return;
    const focused = idOf(this.el.ownerDocument.activeElement);
    const had = this.el.contains(this.el.ownerDocument.activeElement);
    const items = readingOrder(scene);
    const held = new Map<string, SceneItem[]>();
    const lanes = [...scene.items.values()].filter((item) => item.role === "lane");
    for (const item of [...lanes, ...items]) {
      const key = item.parent ?? "";
      const list = held.get(key);
      if (list) list.push(item);
      else held.set(key, [item]);
    }
    this.el.replaceChildren(...(held.get("") ?? []).map((item) => this.row(item, held, 1, scene)));
    if (this.rows().length > 0 && had) this.focusItem(this.byId(focused) ?? this.rows()[0]);
  }

  private row(
    item: SceneItem,
    held: ReadonlyMap<string, readonly SceneItem[]>,
    level: number,
    scene: Scene,
  ): HTMLElement {
    const inside = item.role === "frame" || item.role === "lane" ? (held.get(item.id) ?? []) : [];
    const next = (scene.next.get(item.id) ?? []).map((id) => scene.items.get(id)?.node.label ?? id);
    const leads = next.length > 0 ? `, ${this.t("dag.leadsTo", { steps: next.join(", ") })}` : "";
    const text = h("span", { dir: "auto" }, this.handlers.sentence(item) + leads);
    const attrs = { role: "treeitem", "aria-level": level, tabindex: -1, "data-id": item.id };
    const el = h("li", attrs, text);
    setAttr(el, "aria-selected", item.id === this.selection);
    if (inside.length > 0) {
      setAttr(el, "aria-expanded", true);
      el.append(
        h("ul", { role: "group" }, ...inside.map((child) => this.row(child, held, level + 1, scene))),
      );
    }
    return el;
  }

  private rows(): HTMLElement[] {
    return [...this.el.querySelectorAll<HTMLElement>("[role=treeitem]")];
  }

  private byId(id: string | null): HTMLElement | undefined {
    return id === null ? undefined : this.rows().find((row) => row.dataset.id === id);
  }

  private selected(): HTMLElement | undefined {
    return this.byId(this.selection);
  }

  private focusItem(row: HTMLElement | undefined): void {
    row?.focus();
  }

  private onKey(event: KeyboardEvent): void {
    const rows = this.rows();
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=treeitem]") : null;
    const at = row ? rows.indexOf(row) : -1;
    const id = row?.dataset.id;
    switch (event.key) {
      case "ArrowDown":
        this.focusItem(rows[Math.min(at + 1, rows.length - 1)]);
        break;
      case "ArrowUp":
        this.focusItem(rows[Math.max(at - 1, 0)]);
        break;
      case "ArrowRight":
        this.focusItem(row?.querySelector<HTMLElement>("[role=treeitem]") ?? undefined);
        break;
      case "ArrowLeft":
        this.focusItem(row?.parentElement?.closest<HTMLElement>("[role=treeitem]") ?? undefined);
        break;
      case "Home":
        this.focusItem(rows[0]);
        break;
      case "End":
        this.focusItem(rows[rows.length - 1]);
        break;
      case "Enter":
      case " ":
        if (id !== undefined) this.handlers.select(id);
        if (id !== undefined && event.key === "Enter") this.handlers.reveal(id);
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  dispose(): void {
    if (this.timer !== null) window.clearTimeout(this.timer);
    this.el.remove();
  }
}

function idOf(target: EventTarget | null): string | null {
  const row = target instanceof Element ? target.closest<HTMLElement>("[role=treeitem]") : null;
  return row?.dataset.id ?? null;
}
