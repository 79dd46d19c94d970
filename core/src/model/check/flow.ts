import { isMap } from "../../value/value";
import type { Step } from "../graph";
import { type Finding, type FlowView, type Rule, quotedList, stepsOf } from "./rule";

/** Rules about engines, answers, queues, routers, error handlers and model runners. */
export const FLOW_RULES: readonly Rule[] = [
  { code: "two-responders", severity: "error", find: twoResponders },
  { code: "responder-followed", severity: "warning", find: responderFollowed },
  { code: "responder-sync", severity: "info", find: responderSync },
  { code: "no-responder", severity: "info", find: noResponder },
  { code: "error-handler-unused", severity: "warning", find: unusedHandlers },
  { code: "error-handler-sync", severity: "warning", find: syncHandlers },
  { code: "router-without-routes", severity: "error", find: emptyRouters },
  { code: "queue-goes-nowhere", severity: "warning", find: queuesToNowhere },
  { code: "queue-next-without-function", severity: "warning", find: nextWithoutFunction },
  { code: "function-of-two-queues", severity: "warning", find: twoQueues },
  { code: "nested-flow-async", severity: "error", find: nestedFlows },
  { code: "runner-sync", severity: "error", find: runnersInSync },
  { code: "runner-without-models", severity: "error", find: emptyRunners },
  { code: "endpoint-name-twice", severity: "error", find: endpointNames },
  { code: "name-used-twice", severity: "warning", find: replaced },
];

/** Error steps answer besides the one responder. */
function responders(at: FlowView): readonly string[] {
  return at.topology.responders.filter((key) => at.flow.children.get(key)?.kind !== "error_step");
}

function* twoResponders(at: FlowView): Generator<Finding> {
  const found = responders(at);
  if (found.length < 2) return;
  yield {
    step: at.prefix + found[1],
    message: `The steps ${quotedList(found)} all answer the request, and only one may.`,
    remedy: "Keep respond() at one of them.",
  };
}

function* responderFollowed(at: FlowView): Generator<Finding> {
  if (at.sync || at.flow.field("allow_cyclic") === true) return;
  for (const key of responders(at)) {
    const next = (at.topology.next.get(key) ?? []).filter((name) => name !== key);
    if (next.length === 0) continue;
    yield {
      step: at.prefix + key,
      message: `Step "${key}" answers the request, but ${quotedList(next)} follows: the caller gets the event's id only.`,
      remedy: "Move respond() to a last step.",
    };
  }
}

function* responderSync(at: FlowView): Generator<Finding> {
  if (!at.sync || at.prefix !== "") return;
  for (const key of responders(at)) {
    if ((at.topology.next.get(key) ?? []).length === 0) continue;
    yield {
      step: key,
      message: `respond() at step "${key}" has no effect: a sync flow answers with what its last step gives.`,
      remedy: 'Take respond() away, or use the engine "async".',
    };
  }
}

/** A flow of Storey's own begins with a source; its Complete steps answer. */
function isStoreyFlow(at: FlowView): boolean {
  return at.topology.starts.some((key) =>
    /^storey\.(?:\w+\.)?\w+Source$/.test(at.flow.children.get(key)?.className ?? ""),
  );
}

function* noResponder(at: FlowView): Generator<Finding> {
  if (isStoreyFlow(at)) return;
  if (at.sync || at.prefix !== "" || at.flow.kind === "router" || at.flow.children.size === 0) return;
  if (at.topology.responders.length > 0) return;
  // A monitoring application gets its events from a stream: nobody waits for an answer.
  if ([...at.flow.children.values()].some((step) => step.kind === "monitoring_application")) return;
  yield {
    step: null,
    message: "No step answers the request: the caller gets the event's id only.",
    remedy: "Call respond() at the last step when the caller needs its result.",
  };
}

function* unusedHandlers(at: FlowView): Generator<Finding> {
  const used = new Set([at.topology.graphHandler, ...at.topology.handlers.values()]);
  for (const [key, step] of at.flow.children) {
    if (step.kind !== "error_step" || used.has(key)) continue;
    yield {
      step: at.prefix + key,
      message: `No step sends its errors to the error handler "${key}".`,
      remedy: "Add it with error_handler() at the step that it guards.",
    };
  }
}

function* syncHandlers(at: FlowView): Generator<Finding> {
  if (!at.sync) return;
  for (const [key, step] of at.flow.children) {
    if (step.kind !== "error_step" || at.topology.graphHandler === key) continue;
    if (![...at.topology.handlers.values()].includes(key)) continue;
    yield {
      step: at.prefix + key,
      message: `In a sync flow what the error handler "${key}" returns is lost: the body becomes the event itself.`,
      remedy: 'Use the engine "async" when the flow is to go on with the handler\'s result.',
    };
  }
}

