import type { ResultCard } from "./card";
import type { EventRun } from "./state";
import type { Preview, TraceRecord } from "../engine/trace";

/** Events that are told one by one, and records of each. */
const EVENTS = 20;
const RECORDS = 40;
/** Characters of one column of values. */
const COLUMN = 36;

/**
 * A result as plain text: one line for the run, then for each event a line and a table with a row a step: input,
 * output, time, error. Columns are aligned for a monospace font, wide characters counted twice.
 */
export function cardText(card: ResultCard): string {
  const lines = [headLine(card)];
  if (card.failure) lines.push(`${card.failure.message} ${card.failure.remedy}`.trim());
  for (const event of card.events.slice(0, EVENTS)) {
    lines.push("", eventLine(event), ...recordLines(card.records.filter((r) => r.event === event.id)));
    lines.push(...answerLines(event.run));
  }
  const rest = card.events.length - EVENTS;
  if (rest > 0) lines.push("", `and ${rest} more events`);
  return lines.join("\n");
}

function headLine(card: ResultCard): string {
  const n = card.events.length;
  const failed = card.events.filter(
    ({ run }) => run.error !== null || run.status === "error_response",
  ).length;
  const parts = [`${n} ${n === 1 ? "event" : "events"}`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (card.failure) parts.push("the run failed");
  return `${card.graphName}: ${parts.join(", ")}, ${msText(card.ms)}`;
}

function eventLine({ name, run }: ResultCard["events"][number]): string {
  const words: Readonly<Record<EventRun["status"], string>> = {
    ok: "ok",
    error_response: "error response",
    error: "failed",
    timeout: "no answer",
    emitted: "emitted",
    cancelled: "cancelled",
  };
  const code = run.code === null ? "" : ` ${run.code}`;
  return `${oneLine(name, 60)}: ${words[run.status]}${code}, ${msText(run.ms)}${run.changed ? ", changed" : ""}`;
}

function answerLines(run: EventRun): string[] {
  if (run.error) return [`  ${run.error.class}: ${oneLine(run.error.message, 200)}`];
  return run.response ? [`  response: ${oneLine(run.response.text, 200)}`] : [];
}

function recordLines(records: readonly TraceRecord[]): string[] {
  if (records.length === 0) return [];
  const rows = [...records].sort((a, b) => a.seq - b.seq).slice(0, RECORDS);
  const withError = rows.some((r) => r.error !== null);
  const head = ["step", "in", "out", "time", ...(withError ? ["error"] : [])];
  const table = [head, ...rows.map((r) => rowOf(r, withError))];
  const widths = head.map((_, i) => Math.max(...table.map((row) => widthOf(row[i]))));
  const lines = table.map((row) =>
    `  ${row.map((text, i) => padded(text, widths[i], i === 3)).join("  ")}`.trimEnd(),
  );
  const rest = records.length - rows.length;
  return rest > 0 ? [...lines, `  and ${rest} more`] : lines;
}

function rowOf(record: TraceRecord, withError: boolean): string[] {
  const out = record.out.map((p) => valueText(p)).join(" | ");
  const more = record.emitted > record.out.length ? `${out} (${record.emitted} in all)` : out;
  const row = [oneLine(record.step, 40), valueText(record.in), oneLine(more, COLUMN), msText(record.ms)];
  if (!withError) return row;
  const { error, handledBy } = record;
  if (!error) return [...row, ""];
  const handled = handledBy === null ? "" : ` (handled by ${handledBy})`;
  return [...row, `${error.class}: ${oneLine(error.message, 60)}${handled}`];
}

function valueText(preview: Preview): string {
  return oneLine(preview.text, COLUMN);
}

/** One line without control characters, cut with an ellipsis. */
function oneLine(text: string, max: number): string {
  const line = text
    .slice(0, max * 4)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();
  const letters = [...line];
  return letters.length > max || text.length > max * 4 ? `${letters.slice(0, max - 1).join("")}\u2026` : line;
}

function msText(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

function widthOf(text: string): number {
  let width = 0;
  for (const letter of text) width += /\p{M}/u.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1;
  return width;
}

function padded(text: string, width: number, right: boolean): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return right ? space + text : text + space;
}
