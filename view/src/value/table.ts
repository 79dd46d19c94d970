import { type PyValue, typeName } from "@graphcell/core";
import type { ViewContext } from "../context";
import { h } from "../element";
import { formatCount } from "../format";
import { scalarText, summaryText } from "./summary";

/** Rows of a table: texts, the first row the headings. `numeric` tells which columns stand to the right. */
export interface TableData {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly numeric: readonly boolean[];
}

const ROWS = 50;
const COLUMNS = 60;
const CELL = 80;

/** A list of records as a table; null when the value is no such list. */
export function tableOf(value: PyValue): TableData | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const columns = new Set<PyValue>();
  for (const row of value) {
    if (!(row instanceof Map) || row.size === 0) return null;
    for (const key of row.keys()) columns.add(key);
    if (columns.size > COLUMNS) return null;
  }
  const keys = [...columns];
  const rows = value.map((row) => keys.map((key) => cellText(row instanceof Map ? row.get(key) : undefined)));
  const numeric = keys.map((key) => value.every((row) => row instanceof Map && isNumeric(row.get(key))));
  return { head: keys.map((key) => (typeof key === "string" ? key : summaryText(key, CELL))), rows, numeric };
}

function cellText(value: PyValue | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string"
    ? value.slice(0, CELL * 4)
    : value instanceof Map
      ? summaryText(value, CELL)
      : scalarText(value, CELL);
}

function isNumeric(value: PyValue | undefined): boolean {
  return value === undefined || ["int", "float"].includes(typeName(value));
}

/**
 * The first table of an HTML text, as texts: the markup is parsed in a document of its own, which runs and loads
 * nothing, and only the texts of its cells are taken over. Null when there is no table.
 */
export function tableOfHtml(html: string): TableData | null {
  const table = new DOMParser().parseFromString(html, "text/html").querySelector("table");
  if (!table) return null;
  const rows = [...table.querySelectorAll("tr")].map((row) =>
    [...row.querySelectorAll("th, td")].slice(0, COLUMNS).map((cell) => (cell.textContent ?? "").trim()),
  );
  if (rows.length === 0) return null;
  const [head, ...body] = rows;
  const numeric = head.map(
    (_, i) => body.length > 0 && body.every((row) => /^-?[\d.,]+(e[-+]?\d+)?%?$|^NaN$|^$/.test(row[i] ?? "")),
  );
  return { head, rows: body, numeric };
}

/** The table, its first rows only; more come on demand. */
export function tableView(data: TableData, context: ViewContext, label: string): HTMLElement {
  const cellClass = (i: number) => (data.numeric[i] ? "gc-numeric" : null);
  // A heading without words is no heading: the column of a data frame's index.
  const head = data.head.map((text, i) =>
    text === "" ? h("td") : h("th", { scope: "col", class: cellClass(i), dir: "auto" }, text),
  );
  const body = h("tbody");
  const table = h(
    "table",
    { class: "gc-table", "aria-label": label },
    h("thead", {}, h("tr", {}, ...head)),
    body,
  );
  const frame = h(
    "div",
    { class: "gc-table-frame", tabindex: 0, role: "region", "aria-label": label },
    table,
  );
  const box = h("div", {}, frame);
  const add = (from: number) => {
    for (const row of data.rows.slice(from, from + ROWS)) {
      body.append(h("tr", {}, ...row.map((text, i) => h("td", { class: cellClass(i), dir: "auto" }, text))));
    }
    const rest = data.rows.length - from - ROWS;
    if (rest <= 0) return;
    const more = h(
      "button",
      { type: "button", class: "gc-link" },
      context.t("value.moreRows", { n: formatCount(rest) }),
    );
    more.addEventListener("click", () => {
      more.remove();
      add(from + ROWS);
    });
    box.append(more);
  };
  add(0);
  return box;
}
