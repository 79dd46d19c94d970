import type { SourceRange } from "../../source";
import type { Graph, Step } from "../graph";
import type { Severity, TextFix } from "../problem";
import type { Topology } from "../topology";

/** What a notebook's text says of a graph, as far as checks need it; a `ParsedGraph` is one. */
export interface GraphSource {
  readonly origins: ReadonlyMap<string, StepSource>;
  readonly unknowns: readonly { readonly step: string | null; readonly what: string }[];
  readonly range: SourceRange | null;
  /** Calls that gave a step a name that an earlier step had, which is thereby gone. */
  readonly replaced?: readonly { readonly step: string; readonly range: SourceRange | null }[];
  /** Places of the entries of each step's dictionary, where it is written as one. */
  readonly fieldRanges?: ReadonlyMap<string, ReadonlyMap<string, SourceRange>>;
  /** Where steps are named; see the notebook's `Mention`. */
  readonly mentions?: readonly StepMention[];
}

export interface StepMention {
  readonly role: string;
  readonly name: string;
  readonly owner: string;
  readonly defines: boolean;
  readonly exact: boolean;
  readonly range: SourceRange;
}

export interface StepSource {
  readonly created: SourceRange | null;
  readonly reference: SourceRange | null;
  readonly nameRange: SourceRange | null;
}

/** The names of a notebook; a `ParsedNotebook` is one. */
export interface NotebookNames {
  readonly definitions: ReadonlyMap<string, NamedThing>;
  /** Other names may come from `import *` and the like: then a missing name is no problem. */
  readonly openNamespace: boolean;
}

export interface NamedThing {
  readonly kind: string;
  readonly bases?: readonly string[];
  readonly members?: readonly string[];
}

/** What is known besides the graph. Everything may be left out; then what it would tell is not checked. */
export interface CheckContext {
  readonly parsed?: GraphSource | null;
  readonly notebook?: NotebookNames | null;
  /** Names in the kernel's main module. */
  readonly kernelNames?: ReadonlySet<string> | null;
  /** Names that a file of steps in TypeScript or JavaScript exports. */
  readonly scriptNames?: ReadonlySet<string> | null;
  /** Whether a dotted class name of mlrun or storey exists; asked only for those. */
  readonly isLibraryClass?: (className: string) => boolean;
}

/** One flow of the graph (the root, or a flow inside) with what is known of it. */
export interface FlowView {
  readonly graph: Graph;
  readonly flow: Step;
  /** Full name of the flow's steps up to their own: empty, or ends in a slash. */
  readonly prefix: string;
  readonly topology: Topology;
  readonly context: CheckContext;
  readonly sync: boolean;
}

/** What a rule found. */
export interface Finding {
  /** Full name of the step; null for the whole graph. */
  readonly step: string | null;
  readonly message: string;
  readonly remedy: string;
  /** Where, when that is not the step's own place. */
  readonly range?: SourceRange | null;
  readonly fix?: TextFix;
}

/** One row of the table: what it is called, how bad it is, and how to find it. */
export interface Rule {
  readonly code: string;
  readonly severity: Severity;
  readonly find: (at: FlowView) => Iterable<Finding>;
}

/** The flow's steps and, after each router, its routes, with their full names. */
export function* stepsOf(at: FlowView): Generator<readonly [string, Step]> {
  for (const [key, step] of at.flow.children) {
    const name = at.prefix + key;
    yield [name, step];
    if (step.kind !== "router") continue;
    for (const [route, child] of step.children) yield [`${name}/${route}`, child];
  }
}

/** "a", "a and b", "a, b and c", in quotes. */
export function quotedList(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  if (quoted.length < 2) return quoted.join("");
  return `${quoted.slice(0, -1).join(", ")} and ${quoted[quoted.length - 1]}`;
}

/** The name that was probably meant: the nearest one, when it is near. */
export function nearest(name: string, names: Iterable<string>): string | null {
  let best: string | null = null;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const other of names) {
    const distance = editDistance(name.toLowerCase(), other.toLowerCase(), least);
    if (distance < least && other !== name) {
      best = other;
      least = distance;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours; stops counting at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        next[j] = Math.min(next[j], before[j - 2] + 1);
      }
    }
    before = row;
    row = next;
  }
  return row[b.length];
}

/** "Did you mean X?" or the other sentence. */
export function meant(name: string, names: Iterable<string>, otherwise: string): string {
  const near = nearest(name, names);
  return near === null ? otherwise : `Did you mean "${near}"? ${otherwise}`;
}
