import { type Preview, type TraceRecord, identical } from "@graphcell/core";
import { plainText } from "../ansi";
import type { ViewContext } from "../context";
import { h } from "../element";
import { formatCount, formatMs } from "../format";
import { type ValueMemory, readPreview, valueView } from "../value/view";
import { raisedView } from "./raised";

/** Characters of printed output that are shown at once. */
const PRINTED = 20_000;

/** How the values of one step are shown: the same from event to event. */
export interface RecordMemory {
  readonly in: ValueMemory;
  readonly out: ValueMemory;
}

export function recordMemory(): RecordMemory {
  return { in: { form: null, folds: new Map() }, out: { form: null, folds: new Map() } };
}

/** What one step did with one event: error, input, outputs with what differs, time, printed text. */
export function recordView(
  record: TraceRecord,
  context: ViewContext,
  options: { readonly memory: RecordMemory; readonly cellIds: readonly string[] },
): readonly HTMLElement[] {
  const { t } = context;
  const { memory, cellIds } = options;
  const parts: HTMLElement[] = [];
  if (record.error) {
    parts.push(raisedView(record.error, context, cellIds));
    if (record.handledBy !== null) parts.push(note(t("inspector.handledBy", { step: record.handledBy })));
  }
  parts.push(
    slot(t("inspector.in"), valueView(record.in, context, { label: t("inspector.in"), memory: memory.in })),
  );
  parts.push(...outputs(record, context, memory));
  parts.push(metaLine(record, context));
  const printed = printedView(record.stdout, context);
  if (printed) parts.push(printed);
  return parts;
}

function outputs(record: TraceRecord, context: ViewContext, memory: RecordMemory): HTMLElement[] {
  const { t } = context;
  const { out } = record;
  if (out.length === 0) return record.error ? [] : [slot(t("inspector.out"), note(t("inspector.noOut")))];
  const parts = out.map((preview, i) => {
    const numbers = { n: i + 1, total: out.length };
    const label = out.length === 1 ? t("inspector.out") : t("inspector.outOf", numbers);
    const view = valueView(preview, context, { label, before: record.in, memory: memory.out });
    const unchanged = sameValue(record.in, preview) ? t("inspector.unchanged") : "";
    return slot(label, view, unchanged);
  });
  const rest = record.emitted - out.length;
  return rest > 0 ? [...parts, note(t("inspector.moreOut", { n: formatCount(rest) }))] : parts;
}

function sameValue(a: Preview, b: Preview): boolean {
  const [x, y] = [readPreview(a), readPreview(b)];
  return x !== undefined && y !== undefined && identical(x, y);
}

function slot(label: string, content: HTMLElement, hint = ""): HTMLElement {
  const said = hint === "" ? null : h("span", { class: "gc-hint" }, hint);
  return h("div", { class: "gc-slot" }, h("h3", {}, label, said && " ", said), content);
}

function note(text: string): HTMLElement {
  return h("p", { class: "gc-note" }, text);
}

function metaLine(record: TraceRecord, { t }: ViewContext): HTMLElement {
  const parts = [formatMs(record.ms)];
  if (record.emitted !== 1) parts.push(t("inspector.emitted", { n: formatCount(record.emitted) }));
  return h("p", { class: "gc-note gc-meta" }, parts.join(" \u00b7 "));
}

function printedView(stdout: string, { t }: ViewContext): HTMLElement | null {
  const text = plainText(stdout).replace(/\n$/, "");
  if (text === "") return null;
  const lines = text.split("\n").length;
  const label = t("inspector.printed", { n: formatCount(lines) });
  const shown = text.length > PRINTED ? `${text.slice(0, PRINTED)}\u2026` : text;
  const pre = h(
    "pre",
    { class: "gc-raw", tabindex: 0, role: "region", "aria-label": label, dir: "auto" },
    shown,
  );
  return h("details", { open: lines <= 8 }, h("summary", {}, label), pre);
}
