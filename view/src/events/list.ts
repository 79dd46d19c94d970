import type { Disposable, GraphState, SavedEvent } from "@graphcell/core";
import type { ViewContext } from "../context";
import { h, setAttr } from "../element";
import { type Keyed, KeyedList } from "../keyed";
import { eventDetail } from "./detail";
import { EventEditor } from "./editor";
import { type RowHandlers, type RowState, eventRow } from "./row";
import type { ValueMemory } from "../value/view";

/** More events than this are drawn only around what is in sight. */
const ALL = 200;
/** Rows that are drawn beyond what is in sight, above and below. */
const MARGIN = 20;
const ROW_HEIGHT = 28;

/** One line of the grid: an event, what is open below it, or the room of rows that are out of sight. */
type Line =
  | { readonly kind: "row"; readonly state: RowState }
  | { readonly kind: "open"; readonly event: SavedEvent; readonly editing: boolean }
  | { readonly kind: "gap"; readonly id: string; readonly rows: number };

/** The events as a grid; ten thousand cost no more than those in sight. */
export class EventGrid implements Disposable {
  readonly el: HTMLElement;
  private readonly lines: KeyedList<Line>;
  private readonly memory: ValueMemory = { form: null, folds: new Map() };
  private events: readonly SavedEvent[] = [];
  private selected: string | null = null;
  /** The row that Tab reaches: the selected one, else where the focus was last. */
  private current: string | null = null;
  private editing: string | null = null;
  private rowHeight = ROW_HEIGHT;

  constructor(
    private readonly context: ViewContext,
    private readonly scroller: HTMLElement,
    private readonly handlers: RowHandlers,
    private readonly onEditing: (editing: boolean) => void,
  ) {
    this.el = h("div", { class: "gc-events", role: "grid", "aria-label": context.t("events.list") });
    this.lines = new KeyedList<Line>(this.el, keyOf, (line) => this.make(line));
    scroller.addEventListener("scroll", () => {
      if (this.events.length > ALL) this.draw();
    });
  }

  get editingId(): string | null {
    return this.editing;
  }

  update(graph: GraphState): void {
    this.events = graph.events;
    if (this.selected !== graph.selection.event) this.current = graph.selection.event ?? this.current;
    this.selected = graph.selection.event;
    if (!this.has(this.current)) this.current = this.events[0]?.id ?? null;
    if (!this.has(this.editing)) this.editing = null;
    this.draw();
  }

  /** Opens the editor of an event, with the focus in one field. */
  edit(id: string, field: "name" | "bodyText" = "name"): void {
    this.editing = id;
    this.current = id;
    this.draw();
    const editor = this.editorOf(id);
    this.lines.get(`row ${id}`)?.el.scrollIntoView?.({ block: "start" });
    editor?.focus(field);
  }

  closeEditor(): void {
    const id = this.editing;
    this.editing = null;
    this.draw();
    if (id !== null) this.focus(id);
  }

  /** Puts the focus on an event's row, drawing it first where it is out of sight. */
  focus(id: string): void {
    this.current = id;
    this.draw();
    const row = this.lines.get(`row ${id}`)?.el;
    row?.focus({ preventScroll: true });
    row?.scrollIntoView?.({ block: "nearest" });
  }

  private has(id: string | null): boolean {
    return id !== null && this.events.some((event) => event.id === id);
  }

  private editorOf(id: string): EventEditor | null {
    const keyed = this.lines.get(`edit ${id}`);
    return keyed && "editor" in keyed && keyed.editor instanceof EventEditor ? keyed.editor : null;
  }

  private draw(): void {
    setAttr(this.el, "aria-rowcount", this.events.length);
    this.onEditing(this.editing !== null);
    const lines: { item: Line; index: number }[] = [];
    let next = 0;
    for (const index of this.shown()) {
      if (index > next)
        lines.push({ item: { kind: "gap", id: String(next), rows: index - next }, index: -1 });
      const event = this.events[index];
      const selected = event.id === this.selected;
      const state = { event, selected, current: event.id === this.current };
      lines.push({ item: { kind: "row", state }, index });
      const editing = event.id === this.editing;
      if (selected || editing) lines.push({ item: { kind: "open", event, editing }, index });
      next = index + 1;
    }
    const rest = this.events.length - next;
    if (rest > 0) lines.push({ item: { kind: "gap", id: "end", rows: rest }, index: -1 });
    this.lines.update(lines);
  }

  /** Indices to draw, rising: those in sight, and those that hold the focus, the selection or the editor. */
  private shown(): readonly number[] {
    const n = this.events.length;
    if (n <= ALL) return this.events.map((_, i) => i);
    const height = this.lines.get(`row ${this.events[0]?.id}`)?.el.getBoundingClientRect().height;
    if (height) this.rowHeight = height;
    const from = Math.max(0, Math.floor(this.scroller.scrollTop / this.rowHeight) - MARGIN);
    const inSight = Math.ceil((this.scroller.clientHeight || 600) / this.rowHeight) + 2 * MARGIN;
    const wanted = new Set<number>([0]);
    for (let i = from; i < Math.min(n, from + inSight); i++) wanted.add(i);
    const kept = new Set([this.selected, this.current, this.editing]);
    this.events.forEach((event, i) => kept.has(event.id) && wanted.add(i));
    return [...wanted].sort((a, b) => a - b);
  }

  private make(line: Line): Keyed<Line> {
    if (line.kind === "row") {
      const row = eventRow(line.state, this.context, this.handlers);
      row.el.addEventListener("focusin", () => this.onFocus(row.el));
      return {
        el: row.el,
        update: (l, i) => l.kind === "row" && row.update(l.state, i),
        dispose: row.dispose,
      };
    }
    if (line.kind === "open") return line.editing ? this.makeEditor(line.event) : this.makeDetail();
    const el = h("div", { class: "gc-gap", role: "presentation" });
    return {
      el,
      update: (l) => {
        if (l.kind === "gap") el.style.height = `${l.rows * this.rowHeight}px`;
      },
    };
  }

  private makeDetail(): Keyed<Line> {
    const detail = eventDetail(this.context, this.memory);
    return { el: detail.el, update: (l, i) => l.kind === "open" && detail.update(l.event, i) };
  }

  private makeEditor(event: SavedEvent): Keyed<Line> & { editor: EventEditor } {
    const editor = new EventEditor(this.context, event, () => this.closeEditor());
    const cell = h("div", { role: "gridcell" }, editor.el);
    const el = h("div", { role: "row", class: "gc-event-expansion" }, cell);
    return {
      el,
      editor,
      update: (l) => l.kind === "open" && editor.update(l.event),
      dispose: () => editor.dispose(),
    };
  }

  private onFocus(row: HTMLElement): void {
    const at = Number(row.getAttribute("aria-rowindex")) - 1;
    const id = this.events[at]?.id ?? null;
    if (id === this.current) return;
    this.current = id;
    this.draw();
  }

  dispose(): void {
    this.lines.dispose();
    this.el.remove();
  }
}

function keyOf(line: Line): string {
  if (line.kind === "row") return `row ${line.state.event.id}`;
  if (line.kind === "open") return `${line.editing ? "edit" : "open"} ${line.event.id}`;
  return `gap ${line.id}`;
}
