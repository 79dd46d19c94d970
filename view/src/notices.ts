import type { Notice, SessionState } from "@graphcell/core";
import { type Panel, type ViewContext, iconButton, linkButton } from "./context";
import { fillOnce, h } from "./element";
import { icon } from "./icon";
import { type Keyed, KeyedList, numbered } from "./keyed";

/** Sentences that need the eye now, each with its action and a button that dismisses it. */
export class NoticesPanel implements Panel {
  readonly el = h("div", { class: "gc-notices", role: "status" });
  private readonly items: KeyedList<Notice>;

  constructor(private readonly context: ViewContext) {
    this.items = new KeyedList<Notice>(
      this.el,
      (notice) => notice.id,
      () => this.item(),
    );
  }

  update(state: SessionState): void {
    this.items.update(numbered(state.notices));
  }

  private item(): Keyed<Notice> {
    const el = h("div", { class: "gc-strip" });
    return {
      el,
      update: (notice) => void fillOnce(el, JSON.stringify(notice), () => this.content(notice, el)),
    };
  }

  private content(notice: Notice, el: HTMLElement): readonly HTMLElement[] {
    const { t, link } = this.context;
    el.className = `gc-strip gc-is-${notice.severity}`;
    const sign = h("span", { class: "gc-strip-icon" }, icon(notice.severity));
    const severity = h("span", { class: "gc-sr" }, `${t(`severity.${notice.severity}`)}: `);
    const text = h(
      "span",
      { class: "gc-strip-text", dir: "auto" },
      severity,
      `${notice.message} ${notice.remedy}`.trim(),
    );
    const { action } = notice;
    if (action)
      text.append(
        " ",
        linkButton(action.label, () => link.send(action.intent)),
      );
    const close = iconButton("close", t("notice.dismiss"), () =>
      link.send({ type: "dismiss", notice: notice.id }),
    );
    return [sign, text, close];
  }

  dispose(): void {
    this.items.dispose();
  }
}
