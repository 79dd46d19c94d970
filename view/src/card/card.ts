import {
  type Disposable,
  Disposables,
  type Overlay,
  type Picture,
  type ResultCard,
  type SourceRange,
} from "@graphcell/core";
import type { ViewContext } from "../context";
import { fill, h, setAttr } from "../element";
import { formatMs } from "../format";
import { icon } from "../icon";
import { kindOf } from "../events/tally";
import { plainText } from "../ansi";
import { raisedView } from "../inspector/raised";
import { type Translator, englishTexts } from "../texts";
import { valueView } from "../value/view";
import { stepRow, stepRows } from "./steps";

/** What a card asks of its host. Each is optional: without it the card leaves the control out or does nothing. */
export interface CardHandlers {
  /** Shows a place of a traceback in the notebook. */
  reveal?(range: SourceRange): void;
  /** Copies a text; the browser's clipboard is used when absent. */
  copy?(text: string): void;
  /** Ids of the notebook's cells in order, to number the cells of a traceback. */
  cellIds?(): readonly string[];
  readonly texts?: Translator;
}

/** The small picture of a card, drawn for one event or, with null, for all. */
export interface CardDrawing extends Disposable {
  update(overlay: Overlay, selected: string | null): void;
}

/** What a card needs to draw its graph; null when its graph can't be read. */
export interface CardGraph {
  readonly picture: Picture;
  /** Height of the whole picture in pixels; the card gives it at most 240. */
  readonly height: number;
  overlay(event: string | null): Overlay;
  draw(el: HTMLElement, picture: Picture, onSelect: (step: string) => void): CardDrawing;
}

/** Builds the result card: header, picture, one row a step that opens on click. */
export function buildCard(
  el: HTMLElement,
  card: ResultCard,
  graph: CardGraph | null,
  handlers: CardHandlers,
): Disposable {
  const view = new Card(card, graph, handlers);
  el.append(view.root);
  view.draw();
  return view;
}

class Card implements Disposable {
  readonly root: HTMLElement;
  private readonly owned = new Disposables();
  private readonly context: ViewContext;
  private readonly status = h("span", { class: "gc-card-status" });
  private readonly picture = h("div", { class: "gc-card-picture" });
  private readonly answer = h("div", { class: "gc-card-answer" });
  private readonly table: HTMLTableElement;
  private readonly drawing: CardDrawing | null;
  /** Index of the shown event. */
  private at = 0;

  constructor(
    private readonly card: ResultCard,
    private readonly graph: CardGraph | null,
    private readonly handlers: CardHandlers,
  ) {
    const t = handlers.texts ?? englishTexts;
    const live = h("div", { class: "gc-sr", role: "status", "aria-live": "polite" });
    this.root = h("section", { class: "gc-root gc-card", "aria-label": t("card.title") });
    this.context = contextOf(this.root, t, handlers, (text) => (live.textContent = text));
    this.at = Math.max(
      0,
      card.events.findIndex(({ run }) => kindOf(run) === "failed"),
    );
    this.table = this.makeTable();
    this.root.append(this.head(), ...this.failure());
    if (graph) {
      this.picture.style.height = `${Math.round(Math.min(HIGHEST, graph.height))}px`;
      this.root.append(this.picture);
    }
    this.drawing = graph
      ? this.owned.add(graph.draw(this.picture, graph.picture, (step) => this.openStep(step)))
      : null;
    if (!graph && card.graph !== null)
      this.root.append(h("p", { class: "gc-note gc-padded" }, t("card.unreadable")));
    this.root.append(this.answer, this.table, live);
  }

  private head(): HTMLElement {
    const { t } = this.context;
    const { events, graphName, ms, progress } = this.card;
    const name = h("b", { class: "gc-card-name", dir: "auto" }, graphName);
    const time = h("span", { class: "gc-note" }, formatMs(ms));
    return h(
      "div",
      { class: "gc-card-head" },
      icon("graph"),
      name,
      events.length > 1 ? this.chooser() : this.onlyName(),
      this.status,
      progress ? h("span", { class: "gc-card-progress" }, icon("wait"), t("card.progress", progress)) : null,
      h("span", { class: "gc-space" }),
      h("span", { class: "gc-sr" }, t("card.time")),
      time,
    );
  }

  private onlyName(): HTMLElement | null {
    const only = this.card.events[0];
    return only ? h("span", { class: "gc-card-event", dir: "auto" }, only.name) : null;
  }

