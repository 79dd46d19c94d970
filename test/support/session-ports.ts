import {
  type Cell,
  Emitter,
  type Executor,
  type HostIntent,
  type KernelGraphInfo,
  type NamespaceReport,
  type PyMap,
  type SessionPorts,
  type SourceRange,
  type TextFix,
  encodeGraph,
  parseNotebook,
} from "@graphcell/core";

/** A notebook, a kernel and a host in memory, for tests of the session: what they were asked is kept. */
export class FakePorts implements SessionPorts {
  private readonly cellsChanged = new Emitter<void>();
  private readonly metadataChanged = new Emitter<void>();
  private readonly statusChanged = new Emitter<void>();
  private readonly reported = new Emitter<void>();
  private readonly cursor = new Emitter<SourceRange>();
  private clock = 0;
  private timers: { readonly at: number; readonly callback: () => void }[] = [];
  metadata: unknown;
  readonly revealed: SourceRange[] = [];
  readonly fixes: TextFix[] = [];
  readonly inserted: string[] = [];
  readonly performed: HostIntent[] = [];

  readonly notebook: SessionPorts["notebook"] & { cells: readonly Cell[]; restricted: boolean };
  readonly kernel: SessionPorts["kernel"] & {
    status: SessionPorts["kernel"]["status"];
    report: NamespaceReport | null;
  };
  readonly host: SessionPorts["host"];

  constructor(
    sources: readonly string[],
    executor: () => Promise<Executor> = () => Promise.reject(new Error("no executor")),
  ) {
    this.notebook = {
      path: "folder/test.ipynb",
      name: "test.ipynb",
      trusted: true,
      restricted: false,
      readOnly: false,
      cells: cellsOf(sources),
      onCells: this.cellsChanged.event,
      onCursor: this.cursor.event,
      onMetadata: this.metadataChanged.event,
      readMetadata: () => this.metadata,
      writeMetadata: (value) => void (this.metadata = value),
      reveal: (range) => void this.revealed.push(range),
      applyFix: (fix) => void this.fixes.push(fix),
      insertCells: (texts) => void this.inserted.push(...texts),
    };
    this.kernel = {
      status: "none",
      name: "",
      direct: false,
      onStatus: this.statusChanged.event,
      report: null,
      onReport: this.reported.event,
      executor,
      evaluate: () => Promise.resolve(null),
      preview: () => Promise.reject(new Error("no kernel")),
      start: () => Promise.resolve(),
      interrupt: () => Promise.resolve(),
      restart: () => Promise.resolve(),
    };
    this.host = {
      now: () => this.clock,
      schedule: (callback, ms) => {
        const timer = { at: this.clock + ms, callback };
        this.timers.push(timer);
        return { dispose: () => void (this.timers = this.timers.filter((t) => t !== timer)) };
      },
      perform: (intent) => void this.performed.push(intent),
    };
  }

  type(sources: readonly string[]): void {
    this.notebook.cells = cellsOf(sources, this.notebook.cells);
    this.cellsChanged.fire();
  }

  /** The kernel runs cells: they get execution counts, then the agent tells what graphs there are. */
  run(
    graphs: readonly KernelGraphInfo[],
    cells: readonly number[] = this.notebook.cells.map((_, i) => i),
  ): void {
    let count = Math.max(0, ...this.notebook.cells.map((c) => c.executionCount ?? 0));
    this.notebook.cells = this.notebook.cells.map((cell, i) =>
      cells.includes(i) ? { ...cell, executionCount: ++count } : cell,
    );
    this.kernel.status = "idle";
    this.cellsChanged.fire();
    this.statusChanged.fire();
    this.report(graphs);
  }

  report(graphs: readonly KernelGraphInfo[]): void {
    const revision = (this.kernel.report?.revision ?? 0) + 1;
    this.kernel.report = {
      revision,
      graphs,
      mlrun: "1.12.1",
      mlrunInstalled: true,
      python: "3.11.7",
      names: [],
    };
    this.reported.fire();
  }

  setStatus(status: SessionPorts["kernel"]["status"]): void {
    this.kernel.status = status;
    this.statusChanged.fire();
  }

  moveCursor(cell: number): void {
    const { id } = this.notebook.cells[cell];
    this.cursor.fire({ cellId: id, cell, line: 1, column: 1, endLine: 1, endColumn: 1 });
  }

  changeMetadata(value: unknown): void {
    this.metadata = value;
    this.metadataChanged.fire();
  }

  /** Lets the clock go on and calls what is due. */
  advance(ms: number): void {
    this.clock += ms;
    const due = this.timers.filter((t) => t.at <= this.clock);
    this.timers = this.timers.filter((t) => t.at > this.clock);
    for (const { callback } of due) callback();
  }
}

export function cellsOf(sources: readonly string[], before: readonly Cell[] = []): readonly Cell[] {
  return sources.map((source, i) => {
    const old = before[i];
    if (old?.source === source) return old;
    return { id: `cell-${i}`, kind: "code", source, executionCount: old?.executionCount ?? null };
  });
}

/** What a kernel would hold after it has run these sources: their graphs as the parser reads them. */
export function heldBy(sources: readonly string[], revision = 1): readonly KernelGraphInfo[] {
  return parseNotebook(cellsOf(sources)).graphs.map((parsed) => ({
    variables: parsed.variable === null ? [] : [parsed.variable],
    name: parsed.functionName ?? parsed.name,
    kind: parsed.kind,
    graph: encodeGraph(parsed.graph) as PyMap,
    spec: parsed.spec,
    revision,
  }));
}
