import type { Graph, Step } from "../model/graph";
import { expressionNames } from "../notebook/free-names";
import { type PyValue, isMap } from "../value/value";

/** What one step asks of its function's source. Names are as written: `Enrich`, `models.Iris`, `helpers.clean`. */
export interface StepNeed {
  /** Full name: `step`, `router/route`. */
  readonly step: string;
  readonly names: ReadonlySet<string>;
}

/** Class names that are commands of MLRun's, not classes. */
const SPECIAL = /^\$/;
const IDENTIFIER = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

/** Steps of the graph that run in `current` (null: in any function), and the names that each of them needs. */
export function stepNeeds(graph: Graph, current: string | null): readonly StepNeed[] {
  const needs: StepNeed[] = [];
  const { root } = graph;
  if (root.kind === "router") needs.push(needOf(root, root.name === "" ? "router" : root.name));
  collect(root, root.kind === "router" ? `${root.name}/` : "", current, root.function, needs);
  return needs.filter((need) => need.names.size > 0);
}

function collect(
  parent: Step,
  prefix: string,
  current: string | null,
  above: string | null,
  needs: StepNeed[],
): void {
  for (const [key, step] of parent.children) {
    const own = step.function ?? above;
    const here = current === null || own === "*" || (own ?? "") === current;
    if (here) needs.push(needOf(step, prefix + key));
    if (step.children.size > 0) collect(step, `${prefix}${key}/`, current, own, needs);
  }
}

function needOf(step: Step, fullName: string): StepNeed {
  const names = new Set<string>();
  if (step.className !== null) addName(step.className.replace(/^\*/, ""), names);
  // Beside a class a handler is the name of one of its methods.
  if (step.handler !== null && step.className === null) addName(step.handler, names);
  for (const value of step.classArgs.values()) addTexts(value, names, 0);
  return { step: fullName, names };
}

/** A name, or an expression in brackets, which MLRun makes a function of `event` from. */
function addName(text: string, names: Set<string>): void {
  if (SPECIAL.test(text)) return;
  if (IDENTIFIER.test(text)) names.add(text);
  else if (/^\(.*\)$/s.test(text)) addExpression(text, names);
}

function addExpression(text: string, names: Set<string>): void {
  for (const name of expressionNames(text)) if (name !== "event") names.add(name);
}

/**
 * Any text among a step's arguments may name a function or class: the source takes those that the notebook defines.
 * Only arguments that MLRun resolves itself (in brackets) can be missing.
 */
function addTexts(value: PyValue, names: Set<string>, depth: number): void {
  if (depth > 8) return;
  if (typeof value === "string") {
    if (IDENTIFIER.test(value)) names.add(`?${value}`);
    else if (/^\(.*\)$/s.test(value) && /\bevent\b/.test(value)) addExpression(value, names);
  } else if (Array.isArray(value)) for (const item of value) addTexts(item, names, depth + 1);
  else if (isMap(value)) for (const item of value.values()) addTexts(item, names, depth + 1);
}
