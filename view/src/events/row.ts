import type { SavedEvent } from "@graphcell/core";
import { type ViewContext, iconButton } from "../context";
import { fillOnce, h, setAttr, setText } from "../element";
import { formatMs, oneLine } from "../format";
import { icon } from "../icon";
import type { Keyed } from "../keyed";
import { type MenuItem, menuOn } from "../menu";
import { kindOf } from "./tally";

/** What a row asks of its list. */
export interface RowHandlers {
  run(event: SavedEvent): void;
  select(event: SavedEvent): void;
  edit(event: SavedEvent): void;
  menu(event: SavedEvent): readonly MenuItem[];
  key(event: KeyboardEvent, saved: SavedEvent): void;
  drop(dragged: string, index: number): void;
}

/** What a row shows beside its event. */
export interface RowState {
  readonly event: SavedEvent;
  readonly selected: boolean;
  /** The one row that Tab reaches. */
  readonly current: boolean;
}

const DRAG_TYPE = "application/x-graphcell-event";

/** One event of the list: run button, name, body, mark, status, time, menu. */
export function eventRow(first: RowState, context: ViewContext, on: RowHandlers): Keyed<RowState> {
  const { t } = context;
  let event = first.event;
  let place = 0;
  const run = iconButton("play", "", () => on.run(event));
  const name = h("span", { class: "gc-event-name", dir: "auto" });
  const body = h("code", { class: "gc-event-body", dir: "ltr" });
  const changed = h("span", { class: "gc-event-changed" });
  const status = h("span", { class: "gc-event-status" });
  const time = h("span", { class: "gc-event-time" });
  const more = iconButton("more", "", () => {});
  const menu = menuOn(more, context.root, () => on.menu(event));
  const cell = (className: string, ...content: Node[]) =>
    h("div", { role: "gridcell", class: className }, ...content);
  const el = h(
    "div",
    { role: "row", class: "gc-event", draggable: true },
    cell("gc-cell-run", run),
    cell("gc-cell-name", name, body),
    cell("gc-cell-result", changed, status, time),
    cell("gc-cell-more", more),
  );
  el.addEventListener("click", (e) => {
    if (!(e.target instanceof Element && e.target.closest("button"))) on.select(event);
  });
  el.addEventListener("dblclick", () => on.edit(event));
  el.addEventListener("keydown", (e) => {
    if (e.target === el) on.key(e, event);
  });
  dragging(el, () => ({ id: event.id, place }), on);
  return {
    el,
    update(state, index) {
      event = state.event;
      place = index;
      const shown = event.name || t("events.unnamed", { n: index + 1 });
      setText(name, shown);
      setAttr(name, "title", shown);
      setText(
        body,
        event.event.bodyText.trim() === "" ? t("events.noBody") : oneLine(event.event.bodyText, 80),
      );
      body.classList.toggle("gc-bad", event.event.bodyError !== null);
      for (const [button, label] of [
        [run, t("events.run", { name: shown })],
        [more, t("events.actions", { name: shown })],
      ] as const) {
        setAttr(button, "aria-label", label);
        setAttr(button, "title", label);
        setAttr(button, "tabindex", state.current ? 0 : -1);
      }
      setAttr(el, "aria-selected", state.selected);
      setAttr(el, "aria-rowindex", index + 1);
      setAttr(el, "tabindex", state.current ? 0 : -1);
      showResult(event, { changed, status, time }, context);
    },
    dispose: () => menu.dispose(),
  };
}

interface ResultCells {
  readonly changed: HTMLElement;
  readonly status: HTMLElement;
  readonly time: HTMLElement;
}

function showResult({ result, event }: SavedEvent, cells: ResultCells, { t }: ViewContext): void {
  const signature = result
    ? `${result.status} ${result.code} ${result.changed}`
    : `none ${event.bodyError !== null}`;
  setText(cells.time, result ? formatMs(result.ms) : "");
  fillOnce(cells.changed, String(result?.changed ?? false), () => {
    if (!result?.changed) return [];
    const word = t("events.changed");
    return [h("span", { role: "img", "aria-label": word, title: word, class: "gc-delta" }, icon("delta"))];
  });
  fillOnce(cells.status, signature, () => {
    if (!result) {
      if (!event.bodyError) return [];
      const label = t("events.bodyError", { message: event.bodyError.message });
      return [h("span", { role: "img", "aria-label": label, title: label, class: "gc-bad" }, icon("error"))];
    }
    const word = t(`status.${result.status}`);
    const kind = kindOf(result);
    const failed = kind === "failed" && icon("error");
    return [
      h(
        "span",
        { class: `gc-status gc-is-${kind}`, title: word },
        failed,
        result.code === null ? word : String(result.code),
      ),
    ];
  });
}

function dragging(el: HTMLElement, self: () => { id: string; place: number }, on: RowHandlers): void {
  const edge = (event: DragEvent) => {
    const box = el.getBoundingClientRect();
    return event.clientY > box.top + box.height / 2 ? 1 : 0;
  };
  const clear = () => el.classList.remove("gc-drop-above", "gc-drop-below");
  el.addEventListener("dragstart", (event) => {
    event.dataTransfer?.setData(DRAG_TYPE, `${self().place}:${self().id}`);
    if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
  });
  el.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes(DRAG_TYPE)) return;
    event.preventDefault();
    clear();
    el.classList.add(edge(event) === 1 ? "gc-drop-below" : "gc-drop-above");
  });
  el.addEventListener("dragleave", clear);
  el.addEventListener("drop", (event) => {
    clear();
    const dragged = readDrag(event.dataTransfer?.getData(DRAG_TYPE) ?? "");
    if (!dragged || dragged.id === self().id) return;
    event.preventDefault();
    const gap = self().place + edge(event);
    on.drop(dragged.id, dragged.place < gap ? gap - 1 : gap);
  });
}

/** Reads `PLACE:ID`; what another page may have put there is refused. */
function readDrag(text: string): { id: string; place: number } | null {
  const found = /^(\d+):(.+)$/s.exec(text);
  return found ? { id: found[2], place: Number(found[1]) } : null;
}
