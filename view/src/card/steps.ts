import type { TraceRecord } from "@graphcell/core";
import type { ViewContext } from "../context";
import { fill, h, setAttr, show } from "../element";
import { formatCount, formatMs, oneLine } from "../format";
import { icon } from "../icon";
import { recordMemory, recordView } from "../inspector/record";

/** One row of a card: a step, with all that it did with the shown event. */
export interface StepRow {
  readonly step: string;
  readonly records: readonly TraceRecord[];
}

/** Records by step, steps in the order in which they began first. */
export function stepRows(records: readonly TraceRecord[]): readonly StepRow[] {
  const rows = new Map<string, TraceRecord[]>();
  for (const record of [...records].sort((a, b) => a.seq - b.seq)) {
    const row = rows.get(record.step);
    if (row) row.push(record);
    else rows.set(record.step, [record]);
  }
  return [...rows].map(([step, list]) => ({ step, records: list }));
}

/** Records of one step that are shown when its row is open. */
const SHOWN = 20;

/** A row, and the row below it that holds the whole values; a click or Enter opens it. */
export function stepRow(
  row: StepRow,
  context: ViewContext,
  cellIds: readonly string[],
): HTMLTableSectionElement {
  const { t } = context;
  const { records, step } = row;
  const error = records.find((r) => r.error !== null)?.error ?? null;
  const handled = error !== null && records.every((r) => r.error === null || r.handledBy !== null);
  const name = h("span", { dir: "auto" }, step);
  const times =
    records.length > 1
      ? h("span", { class: "gc-type" }, t("card.times", { n: formatCount(records.length) }))
      : null;
  const fold = h(
    "button",
    { type: "button", class: "gc-card-fold", "aria-expanded": false },
    icon("chevron"),
    name,
    times,
  );
  const ms = records.reduce((sum, r) => sum + r.ms, 0);
  const last = records[records.length - 1];
  const out = error ? `${error.class}: ${error.message}` : last.out.map((p) => p.text).join(" | ");
  const outCell = h("td", { class: error ? (handled ? "gc-is-changed" : "gc-is-failed") : null });
  outCell.append(h("code", {}, oneLine(out, 160)));
  const input = h("td", {}, h("code", {}, oneLine(records[0].in.text, 160)));
  const line = h(
    "tr",
    { "data-step": step },
    h("th", { scope: "row" }, fold),
    input,
    outCell,
    h("td", { class: "gc-numeric" }, formatMs(ms)),
  );
  const cell = h("td", { colspan: 4 });
  const open = h("tr", { class: "gc-card-open", hidden: true }, cell);
  const toggle = () => {
    const opened = open.hidden === true;
    if (opened && cell.childElementCount === 0) fill(cell, ...openedViews(records, context, cellIds));
    show(open, opened);
    setAttr(fold, "aria-expanded", opened);
  };
  line.addEventListener("click", toggle);
  return h("tbody", {}, line, open);
}

function openedViews(
  records: readonly TraceRecord[],
  context: ViewContext,
  cellIds: readonly string[],
): HTMLElement[] {
  const memory = recordMemory();
  const views = records
    .slice(0, SHOWN)
    .map((record) => h("div", { class: "gc-records" }, ...recordView(record, context, { memory, cellIds })));
  const rest = records.length - SHOWN;
  if (rest > 0) views.push(h("div", { class: "gc-note" }, context.t("value.more", { n: formatCount(rest) })));
  return views;
}
