import { truthy } from "../value/compare";
import { PyRaise } from "../value/raise";
import { type PyMap, type PyValue, PyObject, asNumber, float, isMap } from "../value/value";
import { bind } from "./call";
import { type Draft, keyError } from "./draft";
import { type DraftArgument, attributeError } from "./step-object";
import { verbOf } from "./verbs";

/** What the server adds to a graph before it starts: the API handler, the model runners' steps, monitoring. */
export function addSystemSteps(root: Draft, spec: PyMap, mock: boolean): void {
  addApiHandler(root, spec.get("api_handler_config") ?? null);
  if (root.kind !== "root") return;
  const runners = [...root.children.values()].filter((step) => step.kind === "model_runner");
  if (runners.length === 0) return;
  for (const runner of runners) addErrorRaiser(root, runner);
  if (truthy(spec.get("track_models") ?? null)) addMonitoring(root, runners, spec, mock);
}

const API_HANDLER = "mlrun.serving.api_handler._APIHandlerStep";

function addApiHandler(root: Draft, config: PyValue): void {
  if (!truthy(config)) return;
  if (root.kind !== "root") throw attributeError(root, "steps");
  const steps = [...root.children];
  if (steps.some(([, step]) => step.get("class_name") === API_HANDLER)) return;
  const starts = steps.filter(([, step]) => startsByLinks(step)).map(([key]) => key);
  addStep(root, [API_HANDLER, "api-handler"], {
    graph_shape: "diamond",
    config,
    context: new PyObject("context"),
    full_event: true,
  });
  for (const key of starts) root.children.get(key)?.addAfter("api-handler");
}

/** Nothing is before it but, in a cycle, its own successors. */
export function startsByLinks(step: Draft): boolean {
  const after = step.list("after");
  const from = step.list("cycle_from");
  if (from.length === 0) return after.length === 0;
  return after.length > 0 && after.every((x) => from.includes(x)) && from.every((x) => after.includes(x));
}

function addStep(
  root: Draft,
  positional: readonly DraftArgument[],
  keyword: Readonly<Record<string, DraftArgument>>,
): Draft {
  const verb = verbOf(root, "add_step");
  const step = verb?.run(root, bind<Draft>(verb.signature, positional, keyword));
  if (!step) throw new PyRaise("AttributeError", `'${root.className}' object has no attribute 'add_step'`);
  return step;
}

const SKIP = { model_endpoint_creation_strategy: "skip" };

function addErrorRaiser(root: Draft, runner: Draft): void {
  const name = runner.name ?? "";
  const models = runner.map("class_args").get("models");
  addStep(root, ["storey.FlatMap", `${name}_unpacker`], {
    ...SKIP,
    _fn: "(event.body)",
    after: name,
    full_event: true,
    function: runner.get("function"),
  });
  if (models === undefined) throw keyError("models");
  const raiser = addStep(root, ["mlrun.serving.states.ModelRunnerErrorRaiser", `${name}_error_raise`], {
    ...SKIP,
    after: [name, `${name}_unpacker`],
    full_event: true,
    raise_exception: runner.get("raise_exception"),
    models_names: isMap(models) ? [...models.keys()] : [],
    function: runner.get("function"),
  });
  if (truthy(runner.get("responder"))) {
    runner.attributes.set("responder", false);
    raiser.attributes.set("responder", true);
  }
  raiser.attributes.set("on_error", runner.get("on_error"));
}

const SYSTEM = "mlrun.serving.system_steps.";

function addMonitoring(root: Draft, runners: readonly Draft[], spec: PyMap, mock: boolean): void {
  const parameters = spec.get("parameters");
  const sampling = isMap(parameters) ? asNumber(parameters.get("sampling_percentage") ?? 100) : 100;
  const status = addStep(root, [`${SYSTEM}BackgroundTaskStatus`, "background_task_status_step"], {
    ...SKIP,
    full_event: true,
  });
  addStep(root, ["storey.Filter", "filter_none"], {
    ...SKIP,
    _fn: "(event is not None)",
    after: "background_task_status_step",
  });
  addStep(root, [`${SYSTEM}MonitoringPreProcessor`, "monitoring_pre_processor_step"], {
    ...SKIP,
    after: "filter_none",
    full_event: true,
  });
  addStep(root, ["storey.FlatMap", "flatten_events"], {
    ...SKIP,
    _fn: "(event)",
    after: "monitoring_pre_processor_step",
  });
  addStep(root, [`${SYSTEM}SamplingStep`, "sampling_step"], {
    ...SKIP,
    after: "flatten_events",
    sampling_percentage: float(sampling),
  });
  addStep(root, ["storey.Filter", "filter_none_sampling"], {
    ...SKIP,
    _fn: "(event is not None)",
    after: "sampling_step",
  });
  addMonitoringStream(root, mock);
  for (const runner of runners) {
    let source = runner.name ?? "";
    if (truthy(spec.get("streaming") ?? null)) {
      const collector = addStep(root, ["storey.Collector", `${source}_collector`], {
        ...SKIP,
        after: source,
      });
      source = collector.name ?? "";
    }
    status.list("after").push(source);
  }
}

/** In the cluster its path is the project's monitoring stream, which only MLRun's service knows. */
function addMonitoringStream(root: Draft, mock: boolean): void {
  if (mock) {
    addStep(root, [`${SYSTEM}MockStreamPusher`, "model_monitoring_stream"], {
      ...SKIP,
      after: "filter_none_sampling",
    });
  } else {
    addStep(root, [">>", "model_monitoring_stream"], {
      path: null,
      sharding_func: "endpoint_id",
      after: "filter_none_sampling",
    });
  }
}
