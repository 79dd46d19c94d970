import { FIELD_TYPES, type FieldSchema } from "../model/field-types";
import type { StepKind } from "../model/graph";
import { CHILD_KINDS, schemaOf } from "../model/schema";

/** An entry of a step's dictionary, or of the graph's own, for editors of graph files. */
export interface FieldText {
  readonly name: string;
  readonly meaning: string;
  /** null where anything may stand. */
  readonly schema: FieldSchema | null;
  /** The values to choose from. */
  readonly values: readonly string[];
}

const MEANINGS: Readonly<Record<string, string | undefined>> = {
  kind: "What the step is; a task when it is not given.",
  comment: "A note for readers.",
  after: "Steps after which it comes; none for the first.",
  before: "Steps before which it comes.",
  on_error: "Step that takes the errors.",
  max_iterations: "How often one event may come here in a graph with cycles.",
  cycle_from: "Later steps that lead back to it.",
  class_name: "Class of the step: one of the code, or the dotted path of a library's.",
  class_args: "Arguments of the class's constructor.",
  handler: "Function of the code, or method of the class; an expression in parentheses.",
  skip_context: "The class does not get the graph's context.",
  function: "Name of the child function in which the step runs.",
  shape: "Graphviz shape in MLRun's own plot.",
  full_event: "The step gets and gives the event object, not its body.",
  responder: "Answers the request with what this step gives.",
  input_path: "Where in the body the input is, keys with dots between.",
  result_path: "Where in the body the result goes.",
  model_endpoint_creation_strategy: "What happens to a model endpoint that exists.",
  endpoint_type: "What a model endpoint made of the step stands for.",
  steps: "The steps by name, in order.",
  routes: "The routes or models by name.",
  engine: "How the flow runs: `async` (the default) or `sync`.",
  final_step: "Step with which a sync flow ends.",
  default_final_step: "Step with which the flow ends when nothing else says so.",
  allow_cyclic: "Steps may lead back to earlier ones.",
  track_models: "Models report what they do to model monitoring.",
  name: "Name of the router.",
  base_step: "Step whose errors the handler takes.",
  hub_step_class_name: "Class of a step from the hub.",
  requirements: "Python packages that the step needs.",
  raise_exception: "A model's error is raised instead of being part of the result.",
  max_processes: "Processes of the pool that runs models.",
  max_threads: "Threads of the pool that runs models.",
  pool_factor: "How large the pool is, as a factor.",
  path: "Path of the stream; empty for one in memory.",
  shards: "Number of shards of the stream.",
  retention_in_hours: "How long the stream keeps events.",
  trigger_args: "Arguments of the trigger that reads the stream.",
  options: "Settings of the queue.",
  model_endpoints_names: "Names of all model endpoints.",
  model_endpoints_routes_names: "Names of the model endpoints of routes.",
  shared_models: "Models that several steps share.",
  shared_models_mechanism: "How each shared model runs.",
  shared_max_processes: "Processes of the pool of shared models.",
  shared_max_threads: "Threads of the pool of shared models.",
};

const STRATEGIES = ["skip", "archive", "overwrite", "inplace"];

function valuesOf(name: string, kind: StepKind): readonly string[] {
  if (name === "kind") return kind === "root" ? ["root", "router"] : [...CHILD_KINDS];
  if (name === "engine") return ["async", "sync"];
  if (name === "model_endpoint_creation_strategy") return STRATEGIES;
  return FIELD_TYPES.get(name)?.schema.type === "boolean" ? ["true", "false"] : [];
}

/** The entries of a dictionary of that kind, the usual ones first; those that only MLRun itself writes are left out. */
export function fieldsOf(kind: StepKind): readonly FieldText[] {
  const { fields, children } = schemaOf(kind);
  const names = [...new Set(["kind", ...fields, ...(children === null ? [] : [children])])];
  return names
    .filter((name) => !name.startsWith("_"))
    .map((name) => ({
      name,
      meaning: MEANINGS[name] ?? "",
      schema: name === "kind" ? { type: "string" } : (FIELD_TYPES.get(name)?.schema ?? null),
      values: valuesOf(name, kind),
    }));
}
