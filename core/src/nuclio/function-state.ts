import { type JsonObject, objectOf, textOf, textsOf } from "./json";

/** States of a function; any other that a newer cluster may have is kept as it is and counts as not final. */
export const FINAL_STATES: ReadonlySet<string> = new Set([
  "ready",
  "error",
  "unhealthy",
  "imported",
  "scaledToZero",
]);

/** One line of a deployment's log. */
export interface DeployLog {
  readonly level: string;
  readonly message: string;
  /** Epoch milliseconds; 0 when it is not told. */
  readonly time: number;
  readonly fields: JsonObject;
}

/** A function as the dashboard tells it. */
export interface DeployedFunction {
  readonly name: string;
  readonly namespace: string | null;
  readonly project: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly resourceVersion: string | null;
  readonly spec: JsonObject;
  /** "" for a record that was just made. */
  readonly state: string;
  readonly message: string;
  /** null where this answer came without logs: those before still hold. */
  readonly logs: readonly DeployLog[] | null;
  /** `host:port` or `host/path`, without scheme. */
  readonly internalUrls: readonly string[];
  readonly externalUrls: readonly string[];
  readonly image: string | null;
}

export function isFinal(state: string): boolean {
  return FINAL_STATES.has(state);
}

/** Decodes one function; null for what is none. */
export function decodeFunction(value: unknown): DeployedFunction | null {
  const body = objectOf(value);
  const metadata = objectOf(body["metadata"]);
  const name = textOf(metadata["name"]);
  if (name === null) return null;
  const status = objectOf(body["status"]);
  const labels = texts(metadata["labels"]);
  const spec = objectOf(body["spec"]);
  return {
    name,
    namespace: textOf(metadata["namespace"]),
    project: labels["nuclio.io/project-name"] ?? null,
    labels,
    annotations: texts(metadata["annotations"]),
    resourceVersion: textOf(metadata["resourceVersion"]),
    spec,
    state: textOf(status["state"]) ?? "",
    message: textOf(status["message"]) ?? "",
    logs: Array.isArray(status["logs"]) ? status["logs"].map(decodeLog) : null,
    internalUrls: textsOf(status["internalInvocationUrls"]),
    externalUrls: textsOf(status["externalInvocationUrls"]),
    image: textOf(status["containerImage"]) ?? textOf(spec["image"]),
  };
}

function decodeLog(value: unknown): DeployLog {
  const { level, message, time, ...fields } = objectOf(value);
  return {
    level: textOf(level) ?? "info",
    message: textOf(message) ?? "",
    time: typeof time === "number" ? time : 0,
    fields,
  };
}

/** A mapping of texts; other values are left out. */
function texts(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(objectOf(value)).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
}

/** The lines that are new since `seen` were shown: a new deployment begins its list again. */
export function newLogs(seen: readonly DeployLog[], now: readonly DeployLog[] | null): readonly DeployLog[] {
  if (now === null) return [];
  const first = seen[0];
  const same = first === undefined || (now[0]?.time === first.time && now[0].message === first.message);
  return same ? now.slice(seen.length) : now;
}
