import type { ResultCard } from "./card";
import { Derivations, type Derived } from "./derive";
import { type GraphEntry, KernelGraphs, choiceOf, pairGraphs, runnableGraph } from "./entries";
import { SavedEvents, runItem } from "./events";
import { EXAMPLE_CELLS } from "./example";
import { exportGraph } from "./export";
import type { SessionPorts } from "./ports";
import { Run, type RunItem } from "./run";
import type {
  GraphState,
  Intent,
  KernelState,
  Notice,
  SavedEvent,
  Selection,
  SessionLink,
  SessionState,
  StoredEvent,
  ViewSettings,
} from "./state";
import { RanSources } from "./truth";
import { GraphcellError } from "../errors";
import { type Disposable, Disposables, Emitter } from "../lifetime";
import { encodeGraph } from "../model/encode";
import type { ParsedNotebook } from "../notebook/parsed";
import { parseNotebook } from "../notebook/parse";
import { toWire } from "../value/wire";

/** Records of the chosen step that the inspector gets at once. */
const SHOWN_RECORDS = 200;

export const DEFAULT_SETTINGS: ViewSettings = {
  autoRun: false,
  direction: "auto",
  previewBytes: 8192,
  showTimes: false,
};

export interface SimulateRequest {
  /** Graph's id, name or variable; the chosen one (or the only one) when absent. */
  readonly graph?: string | null;
  /** Saved events by id, events of a cell, or all saved events when absent. */
  readonly items?: readonly RunItem[];
  readonly saved?: readonly string[];
}

/** One notebook's Graphcell: from its text, its kernel and its events to what the views show. */
export class Session implements SessionLink, Disposable {
  private readonly own = new Disposables();
  private readonly changes = new Emitter<SessionState>();
  private readonly ran = new RanSources();
  private readonly kernelGraphs = new KernelGraphs();
  private readonly events: SavedEvents;
  private readonly runs = new Map<string, Run>();
  private readonly derivations = new Derivations();
  private parsed: ParsedNotebook | null = null;
  private entries: readonly GraphEntry[] = [];
  private chosen: string | null = null;
  private step: string | null = null;
  private event: string | null = null;
  private notices: readonly Notice[] = [];
  private revision = 0;
  private notifying = false;
  private current: SessionState;

  constructor(
    private readonly ports: SessionPorts,
    private settings: ViewSettings = DEFAULT_SETTINGS,
  ) {
    const { notebook, kernel } = ports;
    this.events = new SavedEvents(notebook);
    this.own.add(notebook.onCells(() => this.parse()));
    this.own.add(
      notebook.onMetadata(() => {
        this.events.reload();
        this.refresh();
      }),
    );
    if (notebook.onCursor) this.own.add(notebook.onCursor((range) => this.follow(range.cellId)));
    this.own.add(kernel.onStatus(() => this.kernelChanged()));
    this.own.add(kernel.onReport(() => this.reported()));
    this.parsed = parseNotebook(notebook.cells);
    this.ran.see(notebook.cells);
    this.pair();
    this.current = this.build();
  }

  get state(): SessionState {
    return this.current;
  }

  onChange(listener: (state: SessionState) => void): Disposable {
    return this.changes.event(listener);
  }

  dispose(): void {
    for (const run of this.runs.values()) run.cancel();
    this.own.dispose();
    this.changes.dispose();
  }

  setSettings(settings: Partial<ViewSettings>): void {
    this.settings = { ...this.settings, ...settings };
    this.refresh();
  }

  /** Chooses the graph that a cell builds or takes part in; the graph of its set-up comes first. */
  follow(cellId: string): void {
    const fits = (entry: GraphEntry) => entry.parsed?.cells.includes(cellId) ?? false;
    const builds = (entry: GraphEntry) => entry.parsed?.range?.cellId === cellId;
    const current = this.entry();
    if (current && (builds(current) || (fits(current) && !this.entries.some(builds)))) return;
    const found = this.entries.find(builds) ?? this.entries.filter(fits)[0];
    if (found && found !== current && this.entries.filter(fits).length === 1) this.choose(found.id);
  }

