import { type ViewContext, linkButton, textButton } from "./context";
import type { Condition } from "./condition";
import { fillOnce, h } from "./element";
import { icon } from "./icon";
import { type Keyed, KeyedList, numbered } from "./keyed";

/** Conditions as strips above the part that they are about. */
export class Strips {
  readonly el = h("div", { class: "gc-strips", role: "status" });
  private readonly items: KeyedList<Condition>;

  constructor(private readonly context: ViewContext) {
    this.items = new KeyedList<Condition>(
      this.el,
      (c) => c.id,
      () => this.item(),
    );
  }

  update(conditions: readonly Condition[]): void {
    this.items.update(numbered(conditions));
  }

  private item(): Keyed<Condition> {
    const el = h("div");
    const update = (condition: Condition) => {
      el.className = `gc-strip gc-is-${condition.severity}`;
      fillOnce(el, JSON.stringify(condition), () => {
        const text = h("span", { class: "gc-strip-text", dir: "auto" }, condition.sentence);
        const { action } = condition;
        if (action)
          text.append(
            " ",
            linkButton(action.label, () => this.context.link.send(action.intent)),
          );
        return [h("span", { class: "gc-strip-icon" }, icon(condition.severity)), text];
      });
    };
    return { el, update };
  }
}

/** The whole panel when there is nothing to draw: picture, sentence, example, one button. */
export function emptyState(el: HTMLElement, condition: Condition, context: ViewContext): void {
  el.className = `gc-empty gc-is-${condition.severity}`;
  fillOnce(el, JSON.stringify(condition), () => {
    const { action, example } = condition;
    const send = () => action && context.link.send(action.intent);
    return [
      h("div", { class: "gc-empty-icon" }, icon(condition.icon ?? "error")),
      h("p", { dir: "auto" }, condition.sentence),
      example !== undefined && h("pre", { class: "gc-example", dir: "ltr", tabindex: 0 }, example),
      action && textButton(action.label, send, "gc-primary"),
    ];
  });
}
