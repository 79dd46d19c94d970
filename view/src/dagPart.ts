import type { Disposable, SessionState } from "@graphcell/core";
import type { Panel, ViewContext } from "./context";
import type { Condition } from "./condition";
import { fillOnce, h } from "./element";
import { Strips } from "./strips";
import type { Part } from "./parts";

/** What the sidebar asks of the drawing of a graph. */
export interface Drawing extends Disposable {
  update(state: SessionState): void;
  fit(): void;
  /** Opens the field that finds steps. */
  find(): void;
}

/** The picture's part: strips about it, and the drawing; dimmed while the text is half typed. */
export class DagPart implements Panel {
  private readonly strips: Strips;
  private readonly el = h("div", { class: "gc-picture" });
  readonly drawing: Drawing;
  private readonly deployed: HTMLElement;

  constructor(part: Part, context: ViewContext, draw: (el: HTMLElement) => Drawing) {
    this.strips = new Strips(context);
    this.deployed = h("ul", { class: "gc-deployed", "aria-label": context.t("deployed.title") });
    part.body.append(this.strips.el, this.el);
    this.drawing = draw(this.el);
    this.el.append(this.deployed);
  }

  update(state: SessionState): void {
    this.el.classList.toggle("gc-stale", state.current?.stale != null);
    if (state.current) this.drawing.update(state);
    const deployed = state.current?.deployed ?? [];
    this.deployed.hidden = deployed.length === 0;
    fillOnce(this.deployed, JSON.stringify(deployed), () =>
      deployed.map(({ name, state: mark, word }) =>
        h(
          "li",
          { class: `gc-deployed-function gc-is-${mark}` },
          h("span", { class: "gc-deployed-dot", "aria-hidden": "true" }),
          h("b", { dir: "auto" }, name),
          ` ${word}`,
        ),
      ),
    );
  }

  showConditions(conditions: readonly Condition[]): void {
    this.strips.update(conditions.filter((c) => c.place === "picture"));
  }

  dispose(): void {
    this.drawing.dispose();
  }
}
