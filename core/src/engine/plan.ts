import { type Deployed, deploy } from "../model/deploy";
import type { Graph, Step } from "../model/graph";
import { repr } from "../value/repr";
import type { PyMap, PyValue } from "../value/value";
import { type Failure, asFailure, failure } from "./failure";

/** One step of a started flow or router, and where its events go. */
export class PlanStep {
  readonly key: string;
  readonly name: string;
  readonly children: ReadonlyMap<string, PlanStep>;

  constructor(
    readonly step: Step,
    /** Names of the steps after it, in order. */
    readonly next: readonly string[],
    children: ReadonlyMap<string, PlanStep>,
  ) {
    this.key = step.key;
    this.name = step.name;
    this.children = children;
  }

  get kind(): Step["kind"] {
    return this.step.kind;
  }
}

/** How a graph starts: MLRun's plan of it, the steps to make in order, and what goes wrong after them. */
export interface GraphPlan {
  readonly root: PlanStep;
  readonly start: readonly PlanStep[];
  readonly deployed: Deployed | null;
  /** Full paths (`step`, `router/route`) of the steps whose objects are made, in order. */
  readonly order: readonly string[];
  /** What MLRun raises after those objects were made; null when the graph starts. */
  readonly failure: Failure | null;
}

/** Plans a graph for a function; what is wrong with it comes as `failure`, with what MLRun does before. */
export function planGraph(graph: Graph, spec: PyMap, currentFunction: string): GraphPlan {
  const order: string[] = [];
  try {
    const deployed = deploy(graph, { currentFunction, spec, visit: (path) => void order.push(path) });
    const root = planOf(deployed.graph.root, deployed.next);
    const start = deployed.startSteps.map((name) => lookup(root.children, name));
    return { root, start, deployed, order, failure: null };
  } catch (error) {
    const root = planOf(graph.root, linksOf(graph.root));
    return { root, start: [], deployed: null, order, failure: asFailure(error) };
  }
}

function planOf(root: Step, next: ReadonlyMap<string, readonly string[]>): PlanStep {
  const children = new Map<string, PlanStep>();
  for (const [key, step] of root.children) {
    const below = planOf(step, linksOf(step));
    children.set(key, new PlanStep(step, next.get(key) ?? [], below.children));
  }
  return new PlanStep(root, [], children);
}

/** The links of a flow inside of a flow, which `after` says. */
function linksOf(flow: Step): ReadonlyMap<string, readonly string[]> {
  const next = new Map<string, string[]>([...flow.children.keys()].map((key) => [key, []]));
  for (const step of flow.children.values()) {
    for (const before of step.after) next.get(before)?.push(step.name);
  }
  return next;
}

/** Where a flow inside of a flow starts. */
export function startOf(flow: PlanStep): PlanStep | null {
  const handlers = new Set([...flow.children.values()].map((child) => child.step.onError));
  for (const child of flow.children.values()) {
    if (child.step.after.length === 0 && !handlers.has(child.name)) return child;
  }
  return null;
}

/** `flow[name]`. */
export function lookup(steps: ReadonlyMap<string, PlanStep>, name: string): PlanStep {
  const step = steps.get(name);
  if (!step) throw failure("KeyError", repr(name));
  return step;
}

/** Whether a step runs in this function: `*` on either side means everywhere. */
export function isLocal(fn: string | null, currentFunction: string): boolean {
  if (currentFunction === "*") return true;
  if (!fn && currentFunction === "") return true;
  return fn === "*" || fn === currentFunction;
}

/** `{"id": id}`: what a flow without a responder answers. */
export function idAnswer(id: PyValue): PyMap {
  return new Map<PyValue, PyValue>([["id", id]]);
}
