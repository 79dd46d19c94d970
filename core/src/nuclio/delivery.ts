import type { Graph } from "../model/graph";
import type { Problem } from "../model/problem";
import type { ChildFunction } from "./children";
import { queuePath } from "./queue-path";
import { streamTrigger } from "./stream-trigger";

/** What a person must know of how events reach the child functions: honest, and what can be done about it. */
export function deliveryProblems(graph: Graph, children: readonly ChildFunction[]): readonly Problem[] {
  return children.flatMap((child) => (child.queue === null ? [] : queueProblems(graph, child, child.queue)));
}

function queueProblems(
  graph: Graph,
  child: ChildFunction,
  queue: NonNullable<ChildFunction["queue"]>,
): Problem[] {
  const path = queuePath(queue);
  const problem = (severity: Problem["severity"], message: string, remedy: string): Problem => ({
    code: "deploy-delivery",
    severity,
    step: queue.key,
    message,
    remedy,
    range: null,
  });
  const where = `queues: ${queue.key}: path in graphcell.deploy.yaml`;
  if (path.kind === "memory") {
    const message = `Queue "${queue.key}" stays inside of one process, so no event would reach function "${child.name}".`;
    return [
      problem(
        "error",
        message,
        `Give it a path such as kafka://broker:9092/topic, in the graph or as ${where}.`,
      ),
    ];
  }
  if (path.kind === "profile") {
    const message = `Queue "${queue.key}" is at the datastore profile "${path.name}", which only MLRun's API server knows.`;
    return [problem("error", message, `Name the broker itself as ${where}.`)];
  }
  if (path.kind === "http" || path.kind === "function") {
    if (graph.engine === "sync") {
      const message = `Queue "${queue.key}" calls function "${child.name}" directly: an event is lost while that function is down.`;
      return [problem("info", message, "Take a Kafka or v3io stream where no event may be lost.")];
    }
    const message = `Queue "${queue.key}" has an http path, which MLRun's async engine takes for an Iguazio stream.`;
    return [problem("error", message, `Use the sync engine, or a Kafka or v3io stream (${where}).`)];
  }
  const trigger = streamTrigger(queue, child.name, graph.engine === "async")?.trigger;
  const mode = trigger?.["explicitAckMode"];
  if (mode === "explicitOnly" || mode === "enable") {
    const message = `Function "${child.name}" gets each event at least once: after a crash, up to 45 seconds of events come again.`;
    const remedy =
      "Its steps must bear repeats; sourceArgs: {max_events_before_commit: 10} in graphcell.deploy.yaml makes them fewer.";
    return [problem("info", message, remedy)];
  }
  const attributes = trigger?.["attributes"];
  const window = typeof attributes === "object" && attributes !== null && "ackWindowSize" in attributes;
  if (graph.engine === "async" && !window) {
    const message = `Function "${child.name}" acknowledges an event when it enters the flow: a crash loses those that are in it.`;
    return [
      problem(
        "warning",
        message,
        "Set acknowledge: explicitOnly, or an ackWindow above the number of events in the flow.",
      ),
    ];
  }
  return [];
}
