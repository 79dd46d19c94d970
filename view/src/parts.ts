import type { Disposable } from "@graphcell/core";
import type { ViewContext } from "./context";
import { h, setAttr, show } from "./element";
import { icon } from "./icon";

/** Least height of an open part, in pixels. */
const LEAST = 64;
/** What one press of an arrow key moves a border by, in pixels. */
const STEP = 16;

/** One part of the stack: a heading that folds it, room for controls beside the heading, and a body. */
export interface Part {
  readonly id: string;
  readonly section: HTMLElement;
  readonly heading: HTMLElement;
  readonly title: HTMLElement;
  readonly controls: HTMLElement;
  readonly body: HTMLElement;
  folded: boolean;
  /** Share of the height, relative to the other open parts. */
  weight: number;
  /** The part takes less than its share when its content needs less: until a person has sized it. */
  shrinks: boolean;
}

export interface PartOptions {
  readonly id: string;
  readonly title: string;
  readonly weight: number;
  readonly shrinks: boolean;
}

/** Builds a part; the stack lays it out. */
export function makePart(options: PartOptions): Part {
  const title = h("span", { class: "gc-part-name" }, options.title);
  const fold = h(
    "button",
    { type: "button", class: "gc-fold", "aria-expanded": true },
    icon("chevron"),
    title,
  );
  const controls = h("div", { class: "gc-part-controls" });
  const heading = h("div", { class: "gc-part-heading" }, h("h2", {}, fold), controls);
  const body = h("div", { class: "gc-part-body" });
  const section = h("section", { class: `gc-part gc-part-${options.id}` }, heading, body);
  setAttr(section, "aria-label", options.title);
  const { id, weight, shrinks } = options;
  return { id, section, heading, title, controls, body, folded: false, weight, shrinks };
}

/** Parts one above the other, that fold, with borders that a pointer or the arrow keys move; remembered by id. */
export class Stack implements Disposable {
  private readonly borders: HTMLElement[] = [];

  constructor(
    private readonly parts: readonly Part[],
    private readonly context: ViewContext,
    el: HTMLElement,
  ) {
    for (const part of parts) {
      this.restore(part);
      if (part !== parts[0]) el.append(this.border(part));
      el.append(part.section);
      part.heading.querySelector(".gc-fold")?.addEventListener("click", () => this.fold(part, !part.folded));
    }
    this.lay();
  }

  /** Shows or hides a whole part, for example the problems when there are none. */
  setVisible(part: Part, visible: boolean): void {
    if (part.section.hidden === !visible) return;
    show(part.section, visible);
    this.lay();
  }

  fold(part: Part, folded: boolean): void {
    part.folded = folded;
    this.context.storage.set(`${part.id}.folded`, folded ? "1" : "0");
    this.lay();
  }

  private restore(part: Part): void {
    part.folded = this.context.storage.get(`${part.id}.folded`) === "1";
    const weight = Number(this.context.storage.get(`${part.id}.weight`));
    if (Number.isFinite(weight) && weight > 0) part.weight = weight;
    if (this.context.storage.get(`${part.id}.sized`) === "1") part.shrinks = false;
  }

  private lay(): void {
    for (const part of this.parts) {
      part.section.classList.toggle("gc-folded", part.folded);
      setAttr(part.heading.querySelector(".gc-fold") ?? part.heading, "aria-expanded", !part.folded);
      show(part.body, !part.folded);
      part.section.style.flex = part.folded ? "0 0 auto" : `${part.weight} 1 0px`;
      part.section.classList.toggle("gc-shrinks", part.shrinks && !part.folded);
    }
    this.parts.slice(1).forEach((part, i) => {
      const [above, below] = this.around(part);
      const border = this.borders[i];
      show(border, !part.section.hidden);
      border.classList.toggle("gc-fixed", !above || !below);
      setAttr(border, "tabindex", above && below ? 0 : null);
      if (above && below) this.describe(border, above, below);
    });
  }

  /** The open parts next to the border above `part`. */
  private around(part: Part): [Part | undefined, Part | undefined] {
    const at = this.parts.indexOf(part);
    const open = (p: Part) => !p.folded && !p.section.hidden;
    const above = this.parts.slice(0, at).filter(open).at(-1);
    return [above, open(part) ? part : undefined];
  }

  private border(part: Part): HTMLElement {
    const border = h("div", { class: "gc-border", role: "separator", "aria-orientation": "horizontal" });
    this.borders.push(border);
    border.addEventListener("pointerdown", (event) => this.drag(event, border, part));
    border.addEventListener("keydown", (event) => {
      const by: Readonly<Record<string, number>> = {
        ArrowUp: -STEP,
        ArrowDown: STEP,
        Home: -10_000,
        End: 10_000,
      };
      if (!(event.key in by)) return;
      event.preventDefault();
      this.freeze();
      this.move(part, by[event.key]);
    });
    return border;
  }

  private drag(event: PointerEvent, border: HTMLElement, part: Part): void {
    if (event.button !== 0) return;
    event.preventDefault();
    border.focus();
    border.setPointerCapture(event.pointerId);
    this.freeze();
    let last = event.clientY;
    const onMove = (e: PointerEvent) => {
      last += this.move(part, e.clientY - last);
    };
    const onEnd = () => {
      border.removeEventListener("pointermove", onMove);
      border.removeEventListener("pointerup", onEnd);
      border.removeEventListener("pointercancel", onEnd);
    };
    border.addEventListener("pointermove", onMove);
    border.addEventListener("pointerup", onEnd);
    border.addEventListener("pointercancel", onEnd);
  }

  /** Makes the weights of the open parts the heights that they have now, so that a move changes two of them only. */
  private freeze(): void {
    for (const part of this.parts) {
      const height = part.section.getBoundingClientRect().height;
      if (!part.folded && !part.section.hidden && height > 0) part.weight = height;
    }
  }

  /** Moves the border above `part` by `by` pixels, as far as it goes; returns how far it went. */
  private move(part: Part, by: number): number {
    const [above, below] = this.around(part);
    if (!above || !below) return 0;
    const moved = Math.max(Math.min(by, below.weight - LEAST), Math.min(0, LEAST - above.weight));
    above.weight += moved;
    below.weight -= moved;
    const { storage } = this.context;
    for (const p of [above, below]) {
      p.shrinks = false;
      storage.set(`${p.id}.sized`, "1");
    }
    for (const p of this.parts) storage.set(`${p.id}.weight`, String(Math.round(p.weight)));
    this.lay();
    return moved;
  }

  private describe(border: HTMLElement, above: Part, below: Part): void {
    const names = { above: above.title.textContent ?? "", below: below.title.textContent ?? "" };
    setAttr(border, "aria-label", this.context.t("parts.resize", names));
    setAttr(border, "aria-valuemin", 0);
    setAttr(border, "aria-valuemax", 100);
    setAttr(border, "aria-valuenow", Math.round((100 * above.weight) / (above.weight + below.weight)));
  }

  dispose(): void {
    for (const border of this.borders) border.remove();
    for (const part of this.parts) part.section.remove();
  }
}
