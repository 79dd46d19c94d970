import type { Graph, Step } from "../model/graph";
import type { Problem } from "../model/problem";
import { topologyOf } from "../model/topology";
import { type PyMap, isMap } from "../value/value";

/** A child function of a graph: the steps that name it run in a function of their own. */
export interface ChildFunction {
  /** As the steps name it. */
  readonly name: string;
  /** The queue whose stream it reads; null when no step of it follows a queue. */
  readonly queue: Step | null;
  /** What `add_child_function` said of it: `url`, `image`, `requirements`; null when nobody called it. */
  readonly reference: PyMap | null;
}

export interface Cut {
  readonly children: readonly ChildFunction[];
  readonly problems: readonly Problem[];
}

/** Cuts a graph into functions at its queues, as MLRun does. A root router is one function. */
export function cutGraph(graph: Graph, references: readonly PyMap[]): Cut {
  if (graph.topology === "router") return { children: [], problems: [] };
  const problems: Problem[] = [];
  const links = queueLinks(graph, problems);
  const names = new Set([...graph.steps.values()].map((step) => step.function).filter(isChild));
  const children = [...names].map((name) => ({
    name,
    queue: links.get(name) ?? null,
    reference: references.find((r) => r.get("name") === name) ?? null,
  }));
  for (const child of children) problems.push(...childProblems(child));
  return { children, problems };
}

function isChild(name: string | null): name is string {
  return name !== null && name !== "*";
}

/** Which queue each child reads: every step after a queue must be in a function, and a function reads one queue. */
function queueLinks(graph: Graph, problems: Problem[]): ReadonlyMap<string, Step> {
  const links = new Map<string, Step>();
  const { next } = topologyOf(graph);
  for (const [key, step] of graph.steps) {
    if (step.kind !== "queue" || step.path === null) continue;
    for (const name of next.get(key) ?? []) {
      const reader = graph.steps.get(name)?.function ?? null;
      if (reader === null) problems.push(withoutFunction(key, name));
      else if (links.has(reader) && links.get(reader) !== step) problems.push(twoQueues(reader, key));
      else if (isChild(reader)) links.set(reader, step);
    }
  }
  return links;
}

function problem(code: string, step: string | null, message: string, remedy: string): Problem {
  return { code, severity: "error", step, message, remedy, range: null };
}

function withoutFunction(queue: string, step: string): Problem {
  const message = `Step "${step}" follows the queue "${queue}" but names no function to run in.`;
  return problem("deploy-no-child-function", step, message, `Give it function="NAME".`);
}

function twoQueues(child: string, queue: string): Problem {
  const message = `Function "${child}" reads from two queues, "${queue}" being the second.`;
  return problem("deploy-two-queues", queue, message, "Give the steps behind one of them another function.");
}

function childProblems(child: ChildFunction): readonly Problem[] {
  const problems: Problem[] = [];
  if (child.queue === null) {
    const message = `No queue leads to function "${child.name}": nothing would send it events.`;
    const remedy = "Put a queue with a path before its first step.";
    problems.push(problem("deploy-child-without-queue", null, message, remedy));
  }
  if (child.reference === null) {
    problems.push({
      ...problem(
        "deploy-undeclared-child",
        null,
        `Function "${child.name}" is used in steps and not declared.`,
        `It is deployed with defaults; MLRun itself asks for fn.add_child_function("${child.name}", ...).`,
      ),
      severity: "warning",
    });
  }
  return problems;
}

/** `function_refs` of a function's spec: a list, or a mapping by name. */
export function functionReferences(spec: PyMap): readonly PyMap[] {
  const refs = spec.get("function_refs");
  const listed = isMap(refs) ? [...refs.values()] : Array.isArray(refs) ? refs : [];
  return listed.filter(isMap);
}
