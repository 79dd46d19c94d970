import { truthy } from "../value/compare";
import { deepCopy } from "../value/copy";
import { PyRaise } from "../value/raise";
import { str } from "../value/repr";
import { type PyMap, type PyValue, PyObject, PyTuple, isMap } from "../value/value";
import { type Bound, type Keywords, type Signature, bind, signature } from "./call";
import { Draft } from "./draft";
import { dictAt, registerRunner, sharedModelByArtifact } from "./endpoints";
import { type DraftArgument, classArgsOf, given, plainOf, toDictOf } from "./step-object";

/** Ways in which a runner's model may run. */
export const MECHANISMS: readonly string[] = [
  "process_pool",
  "dedicated_process",
  "thread_pool",
  "asyncio",
  "shared_executor",
  "naive",
];

const RUNNER = signature(
  "ModelRunnerStep.__init__",
  "name? model_runner_selector? model_runner_selector_parameters? model_selector? model_selector_parameters? raise_exception? **kwargs",
  { raise_exception: true },
);
const RUNNER_ATTRIBUTES = ["after", "full_event", "function", "responder", "input_path", "result_path"];

/** `ModelRunnerStep(name=..., ...)`: keyword arguments only. */
export function modelRunnerStep(keyword: Keywords<Draft>): Draft {
  const { values, rest } = bind(RUNNER, [], keyword);
  const old = [values.get("model_selector") ?? null, values.get("model_selector_parameters") ?? null];
  const now = [
    values.get("model_runner_selector") ?? null,
    values.get("model_runner_selector_parameters") ?? null,
  ];
  if (old.some(given) && now.some(given)) {
    throw new PyRaise(
      "GraphError",
      "Cannot provide both `model_selector`/`model_selector_parameters` and `model_runner_selector`/`model_runner_selector_parameters`. Please use only the latter pair.",
    );
  }
  const step = new Draft("model_runner");
  const name = plainOf(values.get("name") ?? null);
  step.name = name === null ? null : str(name);
  const args: PyMap = new Map();
  args.set("model_selector", selector("model_selector", old[0], old[1]));
  args.set("model_runner_selector", selector("model_runner_selector", now[0], now[1]));
  step.attributes.set("class_args", args);
  step.attributes.set("raise_exception", plainOf(values.get("raise_exception") ?? null));
  for (const [key, value] of rest) {
    if (!RUNNER_ATTRIBUTES.includes(key)) {
      throw new PyRaise("TypeError", `TaskStep.__init__() got an unexpected keyword argument '${key}'`);
    }
    step.set(key, plainOf(value));
  }
  return step;
}

/** `(class name, parameters)` of a selector given by name or as an object. */
function selector(what: string, given_: DraftArgument, parametersGiven: DraftArgument): PyTuple {
  const struct = toDictOf(given_);
  const parameters = plainOf(parametersGiven);
  if (struct !== null && truthy(parameters)) {
    throw new PyRaise(
      "MLRunInvalidArgumentError",
      `Cannot provide a ${what} object as argument to \`${what}\` and also provide \`${what}_parameters\`.`,
    );
  }
  if (!given(given_)) return new PyTuple([plainOf(given_), parameters]);
  return new PyTuple([classNameOf(given_), truthy(parameters) ? parameters : (struct ?? new Map())]);
}

/** The name of the class of an object, or the string itself. */
function classNameOf(value: DraftArgument): PyValue {
  if (value instanceof PyObject) {
    const name = str(value.fields.get("class") ?? value.type);
    return name.slice(name.lastIndexOf(".") + 1);
  }
  return value instanceof Draft ? value.className : plainOf(value);
}

function validMechanism(mechanism: PyValue): void {
  if (typeof mechanism === "string" && MECHANISMS.includes(mechanism)) return;
  throw new PyRaise(
    "ValueError",
    `Execution mechanism '${str(mechanism)}' is invalid. It must be one of: [${MECHANISMS.join(", ")}]`,
  );
}

