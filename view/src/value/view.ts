import { GraphcellError, JsonError, type Preview, type PyValue, dumpJson, parseWire } from "@graphcell/core";
import { type ViewContext, iconButton, linkButton } from "../context";
import { h, setAttr } from "../element";
import { formatBytes } from "../format";
import { wholePart } from "./difference";
import { type TableData, tableOf, tableOfHtml, tableView } from "./table";
import { type Folds, treeView } from "./tree";

type Form = "tree" | "table" | "image" | "raw";

/** Choices and folds that outlive one value: the next event's value is shown the same way. */
export interface ValueMemory {
  form: Form | null;
  readonly folds: Folds;
}

export interface ValueOptions {
  /** Name of the value for screen readers: "In", "Out". */
  readonly label: string;
  /** Value to compare with: the step's input. */
  readonly before?: Preview;
  readonly memory: ValueMemory;
}

/** What is known of a previewed value, read once. */
interface Known {
  readonly preview: Preview;
  readonly value: PyValue | undefined;
  readonly before: PyValue | undefined;
  readonly table: TableData | null;
  readonly image: string | null;
}

/** A previewed value: as a tree, table, picture or raw text, with a switch between what there is. */
export function valueView(preview: Preview, context: ViewContext, options: ValueOptions): HTMLElement {
  const value = readPreview(preview);
  const html = preview.bundle?.["text/html"];
  const table =
    (html === undefined ? null : tableOfHtml(html)) ?? (value === undefined ? null : tableOf(value));
  const before = options.before ? readPreview(options.before) : undefined;
  const known: Known = { preview, value, before, table, image: imageOf(preview) };
  const forms = formsOf(known);
  const { memory, label } = options;
  const body = h("div", { class: "gc-value-body" });
  const bar = h("div", { class: "gc-value-bar" });
  const draw = () => {
    const form = memory.form !== null && forms.includes(memory.form) ? memory.form : forms[0];
    body.replaceChildren(formView(form, known, context, options));
    for (const button of bar.querySelectorAll("button[data-form]")) {
      setAttr(button, "aria-pressed", button.getAttribute("data-form") === form);
    }
  };
  if (forms.length > 1) {
    const choose = (form: Form) => () => {
      memory.form = form;
      draw();
    };
    bar.append(
      h(
        "div",
        { class: "gc-forms", role: "group", "aria-label": context.t("value.form") },
        ...forms.map((form) => formButton(form, context, choose(form))),
      ),
    );
  }
  const copy = () => {
    context.link.send({ type: "copy", text: rawText(known) });
    context.announce(context.t("value.copied"));
  };
  bar.append(iconButton("copy", context.t("value.copy"), copy));
  const box = h(
    "div",
    { class: "gc-value-box", role: "group", "aria-label": label },
    bar,
    body,
    cutNote(preview, context),
  );
  box.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "c" || event.altKey || event.shiftKey) return;
    if (String(window.getSelection() ?? "") !== "") return;
    event.preventDefault();
    copy();
  });
  draw();
  return box;
}

function formButton(form: Form, context: ViewContext, onClick: () => void): HTMLButtonElement {
  const attrs = { type: "button", class: "gc-form", "data-form": form, on: { click: onClick } };
  return h("button", attrs, context.t(`value.${form}`));
}

/** The value of a preview, undefined when it was cut or can't be read. */
export function readPreview(preview: Preview): PyValue | undefined {
  if (preview.json === null) return undefined;
  try {
    return parseWire(preview.json);
  } catch (error) {
    if (error instanceof JsonError || error instanceof GraphcellError) return undefined;
    throw error;
  }
}

function formsOf(known: Known): readonly Form[] {
  const forms: Form[] = [];
  if (known.image !== null) forms.push("image");
  if (known.table !== null) forms.push("table");
  if (known.value !== undefined) forms.push("tree");
  // A table of records reads best as a table only when nothing else is to be seen; the difference is in the tree.
  if (known.image === null && known.value !== undefined && known.preview.bundle === undefined)
    forms.reverse();
  return [...forms, "raw"];
}

function formView(form: Form, known: Known, context: ViewContext, options: ValueOptions): HTMLElement {
  if (form === "image" && known.image !== null) {
    const alt = context.t("value.imageAlt", { type: known.preview.type });
    return h("img", { class: "gc-image", src: known.image, alt });
  }
  if (form === "table" && known.table) return tableView(known.table, context, options.label);
  if (form === "tree" && known.value !== undefined) {
    return treeView(wholePart(known.value, known.before), context, options.memory.folds, options.label);
  }
  const raw = h("pre", { class: "gc-raw", tabindex: 0, role: "region", dir: "auto" }, rawText(known));
  setAttr(raw, "aria-label", options.label);
  return raw;
}

/** Text of a value to read or copy: indented JSON where it is known whole, else what the preview says. */
function rawText(known: Known): string {
  const { value, preview } = known;
  if (value === undefined) return preview.json ?? preview.text;
  return typeof value === "string"
    ? value
    : dumpJson(value, { indent: 2, ensureAscii: false, fallback: () => preview.text });
}

/** A picture as a data URL: only PNG and JPEG, only base64. */
function imageOf(preview: Preview): string | null {
  for (const mime of ["image/png", "image/jpeg"]) {
    const data = preview.bundle?.[mime]?.replace(/\s+/g, "");
    if (data !== undefined && data !== "" && /^[A-Za-z0-9+/]+={0,2}$/.test(data))
      return `data:${mime};base64,${data}`;
  }
  return null;
}

function cutNote(preview: Preview, context: ViewContext): HTMLElement | null {
  if (!preview.cut) return null;
  const { t, link } = context;
  const text =
    preview.size === null ? t("value.cutUnknown") : t("value.cut", { size: formatBytes(preview.size) });
  const { handle } = preview;
  const all =
    handle === null ? null : linkButton(t("value.showAll"), () => link.send({ type: "show-value", handle }));
  return h("p", { class: "gc-note" }, text, all && " ", all);
}