  /** The graphs whose making the cell takes part in. */
  graphsOf(cellId: string): readonly string[] {
    return this.entries.filter((entry) => entry.parsed?.cells.includes(cellId)).map((entry) => entry.id);
  }

  send(intent: Intent): void {
    try {
      this.answer(intent);
    } catch (error) {
      this.notify(error);
    }
    this.refresh();
  }

  /**
   * Runs events through a graph; resolves when the run is over, with its card. Rejects with `GraphcellError` when
   * there is no such graph or an event that can't be sent; what goes wrong in the run is in the card.
   */
  async simulate(request: SimulateRequest = {}): Promise<ResultCard> {
    const entry = this.find(request.graph ?? null);
    const saved = this.events.of(entry.name).events;
    const wanted = request.saved ? saved.filter((e) => request.saved?.includes(e.id)) : saved;
    const items = request.items ?? wanted.map(runItem);
    if (items.length === 0) {
      throw new GraphcellError(
        "GC_NO_EVENTS",
        `Graph "${entry.id}" has no event to simulate.`,
        "Add one in the sidebar, or write one below %%simulate.",
      );
    }
    this.chosen = entry.id;
    const run = this.begin(entry, items);
    await run.promise;
    return this.card(entry, run.run);
  }

  private begin(entry: GraphEntry, items: readonly RunItem[]): { run: Run; promise: Promise<void> } {
    const before = this.runs.get(entry.id) ?? null;
    before?.cancel();
    const run = new Run(
      entry,
      items,
      {
        kernel: this.ports.kernel,
        host: this.ports.host,
        previewBytes: this.settings.previewBytes,
        onChange: () => this.refresh(),
      },
      before,
      this.signature(entry),
    );
    this.runs.set(entry.id, run);
    const promise = run.start();
    this.refresh();
    return { run, promise };
  }

  private card(entry: GraphEntry, run: Run): ResultCard {
    const graph = runnableGraph(entry);
    return {
      version: 1,
      graphName: entry.name,
      graph: graph ? toWire(encodeGraph(graph)) : null,
      events: run.items.flatMap((item, i) => {
        const result = run.results.get(item);
        return result ? [{ id: run.eventIds[i][0], name: item.name, run: result }] : [];
      }),
      records: run.records.slice(0, SHOWN_RECORDS * 10),
      failure: run.state.failure,
      ms: run.state.ms,
    };
  }

  private find(name: string | null): GraphEntry {
    const found =
      name === null
        ? this.entry()
        : (this.entries.find((e) => e.id === name) ??
          this.entries.find(
            (e) => e.parsed?.variables.includes(name) || e.kernel?.info.variables.includes(name),
          ));
    if (found) return found;
    const names = this.entries.map((e) => e.id).join(", ");
    throw new GraphcellError(
      "GC_NO_GRAPH",
      name === null ? "This notebook has no graph." : `There is no graph "${name}".`,
      names ? `Graphs here: ${names}.` : "Build one with set_topology, and run its cell.",
    );
  }

  private entry(): GraphEntry | null {
    return this.entries.find((e) => e.id === this.chosen) ?? this.entries[0] ?? null;
  }

  private choose(id: string): void {
    this.chosen = id;
    this.step = null;
    this.event = null;
    this.refresh();
  }

