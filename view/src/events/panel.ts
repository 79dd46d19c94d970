import {
  Disposables,
  type GraphState,
  type RunState,
  type SavedEvent,
  type SessionState,
} from "@graphcell/core";
import { type Panel, type ViewContext, iconButton, linkButton, textButton } from "../context";
import { fill, fillOnce, h, setAttr, setText, show } from "../element";
import { formatCount, formatLeft, formatRate } from "../format";
import type { MenuItem } from "../menu";
import type { Part } from "../parts";
import type { Translator } from "../texts";
import { guessEvent } from "./guess";
import { EventGrid } from "./list";
import { tally, tallyText } from "./tally";

/** The events part: heading with summary, run, cancel and add; the list; what was deleted last, to undo. */
export class EventsPanel implements Panel {
  private readonly owned = new Disposables();
  private readonly grid: EventGrid;
  private readonly summary = h("span", { class: "gc-summary" });
  private readonly progress = h("progress", { class: "gc-progress" });
  private readonly progressText = h("span", { class: "gc-progress-text" });
  private readonly running: HTMLElement;
  private readonly runAll: HTMLButtonElement;
  private readonly verify: HTMLButtonElement;
  private readonly add: HTMLButtonElement;
  private readonly empty: HTMLElement;
  private readonly undo = h("div", { class: "gc-undo", hidden: true });
  private graph: GraphState | null = null;
  private readOnly = false;
  /** Ids before an event was added here: the one that is new is opened when it comes. */
  private awaiting: { readonly known: ReadonlySet<string>; readonly open: boolean } | null = null;
  private phase: string | null = null;

  constructor(
    part: Part,
    private readonly context: ViewContext,
  ) {
    const { t } = context;
    const cancel = iconButton("stop", t("events.cancel"), () => context.link.send({ type: "cancel-run" }));
    this.running = h("div", { class: "gc-running" }, this.progress, this.progressText, cancel);
    this.runAll = iconButton("playAll", t("events.runAll"), () => this.send("all"));
    this.verify = iconButton("verify", t("events.verify"), () =>
      context.link.send({ type: "verify-events", events: "all" }),
    );
    this.add = iconButton("add", t("events.add"), () => this.addEvent());
    part.controls.append(this.summary, this.running, this.runAll, this.verify, this.add);
    setAttr(this.progress, "aria-label", t("events.progress", { done: "", total: "" }).trim());
    const offer = textButton(t("state.noEvents.action"), () => this.addEvent(), "gc-primary");
    this.empty = h("div", { class: "gc-empty gc-empty-small" }, h("p", {}, t("state.noEvents")), offer);
    const scroller = h("div", { class: "gc-scroll" });
    this.grid = this.owned.add(
      new EventGrid(context, scroller, this.handlers(), (on) =>
        part.section.classList.toggle("gc-editing", on),
      ),
    );
    scroller.append(this.grid.el, this.empty);
    part.body.append(scroller, this.undo);
  }

  update(state: SessionState): void {
    const graph = state.current;
    const changedGraph = this.graph?.id !== graph?.id;
    this.graph = graph;
    this.readOnly = state.notebook?.readOnly ?? false;
    if (!graph) return;
    if (changedGraph) show(this.undo, false);
    this.showHead(graph);
    show(this.empty, graph.events.length === 0);
    show(this.grid.el, graph.events.length > 0);
    this.grid.update(graph);
    this.openAwaited(graph);
    if (changedGraph) this.phase = graph.run?.phase ?? null;
    else this.announceRun(graph);
  }

  private showHead(graph: GraphState): void {
    const { t } = this.context;
    const { run, events } = graph;
    const running = run?.phase === "running" || run?.phase === "loading";
    show(this.running, running);
    show(this.runAll, !running && events.length > 0);
    show(this.verify, !running && events.length > 0);
    this.verify.disabled = graph.parity?.phase === "running";
    this.add.disabled = this.readOnly;
    if (running) {
      if (run.phase === "loading") this.progress.removeAttribute("value");
      else this.progress.value = run.done;
      this.progress.max = Math.max(1, run.total);
      setText(this.progressText, run.phase === "loading" ? t("events.loading") : progressText(run, t));
    }
    show(this.summary, !running);
    const counts = tally(events);
    const plain = events.length === 0 ? "" : t("summary.count", { n: formatCount(events.length) });
    const signature = counts.length === 0 ? plain : JSON.stringify(counts);
    fillOnce(this.summary, signature, () => {
      if (counts.length === 0) return [plain];
      return counts.map(({ kind, n }) =>
        h("span", { class: `gc-count gc-is-${kind}` }, t(`summary.${kind}`, { n: formatCount(n) })),
      );
    });
  }

  /** A sentence for screen readers when a run has ended. */
  private announceRun({ run, events }: GraphState): void {
    const { t, announce } = this.context;
    const before = this.phase;
    this.phase = run?.phase ?? null;
    if (!run || run.phase === before || before === null) return;
    if (run.phase === "done") announce(t("announce.done", { summary: tallyText(tally(events), t) }));
    if (run.phase === "cancelled")
      announce(t("announce.cancelled", { done: formatCount(run.done), total: formatCount(run.total) }));
    if (run.phase === "failed") announce(t("announce.failed", { message: run.failure?.message ?? "" }));
  }

