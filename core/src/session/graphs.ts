import { Derivations, type Derived } from "./derive";
import { type GraphEntry, KernelGraphs, pairGraphs } from "./entries";
import type { SessionPorts } from "./ports";
import { ScriptNames } from "./scriptNames";
import { RanSources } from "./truth";
import { GraphcellError } from "../errors";
import type { Disposable } from "../lifetime";
import { encodeGraph } from "../model/encode";
import type { Graph } from "../model/graph";
import { parseNotebook } from "../notebook/parse";
import type { ParsedNotebook } from "../notebook/parsed";
import { dumpJson } from "../value/json";

/**
 * The graphs of one notebook, from its text and its kernel, and which of them is chosen. The text is read when
 * somebody asks for what it says: not with every letter while nobody looks.
 */
export class NotebookGraphs implements Disposable {
  private readonly ran = new RanSources();
  private readonly kernelGraphs = new KernelGraphs();
  private derivations = new Derivations();
  /** What files of steps beside the notebook export. */
  readonly scripts: ScriptNames;
  private reading: ParsedNotebook | undefined;
  private paired: readonly GraphEntry[] = [];
  private chosen: string | null = null;
  private behind = true;
  private readonly texts = new WeakMap<Graph, string>();

  constructor(
    private readonly ports: SessionPorts,
    onChange: () => void,
  ) {
    this.ran.see(ports.notebook.cells);
    this.scripts = new ScriptNames(ports, () => {
      this.derivations = this.derivations.anew();
      onChange();
    });
  }

  dispose(): void {
    this.scripts.dispose();
  }

  get parsed(): ParsedNotebook {
    return this.read().parsed;
  }

  get entries(): readonly GraphEntry[] {
    return this.read().entries;
  }

  private read(): { readonly parsed: ParsedNotebook; readonly entries: readonly GraphEntry[] } {
    if (this.behind || !this.reading) {
      this.behind = false;
      const { notebook } = this.ports;
      const before = this.reading;
      this.reading = notebook.read ? notebook.read(before) : parseNotebook(notebook.cells, before);
      this.paired = pairGraphs(this.reading, this.kernelGraphs.of(this.ports.kernel.report));
      if (this.chosen !== null && !this.paired.some((e) => e.id === this.chosen)) this.chosen = null;
    }
    return { parsed: this.reading, entries: this.paired };
  }

  /** The cells have changed; says whether one of them has run. */
  parse(): boolean {
    this.behind = true;
    return this.ran.see(this.ports.notebook.cells);
  }

  /** The kernel has told something new. */
  pair(): void {
    this.behind = true;
  }

  /** The kernel is gone, and with it what had run. */
  forget(): void {
    this.ran.reset();
    this.pair();
  }

  /** A cell is half typed: the graphs of the text are the last good ones. */
  get stale(): boolean {
    return this.parsed.stale;
  }

  get current(): GraphEntry | null {
    return this.entries.find((e) => e.id === this.chosen) ?? this.entries[0] ?? null;
  }

  choose(id: string): void {
    this.chosen = id;
  }

  /** The graph that a cell alone takes part in; null when that is the current one or can't be told. */
  ofCell(cellId: string): GraphEntry | null {
    const fits = (entry: GraphEntry) => entry.parsed?.cells.includes(cellId) ?? false;
    const builds = (entry: GraphEntry) => entry.parsed?.range?.cellId === cellId;
    const candidates =
      this.entries.filter(builds).length > 0 ? this.entries.filter(builds) : this.entries.filter(fits);
    return candidates.length === 1 && candidates[0] !== this.current ? candidates[0] : null;
  }

  /** A graph by id, name or variable, the current one for null; throws `GraphcellError` with the names there are. */
  find(name: string | null): GraphEntry {
    const found =
      name === null
        ? this.current
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

  derived(entry: GraphEntry): Derived {
    const { notebook, kernel } = this.ports;
    const derived = this.derivations.of(entry, {
      parsed: this.parsed,
      report: kernel.report,
      ran: this.ran,
      cells: notebook.cells,
      scriptNames: this.scripts.of(entry.name),
    });
    this.scripts.see(entry.name, derived.problems);
    return derived;
  }

  private textOf(graph: Graph): string {
    const known = this.texts.get(graph);
    if (known !== undefined) return known;
    const text = dumpJson(encodeGraph(graph));
    this.texts.set(graph, text);
    return text;
  }

  /** What a graph's results depend on: they are outdated when it changes. */
  signature(entry: GraphEntry): string {
    const cells = new Set(entry.parsed?.cells ?? []);
    for (const origin of entry.parsed?.origins.values() ?? [])
      if (origin.definition) cells.add(origin.definition.cellId);
    const counts = this.ports.notebook.cells.filter((c) => cells.has(c.id)).map((c) => c.executionCount ?? 0);
    // The graph itself, not its picture: marks of what has run change nothing, arguments that are not drawn do.
    const version = entry.kernel ? `k${entry.kernel.info.revision}` : this.textOf(this.derived(entry).graph);
    return `${entry.id}|${version}|${counts.join(",")}`;
  }
}
