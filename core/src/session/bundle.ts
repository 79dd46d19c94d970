import { CARD_MIME, type ResultCard } from "./card";
import { RunCounts } from "./overlay";
import type { Overlay, Picture } from "../draw/picture";
import { pictureOf } from "../draw/pictureOf";
import { svgOf } from "../draw/svg";
import type { TraceRecord } from "../engine/trace";
import { layout } from "../layout/layout";
import { labelSize } from "../layout/measure";
import { decodeGraph } from "../model/decode";
import { isMap } from "../value/value";
import { fromWire } from "../value/wire";

/** Characters of one value in the plain text of a card. */
const TEXT_WIDTH = 60;
/** Rows of steps in the plain text of a card; more are counted. */
const TEXT_ROWS = 100;

/**
 * A card as a cell's output: for Graphcell itself, as a picture, and as plain text, so that a viewer that knows
 * nothing of Graphcell shows the graph and the results.
 */
export function cardBundle(card: ResultCard): Readonly<Record<string, unknown>> {
  const svg = cardSvg(card);
  return {
    [CARD_MIME]: card,
    ...(svg === null ? {} : { "image/svg+xml": svg }),
    "text/plain": cardText(card),
  };
}

/** The card of a simulation that could not begin. */
export function failedCard(
  graphName: string,
  failure: { readonly message: string; readonly remedy: string },
): ResultCard {
  return {
    version: 1,
    graphName,
    graph: null,
    events: [],
    records: [],
    failure: { ...failure, step: null },
    ms: 0,
  };
}

/** The picture of a card's graph with its run, as a view draws it; null when the card has no graph. */
export function cardPicture(card: ResultCard): { readonly picture: Picture; readonly overlay: Overlay } | null {
  const graph = card.graph === null ? null : fromWire(card.graph);
  if (!isMap(graph)) return null;
  const picture = pictureOf(decodeGraph(graph).graph);
  const counts = new RunCounts();
  for (const record of card.records) counts.add(record);
  const sources = new Set(picture.edges.map((edge) => edge.from));
  const terminal = new Set(picture.nodes.filter((n) => !sources.has(n.id)).map((n) => n.id));
  const overlay = counts.overlay(picture, {
    events: null,
    previous: null,
    outdated: false,
    running: false,
    terminal,
  });
  return { picture, overlay };
}

function cardSvg(card: ResultCard): string | null {
  const drawn = cardPicture(card);
  if (!drawn) return null;
  const placement = layout(drawn.picture, { direction: "LR", sizes: labelSize, collapsed: new Set() });
  return svgOf(drawn.picture, placement, drawn.overlay, { theme: "auto", title: card.graphName });
}

/** A line for the run, one for each event, and below it one for each step that it entered. */
export function cardText(card: ResultCard): string {
  const lines = [`${card.graphName || "graph"}: ${countsText(card)}`];
  if (card.failure) {
    const step = card.failure.step === null ? "" : ` (step ${card.failure.step})`;
    lines.push(`${card.failure.message}${step}`, ...(card.failure.remedy ? [card.failure.remedy] : []));
  }
  let rows = 0;
  const byEvent = groups(card.records);
  for (const { id, name, run } of card.events) {
    const answer = run.error ? `${run.error.class}: ${run.error.message}` : (run.response?.text ?? "");
    lines.push(`${name}  ${run.code ?? run.status}  ${timeText(run.ms)}  ${short(answer)}`);
    for (const record of byEvent.get(id) ?? []) if (rows++ < TEXT_ROWS) lines.push(`  ${recordText(record)}`);
  }
  if (rows > TEXT_ROWS) lines.push(`  ... and ${rows - TEXT_ROWS} more steps`);
  return lines.join("\n");
}

function groups(records: readonly TraceRecord[]): ReadonlyMap<string, readonly TraceRecord[]> {
  const found = new Map<string, TraceRecord[]>();
  for (const record of records) {
    const list = found.get(record.event);
    if (list) list.push(record);
    else found.set(record.event, [record]);
  }
  return found;
}

function countsText(card: ResultCard): string {
  const failed = card.events.filter(({ run }) => run.status !== "ok" && run.status !== "emitted").length;
  const events = card.events.length === 1 ? "1 event" : `${card.events.length} events`;
  return [events, ...(failed > 0 ? [`${failed} failed`] : []), timeText(card.ms)].join(", ");
}

function recordText(record: TraceRecord): string {
  const out = record.error
    ? `${record.error.class}: ${record.error.message}`
    : record.out.length === 0
      ? "(nothing)"
      : record.out.map((o) => o.text).join(", ");
  return `${record.step}  ${short(record.in.text)} -> ${short(out)}  ${timeText(record.ms)}`;
}

function short(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > TEXT_WIDTH ? `${line.slice(0, TEXT_WIDTH - 3)}...` : line;
}

function timeText(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
