/** The form of `graphcell.deploy.yaml`: which fields there are, what they hold, and what holds without them. */
import { parseYaml } from "../model/yaml";
import { dumpYaml } from "../model/yaml-text";
import type { DeploySettings } from "./deploy-settings";
import type { SettingProblem } from "./field-reader";
import type { DeploymentPlan } from "./function-plan";
import { type Json, type JsonObject, isObject, objectOf } from "./json";
import { fromJson } from "./python-value";
import { plain } from "./settings";

/** One field of the form, as plain data. */
export interface FormField {
  /** Path below the scope, with dots: `resources.limits.cpu`. */
  readonly id: string;
  readonly label: string;
  readonly group: string;
  /** `lines`: a list, a line each; `yaml`: any value as YAML. */
  readonly kind: "text" | "number" | "flag" | "choice" | "lines" | "yaml";
  /** Values to choose from; empty for other kinds. */
  readonly choices: readonly string[];
  /** What is in the file, as text; empty where nothing is. */
  readonly value: string;
  /** What holds where nothing is set, from the graph or the cluster; for `yaml` what may be written. */
  readonly otherwise: string;
}

export interface FormScope {
  /** Path in the file, with dots: "" for the graph, `defaults`, `functions.NAME`, `queues.NAME`. */
  readonly id: string;
  readonly label: string;
}

/** What the view shows of the settings; null in a state that shows none. */
export interface DeployForm {
  readonly scopes: readonly FormScope[];
  readonly scope: string;
  readonly fields: readonly FormField[];
  /** A value that was typed and can't be taken: its field, the text, and why. */
  readonly refused: { readonly field: string; readonly text: string; readonly problem: string } | null;
}

type Row = readonly [id: string, label: string, kind: FormField["kind"], more?: string | readonly string[]];

const GRAPH: readonly (readonly [group: string, rows: readonly Row[]])[] = [
  [
    "Graph",
    [
      ["mlrun", "MLRun version", "text"],
      ["mlrunApi", "MLRun API server", "text", "none: the graph runs without it"],
      ["errorStream", "Error stream", "text", "kafka://broker:9092/topic"],
      ["parameters", "Parameters", "yaml", "name: value"],
      ["sourceArgs", "Arguments of Storey's source", "yaml", "max_events_before_commit: 10"],
      ["gateway", "API gateway", "yaml", "name: words\nhost: words.example.com"],
    ],
  ],
];

