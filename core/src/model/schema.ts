import type { PyValue } from "../value/value";
import { PyTuple } from "../value/value";
import type { StepKind } from "./graph";

/** What MLRun's class of one kind reads and writes, and what a new object of it holds. */
export interface KindSchema {
  /** Python class, and its bases in the order in which Python looks up methods. */
  readonly classes: readonly string[];
  /** The entries that are read from and written to the dictionary; all others are dropped on loading. */
  readonly fields: readonly string[];
  /** Attributes of a new object that are not None, anew for each. */
  readonly defaults: () => Map<string, PyValue>;
  /** The entry that holds child steps. */
  readonly children: "steps" | "routes" | null;
}

const BASE = ["kind", "comment", "after", "on_error", "max_iterations", "cycle_from"];
const TASK = [
  ...BASE,
  "class_name",
  "class_args",
  "handler",
  "skip_context",
  "function",
  "shape",
  "full_event",
  "responder",
  "input_path",
  "result_path",
  "model_endpoint_creation_strategy",
  "endpoint_type",
];
const ROOT = [
  "steps",
  "engine",
  "final_step",
  "on_error",
  "model_endpoints_names",
  "model_endpoints_routes_names",
  "track_models",
  "shared_max_processes",
  "shared_max_threads",
  "shared_models",
  "shared_models_mechanism",
  "pool_factor",
  "allow_cyclic",
  "max_iterations",
];

/** Fields that the deployed serving spec leaves out (`strip=True`). */
export const STRIPPED_FIELDS: ReadonlySet<string> = new Set([
  "model_endpoint_creation_strategy",
  "endpoint_type",
]);

/** `endpoint_type`: what a model endpoint made from the step stands for. */
export const ENDPOINT_TYPE = { node: 1, router: 2, leaf: 3, batch: 4, user: 5 } as const;

function taskDefaults(kind: StepKind): Map<string, PyValue> {
  return new Map<string, PyValue>([
    ["kind", kind],
    ["after", []],
    ["cycle_from", []],
    ["class_args", new Map()],
    ["model_endpoint_creation_strategy", "skip"],
    ["endpoint_type", ENDPOINT_TYPE.node],
  ]);
}

function runnerDefaults(): Map<string, PyValue> {
  const none = (): PyTuple => new PyTuple([null, null]);
  return taskDefaults("model_runner")
    .set("class_name", "mlrun.serving.ModelRunner")
    .set("shape", "folder")
    .set("raise_exception", true)
    .set("_shared_proxy_mapping", new Map())
    .set(
      "class_args",
      new Map<PyValue, PyValue>([
        ["model_selector", none()],
        ["model_runner_selector", none()],
      ]),
    );
}

function plainDefaults(kind: StepKind): Map<string, PyValue> {
  return new Map<string, PyValue>([
    ["kind", kind],
    ["after", []],
    ["cycle_from", []],
  ]);
}

const task = (
  kind: StepKind,
  classes: readonly string[],
  extra: readonly string[] = [],
  defaults: () => Map<string, PyValue> = () => taskDefaults(kind),
): KindSchema => ({
  classes: [...classes, "BaseStep"],
  fields: [...TASK, ...extra],
  defaults,
  children: null,
});

const SCHEMAS: Readonly<Partial<Record<StepKind, KindSchema>>> = {
  root: {
    classes: ["RootFlowStep", "FlowStep", "BaseStep"],
    fields: ROOT,
    defaults: () =>
      new Map<string, PyValue>([
        ["allow_cyclic", false],
        ["track_models", false],
        ["model_endpoints_names", []],
        ["model_endpoints_routes_names", []],
        ["shared_models", new Map()],
        ["shared_models_mechanism", new Map()],
      ]),
    children: "steps",
  },
  flow: {
    classes: ["FlowStep", "BaseStep"],
    fields: [...BASE, "steps", "engine", "default_final_step"],
    defaults: () => plainDefaults("flow"),
    children: "steps",
  },
  router: {
    ...task("router", ["RouterStep", "TaskStep"], ["routes", "name"], () =>
      taskDefaults("router").set("endpoint_type", ENDPOINT_TYPE.router),
    ),
    children: "routes",
  },
  task: task("task", ["TaskStep"]),
  error_step: task("error_step", ["ErrorStep", "TaskStep"], ["before", "base_step"]),
  monitoring_application: task("monitoring_application", ["MonitoringApplicationStep", "TaskStep"]),
  hub_task: task("hub_task", ["HubTaskStep", "TaskStep"], ["hub_step_class_name", "requirements"]),
  model_runner: task(
    "model_runner",
    ["ModelRunnerStep", "MonitoredStep", "TaskStep"],
    ["raise_exception", "_shared_proxy_mapping", "max_processes", "max_threads", "pool_factor"],
    runnerDefaults,
  ),
  queue: {
    classes: ["QueueStep", "BaseStep"],
    fields: [...BASE, "path", "shards", "retention_in_hours", "trigger_args", "options"],
    defaults: () => plainDefaults("queue").set("options", new Map()),
    children: null,
  },
};

/** Kinds that a step of a flow or a route of a router may have. */
export const CHILD_KINDS: ReadonlySet<string> = new Set(
  Object.keys(SCHEMAS).filter((kind) => kind !== "root"),
);

/** The schema of a kind; of a task for kinds that MLRun knows by name only (`choice`). */
export function schemaOf(kind: StepKind): KindSchema {
  return SCHEMAS[kind] ?? task("task", ["TaskStep"]);
}

export function isChildKind(kind: PyValue | undefined): kind is StepKind {
  return typeof kind === "string" && CHILD_KINDS.has(kind);
}