/** Parameters of a model: those of the call, or of the object; with the artifact and checked for its name. */
function modelParameters(
  { values, rest }: Bound<Draft>,
  name: string,
  owner: "added to ModelRunnerStep" | "the added model",
): PyMap {
  const modelClass = values.get("model_class") ?? null;
  const struct = toDictOf(modelClass);
  if (struct !== null && rest.size > 0) {
    throw new PyRaise(
      "MLRunInvalidArgumentError",
      "Cannot provide a model object as argument to `model_class` and also provide `model_parameters`.",
    );
  }
  const parameters = rest.size > 0 ? classArgsOf(rest) : (deepCopy(struct ?? new Map()) as PyMap);
  if (!parameters.has("artifact_uri")) {
    parameters.set("artifact_uri", artifactUri(values.get("model_artifact") ?? null));
  }
  if (parameters.has("name") && parameters.get("name") !== name) {
    const message =
      owner === "added to ModelRunnerStep"
        ? "Inconsistent name for model added to ModelRunnerStep."
        : "Inconsistent name for the added model.";
    throw new PyRaise("MLRunInvalidArgumentError", message);
  }
  return parameters;
}

/** An artifact's uri without its tag (`store://models/p/m:latest`); iteration, tree and uid stay. */
function artifactUri(artifact: DraftArgument): PyValue {
  const uri = artifact instanceof PyObject ? (artifact.fields.get("uri") ?? null) : plainOf(artifact);
  if (typeof uri !== "string" || uri === "") return truthy(uri) ? uri : null;
  const scheme = uri.startsWith("store://") ? "store://" : "";
  const tag = /(#[^:@\s]*)?:[^@^:\s]+(?=[@^]|$)/g;
  return scheme + uri.slice(scheme.length).replace(tag, (_, iteration?: string) => iteration ?? "");
}

const LL_OUTPUTS = ["answer", "usage"];

function outputsOf(modelClass: DraftArgument, outputs: PyValue): PyValue {
  const name = str(classNameOf(modelClass));
  return name.slice(name.lastIndexOf(".") + 1) === "LLModel" ? [...LL_OUTPUTS] : outputs;
}

function addModel(self: Draft, bound: Bound<Draft>): null {
  const { values } = bound;
  const value = (name: string): PyValue => plainOf(values.get(name) ?? null);
  const modelClass = values.get("model_class") ?? null;
  const name = str(value("endpoint_name"));
  const outputs = outputsOf(modelClass, value("outputs"));
  const parameters = modelParameters(bound, name, "added to ModelRunnerStep");
  const args = self.map("class_args");
  const models = dictAt(args, "models");
  if (models.has(name) && !truthy(value("override"))) {
    throw new PyRaise(
      "MLRunInvalidArgumentError",
      `Model with name ${name} already exists in this ModelRunnerStep.`,
    );
  }
  if (self.root.kind === "root") registerRunner(self, self, [name], false);
  const mechanism = value("execution_mechanism");
  validMechanism(mechanism);
  dictAt(args, "execution_mechanism_by_model_name", true).set(name, mechanism);
  parameters.set("name", name);
  const monitoring = dictAt(args, "monitoring_data");
  const className = classNameOf(modelClass);
  models.set(name, new PyTuple([className, parameters]));
  monitoring.set(
    name,
    new Map<PyValue, PyValue>([
      ["inputs", value("inputs")],
      ["outputs", outputs],
      ["input_path", value("input_path")],
      ["result_path", value("result_path")],
      ["creation_strategy", value("model_endpoint_creation_strategy")],
      ["labels", value("labels")],
      ["model_path", artifactUri(values.get("model_artifact") ?? null)],
      ["model_class", className],
    ]),
  );
  args.set("models", models);
  args.set("monitoring_data", monitoring);
  return null;
}

function addSharedModel(self: Draft, bound: Bound<Draft>): null {
  const { values } = bound;
  const value = (name: string): PyValue => plainOf(values.get(name) ?? null);
  const name = str(value("name"));
  const modelClass = values.get("model_class") ?? null;
  const outputs = outputsOf(modelClass, value("outputs"));
  const mechanism = value("execution_mechanism");
  if (mechanism === "shared_executor") {
    throw new PyRaise(
      "MLRunInvalidArgumentError",
      "Cannot add a shared model with execution mechanism 'shared_executor'",
    );
  }
  validMechanism(mechanism);
  const parameters = modelParameters(bound, name, "the added model");
  parameters.set("name", name);
  const either = (given_: PyValue, field: string, otherwise: PyValue): void => {
    parameters.set(field, truthy(given_) ? given_ : (parameters.get(field) ?? otherwise));
  };
  either(value("inputs"), "inputs", []);
  either(outputs, "outputs", []);
  either(value("input_path"), "input_path", null);
  either(value("result_path"), "result_path", null);
  const models = self.map("shared_models");
  if (models.has(name) && !truthy(value("override"))) {
    throw new PyRaise("MLRunInvalidArgumentError", `Model with name ${name} already exists in this graph.`);
  }
  models.set(name, new PyTuple([classNameOf(modelClass), parameters]));
  self.map("shared_models_mechanism").set(name, mechanism);
  return null;
}

function addSharedModelProxy(self: Draft, { values }: Bound<Draft>): null {
  const name = str(plainOf(values.get("endpoint_name") ?? null));
  const artifact = values.get("model_artifact") ?? null;
  const uri = artifact instanceof PyObject ? (artifact.fields.get("uri") ?? null) : plainOf(artifact);
  if (typeof uri !== "string") {
    throw new PyRaise(
      "MLRunInvalidArgumentError",
      "model_artifact must be a string, ModelArtifact or LLMPromptArtifact",
    );
  }
  let shared = plainOf(values.get("shared_model_name") ?? null);
  const extra = new Map<string, PyValue>();
  if (self.root.kind === "root") {
    const found = sharedModelByArtifact(self.root, uri);
    if (found === null || (truthy(shared) && found.name !== shared)) {
      throw new PyRaise(
        "GraphError",
        `ModelRunnerStep can only add proxy models that were added to the root flow step, model ${str(shared)} is not in the shared models.`,
      );
    }
    shared = found.name;
    dictAt(dictAt(self.map("class_args"), "monitoring_data", true), name, true).set(
      "model_class",
      found.className,
    );
    for (const field of ["inputs", "outputs", "input_path", "result_path"]) {
      extra.set(field, found.parameters.get(field) ?? null);
    }
  }
  if (typeof shared === "string" && shared !== "") {
    const proxies = self.map("_shared_proxy_mapping");
    const known = proxies.get(shared);
    if (!isMap(known)) proxies.set(shared, new Map<PyValue, PyValue>([[name, uri]]));
    else if (truthy(plainOf(values.get("override") ?? null))) known.set(name, uri);
  }
  return addModel(
    self,
    bind<Draft>(
      ADD_MODEL,
      [name, "mlrun.serving.Model", "shared_executor", artifact],
      new Map<string, DraftArgument>([
        ...extra,
        ["labels", values.get("labels") ?? null],
        ["model_endpoint_creation_strategy", values.get("model_endpoint_creation_strategy") ?? null],
        ["override", values.get("override") ?? null],
        ["name", name],
        ["shared_runnable_name", shared],
      ]),
    ),
  );
}

const POOL = ["max_processes", "max_threads", "pool_factor"];

function configurePool(prefix: readonly string[]): (self: Draft, bound: Bound<Draft>) => null {
  return (self, { values }) => {
    POOL.forEach((name, i) => self.attributes.set(prefix[i], plainOf(values.get(name) ?? null)));
    return null;
  };
}

const ADD_MODEL = signature(
  "ModelRunnerStep.add_model",
  "endpoint_name model_class execution_mechanism model_artifact? labels? model_endpoint_creation_strategy? inputs? outputs? input_path? result_path? override? **model_parameters",
  { model_endpoint_creation_strategy: "inplace", override: false },
);

/** Methods of model runners, and those of the root flow about shared models. */
export const RUNNER_VERBS: readonly {
  readonly signature: Signature;
  readonly run: (self: Draft, bound: Bound<Draft>) => Draft | null;
}[] = [
  { signature: ADD_MODEL, run: addModel },
  {
    signature: signature(
      "ModelRunnerStep.add_shared_model_proxy",
      "endpoint_name model_artifact shared_model_name? labels? model_endpoint_creation_strategy? override?",
      { model_endpoint_creation_strategy: "inplace", override: false },
    ),
    run: addSharedModelProxy,
  },
  {
    signature: signature(
      "RootFlowStep.add_shared_model",
      "name model_class execution_mechanism model_artifact inputs? outputs? input_path? result_path? override? **model_parameters",
      { override: false },
    ),
    run: addSharedModel,
  },
  {
    signature: signature(
      "ModelRunnerStep.configure_pool_resource",
      "max_processes? max_threads? pool_factor?",
    ),
    run: configurePool(POOL),
  },
  {
    signature: signature(
      "RootFlowStep.configure_shared_pool_resource",
      "max_processes? max_threads? pool_factor?",
    ),
    run: configurePool(["shared_max_processes", "shared_max_threads", "pool_factor"]),
  },
];
