import { JsonError, PyRaise, dumpJson, parseJson } from "@graphcell/core";
import { type ViewContext, linkButton } from "../context";
import { fill, h, setAttr, show } from "../element";

export interface JsonProblem {
  readonly message: string;
  readonly offset: number;
}

/** What is wrong with a body's text, in Python's words; null when it is JSON or empty (an event without a body). */
export function bodyProblem(text: string): (JsonProblem & { readonly error: JsonError | null }) | null {
  if (text.trim() === "") return null;
  try {
    parseJson(text);
    return null;
  } catch (error) {
    if (error instanceof JsonError) return { message: error.message, offset: error.offset, error };
    if (error instanceof PyRaise) return { message: error.message, offset: 0, error: null };
    throw error;
  }
}

/** A text field for JSON: what is wrong is underlined at its place and said below, at each key. */
export class JsonField {
  readonly el: HTMLElement;
  readonly input: HTMLTextAreaElement;
  private readonly under = h("pre", { class: "gc-json-under", "aria-hidden": true });
  private readonly message = h("p", { class: "gc-field-error", role: "status" });
  private readonly format: HTMLButtonElement;

  constructor(
    private readonly context: ViewContext,
    id: string,
    onInput: () => void,
  ) {
    const { t } = context;
    this.input = h("textarea", { id, class: "gc-json-input", rows: 4, spellcheck: false, dir: "ltr" });
    setAttr(this.input, "autocapitalize", "off");
    setAttr(this.input, "aria-describedby", `${id}-error`);
    this.message.id = `${id}-error`;
    this.input.addEventListener("input", () => {
      this.check();
      onInput();
    });
    this.input.addEventListener("scroll", () => this.follow());
    this.format = linkButton(t("editor.format"), () => {
      this.reformat();
      onInput();
    });
    const box = h("div", { class: "gc-json" }, this.under, this.input);
    const label = h("label", { for: id }, t("editor.body"));
    const head = h("div", { class: "gc-field-head" }, label, this.format);
    this.el = h("div", { class: "gc-field gc-field-wide" }, head, box, this.message);
  }

  get text(): string {
    return this.input.value;
  }

  set text(value: string) {
    if (this.input.value !== value) this.input.value = value;
    this.input.rows = Math.min(14, Math.max(3, value.split("\n").length));
    this.check();
  }

  private check(): void {
    const problem = bodyProblem(this.text);
    setAttr(this.input, "aria-invalid", problem ? true : null);
    this.format.disabled = problem !== null || this.text.trim() === "";
    show(this.message, problem !== null);
    this.underline(problem?.offset ?? null);
    if (!problem) return fill(this.message);
    const { t } = this.context;
    const { error } = problem;
    const said = error
      ? t("editor.error", { what: error.what, line: error.line, column: error.column })
      : problem.message;
    fill(
      this.message,
      said,
      " ",
      linkButton(t("editor.goToError"), () => this.goTo(problem.offset)),
    );
  }

  /** The same text behind the field, invisible but for the wavy line under the character that is wrong. */
  private underline(offset: number | null): void {
    if (offset === null) return fill(this.under);
    const text = `${this.text} `;
    const from = Math.min(offset, text.length - 1);
    // At the end of a line there is nothing to underline: take the character before.
    const at = text[from] === "\n" && from > 0 && text[from - 1] !== "\n" ? from - 1 : from;
    fill(
      this.under,
      text.slice(0, at),
      h("span", { class: "gc-squiggle" }, text.slice(at, at + 1)),
      text.slice(at + 1),
    );
    this.follow();
  }

  private follow(): void {
    this.under.scrollTop = this.input.scrollTop;
    this.under.scrollLeft = this.input.scrollLeft;
  }

  private goTo(offset: number): void {
    this.input.focus();
    this.input.setSelectionRange(offset, Math.min(this.text.length, offset + 1));
  }

  private reformat(): void {
    if (bodyProblem(this.text)) return;
    this.text = dumpJson(parseJson(this.text), { indent: 2, ensureAscii: false });
  }
}
