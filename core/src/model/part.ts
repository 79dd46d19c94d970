import { GraphcellError } from "../errors";
import type { PyValue } from "../value/value";
import { Graph, type Step } from "./graph";
import { type Topology, ancestors, descendants, topologyOf } from "./topology";

/** A part of a flow: from a step (from the start when null) up to another. Full step names. */
export interface GraphPart {
  readonly from: string | null;
  readonly to: string;
}

/** Whether both are the same part; null is the whole. */
export function samePart(a: GraphPart | null, b: GraphPart | null): boolean {
  return a?.from === b?.from && a?.to === b?.to;
}

/** The step of the root flow that a full name belongs to: a route or a step of a child flow runs with the whole. */
function topStep(graph: Graph, name: string): string | null {
  if (graph.topology === "router") return null;
  if (graph.steps.has(name)) return name;
  const [first] = name.split("/");
  return graph.steps.has(first) ? first : null;
}

/** Whether events can get from one step to the other, which may be the same. */
function leadsTo(graph: Graph, from: string, to: string): boolean {
  const [first, last] = [topStep(graph, from), topStep(graph, to)];
  if (first === null || last === null) return false;
  return first === last || descendants(topologyOf(graph), first).has(last);
}

/** Steps at which events may enter to get to `to`, itself included, in the graph's order; none in a router. */
export function startsOf(graph: Graph, to: string): readonly string[] {
  return [...graph.steps.keys()].filter((key) => leadsTo(graph, key, to));
}

/**
 * The graph with no more than the steps on the way of an event from `from` to `to`. Events enter at `from` and `to`
 * answers the caller; error handlers of what is left stay. Throws `GC_PART` for a step that there is not, in a router,
 * and where no way leads from one to the other.
 */
export function partOf(graph: Graph, part: GraphPart): Graph {
  if (graph.topology === "router")
    throw refused("A router runs as a whole.", "Run the event without choosing a step.");
  const to = known(graph, part.to);
  const from = part.from === null ? null : known(graph, part.from);
  if (from !== null && !leadsTo(graph, from, to)) {
    throw refused(
      `No way leads from step "${from}" to step "${to}".`,
      `Choose a step behind "${from}", or begin at the start of the graph.`,
    );
  }
  const topology = topologyOf(graph);
  const kept = keptSteps(graph, topology, from, to);
  const children = new Map<string, Step>();
  for (const [key, step] of graph.steps)
    if (kept.has(key)) children.set(key, cut(step, kept, key === from, key === to));
  return new Graph(graph.root.withChildren(children).with("final_step", undefined));
}

function keptSteps(graph: Graph, topology: Topology, from: string | null, to: string): Set<string> {
  const before = ancestors(topology, to);
  const behind = from === null ? null : descendants(topology, from);
  const kept = new Set([to, ...(from === null ? [] : [from])]);
  for (const key of graph.steps.keys()) if (before.has(key) && (behind?.has(key) ?? true)) kept.add(key);
  for (const key of [...kept]) {
    const handler = topology.handlers.get(key);
    if (handler !== undefined) kept.add(handler);
  }
  if (topology.graphHandler !== null) kept.add(topology.graphHandler);
  return kept;
}

const LINKS = ["after", "before", "cycle_from"] as const;

/** A step without its links to what is left out. */
function cut(step: Step, kept: ReadonlySet<string>, first: boolean, last: boolean): Step {
  let left = step;
  for (const field of LINKS) {
    const links: readonly string[] = step[field === "cycle_from" ? "cycleFrom" : field];
    const rest: PyValue[] = first && field === "after" ? [] : links.filter((name) => kept.has(name));
    if (rest.length < links.length)
      left = left.with(field, rest.length > 0 || field === "after" ? rest : undefined);
  }
  if (step.kind === "queue") return left;
  if (last) return left.with("responder", true);
  return step.responder && step.kind !== "error_step" ? left.with("responder", undefined) : left;
}

function known(graph: Graph, name: string): string {
  const top = topStep(graph, name);
  if (top !== null) return top;
  throw refused(`The graph has no step "${name}".`, "Choose one of the steps that are drawn.");
}

function refused(message: string, remedy: string): GraphcellError {
  return new GraphcellError("GC_PART", message, remedy);
}