  private chooser(): HTMLElement {
    const { t } = this.context;
    const select = h("select", { class: "gc-chooser", "aria-label": t("card.event") });
    this.card.events.forEach(({ name, run }, i) => {
      const text = `${name} \u00b7 ${run.code ?? t(`status.${run.status}`)}`;
      select.append(h("option", { value: i, selected: i === this.at }, text));
    });
    select.addEventListener("change", () => {
      this.at = Number(select.value);
      this.draw();
    });
    return select;
  }

  private failure(): HTMLElement[] {
    const { failure } = this.card;
    if (!failure) return [];
    const { t } = this.context;
    const where = failure.step === null ? "" : `${failure.step}: `;
    const text = h(
      "span",
      { dir: "auto" },
      h("b", {}, t("card.failed"), ". "),
      where,
      plainText(`${failure.message} ${failure.remedy}`),
    );
    return [
      h("div", { class: "gc-strip gc-is-error" }, h("span", { class: "gc-strip-icon" }, icon("error")), text),
    ];
  }

  private makeTable(): HTMLTableElement {
    const { t } = this.context;
    const heads = (["card.step", "inspector.in", "inspector.out", "card.time"] as const).map((key) =>
      h("th", { scope: "col", class: key === "card.time" ? "gc-numeric" : null }, t(key)),
    );
    const table = h(
      "table",
      { class: "gc-card-table", "aria-label": t("card.steps") },
      h("thead", {}, h("tr", {}, ...heads)),
    );
    table.hidden = this.card.events.length === 0 && this.card.records.length === 0;
    return table;
  }

  /** Shows the chosen event: status, answer, picture and rows. */
  draw(): void {
    const { t } = this.context;
    const event = this.card.events[this.at];
    // While a run goes on, its first event may not be through yet.
    const id = event?.id ?? this.card.records[0]?.event;
    const records = this.card.records.filter((r) => r.event === id);
    for (const row of [...this.table.tBodies]) row.remove();
    const cellIds = this.handlers.cellIds?.() ?? [];
    this.table.append(...stepRows(records).map((row) => stepRow(row, this.context, cellIds)));
    this.drawing?.update(this.graph?.overlay(id ?? null) ?? NOTHING, null);
    if (!event) return fill(this.answer);
    const kind = kindOf(event.run);
    this.status.className = `gc-card-status gc-status gc-is-${kind}`;
    const word = t(`status.${event.run.status}`);
    fill(
      this.status,
      kind === "failed" && icon("error"),
      event.run.code === null ? word : `${event.run.code} ${word}`,
    );
    const { response, error } = event.run;
    const label = t("events.response");
    const memory = { form: null, folds: new Map<string, boolean>() };
    if (error) fill(this.answer, raisedView(error, this.context, cellIds));
    else if (response)
      fill(
        this.answer,
        h(
          "div",
          { class: "gc-slot" },
          h("h3", {}, label),
          valueView(response, this.context, { label, memory }),
        ),
      );
    else
      fill(
        this.answer,
        h("p", { class: "gc-note" }, event.run.status === "timeout" ? t("events.noResponse") : ""),
      );
  }

  /** A click on a step in the picture opens its row. */
  private openStep(step: string): void {
    const row = [...this.table.querySelectorAll<HTMLElement>("tr[data-step]")].find(
      (el) => el.dataset.step === step,
    );
    const button = row?.querySelector<HTMLButtonElement>("button[aria-expanded]");
    if (button?.getAttribute("aria-expanded") === "false") button.click();
    row?.scrollIntoView?.({ block: "nearest" });
    for (const el of this.table.querySelectorAll("tr[data-step]")) setAttr(el, "data-chosen", el === row);
  }

  dispose(): void {
    this.owned.dispose();
    this.root.remove();
  }
}

/** Most that the picture takes of a cell's output. */
const HIGHEST = 240;
const NOTHING: Overlay = { steps: new Map(), edges: new Map(), path: null, outdated: false };

/** The parts of the sidebar that a card shares ask for a session: here only copying and revealing lead anywhere. */
function contextOf(
  root: HTMLElement,
  t: Translator,
  handlers: CardHandlers,
  announce: (text: string) => void,
): ViewContext {
  return {
    t,
    root,
    announce,
    reveals: handlers.reveal !== undefined,
    storage: { get: () => null, set: () => {} },
    link: {
      send(intent) {
        if (intent.type === "copy") copyText(intent.text, handlers);
        if (intent.type === "reveal") handlers.reveal?.(intent.range);
      },
    },
  };
}

function copyText(text: string, handlers: CardHandlers): void {
  if (handlers.copy) handlers.copy(text);
  else void navigator.clipboard?.writeText(text);
}
