import type { ResultCard } from "./card";
import { ChosenStep } from "./chosenStep";
import { type GraphEntry, choiceOf, runnableGraph } from "./entries";
import { LEFT_OUT, SavedEvents, leftOutNotice, runItems } from "./events";
import { EXAMPLE_CELLS } from "./example";
import type { ExportFormat } from "./export";
import { type EventMetadata, mockedResults } from "./metadata";
import { NotebookGraphs } from "./graphs";
import { languageOf } from "./language";
import { tellCards } from "./liveCard";
import type { DeployedMark } from "../nuclio/deployed-mark";
import { withDeployed } from "./deployed";
import { Notices } from "./notices";
import type { SessionPorts } from "./ports";
import { graphState, kernelState } from "./present";
import { Run, type RunItem } from "./run";
import { runCard } from "./runCard";
import type { GraphState, Intent, ParityState, SessionLink, SessionState, ViewSettings } from "./state";
import { UNTRUSTED, untrusted } from "./untrusted";
import { Verification } from "./verification";
import { GraphcellError } from "../errors";
import { type Disposable, Disposables, Emitter } from "../lifetime";
import type { LanguageContext } from "../language/context";
import { type GraphPart, partOf, samePart, startsOf } from "../model/part";

/** Milliseconds from a cell's end to the run that it sets off. */
const AUTO_RUN_DELAY = 150;

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
  /** No more than this part of the graph. */
  readonly part?: GraphPart;
  /** Gets the card as it is so far, now and then while the run goes on. */
  readonly onCard?: (card: ResultCard) => void;
}

/** One notebook's Graphcell: from its text, its kernel and its events to what the views show. */
export class Session implements SessionLink, Disposable {
  private readonly own = new Disposables();
  private readonly changes = new Emitter<SessionState>();
  private readonly touches = new Emitter<void>();
  readonly graphs: NotebookGraphs;
  private readonly events: SavedEvents;
  private readonly runs = new Map<string, Run>();
  private readonly verifications = new Map<string, Verification>();
  /** What the editor's language features look at, as it is now. */
  readonly language: () => LanguageContext;
  /** What each graph depended on when it was last looked at. */
  private readonly signatures = new Map<string, string>();
  private nextRun: Disposable | null = null;
  private readonly step = new ChosenStep();
  private event: string | null = null;
  private readonly notices = new Notices();
  /** Functions in a cluster, by graph. */
  private readonly deployed = new Map<string, readonly DeployedMark[]>();
  private revision = 0;
  private notifying = false;
  /** The state as it was last asked for; null when something has changed since. */
  private built: SessionState | null = null;
  /** The cell that the cursor went to while nobody looked. */
  private cursor: string | null = null;
  /** Fires after each change, before anybody has asked what the state is now: asking builds it. */
  readonly onTouch = this.touches.event;

  constructor(
    private readonly ports: SessionPorts,
    private settings: ViewSettings = DEFAULT_SETTINGS,
  ) {
    const { notebook, kernel } = ports;
    this.events = new SavedEvents(notebook);
    this.graphs = this.own.add(new NotebookGraphs(ports, () => this.refresh()));
    this.language = languageOf(ports, this.graphs, this.runs, this.events);
    this.own.add(
      notebook.onCells(() => {
        const hasRun = this.graphs.parse();
        this.refresh();
        if (hasRun) this.considerRunning();
      }),
    );
    this.own.add(
      notebook.onMetadata(() => {
        this.events.reload();
        this.refresh();
      }),
    );
    if (notebook.onCursor) this.own.add(notebook.onCursor((range) => this.follow(range.cellId)));
    this.own.add(kernel.onStatus(() => this.kernelChanged()));
    this.own.add(kernel.onReport(() => this.reported()));
  }

  /** Built when it is asked for, after a change. */
  get state(): SessionState {
    this.settle();
    return (this.built ??= this.build());
  }

  onChange(listener: (state: SessionState) => void): Disposable {
    return this.changes.event(listener);
  }

  dispose(): void {
    this.nextRun?.dispose();
    for (const run of [...this.runs.values(), ...this.verifications.values()]) run.cancel();
    this.own.dispose();
    this.changes.dispose();
    this.touches.dispose();
  }

  setSettings(settings: Partial<ViewSettings>): void {
    this.settings = { ...this.settings, ...settings };
    this.refresh();
    this.considerRunning();
  }

  /** What is known of a graph's functions in a cluster. */
  setDeployed(graph: string, marks: readonly DeployedMark[]): void {
    this.deployed.set(graph, marks);
    this.refresh();
  }

  /** Takes over what the runs of another session gave, whose notebook goes on under another name. */
  adopt(other: Session): void {
    for (const [graph, run] of other.runs) {
      if (run.running) continue;
      run.adopt();
      this.runs.set(graph, run);
    }
    this.refresh();
  }

  /** The person trusts this place now, or no longer. */
  trustChanged(): void {
    this.notices.settled(UNTRUSTED);
    this.refresh();
  }

