import {
  GraphcellError,
  cardBundle,
  failedCard,
  isMap,
  liveBundle,
  type CardBundle,
  type MockEvent,
  type PyMap,
  type RunItem,
  type Session,
} from "@graphcell/core";
import type { SimulateReply, SimulateRequest } from "./protocol";

/** Answers a `%%simulate` cell: runs its events and gives the bundle that becomes the cell's output. */
export async function answerSimulate(
  session: Session,
  request: SimulateRequest,
  tell: (soFar: SimulateReply) => void,
): Promise<SimulateReply> {
  try {
    const card = await session.simulate({
      graph: request.graph === "" ? null : request.graph,
      items: request.events.map(eventItem),
      onCard: (soFar) => tell({ bundle: textsOf(liveBundle(soFar)) }),
    });
    return { bundle: textsOf(await cardBundle(card)) };
  } catch (error) {
    const failure = failureOf(error);
    const text = [failure.message, failure.remedy].filter((part) => part !== "").join(" ");
    return { bundle: textsOf(await cardBundle(failedCard(request.graph, failure))), failure: text };
  }
}

function textsOf(bundle: CardBundle): SimulateReply["bundle"] {
  const texts: Record<string, string> = {};
  for (const [mime, data] of Object.entries(bundle)) {
    texts[mime] = typeof data === "string" ? data : JSON.stringify(data);
  }
  return texts;
}

/** What went wrong, for a card or a message. */
export function failureOf(error: unknown): { readonly message: string; readonly remedy: string } {
  if (error instanceof GraphcellError) return { message: error.message, remedy: error.remedy };
  return { message: error instanceof Error ? error.message : String(error), remedy: "" };
}

/** An event that lives in a cell only: the fields that the agent knows, as it read them. */
export function eventItem(fields: PyMap, index: number): RunItem {
  const text = (name: string) => {
    const value = fields.get(name);
    return typeof value === "string" ? value : undefined;
  };
  const headers = fields.get("headers");
  const repeat = fields.get("repeat");
  const event: MockEvent = {
    ...(fields.has("body") ? { body: fields.get("body") } : {}),
    ...(text("id") === undefined ? {} : { id: text("id") }),
    ...(text("path") === undefined ? {} : { path: text("path") }),
    ...(text("method") === undefined ? {} : { method: text("method") }),
    ...(text("content_type") === undefined ? {} : { contentType: text("content_type") }),
    ...(isMap(headers) ? { headers } : {}),
    ...(fields.has("key") ? { key: fields.get("key") } : {}),
    ...(fields.has("time") ? { time: fields.get("time") } : {}),
    ...(typeof repeat === "number" ? { repeat } : {}),
  };
  return { saved: null, name: text("name") ?? text("id") ?? `event ${index + 1}`, event };
}