  private answer(intent: Intent): void {
    const entry = this.entry();
    const { notebook, kernel, host } = this.ports;
    switch (intent.type) {
      case "choose-graph":
        return this.choose(intent.graph);
      case "select-step":
        this.step = intent.step;
        return;
      case "select-event":
        this.event = intent.event;
        return;
      case "reveal":
        return notebook.reveal(intent.range);
      case "run-events":
        if (entry) void this.runSaved(intent.events);
        return;
      case "cancel-run":
        if (entry) this.runs.get(entry.id)?.cancel();
        return;
      case "add-event":
      case "edit-event":
      case "duplicate-event":
      case "move-event":
      case "delete-event": {
        if (!entry) return;
        const selected = this.events.apply(entry.name, intent);
        if (selected !== null) this.event = selected;
        else if (intent.type === "delete-event" && this.event === intent.event) this.event = null;
        return;
      }
      case "set-direction":
        if (entry) this.events.update(entry.name, (g) => ({ ...g, direction: intent.direction }));
        return;
      case "set-collapsed":
        if (entry) this.collapse(entry, intent.group, intent.collapsed);
        return;
      case "set-setting":
        return host.perform({ type: "setting", name: intent.name, value: intent.value });
      case "apply-fix": {
        const fix = this.current.current?.problems[intent.problem]?.fix;
        if (fix) notebook.applyFix(fix);
        return;
      }
      case "show-value":
        void this.showValue(intent.handle);
        return;
      case "start-kernel":
        void this.attempt(kernel.start());
        return;
      case "interrupt-kernel":
        void this.attempt(kernel.interrupt());
        return;
      case "restart-kernel":
        void this.attempt(kernel.restart());
        return;
      case "insert-example":
        return notebook.insertCells(EXAMPLE_CELLS);
      case "choose-kernel":
      case "open-tab":
      case "new-notebook":
      case "trust-notebook":
        return host.perform({ type: intent.type });
      case "copy":
        return host.perform({ type: "copy", text: intent.text });
      case "export":
        if (entry)
          host.perform({
            type: "save",
            ...exportGraph(this.derived(entry).graph, entry.name, intent.format),
          });
        return;
      case "dismiss":
        this.notices = this.notices.filter((n) => n.id !== intent.notice);
        return;
      default:
        return intent satisfies never;
    }
  }

  private async runSaved(events: readonly string[] | "all"): Promise<void> {
    await this.attempt(this.simulate(events === "all" ? {} : { saved: events }));
  }

  private collapse(entry: GraphEntry, group: string, collapsed: boolean): void {
    this.events.update(entry.name, (g) => {
      const others = g.collapsed.filter((id) => id !== group);
      return { ...g, collapsed: collapsed ? [...others, group] : others };
    });
  }

  private async showValue(handle: string): Promise<void> {
    const preview = await this.attempt(this.ports.kernel.preview(handle, 1_000_000));
    if (preview) this.ports.host.perform({ type: "show-value", title: preview.type, preview });
  }

  /** Waits for work that may fail; a failure becomes a notice. */
  private async attempt<T>(work: Promise<T>): Promise<T | null> {
    try {
      return await work;
    } catch (error) {
      this.notify(error);
      this.refresh();
      return null;
    }
  }

  private notify(error: unknown): void {
    const known = error instanceof GraphcellError;
    const message = error instanceof Error ? error.message : String(error);
    const notice: Notice = {
      id: `${known ? error.code : "error"}:${message}`,
      severity: "error",
      message,
      remedy: known ? error.remedy : "Try again; if it stays, please report it.",
      action: null,
    };
    this.notices = [...this.notices.filter((n) => n.id !== notice.id), notice];
  }

  private parse(): void {
    const { cells } = this.ports.notebook;
    this.ran.see(cells);
    this.parsed = parseNotebook(cells, this.parsed ?? undefined);
    this.pair();
    this.refresh();
  }

  private kernelChanged(): void {
    const { status } = this.ports.kernel;
    if (status === "restarting" || status === "dead" || status === "none") {
      this.ran.reset();
      this.pair();
    }
    this.refresh();
  }

  private reported(): void {
    const before = this.signature();
    this.pair();
    const after = this.signature();
    const entry = this.entry();
    this.refresh();
    const again = this.settings.autoRun && before !== after && entry?.kernel;
    if (again && this.events.of(entry.name).events.length > 0) void this.runSaved("all");
  }

  private pair(): void {
    this.entries = pairGraphs(this.parsed, this.kernelGraphs.of(this.ports.kernel.report));
    if (this.chosen !== null && !this.entries.some((e) => e.id === this.chosen)) this.chosen = null;
  }

  /** What the chosen graph's results depend on: they are outdated when it changes. */
  private signature(entry = this.entry()): string {
    if (!entry) return "";
    const cells = new Set(entry.parsed?.cells ?? []);
    const counts = this.ports.notebook.cells.filter((c) => cells.has(c.id)).map((c) => c.executionCount ?? 0);
    const version = entry.kernel
      ? `k${entry.kernel.info.revision}`
      : `p${this.derived(entry).pictureRevision}`;
    return `${entry.id}|${version}|${counts.join(",")}`;
  }

