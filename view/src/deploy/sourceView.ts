import type { DeployIntent, DeploySource, DeployState } from "@graphcell/core/nuclio";
import { fillOnce, h, setText, show } from "../element";

/** The source of a function as it would be sent: to read, to change, and to keep beside the notebook. */
export class SourceView {
  private readonly note = h("p", { class: "gc-note" });
  private readonly text = h("textarea", {
    class: "gc-input gc-deploy-code",
    rows: 14,
    spellcheck: false,
    wrap: "off",
    dir: "ltr",
    on: { change: () => this.edit(this.text.value) },
  });
  private readonly save = this.button("", () => this.ask("save-source"));
  private readonly back = this.button("Make it from the notebook again", () => this.edit(null));
  private readonly close = this.button("Close", () => this.send({ type: "show-source", key: null }));
  private readonly more = h("div");
  private readonly title = h("strong");
  readonly root = h(
    "section",
    { class: "gc-deploy-part", "aria-label": "Source" },
    h("p", {}, this.title),
    this.note,
    this.text,
    h("div", { class: "gc-deploy-buttons" }, this.save, this.back, this.close),
    this.more,
  );
  private source: DeploySource | null = null;

  constructor(private readonly send: (intent: DeployIntent) => void) {}

  update({ source, phase }: DeployState): void {
    const opened = source !== null && source.key !== this.source?.key;
    this.source = source;
    show(this.root, source !== null);
    if (source === null) return;
    setText(this.title, `Source of ${source.name}`);
    setText(this.note, noteOf(source));
    const { file } = source;
    show(this.text, file !== null || source.text !== "");
    this.text.setAttribute("aria-label", `Source of ${source.name}`);
    const typing = document.activeElement === this.text;
    if (this.text.value !== source.text && (opened || !typing)) this.text.value = source.text;
    const idle = phase === "idle";
    this.text.readOnly = !idle || file === null;
    this.save.disabled = this.back.disabled = !idle;
    show(this.save, file !== null);
    setText(this.save, `Save as ${file ?? ""}`);
    this.save.title = "Beside the notebook; named in graphcell.deploy.yaml as this function's source";
    show(this.back, source.edited);
    fillOnce(this.more, JSON.stringify([source.added, source.config]), () => [
      ...(source.added === "" ? [] : [fold("What is added for Nuclio", source.added)]),
      fold("The function's configuration", source.config),
    ]);
    if (!opened) return;
    // A text that is set leaves its cursor behind the last line.
    this.text.setSelectionRange(0, 0);
    this.text.focus();
    this.text.scrollTop = 0;
  }

  private edit(text: string | null): void {
    if (this.source) this.send({ type: "edit-source", key: this.source.key, text });
  }

  private ask(type: "save-source"): void {
    if (this.source) this.send({ type, key: this.source.key });
  }

  private button(label: string, click: () => void): HTMLButtonElement {
    return h("button", { type: "button", class: "gc-button", on: { click } }, label);
  }
}

function noteOf({ edited, file, text }: DeploySource): string {
  if (edited) return "Changed here: sent as it is now, until it is saved.";
  if (file !== null) return "This is what is sent.";
  return text === ""
    ? "All steps are built-in: Graphcell's engine is sent, which runs the graph without Python."
    : "This is sent as JavaScript, with Graphcell's engine, which runs the graph without Python. Change the files.";
}

/** A text that is folded away until somebody opens it. */
export function fold(title: string, text: string): HTMLElement {
  return h("details", {}, h("summary", {}, title), h("pre", { class: "gc-deploy-text" }, text));
}
