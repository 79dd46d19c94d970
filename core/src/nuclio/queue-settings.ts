import { Graph, type Step } from "../model/graph";
import { nearest } from "../model/check/rule";
import type { Problem } from "../model/problem";
import { type PyMap, type PyValue, isMap } from "../value/value";
import { mapFromJson } from "./python-value";
import { FUNCTION_SCHEME, functionPath, optionsOf } from "./queue-path";
import type { QueueSettings } from "./deploy-settings";

/** The graph with what the settings say of its queues: where they are in the cluster, and how they are read. */
export function overrideQueues(
  graph: Graph,
  settings: Readonly<Record<string, QueueSettings>>,
  problems: Problem[],
): Graph {
  if (Object.keys(settings).length === 0) return graph;
  const queues = [...graph.steps].filter(([, step]) => step.kind === "queue").map(([key]) => key);
  for (const name of Object.keys(settings))
    if (!queues.includes(name)) problems.push(unknownQueue(name, queues));
  return mapSteps(graph, (key, step) => {
    const own = step.kind === "queue" ? settings[key] : undefined;
    return own === undefined ? step : overridden(step, own);
  });
}

function unknownQueue(name: string, queues: readonly string[]): Problem {
  const near = nearest(name, queues);
  return {
    code: "deploy-unknown-queue",
    severity: "error",
    step: null,
    message: `The settings speak of a queue "${name}", which the graph does not have.`,
    remedy: near === null ? `Its queues are: ${queues.join(", ") || "none"}.` : `Did you mean "${near}"?`,
    range: null,
  };
}

function overridden(step: Step, own: QueueSettings): Step {
  const options: PyMap = new Map<PyValue, PyValue>(optionsOf(step));
  if (own.brokers) options.set("kafka_brokers", own.brokers.join(","));
  if (own.group !== undefined) options.set("group", own.group);
  const given = step.field("trigger_args");
  const args: PyMap = new Map<PyValue, PyValue>(isMap(given) ? given : []);
  if (own.workers !== undefined) args.set("max_workers", own.workers);
  if (own.acknowledge !== undefined) args.set("explicit_ack_mode", own.acknowledge);
  const attributes: PyMap = new Map<PyValue, PyValue>(own.attributes ? mapFromJson(own.attributes) : []);
  if (own.ackWindow !== undefined) attributes.set("ackWindowSize", own.ackWindow);
  const extra = args.get("extra_attributes");
  if (attributes.size > 0)
    args.set("extra_attributes", new Map([...(isMap(extra) ? extra : []), ...attributes]));
  let made = step;
  if (own.path !== undefined) made = made.with("path", own.path);
  if (own.shards !== undefined) made = made.with("shards", own.shards);
  if (options.size > 0) made = made.with("options", options);
  return args.size > 0 ? made.with("trigger_args", args) : made;
}

/** The graph with other root steps. */
function mapSteps(graph: Graph, change: (key: string, step: Step) => Step): Graph {
  const { root } = graph;
  const children = new Map([...root.children].map(([key, step]) => [key, change(key, step)]));
  return new Graph(root.withChildren(children));
}

/** Puts addresses in the place of `function://NAME`, in queues and in remote steps. */
export function resolveAddresses(
  graph: Graph,
  addresses: ReadonlyMap<string, string>,
): { readonly graph: Graph; readonly unresolved: readonly string[] } {
  const unresolved = new Set<string>();
  const resolved = (text: string): string => {
    const { name, path } = functionPath(text);
    const address = addresses.get(name);
    if (address === undefined) unresolved.add(name);
    return address === undefined ? text : address.replace(/\/+$/, "") + path;
  };
  const made = mapSteps(graph, (_key, step) => {
    if (step.path?.startsWith(FUNCTION_SCHEME)) return step.with("path", resolved(step.path));
    const url = step.classArgs.get("url");
    if (typeof url !== "string" || !url.startsWith(FUNCTION_SCHEME)) return step;
    return step.with("class_args", new Map([...step.classArgs, ["url", resolved(url)]]));
  });
  const same = [...graph.steps].every(([key, step]) => made.steps.get(key) === step);
  return { graph: same ? graph : made, unresolved: [...unresolved] };
}
