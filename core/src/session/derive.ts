import type { GraphEntry } from "./entries";
import type { NamespaceReport } from "./ports";
import type { StepInfo } from "./state";
import { stepInfos } from "./steps";
import { type RanSources, mergedGraph, truthOf } from "./truth";
import type { Picture, PictureNode, Truth } from "../draw/picture";
import { pictureOf } from "../draw/pictureOf";
import { fixesOf } from "../language/fix";
import { check } from "../model/check";
import type { Graph } from "../model/graph";
import type { Problem, Severity } from "../model/problem";
import type { ParsedNotebook } from "../notebook/parsed";
import type { Cell } from "../source";

/** What follows from a graph's text and kernel alone, whatever was run or selected. */
export interface Derived {
  readonly graph: Graph;
  readonly problems: readonly Problem[];
  readonly picture: Picture;
  /** Changes only when the picture does. */
  readonly pictureRevision: number;
  readonly steps: ReadonlyMap<string, StepInfo>;
  /** Steps that nothing follows. */
  readonly terminal: ReadonlySet<string>;
  /** Its steps are in a file of TypeScript or JavaScript. */
  readonly scripted: boolean;
}

export interface Surroundings {
  readonly parsed: ParsedNotebook | null;
  readonly report: NamespaceReport | null;
  readonly ran: RanSources;
  readonly cells: readonly Cell[];
  /** Names that a file of steps beside the notebook exports; null for none. */
  readonly scriptNames: ReadonlySet<string> | null;
}

/** Derives each entry once, and keeps the picture's revision while the picture stays the same. */
export class Derivations {
  private readonly known = new WeakMap<GraphEntry, Derived>();
  private pictures = new Map<string, { readonly text: string; readonly revision: number }>();
  private revision = 0;

  /** Nothing derived yet, of the same pictures: what graphs are derived from has changed around them. */
  anew(): Derivations {
    const made = new Derivations();
    made.pictures = this.pictures;
    made.revision = this.revision;
    return made;
  }

  of(entry: GraphEntry, around: Surroundings): Derived {
    const known = this.known.get(entry);
    if (known) return known;
    const derived = this.derive(entry, around);
    this.known.set(entry, derived);
    return derived;
  }

  private derive(entry: GraphEntry, around: Surroundings): Derived {
    const graph = mergedGraph(entry);
    const truth = truthOf(entry, around.report !== null, around.ran, around.cells);
    const found = [
      ...(entry.kernel?.problems ?? []),
      ...(around.parsed?.problems ?? []),
      ...check(graph, {
        parsed: entry.parsed,
        notebook: around.parsed,
        kernelNames: around.report ? new Set(around.report.names) : null,
        scriptNames: around.scriptNames,
      }),
    ];
    const problems = found.map((problem) => withFix(problem, entry, around));
    const picture = pictureOf(graph, { truth, unknown: unknownOf(entry), problems: countsOf(problems) });
    const text = JSON.stringify(picture);
    const before = this.pictures.get(entry.id);
    const revision = before?.text === text ? before.revision : ++this.revision;
    this.pictures.set(entry.id, { text, revision });
    return {
      graph,
      problems,
      picture,
      pictureRevision: revision,
      steps: stepInfos(graph, entry.parsed, picture),
      terminal: terminalOf(picture),
      scripted: (around.scriptNames?.size ?? 0) > 0,
    };
  }
}

/** The likeliest remedy, where there is a mechanical one. */
function withFix(problem: Problem, { parsed: graph }: GraphEntry, { parsed, cells }: Surroundings): Problem {
  if (problem.fix || !parsed) return problem;
  const [fix] = fixesOf({ cells, parsed }, { graph, problem });
  return fix ? { ...problem, fix } : problem;
}

function unknownOf(entry: GraphEntry): ReadonlyMap<string, readonly string[]> {
  const unknown = new Map<string, string[]>();
  for (const { step, reason } of entry.parsed?.unknowns ?? []) {
    if (step !== null) unknown.set(step, [...(unknown.get(step) ?? []), reason]);
  }
  return unknown;
}

const RANK: Readonly<Record<Severity, number>> = { error: 2, warning: 1, info: 0 };

function countsOf(problems: readonly Problem[]): ReadonlyMap<string, NonNullable<PictureNode["problems"]>> {
  const counts = new Map<string, NonNullable<PictureNode["problems"]>>();
  for (const { step, severity } of problems) {
    if (step === null) continue;
    const known = counts.get(step);
    const worst = known && RANK[known.worst] >= RANK[severity] ? known.worst : severity;
    counts.set(step, { worst, count: (known?.count ?? 0) + 1 });
  }
  return counts;
}

function terminalOf(picture: Picture): ReadonlySet<string> {
  const leaving = new Set(picture.edges.filter((edge) => edge.kind !== "error").map((edge) => edge.from));
  const inGroups = new Set(picture.nodes.filter((node) => node.group !== null).map((node) => node.id));
  return new Set(picture.nodes.map((n) => n.id).filter((id) => !leaving.has(id) || inGroups.has(id)));
}

export type TruthMap = ReadonlyMap<string, Truth>;