  private handlers() {
    const { link } = this.context;
    return {
      run: (event: SavedEvent) => this.runOne(event),
      select: (event: SavedEvent) => link.send({ type: "select-event", event: event.id }),
      edit: (event: SavedEvent) => this.edit(event),
      menu: (event: SavedEvent) => this.menu(event),
      key: (key: KeyboardEvent, event: SavedEvent) => this.onKey(key, event),
      drop: (dragged: string, to: number) => this.move(dragged, to),
    };
  }

  private get events(): readonly SavedEvent[] {
    return this.graph?.events ?? [];
  }

  private send(events: readonly string[] | "all"): void {
    if (this.phase === null) this.phase = "";
    this.context.link.send({ type: "run-events", events });
  }

  private runOne(event: SavedEvent): void {
    this.context.link.send({ type: "select-event", event: event.id });
    this.send([event.id]);
  }

  private edit(event: SavedEvent): void {
    if (!this.readOnly) this.grid.edit(event.id, "bodyText");
  }

  /** Adds an event after the selected one, else at the end, and opens it when it has come. */
  private addEvent(): void {
    if (!this.graph || this.readOnly) return;
    const { link } = this.context;
    this.awaiting = { known: new Set(this.events.map((e) => e.id)), open: true };
    const after = this.graph.selection.event;
    link.send({ type: "add-event", after, event: guessEvent(this.graph) });
  }

  private openAwaited(graph: GraphState): void {
    const added = this.awaiting && graph.events.find((e) => !this.awaiting?.known.has(e.id));
    if (!this.awaiting || !added) return;
    const { open } = this.awaiting;
    this.awaiting = null;
    if (open) this.grid.edit(added.id, "bodyText");
    else this.grid.focus(added.id);
  }

  private duplicate(event: SavedEvent): void {
    this.awaiting = { known: new Set(this.events.map((e) => e.id)), open: false };
    this.context.link.send({ type: "duplicate-event", event: event.id });
  }

  private move(id: string, to: number): void {
    const event = this.events.find((e) => e.id === id);
    if (!event || this.readOnly || to < 0 || to >= this.events.length) return;
    const { t, link, announce } = this.context;
    link.send({ type: "move-event", event: id, to });
    announce(t("events.moved", { name: event.name, n: to + 1, total: this.events.length }));
  }

  private remove(event: SavedEvent): void {
    if (this.readOnly) return;
    const { t, link, announce } = this.context;
    const at = this.events.indexOf(event);
    const neighbour = this.events[at + 1] ?? this.events[at - 1];
    const after = at === 0 ? "" : this.events[at - 1].id;
    if (neighbour) this.grid.focus(neighbour.id);
    link.send({ type: "delete-event", event: event.id });
    const said = t("events.deleted", { name: event.name });
    const back = linkButton(t("events.undo"), () => {
      show(this.undo, false);
      this.awaiting = { known: new Set(this.events.map((e) => e.id)), open: false };
      link.send({ type: "add-event", after, name: event.name, event: event.event });
    });
    const close = iconButton("close", t("notice.dismiss"), () => show(this.undo, false));
    fill(this.undo, h("span", {}, said), back, close);
    show(this.undo, true);
    announce(said);
    if (!neighbour) back.focus();
  }

  private menu(event: SavedEvent): readonly MenuItem[] {
    const { t } = this.context;
    const at = this.events.indexOf(event);
    const disabled = this.readOnly;
    return [
      { label: t("events.edit"), disabled, run: () => this.edit(event) },
      { label: t("events.duplicate"), disabled, run: () => this.duplicate(event) },
      { label: t("events.moveUp"), disabled: disabled || at <= 0, run: () => this.move(event.id, at - 1) },
      {
        label: t("events.moveDown"),
        disabled: disabled || at >= this.events.length - 1,
        run: () => this.move(event.id, at + 1),
      },
      { label: t("events.delete"), disabled, separated: true, run: () => this.remove(event) },
    ];
  }

  private onKey(key: KeyboardEvent, event: SavedEvent): void {
    const at = this.events.indexOf(event);
    const last = this.events.length - 1;
    const go = (to: number) => {
      const next = this.events[Math.max(0, Math.min(last, to))];
      this.grid.focus(next.id);
      this.context.link.send({ type: "select-event", event: next.id });
    };
    const erases = key.key === "Delete" || (key.key === "Backspace" && key.metaKey);
    if (key.altKey && key.key === "ArrowUp") this.move(event.id, at - 1);
    else if (key.altKey && key.key === "ArrowDown") this.move(event.id, at + 1);
    else if (key.altKey) return;
    else if (key.key === "ArrowUp") go(at - 1);
    else if (key.key === "ArrowDown") go(at + 1);
    else if (key.key === "Home") go(0);
    else if (key.key === "End") go(last);
    else if (key.key === "Enter") this.runOne(event);
    else if (key.key === "F2") this.edit(event);
    else if (erases) this.remove(event);
    else if (key.key === "Escape") this.context.link.send({ type: "select-event", event: null });
    else if (key.key === " ") this.context.link.send({ type: "select-event", event: event.id });
    else return;
    key.preventDefault();
    key.stopPropagation();
  }

  dispose(): void {
    this.owned.dispose();
  }
}

/** How far a run is, and how fast where that can be told. */
function progressText({ done, total, pace }: RunState, t: Translator): string {
  const counts = { done: formatCount(done), total: formatCount(total) };
  if (!pace) return t("events.progress", counts);
  const { perSecond, leftMs } = pace;
  return t("events.progressPace", { ...counts, rate: formatRate(perSecond), left: formatLeft(leftMs) });
}
