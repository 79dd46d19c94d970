import type { Disposable, SavedEvent } from "@graphcell/core";
import { type ViewContext, textButton } from "../context";
import { h, setAttr, setText, show } from "../element";
import { type Draft, type DraftField, MAX_REPEAT, draftOf, eventOf, readHeaders, readRepeat } from "./draft";
import { JsonField } from "./jsonField";

/** Milliseconds of rest after a key, before what was typed is sent. */
const REST = 300;
const METHODS = ["", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/**
 * The editor of one event, in its place in the list. What is typed is sent after a short rest and on leaving a field.
 * A newer state changes only fields that the person has not touched since: typing is never overwritten.
 */
export class EventEditor implements Disposable {
  readonly el: HTMLElement;
  private readonly fields = new Map<DraftField, Field>();
  private readonly body: JsonField;
  private readonly headersError = h("p", { class: "gc-field-error", role: "status", hidden: true });
  private readonly repeatError = h("p", { class: "gc-field-error", role: "status", hidden: true });
  /** The texts as the state had them last; a field that differs holds what was typed. */
  private base: Draft;
  private readonly first: Draft;
  /** Texts that were replaced by sent ones: a state that still has them is older than what was sent. */
  private readonly outdated = new Map<DraftField, Set<string>>();
  private timer: number | null = null;

  constructor(
    private readonly context: ViewContext,
    private saved: SavedEvent,
    private readonly onClose: () => void,
  ) {
    this.first = draftOf(saved);
    this.base = this.first;
    this.body = new JsonField(context, this.id("bodyText"), () => this.typed());
    this.fields.set("bodyText", this.body.input);
    this.el = this.build();
    for (const name of Object.keys(this.base) as DraftField[]) this.write(name, this.base[name]);
    const more = (["path", "method", "contentType", "headers", "key", "time", "repeat"] as const).some(
      (n) => this.base[n] !== "",
    );
    if (more) this.el.querySelector("details")?.setAttribute("open", "");
    this.el.addEventListener("keydown", (event) => this.onKey(event));
    this.el.addEventListener("focusout", () => this.send());
  }

  focus(field: DraftField): void {
    this.fields.get(field)?.focus();
  }

  /** A newer state of the event: taken over where nothing was typed. */
  update(saved: SavedEvent): void {
    const next = this.withoutOlder(draftOf(saved));
    const now = this.draft();
    this.saved = saved;
    for (const name of Object.keys(next) as DraftField[]) {
      const touched = now[name] !== this.base[name];
      const focused = this.fields.get(name) === document.activeElement;
      if (!touched && !focused && now[name] !== next[name]) this.write(name, next[name]);
    }
    this.base = next;
    setAttr(this.el, "aria-label", this.context.t("editor.title", { name: saved.name }));
  }

  /** The state's texts, but for fields where the state has not seen yet what was sent. */
  private withoutOlder(next: Draft): Draft {
    const kept: Partial<Record<DraftField, string>> = {};
    for (const [name, older] of this.outdated) {
      if (older.has(next[name])) kept[name] = this.base[name];
      else this.outdated.delete(name);
    }
    return { ...next, ...kept };
  }

  dispose(): void {
    this.send();
    this.el.remove();
  }

  private id(name: string): string {
    return `gc-event-${this.saved.id.replace(/[^\w-]/g, "_")}-${name}`;
  }

  private build(): HTMLElement {
    const { t } = this.context;
    const name = this.input("name", h("input", { type: "text", dir: "auto" }));
    const headers = this.input(
      "headers",
      h("textarea", { rows: 2, spellcheck: false }),
      t("editor.headersHint"),
      this.headersError,
    );
    const method = h("select", {}, ...METHODS.map((m) => h("option", { value: m }, m)));
    const repeat = h("input", { type: "text", inputmode: "numeric", placeholder: "1" });
    const more = h(
      "details",
      { class: "gc-field-wide gc-editor-more" },
      h("summary", {}, t("editor.more")),
      h(
        "div",
        { class: "gc-fields" },
        this.input("path", h("input", { type: "text", placeholder: "/", spellcheck: false })),
        this.input("method", method),
        this.input("contentType", h("input", { type: "text", placeholder: "application/json" })),
        headers,
        this.input("key", h("input", { type: "text" })),
        this.input("time", h("input", { type: "text", title: t("editor.timeHint") })),
        this.input("repeat", repeat, undefined, this.repeatError),
      ),
    );
    const actions = h(
      "div",
      { class: "gc-editor-actions gc-field-wide" },
      textButton(t("editor.run"), () => this.run(), "gc-primary"),
      textButton(t("editor.done"), () => this.close()),
      textButton(t("editor.revert"), () => this.revert(), "gc-quiet"),
    );
    const attrs = {
      class: "gc-editor",
      role: "group",
      "aria-label": t("editor.title", { name: this.saved.name }),
    };
    return h("div", attrs, name, this.body.el, more, actions);
  }

  private input(name: DraftField, field: Field, hint?: string, error?: HTMLElement): HTMLElement {
    const { t } = this.context;
    field.id = this.id(name);
    this.fields.set(name, field);
    field.addEventListener("input", () => this.typed());
    const wide = name === "name" || name === "headers";
    if (error) {
      error.id = `${field.id}-error`;
      setAttr(field, "aria-describedby", error.id);
    }
    const label = h("label", { for: field.id }, t(`editor.${name as Exclude<DraftField, "bodyText">}`));
    const said = hint ? h("span", { class: "gc-hint" }, hint) : null;
    const head = h("div", { class: "gc-field-head" }, label, said);
    return h("div", { class: wide ? "gc-field gc-field-wide" : "gc-field" }, head, field, error);
  }

  private draft(): Draft {
    const read = (name: DraftField) => this.fields.get(name)?.value ?? "";
    return {
      name: read("name"),
      bodyText: read("bodyText"),
      path: read("path"),
      method: read("method"),
      contentType: read("contentType"),
      headers: read("headers"),
      key: read("key"),
      time: read("time"),
      repeat: read("repeat"),
    };
  }

  private write(name: DraftField, text: string): void {
    const field = this.fields.get(name);
    if (!field) return;
    if (name === "bodyText") this.body.text = text;
    else if (field instanceof HTMLSelectElement) writeChoice(field, text);
    else if (field.value !== text) field.value = text;
  }

  private typed(): void {
    this.check();
    if (this.timer !== null) window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.send(), REST);
  }

  private check(): void {
    const { t } = this.context;
    const draft = this.draft();
    const { badLine } = readHeaders(draft.headers);
    const badRepeat = readRepeat(draft.repeat) === "bad";
    setText(this.headersError, badLine === null ? "" : t("editor.headersError", { line: badLine }));
    setText(this.repeatError, badRepeat ? t("editor.repeatError", { max: MAX_REPEAT }) : "");
    show(this.headersError, badLine !== null);
    show(this.repeatError, badRepeat);
    for (const [name, bad] of [
      ["headers", badLine !== null],
      ["repeat", badRepeat],
    ] as const) {
      const field = this.fields.get(name);
      if (field) setAttr(field, "aria-invalid", bad ? true : null);
    }
  }

  /** Sends what was typed, when it differs from the state; what has been sent counts as the state's. */
  private send(): void {
    if (this.timer !== null) window.clearTimeout(this.timer);
    this.timer = null;
    const draft = this.draft();
    if ((Object.keys(draft) as DraftField[]).every((name) => draft[name] === this.base[name])) return;
    for (const field of Object.keys(draft) as DraftField[]) {
      if (draft[field] === this.base[field]) continue;
      const older = this.outdated.get(field) ?? new Set();
      this.outdated.set(field, older.add(this.base[field]));
      older.delete(draft[field]);
    }
    this.base = draft;
    const name = draft.name.trim() === "" ? this.saved.name : draft.name;
    const { context, saved } = this;
    context.link.send({ type: "edit-event", event: saved.id, name, to: eventOf(draft, saved.event) });
  }

  private run(): void {
    this.send();
    this.context.link.send({ type: "run-events", events: [this.saved.id] });
  }

  private close(): void {
    this.send();
    this.onClose();
  }

  private revert(): void {
    for (const name of Object.keys(this.first) as DraftField[]) this.write(name, this.first[name]);
    this.check();
    this.send();
  }

  private onKey(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.run();
    else return;
    event.preventDefault();
  }
}

/** A method that is not in the list is added to it, so that it is kept. */
function writeChoice(field: HTMLSelectElement, text: string): void {
  if (![...field.options].some((option) => option.value === text))
    field.append(h("option", { value: text }, text));
  field.value = text;
}
