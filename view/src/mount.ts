import {
  type Disposable,
  type Overlay,
  type Picture,
  type ResultCard,
  type SessionLink,
  type SessionState,
  GraphcellError,
  PyRaise,
  cardPicture,
  compactSize,
  layout,
} from "@graphcell/core";
import { type CardGraph, type CardHandlers, buildCard } from "./card/card";
import type { Drawing } from "./dagPart";
import { type DagView, mountDag } from "./dag/view";
import { type SidebarOptions, buildSidebar } from "./sidebar";
import type { Translator } from "./texts";

/**
 * Mounts the whole view of a session in `el`, which must have a height of its own. Layout `narrow` is for a sidebar,
 * `wide` for a tab. Dispose it to take everything away.
 */
export function mountSidebar(
  el: HTMLElement,
  link: SessionLink,
  options: Omit<SidebarOptions, "draw">,
): Disposable {
  const compact = options.layout === "narrow";
  return buildSidebar(el, link, { ...options, draw: (box, _link, t) => drawing(box, link, t, compact) });
}

function drawing(el: HTMLElement, link: SessionLink, texts: Translator, compact: boolean): Drawing {
  const reveal = (step: string, keepFocus: boolean) => {
    const origin = link.state.current?.steps.get(step)?.origin;
    const range = origin?.created ?? origin?.definition;
    if (range) link.send({ type: "reveal", range, keepFocus });
  };
  const dag = mountDag(el, {
    // The keyboard stays in the picture, so that one can walk on from step to step.
    select(step) {
      link.send({ type: "select-step", step });
      if (step !== null) reveal(step, true);
    },
    reveal: (step) => reveal(step, false),
    setCollapsed: (group, collapsed) => link.send({ type: "set-collapsed", group, collapsed }),
    texts,
  });
  return {
    update: (state) => updateDag(dag, state, compact),
    fit: () => dag.fit(),
    find: () => dag.find(),
    dispose: () => dag.dispose(),
  };
}

function updateDag(dag: DagView, { current, settings }: SessionState, compact: boolean): void {
  if (!current) return;
  dag.update({
    graph: current.id,
    picture: current.picture,
    pictureRevision: current.pictureRevision,
    direction: current.direction === "auto" ? settings.direction : current.direction,
    overlay: current.overlay,
    selection: current.selection.step,
    collapsed: current.collapsed,
    compact,
    showTimes: settings.showTimes,
  });
}

/** Mounts a saved result in `el`. Read it first with `readCard`: it came with a notebook, from anybody. */
export function mountCard(el: HTMLElement, card: ResultCard, handlers: CardHandlers = {}): Disposable {
  return buildCard(el, card, cardGraph(card, handlers), handlers);
}

/** Room above and below the picture in a card, for times and marks: pixels. */
const ROOM = 56;

/** The card's graph; null when it has none or one that can't be read. */
function cardGraph(card: ResultCard, handlers: CardHandlers): CardGraph | null {
  try {
    const whole = cardPicture(card, null);
    if (!whole) return null;
    const placed = layout(whole.picture, { direction: "LR", sizes: compactSize, collapsed: new Set() });
    return {
      picture: whole.picture,
      height: placed.height + ROOM,
      // States and counts are those of the shown event alone, as the rows are.
      overlay: (event) => {
        const records = card.records.filter((r) => r.event === event);
        return cardPicture({ ...card, records }, event)?.overlay ?? whole.overlay;
      },
      draw: (el, picture, onSelect) => cardDrawing(el, picture, onSelect, handlers.texts),
    };
  } catch (error) {
    if (error instanceof GraphcellError || error instanceof PyRaise || error instanceof RangeError)
      return null;
    throw error;
  }
}

function cardDrawing(
  el: HTMLElement,
  picture: Picture,
  onSelect: (step: string) => void,
  texts: Translator | undefined,
) {
  let collapsed: ReadonlySet<string> = new Set();
  let shown: Overlay | null = null;
  let selected: string | null = null;
  const dag = mountDag(el, {
    select(step) {
      selected = step;
      draw();
      if (step !== null) onSelect(step);
    },
    reveal: onSelect,
    setCollapsed(group, folded) {
      const others = [...collapsed].filter((id) => id !== group);
      collapsed = new Set(folded ? [...others, group] : others);
      draw();
    },
    ...(texts ? { texts } : {}),
  });
  const draw = () =>
    dag.update({
      graph: "card",
      picture,
      pictureRevision: 1,
      direction: "LR",
      overlay: shown,
      selection: selected,
      collapsed,
      compact: true,
      showTimes: false,
    });
  return {
    update(overlay: Overlay) {
      shown = overlay;
      draw();
    },
    dispose: () => dag.dispose(),
  };
}
