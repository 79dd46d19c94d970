import { type Scene, reachable } from "./scene";

/** Which steps stand out: those before and after the one under the pointer, or those that a search found. */
export class Light {
  private found: ReadonlySet<string> | null = null;
  private hovered: string | null = null;
  private around: ReadonlySet<string> | null = null;
  private marked: string | null = null;
  private dimmed = false;

  constructor(private readonly world: SVGGElement) {}

  /** Lights ancestors and descendants of an item; null puts the light out. */
  hover(scene: Scene | null, id: string | null): void {
    const item = id === null ? undefined : scene?.items.get(id);
    const to = item && item.role !== "lane" && item.role !== "frame" ? item.id : null;
    if (to === this.hovered) return;
    this.hovered = to;
    if (scene) this.refresh(scene);
  }

  /** Keeps only what a search found lit; null when nothing is looked for. */
  filter(ids: ReadonlySet<string> | null): void {
    this.found = ids;
    if (ids === null) this.mark(null);
    this.apply();
  }

  /** Rings the item that a search has come to. */
  mark(id: string | null): void {
    this.marked = id;
    this.apply();
  }

  /** After a drawing: new elements get their light too. */
  refresh(scene: Scene): void {
    const id = this.hovered;
    this.around =
      id === null || !scene.items.has(id)
        ? null
        : new Set([...reachable(scene, id, scene.next), ...reachable(scene, id, scene.previous)]);
    this.apply();
  }

  private apply(): void {
    const lit = this.around ?? this.found;
    if (lit === null && !this.dimmed && this.marked === null) return;
    this.dimmed = lit !== null;
    for (const el of this.world.querySelectorAll("g.gc-node")) {
      const id = el.getAttribute("data-id") ?? "";
      el.classList.toggle("gc-dim", lit !== null && !lit.has(id));
      el.classList.toggle("gc-hover", id === this.hovered);
      el.classList.toggle("gc-found", id === this.marked && this.found !== null);
    }
    for (const el of this.world.querySelectorAll<SVGElement>("g.gc-edge")) {
      const [from, to] = [el.getAttribute("data-from") ?? "", el.getAttribute("data-to") ?? ""];
      const on = this.around !== null ? this.around.has(from) && this.around.has(to) : lit === null;
      el.classList.toggle("gc-dim", !on);
    }
  }
}
