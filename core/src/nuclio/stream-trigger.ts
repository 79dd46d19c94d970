import type { Step } from "../model/graph";
import { type PyMap, type PyValue, isMap } from "../value/value";
import { type Json, type JsonObject, compact } from "./json";
import { optionsOf, queuePath } from "./queue-path";
import { plain } from "./settings";

/** The trigger of a child function that reads a queue's stream, as MLRun 1.12 makes it. */
export interface StreamTrigger {
  /** Its key among the function's triggers. */
  readonly key: string;
  readonly trigger: JsonObject;
  /** Iguazio streams: as many replicas as shards. */
  readonly replicas: number | null;
}

/** Keyword arguments of MLRun's trigger classes, and the attribute or field that each becomes. */
const KAFKA_ATTRIBUTES: Readonly<Record<string, string>> = {
  initial_offset: "initialOffset",
  session_timeout: "sessionTimeout",
  heartbeat_interval: "heartbeatInterval",
  worker_allocation_mode: "workerAllocationMode",
  fetch_default: "fetchDefault",
  partitions: "partitions",
};
const V3IO_ATTRIBUTES: Readonly<Record<string, string>> = {
  seek_to: "seekTo",
  session_timeout: "sessionTimeout",
  heartbeat_interval: "heartbeatInterval",
  worker_allocation_mode: "workerAllocationMode",
  read_batch_size: "readBatchSize",
  polling_interval_ms: "pollingIntervalMs",
  sequence_num_commit_interval: "sequenceNumberCommitInterval",
  partitions: "partitions",
};

/**
 * The trigger for a child that reads `queue`; null where the queue needs none (an http queue calls the child itself)
 * or where its path is of no use to a trigger.
 *
 * @param explicit whether events are acknowledged when the flow is done with them: in MLRun for async engines.
 */
export function streamTrigger(queue: Step, child: string, explicit: boolean): StreamTrigger | null {
  const path = queuePath(queue);
  const args = argumentsOf(queue, explicit);
  const group = textOption(queue, "group") ?? `${child}-consumer-group`;
  if (path.kind === "kafka") {
    const attributes = {
      topics: [path.topic],
      brokers: path.brokers,
      consumerGroup: group,
      initialOffset: "earliest",
      sessionTimeout: "10s",
      heartbeatInterval: "3s",
      workerAllocationMode: "pool",
      fetchDefault: 1048576,
    };
    const trigger = triggerOf("kafka", "kafka-cluster", attributes, args, KAFKA_ATTRIBUTES);
    return { key: "kafka", trigger, replicas: null };
  }
  if (path.kind !== "v3io") return null;
  const attributes = {
    containerName: path.container,
    streamPath: path.stream,
    // Iguazio allows no hyphens in names of objects.
    consumerGroup: group.replaceAll("-", "_"),
    sequenceNumberCommitInterval: "1s",
    workerAllocationMode: "pool",
    sessionTimeout: "10s",
    heartbeatInterval: "3s",
    seekTo: "earliest",
    readBatchSize: 256,
    pollingIntervalMs: 500,
  };
  const window = args.get("ack_window_size");
  const extra =
    typeof window === "number" && window > 0 ? { ...attributes, ackWindowSize: window } : attributes;
  const made = triggerOf("stream", "v3ioStream", extra, args, V3IO_ATTRIBUTES);
  const shards = queue.field("shards");
  return {
    key: "stream",
    trigger: { ...made, url: path.webapi, password: "$generate" },
    replicas: typeof shards === "number" && shards > 0 ? shards : 1,
  };
}

function argumentsOf(queue: Step, explicit: boolean): PyMap {
  const given = queue.field("trigger_args");
  const args: PyMap = new Map<PyValue, PyValue>(isMap(given) ? given : []);
  if (explicit && (args.get("explicit_ack_mode") ?? null) === null)
    args.set("explicit_ack_mode", "explicitOnly");
  return args;
}

function textOption(queue: Step, name: string): string | null {
  const value = optionsOf(queue).get(name);
  return typeof value === "string" && value !== "" ? value : null;
}

function triggerOf(
  name: string,
  kind: string,
  defaults: JsonObject,
  args: PyMap,
  names: Readonly<Record<string, string>>,
): JsonObject {
  const attributes: Record<string, Json> = { ...(defaults as Record<string, Json>) };
  for (const [from, to] of Object.entries(names)) {
    const value = args.get(from);
    if (value !== undefined && value !== null) attributes[to] = plain(value);
  }
  const mode = args.get("explicit_ack_mode");
  // Explicit acknowledgement works with a fixed worker for each partition only.
  if (typeof mode === "string" && mode !== "") attributes["workerAllocationMode"] = "static";
  const extra = args.get("extra_attributes");
  if (isMap(extra)) for (const [key, value] of extra) attributes[String(key)] = plain(value);
  delete attributes["worker_allocation_mode"];
  return compact({
    name,
    kind,
    maxWorkers: numberOf(args.get("max_workers")) ?? 1,
    workerTerminationTimeout: textValue(args.get("worker_termination_timeout")) ?? "10s",
    explicitAckMode: textValue(mode),
    attributes,
  });
}

function numberOf(value: PyValue | undefined): number | null {
  return typeof value === "number" ? value : null;
}

function textValue(value: PyValue | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
