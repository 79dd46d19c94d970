import type { GraphEntry } from "./entries";
import type { Truth } from "../draw/picture";
import { Graph, Step } from "../model/graph";
import type { ParsedNotebook } from "../notebook/parsed";
import { parseNotebook } from "../notebook/parse";
import type { Cell, SourceRange } from "../source";
import { equal } from "../value/compare";
import type { PyValue } from "../value/value";

/**
 * What each cell's text was when the kernel ran it last, as far as this session saw it: a cell that ran before the
 * session began counts as unchanged.
 */
export class RanSources {
  private readonly ran = new Map<string, { readonly count: number | null; readonly source: string }>();
  private readonly parsed = new Map<string, { readonly source: string; readonly notebook: ParsedNotebook }>();

  /** Takes note of cells that have run since the last look; says whether one has. */
  see(cells: readonly Cell[]): boolean {
    const alive = new Set<string>();
    let hasRun = false;
    for (const cell of cells) {
      if (cell.kind !== "code") continue;
      alive.add(cell.id);
      const count = cell.executionCount ?? null;
      const known = this.ran.get(cell.id);
      if (known && (count === null || known.count === count)) continue;
      this.ran.set(cell.id, { count, source: cell.source });
      hasRun ||= count !== null;
    }
    for (const id of this.ran.keys()) if (!alive.has(id)) this.ran.delete(id);
    return hasRun;
  }

  /** The kernel is new: nothing has run in it. */
  reset(): void {
    this.ran.clear();
  }

  /** Whether the `class` or `def` at `range` reads other than it did when its cell ran. */
  edited(name: string, range: SourceRange, cells: readonly Cell[]): boolean {
    const cell = cells.find((c) => c.id === range.cellId);
    const ran = this.ran.get(range.cellId);
    if (!cell || !ran || ran.source === cell.source) return false;
    const before = this.parse(cell.id, ran.source).definitions.get(name);
    return !before || textAt(ran.source, before.range) !== textAt(cell.source, range);
  }

  private parse(id: string, source: string): ParsedNotebook {
    const known = this.parsed.get(id);
    if (known?.source === source) return known.notebook;
    const notebook = parseNotebook([{ id, kind: "code", source }]);
    this.parsed.set(id, { source, notebook });
    return notebook;
  }
}

/** Text of a range in its cell. */
export function textAt(source: string, range: SourceRange): string {
  const lines = source.split("\n").slice(range.line - 1, range.endLine);
  if (lines.length === 0) return "";
  lines[lines.length - 1] = lines[lines.length - 1].slice(0, range.endColumn - 1);
  lines[0] = lines[0].slice(range.column - 1);
  return lines.join("\n");
}

/** The graph to draw: the text's, with the steps that only the kernel still has added to it. */
export function mergedGraph(entry: GraphEntry): Graph {
  const { parsed, kernel } = entry;
  if (!parsed) return kernel ? kernel.graph : new Graph(new Step("", "root", new Map()));
  if (!kernel || parsed.graph.topology !== kernel.graph.topology) return parsed.graph;
  const children = new Map(parsed.graph.steps);
  for (const [key, step] of kernel.graph.steps) {
    const written = children.get(key);
    if (!written) children.set(key, step);
    else if (written.kind === "router" && step.kind === "router") {
      const routes = new Map(written.children);
      for (const [name, route] of step.children) if (!routes.has(name)) routes.set(name, route);
      children.set(key, written.withChildren(routes));
    }
  }
  return new Graph(parsed.graph.root.withChildren(children));
}

/** How text and kernel agree on each step, by full name. `live` says that the kernel has told what it holds. */
export function truthOf(
  entry: GraphEntry,
  live: boolean,
  ran: RanSources,
  cells: readonly Cell[],
): ReadonlyMap<string, Truth> {
  const truth = new Map<string, Truth>();
  const { parsed, kernel } = entry;
  const written = parsed ? flat(parsed.graph) : new Map<string, Step>();
  const held = kernel ? flat(kernel.graph) : new Map<string, Step>();
  // What the text leaves open can't contradict the kernel.
  const unknown = new Set((parsed?.unknowns ?? []).map((u) => u.step));
  for (const [name, step] of written) {
    const other = held.get(name);
    if (!live) truth.set(name, "agreed");
    else if (!other) truth.set(name, "written");
    else if (!unknown.has(name) && differs(step, other)) truth.set(name, "edited");
    else truth.set(name, codeEdited(entry, name, step, ran, cells) ? "edited" : "agreed");
  }
  for (const name of held.keys()) if (!written.has(name)) truth.set(name, parsed ? "kernel-only" : "agreed");
  return truth;
}

function codeEdited(
  entry: GraphEntry,
  name: string,
  step: Step,
  ran: RanSources,
  cells: readonly Cell[],
): boolean {
  const range = entry.parsed?.origins.get(name)?.definition;
  const symbol = step.className ?? step.handler;
  return range && symbol ? ran.edited(symbol.slice(symbol.lastIndexOf(".") + 1), range, cells) : false;
}

/** All steps by full name, routes and inner steps too. */
export function flat(graph: Graph): ReadonlyMap<string, Step> {
  const all = new Map<string, Step>();
  const visit = (step: Step, prefix: string) => {
    for (const [key, child] of step.children) {
      all.set(prefix + key, child);
      visit(child, `${prefix}${key}/`);
    }
  };
  const { root } = graph;
  visit(root, root.kind === "router" ? `${root.name}/` : "");
  if (root.kind === "router") all.set(root.name, root);
  return all;
}

/** Fields in which text and kernel may differ without anybody having edited anything. */
const DERIVED = new Set([
  "endpoint_type",
  "model_endpoint_creation_strategy",
  "name",
  "track_models",
  "skip_context",
]);

function differs(a: Step, b: Step): boolean {
  if (a.kind !== b.kind) return true;
  const names = new Set([...a.fields.keys(), ...b.fields.keys()]);
  for (const name of names) {
    if (DERIVED.has(name)) continue;
    const x = plain(a.field(name));
    const y = plain(b.field(name));
    if (!equal(x, y)) return true;
  }
  return false;
}

/** An absent field, None and an empty container say the same. */
function plain(v: PyValue | undefined): PyValue {
  if (v === undefined || v === "" || v === false) return null;
  if (Array.isArray(v) && v.length === 0) return null;
  if (v instanceof Map && v.size === 0) return null;
  return v;
}