const FUNCTION: typeof GRAPH = [
  [
    "Function",
    [
      ["name", "Name in the cluster", "text"],
      ["description", "Description", "text"],
      ["source", "Source file", "text", "from the notebook"],
      ["disable", "Deploy switched off", "flag"],
    ],
  ],
  [
    "Image",
    [
      ["baseImage", "Base image", "text"],
      ["requirements", "Requirements", "lines", "scikit-learn==1.5.2"],
      ["commands", "Build commands", "lines", "apt-get update"],
      ["image", "Run this image, build none", "text"],
      ["registry", "Registry", "text"],
      ["imagePullSecrets", "Image pull secret", "text"],
      ["imagePullPolicy", "Image pull policy", "choice", ["Always", "IfNotPresent", "Never"]],
      ["buildTimeoutSeconds", "Build timeout (s)", "number"],
      ["noCache", "Build without cache", "flag"],
    ],
  ],
  [
    "Scaling",
    [
      ["replicas", "Replicas", "number"],
      ["minReplicas", "At least", "number"],
      ["maxReplicas", "At most", "number"],
      ["targetCPU", "Target CPU (%)", "number"],
      ["scaling", "Scale on", "yaml", "- {metric: gpu, threshold: 80}"],
      ["scaleToZero", "Scale to zero", "yaml", "- {metric: events, threshold: 1, window: 10m}"],
    ],
  ],
  [
    "Resources",
    [
      ["resources.requests.cpu", "CPU requested", "text"],
      ["resources.limits.cpu", "CPU limit", "text"],
      ["resources.requests.memory", "Memory requested", "text"],
      ["resources.limits.memory", "Memory limit", "text"],
      ["resources.limits.nvidia\\.com/gpu", "GPUs", "text"],
      ["volumes", "Volumes", "yaml", "- {name: data, mountPath: /data, claim: data-claim}"],
    ],
  ],
  [
    "Calls",
    [
      ["http.workers", "Workers", "number"],
      ["http.workerTimeoutMs", "Wait for a free worker (ms)", "number"],
      ["http.gatewayTimeoutSeconds", "Gateway timeout (s)", "number"],
      ["http.port", "Port of the node", "number"],
      ["serviceType", "Service type", "choice", ["ClusterIP", "NodePort", "LoadBalancer"]],
      ["http.ingresses", "Ingresses", "yaml", "main: {host: words.example.com, paths: [/]}"],
      ["triggers", "Triggers", "yaml", "every: {kind: cron, attributes: {interval: 5m}}"],
      ["eventTimeout", "Event timeout", "text", "30s"],
    ],
  ],
  [
    "Environment",
    [
      ["env", "Variables", "yaml", "NAME: value\nTOKEN: {secret: my-secret, key: token}"],
      ["envFrom", "All of a secret", "yaml", "- {secret: my-secret}"],
      ["logLevel", "Log level", "choice", ["debug", "info", "warn", "error"]],
      ["serviceAccount", "Service account", "text"],
      ["stats", "Count calls and times of steps", "flag", "true"],
    ],
  ],
  [
    "Placement",
    [
      ["nodeSelector", "Node selector", "yaml", "pool: serving"],
      ["nodeName", "Node", "text"],
      ["tolerations", "Tolerations", "yaml", "- {key: gpu, operator: Exists}"],
      ["affinity", "Affinity", "yaml", "nodeAffinity: {}"],
      ["priorityClassName", "Priority class", "text"],
      ["preemptionPolicy", "Preemption", "choice", ["Never", "PreemptLowerPriority"]],
      ["readinessTimeoutSeconds", "Ready within (s)", "number"],
    ],
  ],
];

const QUEUE: typeof GRAPH = [
  [
    "Queue",
    [
      ["path", "Path", "text", "as the graph says"],
      ["brokers", "Kafka brokers", "lines", "broker:9092"],
      ["group", "Consumer group", "text"],
      ["partitions", "Make it with so many partitions", "number"],
      ["replicationFactor", "Replication factor", "number"],
      ["workers", "Workers", "number"],
      ["acknowledge", "Acknowledgement", "choice", ["explicitOnly", "enable", "disable"]],
      ["ackWindow", "Events that are not acknowledged", "number"],
      ["attributes", "More attributes", "yaml", "sessionTimeout: 10s"],
    ],
  ],
];

/** Where a field's value stands in a function's spec, where the names differ. */
const IN_SPEC: Readonly<Record<string, string>> = {
  baseImage: "build.baseImage",
  registry: "build.registry",
  noCache: "build.noCache",
  buildTimeoutSeconds: "build.buildTimeoutSeconds",
  "http.workers": "triggers.default-http.numWorkers",
  "http.workerTimeoutMs": "triggers.default-http.workerAvailabilityTimeoutMilliseconds",
  serviceType: "triggers.default-http.attributes.serviceType",
};

export interface FormRequest {
  readonly text: string;
  readonly settings: DeploySettings;
  readonly plan: DeploymentPlan;
  /** The name of the graph: its parent function's in the settings. */
  readonly graph: string;
  readonly scope: string;
  /** The cluster's defaults for a function's spec; empty where it was not asked. */
  readonly defaults: JsonObject;
}

