import { FUNCTION_SIGNATURES } from "../model/function-builder";
import { verbSignatures } from "../model/verbs";

/** A method of MLRun's graph, steps and functions, for completion and hover. */
export interface VerbText {
  readonly name: string;
  readonly meaning: string;
  /** Parameters in order, without those that only advanced graphs use last. */
  readonly parameters: readonly string[];
  /** Takes the class's own arguments too. */
  readonly open: boolean;
}

const MEANINGS: Readonly<Record<string, string>> = {
  to: "Adds a step after this one, and gives it.",
  add_step: "Adds a step to the flow, where `after` and `before` say.",
  add_route: "Adds a route to the router.",
  error_handler: "Sends the errors of this step (of the graph's root: of all steps) to a handler.",
  respond: "Answers the request with what this step gives.",
  set_flow: "Adds steps one after the other, from a list.",
  cycle_to: "Leads back to an earlier step, in a graph that allows cycles.",
  clear_children: "Takes steps away.",
  add_model: "Adds a model.",
  set_topology: "Sets up the graph of the function.",
};

/** Meanings of the arguments of verbs, which are also entries of a step's dictionary. */
export const ARGUMENT_MEANINGS: ReadonlyMap<string, string> = new Map([
  ["class_name", "Class of the step, as an object or by its name."],
  ["name", "Name of the step; that of its class or handler when it is not given."],
  ["handler", "Function of the notebook, or method of the class; an expression in parentheses."],
  ["after", "Step, or list of steps, after which it comes."],
  ["before", "Step, or list of steps, before which it comes."],
  ["graph_shape", "Graphviz shape in MLRun's own plot."],
  ["function", "Name of the (child) function in which the step runs."],
  ["full_event", "The step gets and gives the event object, not its body."],
  ["input_path", "Where in the body the input is, keys with dots between."],
  ["result_path", "Where in the body the result goes."],
  ["cycle_to", "Earlier steps to which it leads back."],
  ["max_iterations", "How often one event may come here in a graph with cycles."],
  [
    "model_endpoint_creation_strategy",
    "What happens to a model endpoint that exists: `skip`, `archive`, `overwrite`, `inplace`.",
  ],
  [
    "creation_strategy",
    "What happens to a model endpoint that exists: `skip`, `archive`, `overwrite`, `inplace`.",
  ],
  ["key", "Name of the route or model, as requests name it."],
  ["route", "A step object to use as it is."],
  ["model_path", "Path or URI of the model."],
  ["model_url", "URL of a model server elsewhere."],
  ["topology", "`flow`, or `router` for models only."],
  ["engine", "`async` (the default) or `sync`."],
  ["exist_ok", "Replaces the graph that the function has."],
  ["allow_cyclic", "Steps may lead back to earlier ones."],
  ["step_names", "Earlier step or steps."],
  ["steps", "List of steps, each an object or a dictionary."],
  ["force", "Replaces the steps that there are."],
  ["path", "Path of the queue's stream."],
]);

/** MLRun's verb of that name on steps and graphs; null when it is none. */
export function verbText(name: string): VerbText | null {
  const meaning = Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : null;
  if (meaning === null) return null;
  const ofFunctions = FUNCTION_SIGNATURES.filter((s) => s.name.endsWith(`.${name}`));
  const signatures = [...verbSignatures(name), ...ofFunctions];
  const parameters = signatures.flatMap((s) => [...s.required, ...s.optional.keys()]);
  return {
    name,
    meaning,
    parameters: [...new Set(parameters)],
    open: signatures.some((s) => s.rest !== null),
  };
}

/** The verbs to offer after `graph.` and after a step. */
export const STEP_VERBS: readonly string[] = [
  "to",
  "add_step",
  "add_route",
  "error_handler",
  "respond",
  "set_flow",
  "cycle_to",
];
