import { type TopStatement, topStatements } from "../notebook/free-names";
import type { CodePart } from "./marks";
import type { StepNeed } from "./step-names";
import { BUILTIN_NAMES, IPYTHON_NAMES } from "./python-names";

/** A statement of the notebook and where it stands. */
export interface PlacedStatement extends TopStatement {
  readonly part: CodePart;
  /** Place among all statements of the notebook. */
  readonly order: number;
}

/** A name that a step needs and that nothing defines. */
export interface MissingName {
  readonly name: string;
  readonly step: string;
  /** What reads it: the name of a definition, or null when the step itself does. */
  readonly via: string | null;
  /** `graph`: it holds the graph or the function, which a function can't have in itself. */
  readonly why: "undefined" | "ipython" | "graph";
}

export interface Needed {
  /** In the order of the notebook. */
  readonly statements: readonly PlacedStatement[];
  readonly missing: readonly MissingName[];
}

export function placeStatements(parts: readonly CodePart[]): readonly PlacedStatement[] {
  const placed: PlacedStatement[] = [];
  for (const part of parts) {
    for (const statement of topStatements(part.code))
      placed.push({ ...statement, part, order: placed.length });
  }
  return placed;
}

/**
 * The statements that the steps need, and those that these need in turn. Of a class, function or import that is
 * written twice the last holds. A variable takes every statement that gives it a value or may change it (a loop that
 * trains the models of a dict, say), but for those that build the graph.
 *
 * @param graphNames variables of the notebook that hold a function or its graph.
 */
export function neededStatements(
  statements: readonly PlacedStatement[],
  needs: readonly StepNeed[],
  graphNames: Iterable<string>,
): Needed {
  return new Collector(statements, graphNames).collect(needs);
}

class Collector {
  private readonly binders = new Map<string, PlacedStatement[]>();
  private readonly readers = new Map<string, PlacedStatement[]>();
  private readonly stars: readonly PlacedStatement[];
  private readonly building: ReadonlySet<PlacedStatement>;
  private readonly graphNames: ReadonlySet<string>;
  private readonly taken = new Set<PlacedStatement>();
  private readonly missing: MissingName[] = [];
  private readonly seen = new Set<string>();

  constructor(statements: readonly PlacedStatement[], graphNames: Iterable<string>) {
    const named = new Set(graphNames);
    this.building = graphStatements(statements, named);
    this.graphNames = named;
    this.stars = statements.filter((s) => s.star);
    for (const statement of statements) {
      for (const name of statement.binds) push(this.binders, name, statement);
      if (statement.kind === "other") for (const name of statement.uses) push(this.readers, name, statement);
    }
  }

  collect(needs: readonly StepNeed[]): Needed {
    for (const { step, names } of needs) {
      for (const name of names) {
        const optional = name.startsWith("?");
        const [root = ""] = name.replace("?", "").split(".");
        if (optional && !this.defines(root)) continue;
        // A dotted path that starts with no name of the notebook is an import that MLRun does itself.
        if (name.includes(".") && !this.binders.has(root)) continue;
        this.need(root, step, null);
      }
    }
    const statements = [...this.taken].sort((a, b) => a.order - b.order);
    return { statements, missing: this.missing };
  }

  /** A text among arguments counts when it names a function or class of the notebook. */
  private defines(name: string): boolean {
    return (this.binders.get(name) ?? []).some((s) => s.kind === "class" || s.kind === "function");
  }

  private need(name: string, step: string, via: string | null): void {
    if (this.seen.has(name)) return;
    this.seen.add(name);
    const binders = (this.binders.get(name) ?? []).filter((s) => !this.building.has(s));
    if (binders.length === 0) return this.undefined(name, step, via);
    const holding = holdingStatements(name, binders);
    for (const statement of holding) this.take(statement, step, name);
    if (holding.every((s) => s.kind !== "other")) return;
    for (const statement of this.readers.get(name) ?? []) {
      if (!this.building.has(statement) && !onlyShows(statement)) this.take(statement, step, name);
    }
  }

  private take(statement: PlacedStatement, step: string, via: string): void {
    if (this.taken.has(statement)) return;
    this.taken.add(statement);
    for (const name of statement.uses) this.need(name, step, via);
  }

  private undefined(name: string, step: string, via: string | null): void {
    if (BUILTIN_NAMES.has(name)) return;
    if (this.graphNames.has(name)) {
      this.missing.push({ name, step, via, why: "graph" });
      return;
    }
    if (this.stars.length > 0) {
      for (const star of this.stars) this.take(star, step, name);
      return;
    }
    this.missing.push({ name, step, via, why: IPYTHON_NAMES.has(name) ? "ipython" : "undefined" });
  }
}

/** A statement that shows a value to who reads the notebook, and changes nothing. */
function onlyShows({ part, from, to }: PlacedStatement): boolean {
  return /^(?:[\w.[\]"']+|(?:print|display|(?:plt|sns)\.\w+)\(.*\)|[\w.]+\.(?:head|tail|info|describe)\(.*\));?$/s.test(
    part.code.slice(from, to),
  );
}

/** The statement that holds, or all of them where a name is a variable or is made from its earlier self. */
function holdingStatements(name: string, binders: readonly PlacedStatement[]): readonly PlacedStatement[] {
  const last = binders[binders.length - 1];
  if (last === undefined) return [];
  return last.kind !== "other" && !last.uses.has(name) ? [last] : binders;
}

/**
 * Statements that build the graph: all that read a variable of a function or graph, or of something that was made
 * from one. Definitions of classes and functions are none, whatever they read. The names are added to `graphNames`.
 */
function graphStatements(
  statements: readonly PlacedStatement[],
  graphNames: Set<string>,
): ReadonlySet<PlacedStatement> {
  const building = new Set<PlacedStatement>();
  for (let grew = true; grew;) {
    grew = false;
    for (const statement of statements) {
      if (statement.kind !== "other" || building.has(statement)) continue;
      const touches = [...statement.uses, ...statement.binds].some((name) => graphNames.has(name));
      if (!touches) continue;
      building.add(statement);
      grew = true;
      // What an ordinary variable of the loop was called is no part of the graph, but nobody needs it either.
      for (const name of statement.binds) graphNames.add(name);
    }
  }
  return building;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