  /** Chooses the graph that a cell builds or takes part in, when it is only one. */
  follow(cellId: string): void {
    this.cursor = cellId;
    if (this.changes.heard) this.settle();
    else this.refresh();
  }

  /** Follows the cursor, now that somebody looks. */
  private settle(): void {
    const { cursor } = this;
    this.cursor = null;
    const found = cursor === null ? null : this.graphs.ofCell(cursor);
    if (found) this.choose(found.id);
  }

  /** The graphs whose making the cell takes part in. */
  graphsOf(cellId: string): readonly string[] {
    return this.graphs.entries
      .filter((entry) => entry.parsed?.cells.includes(cellId))
      .map((entry) => entry.id);
  }

  send(intent: Intent): void {
    this.settle();
    try {
      this.answer(intent);
    } catch (error) {
      this.notices.tell(error);
    }
    this.refresh();
  }

  /**
   * Runs events through a graph; resolves when the run is over, with its card. Rejects with `GraphcellError` when
   * there is no such graph or an event that can't be sent; what goes wrong in the run is in the card.
   */
  async simulate(request: SimulateRequest = {}): Promise<ResultCard> {
    this.settle();
    const { entry, items } = this.wanted(request);
    const graph = runnableGraph(entry);
    // A part that there is not takes away no results.
    if (request.part && graph) partOf(graph, request.part);
    this.graphs.choose(entry.id);
    const { run, promise } = this.begin(entry, items, request.part ?? null);
    const { onCard } = request;
    const live = onCard && tellCards(this.ports.host, () => runCard(entry, run), onCard);
    await promise;
    live?.dispose();
    return runCard(entry, run);
  }

  /** Steps at which events may enter to get to a step of the chosen graph, itself included, in the graph's order. */
  startsOf(step: string): readonly string[] {
    const entry = this.graphs.current;
    const graph = entry && runnableGraph(entry);
    return graph ? startsOf(graph, step) : [];
  }

  private runnable(wanted: readonly EventMetadata[]): readonly RunItem[] {
    const { items, leftOut } = runItems(wanted);
    if (leftOut.length > 0) this.notices.add(leftOutNotice(leftOut));
    else this.notices.remove(LEFT_OUT);
    return items;
  }

  /**
   * Sends events through the graph here and in MLRun's own mock server; resolves when both are done: what was found is
   * in the state. Rejects with `GraphcellError` when there is no such graph or no event.
   */
  async verify(request: SimulateRequest = {}): Promise<void> {
    this.settle();
    const { entry, items } = this.wanted(request);
    this.graphs.choose(entry.id);
    this.verifications.get(entry.id)?.cancel();
    const context = { ...this.ports, onChange: () => this.refresh() };
    const verification = new Verification(entry, items, context, this.graphs.signature(entry));
    this.verifications.set(entry.id, verification);
    const done = verification.start();
    this.refresh();
    await done;
  }

  /** The graph and the events that a request is about. */
  private wanted(request: SimulateRequest): {
    readonly entry: GraphEntry;
    readonly items: readonly RunItem[];
  } {
    if (this.ports.notebook.restricted) throw untrusted();
    const entry = this.graphs.find(request.graph ?? null);
    const saved = this.events.of(entry.name).events;
    const wanted = request.saved ? saved.filter((e) => request.saved?.includes(e.id)) : saved;
    const items = request.items ?? this.runnable(wanted);
    if (items.length > 0) return { entry, items };
    throw new GraphcellError(
      "GC_NO_EVENTS",
      `Graph "${entry.id}" has no event to simulate.`,
      "Add one in the sidebar, or write one below %%simulate.",
    );
  }

  private begin(
    entry: GraphEntry,
    items: readonly RunItem[],
    part: GraphPart | null,
  ): { run: Run; promise: Promise<void> } {
    const before = this.runs.get(entry.id) ?? null;
    before?.cancel();
    const run = new Run(
      entry,
      items,
      {
        ...this.ports,
        previewBytes: this.settings.previewBytes,
        mocks: () => mockedResults(this.events.of(entry.name)),
        onChange: () => this.refresh(),
      },
      before && samePart(before.part, part) ? before.earlier : null,
      this.graphs.signature(entry),
      part,
    );
    this.runs.set(entry.id, run);
    this.graphs.scripts.look(entry.name);
    const promise = run.start();
    this.refresh();
    return { run, promise };
  }

  private choose(id: string): void {
    this.graphs.choose(id);
    this.step.id = null;
    this.event = null;
    this.refresh();
  }

