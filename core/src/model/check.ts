import { decodeGraph } from "./decode";
import { encodeGraph } from "./encode";
import { FLOW_RULES } from "./check/flow";
import { LINK_RULES } from "./check/links";
import { NAME_RULES } from "./check/names";
import type { CheckContext, Finding, FlowView, Rule } from "./check/rule";
import type { Graph, Step } from "./graph";
import type { Problem } from "./problem";
import { flowTopology } from "./topology";

export type { CheckContext, GraphSource, NotebookNames } from "./check/rule";

/** All rules: what is wrong in the links comes before what follows from it. */
const RULES: readonly Rule[] = [...LINK_RULES, ...FLOW_RULES, ...NAME_RULES];

/** Codes that reading a dictionary gives, besides those of the rules. */
const DECODE_CODES: readonly string[] = [
  "graph-not-a-dict",
  "illegal-root-kind",
  "illegal-step-kind",
  "children-not-a-dict",
  "step-not-a-dict",
  "wrong-type",
  "name-differs",
  "cyclic-sync",
  "unknown-engine",
];

/** Every code that `check` and `decodeGraph` can give; each is explained in docs/problems.md. */
export const PROBLEM_CODES: readonly string[] = [...RULES.map((rule) => rule.code), ...DECODE_CODES];

/**
 * What is wrong, or probably not meant, in a graph. Never throws. The problems of its dictionary come first, then one
 * for each finding of each rule, in the order of the rules.
 */
export function check(graph: Graph, context: CheckContext = {}): readonly Problem[] {
  const problems: Problem[] = decodeGraph(encodeGraph(graph)).problems.map((p) => located(p, context));
  for (const view of flowsOf(graph, context)) {
    for (const rule of RULES)
      for (const finding of rule.find(view)) problems.push(toProblem(rule, finding, context));
  }
  return problems;
}

function* flowsOf(graph: Graph, context: CheckContext): Generator<FlowView> {
  const view = (flow: Step, prefix: string): FlowView => ({
    graph,
    flow,
    prefix,
    topology: flowTopology(flow),
    context,
    sync: flow.field("engine") === "sync",
  });
  const { root } = graph;
  const waiting = [view(root, root.kind === "router" ? `${root.name}/` : "")];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    yield at;
    for (const [key, step] of at.flow.children) {
      if (step.kind === "flow") waiting.push(view(step, `${at.prefix}${key}/`));
    }
  }
}

function toProblem({ code, severity }: Rule, finding: Finding, context: CheckContext): Problem {
  const { step, message, remedy, fix } = finding;
  const range = finding.range ?? rangeOf(step, context);
  return { code, severity, step, message, remedy, range, ...(fix ? { fix } : {}) };
}

function located(problem: Problem, context: CheckContext): Problem {
  const { step, field } = problem;
  const own = field === undefined ? null : context.parsed?.fieldRanges?.get(step ?? "")?.get(field);
  return { ...problem, range: problem.range ?? own ?? rangeOf(step, context) };
}

/** Where the step is referred to or made; where the graph is set up, when it is about the whole graph. */
function rangeOf(step: string | null, { parsed }: CheckContext): Problem["range"] {
  if (!parsed) return null;
  if (step === null) return parsed.range;
  const origin = parsed.origins.get(step);
  return origin?.reference ?? origin?.created ?? parsed.range;
}
