import type { TraceRecord } from "../engine/trace";
import type { Step } from "../model/graph";
import type { Definition, ParsedGraph, ParsedNotebook } from "../notebook/parsed";
import type { Cell } from "../source";

/** All that the language features look at. Nothing here changes: a keystroke makes another one. */
export interface LanguageContext {
  readonly cells: readonly Cell[];
  readonly parsed: ParsedNotebook;
  /** Names in the kernel's main module; null while no kernel has told. */
  readonly kernelNames?: ReadonlySet<string> | null;
  /** Names that files of steps in TypeScript or JavaScript export. */
  readonly scriptNames?: ReadonlySet<string>;
  /** What the last simulation did; absent where nothing is simulated. */
  readonly runs?: LastRuns;
}

/** The last run of each graph, as far as hovers and lenses tell of it. */
export interface LastRuns {
  /** How many events are saved with a graph, by its name. */
  events(graph: string): number;
  /** null when the graph has not run. */
  run(graph: string): { readonly ok: number; readonly total: number; readonly outdated: boolean } | null;
  /** The newest record of a step by its full name; null when no event reached it. */
  step(graph: string, step: string): StepRun | null;
}

export interface StepRun {
  readonly record: TraceRecord;
  /** Events that entered the step. */
  readonly events: number;
  /** Code or graph has changed since. */
  readonly outdated: boolean;
}

/** The step of that full name (`router/route`). */
export function stepOf(graph: ParsedGraph, name: string): Step | undefined {
  const { root } = graph.graph;
  if (root.kind === "router" && name === root.name) return root;
  const path = root.kind === "router" ? name.slice(root.name.length + 1) : name;
  let step: Step | undefined = root;
  // A step's own name may hold a slash: the longest key that fits goes first.
  for (let rest = path; rest !== "" && step;) {
    const key: string | undefined = [...step.children.keys()]
      .filter((k) => rest === k || rest.startsWith(`${k}/`))
      .sort((a, b) => b.length - a.length)[0];
    step = key === undefined ? undefined : step.children.get(key);
    rest = key === undefined ? "" : rest.slice(key.length + 1);
  }
  return step === root ? undefined : step;
}

/** The notebook's own class or function of that name; null for imports and plain variables. */
export function codeOf(parsed: ParsedNotebook, name: string): Definition | null {
  const found = parsed.definitions.get(name);
  return found && found.kind !== "variable" && found.kind !== "import" ? found : null;
}

/** The graphs that a cell takes part in, else all of the notebook. */
export function graphsOfCell(parsed: ParsedNotebook, cellId: string): readonly ParsedGraph[] {
  const own = parsed.graphs.filter((graph) => graph.cells.includes(cellId));
  return own.length > 0 ? own : parsed.graphs;
}

export function cellText({ cells }: LanguageContext, cellId: string): string {
  return cells.find((cell) => cell.id === cellId)?.source ?? "";
}