function* emptyRouters(at: FlowView): Generator<Finding> {
  const own: readonly (readonly [string, Step])[] =
    at.flow.kind === "router" ? [[at.flow.name, at.flow]] : [];
  for (const [name, step] of [...own, ...stepsOf(at)]) {
    if (step.kind !== "router" || step.children.size > 0) continue;
    yield {
      step: name,
      message: `The router "${name}" has no routes, and a router without them does not start.`,
      remedy: "Add one with add_route() or add_model().",
    };
  }
}

function* queues(at: FlowView): Generator<readonly [string, Step, readonly string[]]> {
  for (const [key, step] of at.flow.children) {
    if (step.kind === "queue") yield [key, step, at.topology.next.get(key) ?? []];
  }
}

function* queuesToNowhere(at: FlowView): Generator<Finding> {
  for (const [key, queue, next] of queues(at)) {
    if (queue.path !== null || next.length > 0) continue;
    yield {
      step: at.prefix + key,
      message: `The queue "${key}" has no path and no step after it: events that enter it are lost.`,
      remedy: "Give it the path of a stream, or put a step after it.",
    };
  }
}

function* nextWithoutFunction(at: FlowView): Generator<Finding> {
  for (const [key, , next] of queues(at)) {
    for (const name of next) {
      if (at.flow.children.get(name)?.function) continue;
      yield {
        step: at.prefix + name,
        message: `Step "${name}" follows the queue "${key}" and names no function, so the graph can't be deployed.`,
        remedy: "Pass function= with the name of the function that reads the queue.",
      };
    }
  }
}

function* twoQueues(at: FlowView): Generator<Finding> {
  const queueOf = new Map<string, string>();
  for (const [key, , next] of queues(at)) {
    for (const name of next) {
      const fn = at.flow.children.get(name)?.function ?? null;
      if (fn === null) continue;
      const other = queueOf.get(fn);
      if (other !== undefined) {
        yield {
          step: at.prefix + name,
          message: `The function "${fn}" reads from the queues "${other}" and "${key}", so the graph can't be deployed.`,
          remedy: "Let another function run the step, or join the queues.",
        };
      } else queueOf.set(fn, key);
    }
  }
}

function* nestedFlows(at: FlowView): Generator<Finding> {
  if (at.sync || at.flow.kind === "router") return;
  for (const [key, step] of at.flow.children) {
    if (step.kind !== "flow") continue;
    yield {
      step: at.prefix + key,
      message: `"${key}" is a flow inside an async flow, which MLRun can't run.`,
      remedy: 'Use the engine "sync", or put its steps into the outer flow.',
    };
  }
}

function* runners(at: FlowView): Generator<readonly [string, Step]> {
  for (const entry of stepsOf(at)) if (entry[1].kind === "model_runner") yield entry;
}

function* runnersInSync(at: FlowView): Generator<Finding> {
  if (!at.sync && at.flow.kind === "root") return;
  for (const [name] of runners(at)) {
    yield {
      step: name,
      message: `The model runner "${name}" needs an async flow around it.`,
      remedy: 'Use set_topology("flow", engine="async").',
    };
  }
}

function modelsOf(step: Step): readonly string[] {
  const models = step.classArgs.get("models");
  return isMap(models) ? [...models.keys()].map(String) : [];
}

function* emptyRunners(at: FlowView): Generator<Finding> {
  for (const [name, step] of runners(at)) {
    if (modelsOf(step).length > 0) continue;
    yield {
      step: name,
      message: `The model runner "${name}" has no models, and a runner without them does not start.`,
      remedy: "Add one with add_model().",
    };
  }
}

/** Names of a runner's models against those of steps and of other runners: both become model endpoints. */
function* endpointNames(at: FlowView): Generator<Finding> {
  const taken = new Map<string, string>();
  const registered = at.graph.root.field("model_endpoints_routes_names");
  const names = new Set(Array.isArray(registered) ? registered : []);
  for (const [name, step] of runners(at)) {
    for (const model of modelsOf(step)) {
      const other = taken.get(model) ?? (names.has(model) ? `step "${model}"` : undefined);
      if (other !== undefined) {
        yield {
          step: name,
          message: `The model "${model}" of "${name}" has the name of ${other}, and names of model endpoints must differ.`,
          remedy: "Rename one of them.",
        };
      } else taken.set(model, `a model of "${name}"`);
    }
  }
}

function* replaced(at: FlowView): Generator<Finding> {
  if (at.flow !== at.graph.root) return;
  for (const { step, range } of at.context.parsed?.replaced ?? []) {
    yield {
      step,
      range,
      message: `The name "${step}" is used twice: the second step replaces the first without a word.`,
      remedy: "Give one of them another name.",
    };
  }
}
