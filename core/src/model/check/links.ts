import { type MissingLink, stepsOnCycles } from "../topology";
import { type Finding, type FlowView, type Rule, meant, nearest, quotedList } from "./rule";

/** Rules about what comes after what. */
export const LINK_RULES: readonly Rule[] = [
  { code: "unknown-after", severity: "error", find: missing("after", "comes after") },
  { code: "unknown-before", severity: "error", find: missing("before", "comes before") },
  { code: "unknown-error-handler", severity: "error", find: missing("on_error", "sends its errors to") },
  { code: "unknown-final-step", severity: "error", find: missing("final_step", "ends with") },
  { code: "step-after-itself", severity: "error", find: afterItself },
  { code: "loop", severity: "error", find: loops },
  { code: "no-start", severity: "error", find: noStart },
  { code: "two-starts-sync", severity: "error", find: twoStarts },
  { code: "branch-sync", severity: "error", find: branches },
  { code: "unreachable", severity: "warning", find: unreachable },
  { code: "before-and-after", severity: "error", find: beforeAndAfter },
];

function missing(field: MissingLink["field"], says: string): Rule["find"] {
  return function* (at) {
    for (const link of at.topology.missing) {
      if (link.field !== field) continue;
      const subject = link.step === null ? "The graph" : `Step "${link.step}"`;
      yield {
        step: link.step === null ? null : at.prefix + link.step,
        message: `${subject} ${says} "${link.name}", which does not exist.`,
        remedy: meant(link.name, at.flow.children.keys(), "Use the name of a step of this graph."),
        ...placeOf(at, link),
      };
    }
  };
}

/** Where the missing name is written, and the edit to the nearest name that there is. */
function placeOf(at: FlowView, { step, name }: MissingLink): Pick<Finding, "range" | "fix"> {
  const owner = step === null ? at.prefix.slice(0, -1) : at.prefix + step;
  const mention = at.context.parsed?.mentions?.find(
    (m) => m.role === "step" && !m.defines && m.name === name && m.owner === owner,
  );
  if (!mention) return {};
  const { range, exact } = mention;
  const near = exact
    ? nearest(
        name,
        [...at.flow.children.keys()].filter((key) => key !== step),
      )
    : null;
  return near === null ? { range } : { range, fix: { title: `Change it to "${near}"`, range, text: near } };
}

function* afterItself(at: FlowView): Generator<Finding> {
  for (const [key, step] of at.flow.children) {
    if (!step.after.includes(key) || step.cycleFrom.includes(key)) continue;
    yield {
      step: at.prefix + key,
      message: `Step "${key}" comes after itself.`,
      remedy: "Give the two steps different names: a step of the same name replaces the one before.",
    };
  }
}

function* loops(at: FlowView): Generator<Finding> {
  if (at.flow.field("allow_cyclic") === true) return;
  const steps = [...stepsOnCycles(at.topology)].filter((key) => {
    const step = at.flow.children.get(key);
    return !(step?.after.includes(key) && at.topology.next.get(key)?.length === 1);
  });
  if (steps.length === 0) return;
  const first = [...at.flow.children.keys()].find((key) => steps.includes(key)) ?? steps[0];
  const subject = steps.length === 1 ? `Step ${quotedList(steps)} forms` : `Steps ${quotedList(steps)} form`;
  yield {
    step: at.prefix + first,
    message: `${subject} a loop, and the graph does not allow cycles.`,
    remedy: at.sync
      ? 'Take one of the links away, or use the engine "async" with allow_cyclic=True.'
      : "Take one of the links away, or pass allow_cyclic=True to set_topology.",
  };
}

function* noStart(at: FlowView): Generator<Finding> {
  if (at.flow.kind === "router" || at.flow.children.size === 0 || at.topology.starts.length > 0) return;
  yield {
    step: null,
    message: "No step is first: each one comes after another.",
    remedy: "Add a step without after, where events come in.",
  };
}

function* twoStarts(at: FlowView): Generator<Finding> {
  const { starts } = at.topology;
  if (!at.sync || starts.length < 2) return;
  yield {
    step: at.prefix + starts[1],
    message: `The steps ${quotedList(starts)} are all first, and the sync engine allows one.`,
    remedy: `Put "${starts[1]}" after another step, or use the engine "async".`,
  };
}

function* branches(at: FlowView): Generator<Finding> {
  if (!at.sync) return;
  for (const key of at.flow.children.keys()) {
    const next = at.topology.next.get(key) ?? [];
    const previous = at.topology.previous.get(key) ?? [];
    const remedy = 'Use the engine "async", or make one chain of the steps.';
    if (next.length > 1) {
      yield {
        step: at.prefix + key,
        message: `Step "${key}" is followed by ${quotedList(next)}, and the sync engine has no branches.`,
        remedy,
      };
    }
    if (previous.length > 1) {
      yield {
        step: at.prefix + key,
        message: `Step "${key}" comes after ${quotedList(previous)}, and the sync engine has no branches.`,
        remedy,
      };
    }
  }
}

function* unreachable(at: FlowView): Generator<Finding> {
  if (at.flow.kind === "router" || at.topology.starts.length === 0) return;
  for (const [key, step] of at.flow.children) {
    if (at.topology.reachable.has(key) || at.topology.graphHandler === key || step.kind === "error_step") {
      continue;
    }
    yield {
      step: at.prefix + key,
      message: `No event reaches step "${key}".`,
      remedy: "Put it after a step that events reach, or take it away.",
    };
  }
}

/** An error handler that leads back to what it guards makes a loop as soon as the graph starts. */
function* beforeAndAfter(at: FlowView): Generator<Finding> {
  for (const [key, step] of at.flow.children) {
    const both = step.before.filter((name) => step.after.includes(name));
    if (both.length === 0) continue;
    yield {
      step: at.prefix + key,
      message: `Step "${key}" is to run before and after ${quotedList(both)}.`,
      remedy: "Name each step in one of the two only.",
    };
  }
}
