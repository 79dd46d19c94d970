import type { Raised } from "@graphcell/core";
import { plainText } from "../ansi";
import { type ViewContext, linkButton } from "../context";
import { h } from "../element";
import { icon } from "../icon";
import { frameRange, placeText } from "../place";

/** An exception: class, message, the frames in the user's own code as links, the whole traceback on demand. */
export function raisedView(error: Raised, context: ViewContext, cellIds: readonly string[]): HTMLElement {
  const { t } = context;
  const box = h("div", { class: "gc-raised" });
  const text = h("span", { dir: "auto" }, plainText(error.message));
  box.append(
    h("p", { class: "gc-error-text" }, icon("error"), h("span", {}, h("b", {}, error.class), ": ", text)),
  );
  if (error.cause) {
    const cause = { class: error.cause.class, message: plainText(error.cause.message) };
    box.append(h("p", { class: "gc-note" }, t("inspector.cause", cause)));
  }
  const frames = (error.frames ?? []).map((frame) => {
    const range = frameRange(frame, cellIds);
    const line = t("inspector.lineOnly", { line: frame.line });
    const place = !range ? `${frame.file}, ${line}` : range.cell < 0 ? line : placeText(range, t);
    const label = t("inspector.frame", { place, name: frame.name });
    if (!range || !context.reveals) return h("li", { dir: "auto" }, label);
    return h(
      "li",
      {},
      linkButton(label, () => context.link.send({ type: "reveal", range })),
    );
  });
  if (frames.length > 0) box.append(h("ol", { class: "gc-frames" }, ...frames));
  if (error.traceback) {
    const pre = h("pre", { class: "gc-raw", tabindex: 0, role: "region" }, plainText(error.traceback));
    pre.setAttribute("aria-label", t("inspector.traceback"));
    box.append(h("details", {}, h("summary", {}, t("inspector.traceback")), pre));
  }
  return box;
}
