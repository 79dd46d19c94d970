import type { SavedEvent } from "@graphcell/core";
import { type ViewContext, linkButton } from "../context";
import { fillOnce, h } from "../element";
import type { Keyed } from "../keyed";
import { plainText } from "../ansi";
import { type ValueMemory, valueView } from "../value/view";

/** Below the selected event: what it was answered, or why it failed. */
export function eventDetail(context: ViewContext, memory: ValueMemory): Keyed<SavedEvent> {
  const content = h("div", { class: "gc-event-detail", role: "gridcell" });
  const el = h("div", { role: "row", class: "gc-event-expansion" }, content);
  return {
    el,
    update({ result, event }) {
      fillOnce(content, JSON.stringify([result, event.bodyError]), () => {
        const { t } = context;
        const all = linkButton(t("events.showAll"), () =>
          context.link.send({ type: "select-event", event: null }),
        );
        const foot = h("p", { class: "gc-note" }, all);
        if (event.bodyError) {
          const said = t("events.bodyError", { message: event.bodyError.message });
          return [h("p", { class: "gc-error-text" }, said), foot];
        }
        if (!result) return [h("p", { class: "gc-note" }, t("events.notRun"), " \u00b7 ", all)];
        if (result.error) {
          const text = h("span", { dir: "auto" }, plainText(result.error.message));
          return [
            h("p", { class: "gc-error-text" }, h("span", {}, h("b", {}, result.error.class), ": ", text)),
            foot,
          ];
        }
        if (!result.response) return [h("p", { class: "gc-note" }, t("events.noResponse")), foot];
        const label = t("events.response");
        const answer = valueView(result.response, context, { label, memory });
        return [h("div", { class: "gc-slot" }, h("h3", {}, label), answer), foot];
      });
    },
  };
}
