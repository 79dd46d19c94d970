import type { StepBuilder } from "../model/builder";
import { PyRaise } from "../value/raise";
import { type Doubt, type Machine, Raised } from "./machine";
import type { Mention } from "./parsed";
import type { CellText } from "./place";
import type { Place } from "./values";

/** Where a step comes from, as places in cells. */
export interface Origin {
  readonly created: Place;
  readonly reference: Place | null;
  readonly name: Place | null;
}

/** Something about a step, or about the graph that it is the root of, that only a run can tell. */
export interface Uncertain {
  readonly what: string;
  readonly reason: string;
  readonly at: Place | null;
}

/** Text that names a step or what it runs, as it was given to a verb; see `Mention`. */
export interface NamedText {
  readonly role: Mention["role"];
  readonly name: string;
  /** The literal or name. */
  readonly at: Place;
  readonly defines: boolean;
  /** A step inside of the one that it belongs to; else one beside it. */
  readonly child?: boolean;
}

/** What the interpreter needs of itself while graphs are built. */
export interface Context extends Machine {
  readonly callers: readonly CellText[];
}

/** Everything that is noted about steps while the notebook's calls build them. */
export class Building {
  readonly origins = new Map<StepBuilder, Origin>();
  readonly uncertain = new Map<StepBuilder, Uncertain[]>();
  readonly cells = new Map<StepBuilder, Set<CellText>>();
  /** Text that names steps and what they run, by the step to whose making it belongs. */
  readonly mentions = new Map<StepBuilder, NamedText[]>();
  /** Steps that took the name of an earlier one, and where. */
  readonly replaced = new Map<StepBuilder, Place>();
  private readonly names = new Map<StepBuilder, Map<string, StepBuilder>>();
  /** Steps that the statement which is read now has touched. */
  private touched = new Set<StepBuilder>();
  private failed = false;

  constructor(readonly machine: () => Context) {}

  statement(): void {
    this.touched = new Set();
    this.failed = false;
  }

  /** What the statement built is not all known. */
  abandoned(at: Place, reason: string): void {
    for (const step of this.touched) this.note(rootOf(step), { what: "loop", reason, at });
  }

  note(step: StepBuilder, uncertain: Uncertain): void {
    const list = this.uncertain.get(step) ?? [];
    const known = list.some((u) => u.what === uncertain.what && u.reason === uncertain.reason);
    if (!known) list.push(uncertain);
    this.uncertain.set(step, list);
  }

  mention(step: StepBuilder, named: readonly NamedText[]): void {
    if (named.length === 0) return;
    const list = this.mentions.get(step);
    if (list) list.push(...named);
    else this.mentions.set(step, [...named]);
  }

  /** A step depends on the cell of this place, and on those of the functions that lead there. */
  touch(step: StepBuilder, at: Place): void {
    this.touched.add(step);
    const cells = this.cells.get(step) ?? new Set();
    cells.add(at.cell);
    for (const cell of this.machine().callers) cells.add(cell);
    this.cells.set(step, cells);
  }

  /** Notes a new step: its places, and the doubt under which it was made. */
  created(step: StepBuilder, origin: Origin): void {
    this.named(step, origin);
    this.origins.set(step, origin);
    this.touch(step, origin.created);
    this.doubt(step);
  }

  /** A second step of one name takes the place of the first, unless only one of them is made. */
  private named(step: StepBuilder, origin: Origin): void {
    const { parent, name } = step;
    if (!parent || name === null) return;
    const names = this.names.get(parent) ?? new Map<string, StepBuilder>();
    this.names.set(parent, names);
    const before = names.get(name);
    if (before && before !== step && !this.machine().doubt)
      this.replaced.set(step, origin.name ?? origin.created);
    names.set(name, step);
  }

  /** Steps that are taken away on purpose; `name` null for all of a parent. */
  removed(parent: StepBuilder, name: string | null): void {
    if (name === null) this.names.delete(parent);
    else this.names.get(parent)?.delete(name);
  }

  /** Notes the condition or loop that the kernel may run otherwise. */
  doubt(step: StepBuilder): void {
    const doubt: Doubt | null = this.machine().doubt;
    if (doubt) this.note(step, { what: doubt.what, reason: doubt.reason, at: doubt.at });
  }

  /**
   * Does `work`. What MLRun would raise is a problem at `at`, and the value is then `otherwise`; inside of a `try`
   * it is raised, for the notebook itself catches it.
   */
  attempt<T>(at: Place, work: () => T, otherwise: T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof PyRaise)) throw error;
      const machine = this.machine();
      if (machine.guarded) throw new Raised(error.className, error.message, at);
      // What fails later in the same statement nearly always follows from the first.
      if (!this.failed) {
        machine.report(
          "error",
          "call-raises",
          `This call raises ${error.className}: ${error.message.replace(/[^.!?]$/, "$&.")}`,
          "Change the call; the graph is drawn as if it were not there.",
          at,
        );
      }
      this.failed = true;
      return otherwise;
    }
  }
}

export function rootOf(step: StepBuilder): StepBuilder {
  let at = step;
  for (let above = at.parent; above; above = at.parent) at = above;
  return at;
}