/** The form of one scope. A scope that there is not (any more) gives that of the first function. */
export function settingsForm(request: FormRequest): Omit<DeployForm, "refused"> {
  const scopes = scopesOf(request);
  const scope = (scopes.find((one) => one.id === request.scope) ?? scopes[0]).id;
  const written = request.text.trim() === "" ? {} : objectOf(plain(parseYaml(request.text)));
  const groups = scope === "" ? GRAPH : scope.startsWith("queues.") ? QUEUE : FUNCTION;
  const own = at(written, pathOf(scope));
  const fields = groups.flatMap(([group, rows]) =>
    rows
      .filter(([id]) => scope !== "defaults" || (id !== "name" && id !== "source"))
      .map(([id, label, kind, more]): FormField => ({
        id,
        label,
        group,
        kind,
        choices: Array.isArray(more) ? more : [],
        value: textOf(at(own, pathOf(id)), kind),
        otherwise: otherwise(request, scope, id) || (typeof more === "string" ? more : ""),
      })),
  );
  return { scopes, scope, fields };
}

function scopesOf({ plan, graph }: FormRequest): readonly FormScope[] {
  const parents = plan.functions.filter((fn) => fn.key === "");
  const children = plan.functions.filter((fn) => fn.key !== "");
  const queues = [...plan.graph.steps].filter(([, step]) => step.kind === "queue");
  const named = (name: string): string => name.replaceAll(".", "\\.");
  return [
    ...parents.map((fn) => ({ id: `functions.${named(graph)}`, label: `Function ${fn.name}` })),
    ...children.map((fn) => ({ id: `functions.${named(fn.key)}`, label: `Function ${fn.name}` })),
    { id: "defaults", label: "All functions" },
    { id: "", label: "The graph" },
    ...queues.map(([name]) => ({ id: `queues.${named(name)}`, label: `Queue ${name}` })),
  ];
}

/** What holds where the field is empty: what is sent anyway, else the cluster's default. */
function otherwise({ plan, settings, graph, defaults }: FormRequest, scope: string, id: string): string {
  if (scope === "") return id === "mlrun" ? (settings.mlrun ?? "") : "";
  if (scope.startsWith("queues.")) return "";
  const key = scope.startsWith("functions.") ? pathOf(scope)[1] : null;
  const fn = plan.functions.find((one) => (one.key === "" ? graph : one.key) === key);
  if (id === "name") return fn?.name ?? "";
  const path = pathOf(IN_SPEC[id] ?? id);
  const sent = fn ? at(fn.config.spec, path) : undefined;
  const found = sent ?? at(defaults, path);
  return found === undefined || found === null || typeof found === "object" ? "" : String(found);
}

/** Parts of a path with dots; `\.` is a dot in a name. */
export function pathOf(id: string): readonly string[] {
  return id === "" ? [] : id.split(/(?<!\\)\./).map((part) => part.replaceAll("\\.", "."));
}

function at(value: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((inner, name) => (isObject(inner) ? inner[name] : undefined), value);
}

function textOf(value: Json | undefined, kind: FormField["kind"]): string {
  if (value === undefined || value === null) return "";
  if (kind === "lines" && Array.isArray(value)) return value.map(String).join("\n");
  if (typeof value !== "object") return String(value);
  return dumpYaml(fromJson(value)).trimEnd();
}

/** The value that a text in a field means; undefined for an empty one. Throws `GraphcellError` for YAML that is none. */
export function fieldValue(kind: FormField["kind"], text: string): Json | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  switch (kind) {
    case "number":
      return /^-?\d+$/.test(trimmed) ? Number(trimmed) : trimmed;
    case "flag":
      return trimmed === "true" ? true : trimmed === "false" ? false : trimmed;
    case "lines":
      return trimmed.split("\n").map((line) => line.trim());
    case "yaml":
      return plain(parseYaml(text));
    case "text":
    case "choice":
      return trimmed;
    default:
      return kind satisfies never;
  }
}

/** The sentence of a problem, with what to do. */
export function problemText({ message, remedy }: SettingProblem): string {
  return `${message} ${remedy}`;
}
