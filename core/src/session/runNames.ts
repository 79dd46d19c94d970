import type { GraphEntry } from "./entries";
import type { RunTally } from "./tally";
import { flat } from "./truth";
import { type Named, renamesIn } from "../draw/renames";

/**
 * The names that a run knows its steps by, while their names in the notebook change: a step keeps its result when it is
 * renamed, until it runs again.
 */
export class RunNames {
  private entry: GraphEntry | null = null;
  private before: readonly Named[] | null = null;
  private known: ReadonlyMap<string, string> = new Map();
  /** Steps of today by the name that the run has for them, where it is another one. */
  private renamed: ReadonlyMap<string, string> = new Map();
  /** Steps that only the kernel still has. */
  private ghosts: ReadonlySet<string> = new Set();

  /** Takes in the graph as text and kernel have it now. */
  follow(entry: GraphEntry): void {
    if (this.entry === entry) return;
    this.entry = entry;
    const { parsed, kernel } = entry;
    const all = parsed?.graph ?? kernel?.graph;
    const written = all ? [...flat(all)].map(([id, { kind }]) => ({ id, kind })) : [];
    const held = parsed && kernel ? flat(kernel.graph).keys() : [];
    const names = new Set(written.map(({ id }) => id));
    this.ghosts = new Set([...held].filter((id) => !names.has(id)));
    this.written(written, names);
  }

  private written(written: readonly Named[], names: ReadonlySet<string>): void {
    const renamed = this.before && renamesIn(this.before, written);
    if (renamed && (renamed.size > 0 || this.known.size > 0)) {
      const known = new Map<string, string>();
      for (const { id } of written) {
        const old = renamed.get(id) ?? id;
        const then = this.known.get(old) ?? old;
        if (then !== id) known.set(id, then);
      }
      this.known = known;
    } else if (this.before && !renamed) {
      this.known = new Map([...this.known].filter(([id]) => names.has(id)));
    }
    this.before = written;
    this.renamed = new Map([...this.known].map(([now, then]) => [then, now]));
  }

  /** The run's name for a step of today; null when what the run calls so is another step. */
  then(step: string): string | null {
    const then = this.known.get(step);
    // While the kernel still holds the step under its old name, the result is that one's.
    if (then !== undefined) return this.ghosts.has(then) ? null : then;
    return this.renamed.has(step) && !this.ghosts.has(step) ? null : step;
  }

  /** Today's name for a step of the run. */
  now(step: string): string {
    const now = this.renamed.get(step);
    return now !== undefined && !this.ghosts.has(step) ? now : step;
  }

  /** The sums of the run by the names of today. */
  tally(of: RunTally): RunTally {
    if (this.known.size === 0) return of;
    const way = <T extends { readonly handledBy: string | null }>(visits: ReadonlyMap<string, T>) =>
      new Map(
        [...visits].map(([step, visit]) => {
          const handledBy = visit.handledBy === null ? null : this.now(visit.handledBy);
          return [this.now(step), { ...visit, handledBy }];
        }),
      );
    return {
      count: (step) => {
        const then = this.then(step);
        return then === null ? undefined : of.count(then);
      },
      ways: () => [...of.ways()].map((taken) => ({ way: way(taken.way), count: taken.count })),
      waysOf: (events) => of.waysOf(events).map(way),
      lastOutputs: () => this.renamedKeys(of.lastOutputs()),
    };
  }

  /** The same values, by the names of today. */
  renamedKeys<T>(values: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
    if (this.known.size === 0) return values;
    return new Map([...values].map(([step, value]) => [this.now(step), value]));
  }
}
