/** Draws saved results in cell outputs, whichever kernel made them. A card is drawn from data by text nodes alone. */
import { readCard, type Disposable, type ResultCard, type SourceRange } from "@graphcell/core";
import { mountCard } from "@graphcell/view";
import styles from "./style.css";

interface OutputItem {
  readonly id: string;
  json(): unknown;
}

interface RendererContext {
  postMessage?(message: CardMessage): void;
  onDidReceiveMessage?(listener: (message: unknown) => void): { dispose(): void };
}

/** What a card asks of the extension, when that is there. */
type CardMessage =
  | { readonly type: "reveal"; readonly range: SourceRange }
  | { readonly type: "copy"; readonly text: string }
  | { readonly type: "cells" };

export function activate(context: RendererContext) {
  const mounted = new Map<string, Disposable>();
  /** Ids of the notebook's cells, as the extension told them last. */
  let cellIds: readonly string[] = [];
  context.onDidReceiveMessage?.((message) => {
    if (isCells(message)) cellIds = message.ids;
  });
  context.postMessage?.({ type: "cells" });

  function draw(el: HTMLElement, card: ResultCard): Disposable {
    return mountCard(el, card, {
      reveal: (range) => context.postMessage?.({ type: "reveal", range }),
      copy: (text) => context.postMessage?.({ type: "copy", text }),
      cellIds: () => cellIds,
    });
  }

  function remove(id: string): void {
    mounted.get(id)?.dispose();
    mounted.delete(id);
  }

  return {
    renderOutputItem(item: OutputItem, el: HTMLElement): void {
      remove(item.id);
      el.replaceChildren();
      // The output's element has a shadow of its own now and then: the style goes where the card is.
      const style = document.createElement("style");
      style.textContent = styles;
      el.append(style);
      const data = item.json();
      const card = readCard(data);
      mounted.set(item.id, card ? draw(el, card) : showText(el, waitingText(data)));
    },
    disposeOutputItem(id?: string): void {
      if (id === undefined) for (const known of [...mounted.keys()]) remove(known);
      else remove(id);
    },
  };
}

function isCells(message: unknown): message is { readonly ids: readonly string[] } {
  return typeof message === "object" && message !== null && "ids" in message && Array.isArray(message.ids);
}

const STATES: Readonly<Record<string, string>> = {
  waiting: "Simulating …",
  running: "Simulating …",
  interrupted: "The simulation was interrupted.",
  pending:
    "No Graphcell front end is attached to this kernel, so nothing was simulated. Run this cell again.",
  "no-front-end": "No Graphcell front end answered. Run this cell again.",
  timeout: "The simulation gave no result in time.",
};

/** What stands in the place of a result that is not there yet, or that a newer version wrote. */
function waitingText(data: unknown): string {
  const state = typeof data === "object" && data !== null && "state" in data ? data.state : null;
  const text = typeof state === "string" ? STATES[state] : undefined;
  return text ?? "This result was saved by another version of Graphcell.";
}

function showText(el: HTMLElement, text: string): Disposable {
  const line = document.createElement("div");
  line.className = "gc-code-text";
  line.setAttribute("role", "status");
  line.textContent = text;
  el.append(line);
  return { dispose: () => line.remove() };
}
