import { CARD_MIME, type ResultCard } from "./card";
import { overlayOf } from "./overlay";
import { RecordTally } from "./tally";
import type { Overlay, Picture } from "../draw/picture";
import { pictureOf } from "../draw/pictureOf";
import { decodeGraph } from "../model/decode";
import { isMap } from "../value/value";
import { fromWire } from "../value/wire";

/**
 * A card as a cell's output: for Graphcell itself, as a picture, and as plain text, so that a viewer that knows
 * nothing of Graphcell shows the graph and the results. What draws them is loaded with the first card.
 */
export async function cardBundle(card: ResultCard): Promise<CardBundle> {
  const { cardSvg, cardText } = await import("./cardTexts");
  const drawn = cardPicture(card, null);
  return {
    [CARD_MIME]: card,
    ...(drawn ? { "image/svg+xml": cardSvg(drawn.picture, drawn.overlay, card.graphName) } : {}),
    "text/plain": cardText(card),
  };
}

/** A card of a run that goes on: the next one replaces it, so that nobody waits for its picture. */
export function liveBundle(card: ResultCard): CardBundle {
  const { done, total } = card.progress ?? { done: 0, total: 0 };
  return { [CARD_MIME]: card, "text/plain": `Simulating … ${done} of ${total} events` };
}

export interface CardBundle {
  readonly [CARD_MIME]: ResultCard;
  readonly "image/svg+xml"?: string;
  readonly "text/plain": string;
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

/** A card's graph and what ran through it: all events, or the one of that id. Null when the card has no graph. */
export function cardPicture(
  card: ResultCard,
  event: string | null,
): { readonly picture: Picture; readonly overlay: Overlay } | null {
  const graph = card.graph === null ? null : fromWire(card.graph);
  if (!isMap(graph)) return null;
  const picture = pictureOf(decodeGraph(graph).graph);
  const followed = new Set(picture.edges.map((edge) => edge.from));
  const overlay = overlayOf(new RecordTally(card.records), picture, {
    events: event === null ? null : [event],
    previous: null,
    outdated: false,
    running: false,
    terminal: new Set(picture.nodes.filter((n) => !followed.has(n.id)).map((n) => n.id)),
  });
  return { picture, overlay };
}
