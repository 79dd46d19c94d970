import { type PyMap, type PyValue, isMap } from "../value/value";
import type { Step } from "../model/graph";

/** Where a queue's events go, read from its path as MLRun reads it. */
export type QueuePath =
  | { readonly kind: "kafka"; readonly topic: string; readonly brokers: readonly string[] }
  | { readonly kind: "v3io"; readonly webapi: string; readonly container: string; readonly stream: string }
  | { readonly kind: "http"; readonly url: string }
  /** `function://NAME/path`: another function, whose address is looked up when the graph is pushed. */
  | { readonly kind: "function"; readonly name: string; readonly path: string }
  /** `ds://profile`: only an MLRun API server knows what it stands for. */
  | { readonly kind: "profile"; readonly name: string }
  /** No path, or `dummy://`: the queue stays inside of its process. */
  | { readonly kind: "memory" };

export const FUNCTION_SCHEME = "function://";
const V3IO_WEBAPI = "http://v3io-webapi:8081";

export function queuePath(step: Step): QueuePath {
  const path = step.path ?? "";
  const brokers = brokersOf(optionsOf(step).get("kafka_brokers"));
  if (path.startsWith("kafka://") || (brokers.length > 0 && path !== "")) return kafkaPath(path, brokers);
  if (path === "" || path.startsWith("dummy://")) return { kind: "memory" };
  if (/^https?:\/\//.test(path)) return { kind: "http", url: path };
  if (path.startsWith(FUNCTION_SCHEME)) return functionPath(path);
  if (path.startsWith("ds://")) return { kind: "profile", name: path.slice(5).split("/")[0] ?? "" };
  return v3ioPath(path);
}

export function functionPath(path: string): QueuePath & { readonly kind: "function" } {
  const rest = path.slice(FUNCTION_SCHEME.length);
  const at = rest.indexOf("/");
  return {
    kind: "function",
    name: at < 0 ? rest : rest.slice(0, at),
    path: at < 0 ? "" : rest.slice(at),
  };
}

export function optionsOf(step: Step): PyMap {
  const options = step.field("options");
  return isMap(options) ? options : new Map<PyValue, PyValue>();
}

function brokersOf(value: PyValue | undefined): readonly string[] {
  const listed = typeof value === "string" ? value.split(",") : Array.isArray(value) ? value : [];
  return listed.flatMap((item) => (typeof item === "string" && item.trim() !== "" ? [item.trim()] : []));
}

/** The host in the path goes before the listed brokers; `?topic=` before the path. */
function kafkaPath(path: string, listed: readonly string[]): QueuePath {
  const match = /^(?:\w+:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?/.exec(path);
  const host = match?.[1] ?? "";
  const given = /(?:^|&)topic=([^&]*)/.exec(match?.[3] ?? "")?.[1];
  const topic = given === undefined ? (match?.[2] ?? "").replace(/^\/+/, "") : decoded(given);
  return { kind: "kafka", topic, brokers: host === "" ? listed : [host, ...listed] };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

function v3ioPath(path: string): QueuePath {
  const match = /^(?:(v3ios?):\/\/([^/]*))?\/?(.*)$/.exec(path);
  const host = match?.[2] ?? "";
  const webapi = host === "" ? V3IO_WEBAPI : `${match?.[1] === "v3ios" ? "https" : "http"}://${host}`;
  const [container = "", ...rest] = (match?.[3] ?? "").replace(/^\/+|\/+$/g, "").split("/");
  return { kind: "v3io", webapi, container, stream: rest.join("/") };
}