  /** Builds the state anew and tells the listeners; a change made while telling is told afterwards. */
  private refresh(): void {
    if (this.own.disposed) return;
    this.current = this.build();
    if (this.notifying) return;
    this.notifying = true;
    try {
      let told = -1;
      for (let i = 0; i < 10 && told !== this.current.revision; i++) {
        told = this.current.revision;
        this.changes.fire(this.current);
      }
    } finally {
      this.notifying = false;
    }
  }

  private build(): SessionState {
    const { notebook } = this.ports;
    const entry = this.entry();
    return {
      revision: ++this.revision,
      notebook: {
        path: notebook.path,
        name: notebook.name,
        trusted: notebook.trusted,
        readOnly: notebook.readOnly,
        broken: null,
      },
      kernel: this.kernelState(),
      graphs: this.entries.map(choiceOf),
      current: entry ? this.graphState(entry) : null,
      settings: this.settings,
      notices: this.notices,
    };
  }

  private kernelState(): KernelState {
    const { kernel } = this.ports;
    const { report } = kernel;
    const running = [...this.runs.values()].some((run) => run.running);
    const waits = running && kernel.status === "busy" && !kernel.direct;
    return {
      status: kernel.status,
      name: kernel.name,
      mlrun: {
        state: !report
          ? "unknown"
          : report.mlrun
            ? "imported"
            : report.mlrunInstalled
              ? "installed"
              : "missing",
        version: report?.mlrun ?? null,
      },
      direct: kernel.direct,
      waiting: waits ? "The simulation waits for the running cell to end." : null,
    };
  }

  private derived(entry: GraphEntry): Derived {
    const { notebook, kernel } = this.ports;
    return this.derivations.of(entry, {
      parsed: this.parsed,
      report: kernel.report,
      ran: this.ran,
      cells: notebook.cells,
    });
  }

  private graphState(entry: GraphEntry): GraphState {
    const derived = this.derived(entry);
    const metadata = this.events.of(entry.name);
    const run = this.runs.get(entry.id) ?? null;
    if (run && !run.outdated && !run.running) run.outdated = run.signature !== this.signature(entry);
    const half = this.parsed?.stale === true && entry.parsed !== null;
    return {
      id: entry.id,
      name: entry.name,
      picture: derived.picture,
      pictureRevision: derived.pictureRevision,
      steps: derived.steps,
      problems: derived.problems,
      stale: half ? "A cell is half typed: this is the last graph that could be read." : null,
      range: entry.parsed?.range ?? null,
      events: metadata.events.map((e) => savedEvent(e, run)),
      run: run?.state ?? null,
      overlay: run ? this.overlayOf(derived, run) : null,
      selection: this.selectionOf(run),
      direction: metadata.direction === "auto" ? this.settings.direction : metadata.direction,
      collapsed: new Set(metadata.collapsed),
    };
  }

  private overlayOf(derived: Derived, run: Run): GraphState["overlay"] {
    return run.counts.overlay(derived.picture, {
      events: this.event === null ? null : run.idsOf(this.event),
      previous: run.before?.counts.lastOutputs() ?? null,
      outdated: run.outdated,
      running: run.running,
      terminal: derived.terminal,
    });
  }

  private selectionOf(run: Run | null): Selection {
    const { step, event } = this;
    if (!run || step === null) return { step, event, records: [], total: 0 };
    const ids = event === null ? null : new Set(run.idsOf(event));
    const records = run.records.filter((r) => r.step === step && (ids === null || ids.has(r.event)));
    return { step, event, records: records.slice(0, SHOWN_RECORDS), total: records.length };
  }
}

function savedEvent(saved: { id: string; name: string; event: StoredEvent }, run: Run | null): SavedEvent {
  return {
    id: saved.id,
    name: saved.name,
    event: saved.event,
    result: run?.resultOfText(saved.id, saved.event) ?? null,
  };
}

/** The session of one notebook; disposing it ends its runs. */
export function createSession(ports: SessionPorts, settings?: ViewSettings): Session {
  return new Session(ports, settings);
}
