import { GraphcellError } from "../errors";
import { parseYaml } from "../model/yaml";
import { type PyValue, PyFloat, isMap } from "../value/value";
import {
  type SettingProblem,
  anyObject,
  anything,
  count,
  duration,
  either,
  flag,
  listOf,
  mapOf,
  oneOf,
  record,
  text,
} from "./field-reader";
import {
  type DeploySettings,
  type EnvironmentReference,
  type FunctionSettings,
  type GatewaySettings,
  type HttpSettings,
  type IngressSetting,
  type QueueSettings,
  type ResourceSettings,
  type ScaleRule,
  TRIGGER_KINDS,
  type VolumeSetting,
} from "./deploy-settings";
import type { Json } from "./json";

const reference = record<EnvironmentReference>({ secret: text, configMap: text, key: text, field: text });

const scaleRule = record<ScaleRule>(
  { metric: text, threshold: count(), window: duration, sourceType: text, displayType: text },
  ["metric", "threshold"],
);

const http = record<HttpSettings>({
  workers: count(0),
  workerTimeoutMs: count(0),
  gatewayTimeoutSeconds: count(1),
  port: count(0),
  maxRequestBodySize: count(1),
  readBufferSize: count(1),
  cors: anyObject,
  ingresses: mapOf(
    record<IngressSetting>({
      host: text,
      hostTemplate: text,
      paths: listOf(text),
      pathType: text,
      secretName: text,
    }),
  ),
  annotations: mapOf(text),
  canary: count(0),
  disable: flag,
  batch: anyObject,
  attributes: anyObject,
});

const volume = record<VolumeSetting>(
  {
    name: text,
    mountPath: text,
    readOnly: flag,
    subPath: text,
    claim: text,
    secret: text,
    configMap: text,
    hostPath: text,
    emptyDir: flag,
    volume: anyObject,
  },
  ["name", "mountPath"],
);

const functionSettings = record<FunctionSettings>({
  name: text,
  description: text,
  labels: mapOf(text),
  annotations: mapOf(text),
  runtime: text,
  source: text,
  baseImage: text,
  image: text,
  resultImage: text,
  registry: text,
  runRegistry: text,
  imagePullSecrets: text,
  imagePullPolicy: oneOf("Always", "IfNotPresent", "Never"),
  requirements: listOf(text),
  commands: listOf(text),
  noCache: flag,
  buildTimeoutSeconds: count(1),
  buildArgs: mapOf(text),
  buildFlags: listOf(text),
  env: mapOf(either(text, reference)),
  envFrom: listOf(reference),
  replicas: count(0),
  minReplicas: count(0),
  maxReplicas: count(0),
  targetCPU: count(1),
  scaling: listOf(scaleRule),
  customScalingMetricSpecs: listOf(anything),
  scaleToZero: listOf(scaleRule),
  resources: record<ResourceSettings>({ requests: anyObject, limits: anyObject }),
  nodeName: text,
  nodeSelector: mapOf(text),
  affinity: anyObject,
  tolerations: listOf(anything),
  priorityClassName: text,
  preemptionPolicy: oneOf("Never", "PreemptLowerPriority"),
  volumes: listOf(volume),
  serviceType: oneOf("ClusterIP", "NodePort", "LoadBalancer"),
  serviceAccount: text,
  securityContext: anyObject,
  deploymentStrategy: anyObject,
  readinessTimeoutSeconds: count(1),
  waitReadinessTimeoutBeforeFailure: flag,
  eventTimeout: duration,
  logLevel: oneOf("debug", "info", "warn", "error"),
  disable: flag,
  stats: flag,
  http,
  triggers: mapOf(anyObject),
  platform: anyObject,
  devices: listOf(text),
});

const settings = record<DeploySettings>({
  connection: text,
  project: text,
  namespace: text,
  graph: text,
  mlrun: text,
  mlrunApi: text,
  native: flag,
  errorStream: text,
  sourceArgs: anyObject,
  parameters: anyObject,
  defaults: functionSettings,
  functions: mapOf(functionSettings),
  queues: mapOf(
    record<QueueSettings>({
      path: text,
      brokers: listOf(text),
      group: text,
      partitions: count(1),
      replicationFactor: count(1),
      shards: count(1),
      workers: count(1),
      acknowledge: oneOf("explicitOnly", "enable", "disable"),
      ackWindow: count(0),
      attributes: anyObject,
    }),
  ),
  gateway: record<GatewaySettings>({
    name: text,
    host: text,
    path: text,
    description: text,
    authentication: oneOf("none", "basicAuth", "accessKey", "oauth2"),
    usernameFrom: text,
    passwordFrom: text,
    canary: record<{ function: string; percentage: number }>({ function: text, percentage: count(0) }, [
      "function",
      "percentage",
    ]),
  }),
});

export interface ReadSettings {
  readonly settings: DeploySettings;
  readonly problems: readonly SettingProblem[];
}

/** Reads the text of a settings file. Throws `GraphcellError` (`GC_YAML`) only for text that is no YAML. */
export function readSettings(source: string): ReadSettings {
  if (source.trim() === "") return { settings: {}, problems: [] };
  return decodeSettings(plain(parseYaml(source)));
}

/** Decodes settings that a form, a file or a message holds. */
export function decodeSettings(value: Json): ReadSettings {
  const problems: SettingProblem[] = [];
  const read = settings(value, "", (problem) => problems.push(problem)) ?? {};
  for (const [name, own] of Object.entries({ ...(read.functions ?? {}), defaults: read.defaults ?? {} })) {
    checkTriggers(name === "defaults" ? "defaults" : `functions.${name}`, own, problems);
  }
  return { settings: read, problems };
}

function checkTriggers(at: string, own: FunctionSettings, problems: SettingProblem[]): void {
  for (const [name, trigger] of Object.entries(own.triggers ?? {})) {
    const kind = trigger["kind"];
    if (TRIGGER_KINDS.some((known) => known === kind)) continue;
    problems.push({
      at: `${at}.triggers.${name}.kind`,
      message: `Trigger "${name}" is of kind "${String(kind ?? "")}", which Nuclio does not have.`,
      remedy: `Write one of ${TRIGGER_KINDS.join(", ")}.`,
    });
  }
}

/** The settings of one function: its own over the defaults; maps are merged, lists replaced. */
export function settingsOf(all: DeploySettings, functionName: string): FunctionSettings {
  const defaults = all.defaults ?? {};
  const own = all.functions?.[functionName] ?? {};
  const merged = (name: "env" | "labels" | "annotations" | "triggers" | "buildArgs" | "http"): object => ({
    ...defaults[name],
    ...own[name],
  });
  return {
    ...defaults,
    ...own,
    ...Object.fromEntries(
      (["env", "labels", "annotations", "triggers", "buildArgs", "http"] as const)
        .filter((name) => defaults[name] !== undefined || own[name] !== undefined)
        .map((name) => [name, merged(name)]),
    ),
  };
}

/** YAML's values as JSON. */
export function plain(value: PyValue): Json {
  if (value instanceof PyFloat) return value.value;
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (isMap(value)) return Object.fromEntries([...value].map(([k, v]) => [String(k), plain(v)]));
  if (value === null || typeof value === "object") return null;
  return value;
}

/** One error that names every problem of a settings file. */
export function settingsError(path: string, problems: readonly SettingProblem[]): GraphcellError {
  const lines = problems.map((problem) => `${problem.message} ${problem.remedy}`);
  return new GraphcellError(
    "GC_DEPLOY_SETTINGS",
    `${path} has ${lines.length === 1 ? "a mistake" : "mistakes"}: ${lines.join(" ")}`,
  );
}