  private answer(intent: Intent): void {
    const entry = this.graphs.current;
    const { notebook, kernel, host } = this.ports;
    switch (intent.type) {
      case "choose-graph":
        return this.choose(intent.graph);
      case "select-step":
        this.step.id = intent.step;
        return;
      case "select-event":
        this.event = intent.event;
        return;
      case "reveal":
        return notebook.reveal(intent.range, intent.keepFocus ?? false);
      case "run-events":
        if (entry) void this.runSaved(intent.events, intent.part);
        return;
      case "cancel-run":
        if (entry) this.runs.get(entry.id)?.cancel();
        return;
      case "verify-events":
        if (entry) void this.attempt(this.verify(intent.events === "all" ? {} : { saved: intent.events }));
        return;
      case "cancel-verify":
        if (entry) this.verifications.get(entry.id)?.cancel();
        return;
      case "add-event":
      case "edit-event":
      case "duplicate-event":
      case "move-event":
      case "mock-step":
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
        const fix = this.state.current?.problems[intent.problem]?.fix;
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
        if (entry) void this.attempt(this.save(entry, intent.format));
        return;
      case "dismiss":
        this.notices.remove(intent.notice);
        return;
      default:
        return intent satisfies never;
    }
  }

  private async save(entry: GraphEntry, format: ExportFormat): Promise<void> {
    const { graph } = this.graphs.derived(entry);
    const { exportGraph } = await import("./export");
    this.ports.host.perform({ type: "save", ...exportGraph(graph, entry.name, format) });
  }

  private async runSaved(events: readonly string[] | "all", part?: GraphPart): Promise<void> {
    const saved = events === "all" ? {} : { saved: events };
    await this.attempt(this.simulate(part ? { ...saved, part } : saved));
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
      this.notices.tell(error);
      this.refresh();
      return null;
    }
  }

  private kernelChanged(): void {
    const { status } = this.ports.kernel;
    if (status === "restarting" || status === "dead" || status === "none") this.graphs.forget();
    this.refresh();
  }

  private reported(): void {
    this.graphs.pair();
    this.refresh();
    this.considerRunning();
  }

  /**
   * Runs the saved events again, when that is switched on and a cell has run that the chosen graph depends on; not in a
   * notebook that nobody trusts: its events came with it.
   */
  private considerRunning(): void {
    if (!this.settings.autoRun) return this.signatures.clear();
    const entry = this.graphs.current;
    if (!entry?.kernel) return;
    const signature = this.graphs.signature(entry);
    const before = this.signatures.get(entry.id);
    this.signatures.set(entry.id, signature);
    if (before === undefined || before === signature || !this.ports.notebook.trusted) return;
    if (this.events.of(entry.name).events.length === 0) return;
    // A cell's number and the kernel's report of it come one after the other: one run for both.
    this.nextRun?.dispose();
    this.nextRun = this.ports.host.schedule(() => void this.runSaved("all"), AUTO_RUN_DELAY);
  }

  /** Tells that something has changed, and to those who listen what is now; a change made meanwhile is told afterwards. */
  private refresh(): void {
    if (this.own.disposed) return;
    this.built = null;
    this.touches.fire();
    if (this.notifying || !this.changes.heard) return;
    this.notifying = true;
    try {
      let told = -1;
      for (let i = 0; i < 10; i++) {
        const { state } = this;
        if (state.revision === told) break;
        told = state.revision;
        this.changes.fire(state);
      }
    } finally {
      this.notifying = false;
    }
  }

  private build(): SessionState {
    const { notebook, kernel } = this.ports;
    const entry = this.graphs.current;
    return {
      revision: ++this.revision,
      notebook: {
        path: notebook.path,
        name: notebook.name,
        trusted: notebook.trusted,
        ...(notebook.restricted ? { restricted: true } : {}),
        readOnly: notebook.readOnly,
        broken: null,
        cellIds: notebook.cells.map((cell) => cell.id),
      },
      kernel: kernelState(
        kernel,
        [...this.runs.values(), ...this.verifications.values()].some((run) => run.running),
      ),
      graphs: this.graphs.entries.map(choiceOf),
      current: entry ? this.graphState(entry) : null,
      settings: this.settings,
      notices: this.notices.all,
    };
  }

  private graphState(entry: GraphEntry): GraphState {
    const run = this.runs.get(entry.id) ?? null;
    run?.compare(() => this.graphs.signature(entry), this.ports.kernel.report !== null);
    run?.names.follow(entry);
    const { graphs, settings } = this;
    const derived = graphs.derived(entry);
    const chosen = { step: this.step.in(entry.id, derived), event: this.event };
    const events = this.events.of(entry.name);
    const state = graphState(entry, derived, events, run, chosen, settings, graphs.stale);
    return withDeployed({ ...state, parity: this.parityState(entry) }, this.deployed.get(entry.name));
  }

  private parityState(entry: GraphEntry): ParityState | null {
    const verification = this.verifications.get(entry.id);
    if (!verification) return null;
    if (!verification.running)
      verification.outdated ||= verification.signature !== this.graphs.signature(entry);
    return verification.state;
  }
}

/** The session of one notebook; disposing it ends its runs. */
export function createSession(ports: SessionPorts, settings?: ViewSettings): Session {
  return new Session(ports, settings);
}
