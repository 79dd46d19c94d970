import { PyRaise } from "../value/raise";
import { repr } from "../value/repr";
import { type PyMap, type PyValue, PyTuple, isMap } from "../value/value";
import type { Draft } from "./draft";

/** Keeps the names of model endpoints in a flow apart: the root's two lists of names, and the errors about them. */

function isTaskLike(step: Draft): boolean {
  return step.schema.classes.includes("TaskStep") && step.kind !== "model_runner";
}

function names(root: Draft, list: "model_endpoints_names" | "model_endpoints_routes_names"): PyValue[] {
  return root.list(list);
}

/** `check_model_endpoint_existence`: registers a task-like step's name, or a router's routes, at the root flow. */
export function registerEndpoints(at: Draft, step: Draft, strategy: PyValue): void {
  if (!isTaskLike(step) || strategy === "skip") return;
  const root = at.root;
  if (root.kind !== "root") return;
  const found = step.kind === "router" ? [...step.children.values()].map((r) => r.name) : [step.name];
  for (const name of found) {
    if (names(root, "model_endpoints_names").includes(name)) {
      throw new PyRaise(
        "GraphError",
        `The graph already contains the model endpoints named - ${name ?? "None"}.`,
      );
    }
  }
  addTo(names(root, "model_endpoints_routes_names"), found);
}

/** `verify_model_runner_step`: a runner needs an async root flow and models whose names are new there. */
export function registerRunner(
  at: Draft,
  step: Draft,
  only: readonly string[] | null = null,
  verifyShared = true,
): void {
  if (step.kind !== "model_runner") return;
  const root = at.root;
  if (root.kind !== "root" || root.get("engine") !== "async") {
    throw new PyRaise("GraphError", "ModelRunnerStep can be added to 'Flow' topology graph only");
  }
  const models = only ?? [...dictAt(step.map("class_args"), "models").keys()].map(String);
  const common = (list: PyValue[]): string[] => models.filter((m) => list.includes(m));
  const inRunners = common(names(root, "model_endpoints_names"));
  const taken = inRunners.length > 0 ? inRunners : common(names(root, "model_endpoints_routes_names"));
  if (taken.length > 0) {
    throw new PyRaise(
      "GraphError",
      `The graph already contains the model endpoints named - ${repr([...taken])}.`,
    );
  }
  if (verifyShared) linkSharedModels(root, step, models);
  addTo(names(root, "model_endpoints_names"), models);
}

/** Proxies of shared models get the shared model's name and monitoring settings. */
function linkSharedModels(root: Draft, step: Draft, models: readonly string[]): void {
  const args = step.map("class_args");
  const mechanisms = dictAt(args, "execution_mechanism_by_model_name");
  for (const name of models) {
    if (mechanisms.get(name) !== "shared_executor") continue;
    const params = modelParameters(args, name);
    const wanted = params.get("shared_runnable_name") ?? null;
    const uri = params.get("artifact_uri") ?? null;
    const shared = sharedModelByArtifact(root, uri);
    if (shared === null) {
      throw new PyRaise("GraphError", `Can't find shared model named ${text(wanted)}`);
    }
    if (wanted === null || wanted === "") params.set("shared_runnable_name", shared.name);
    else if (wanted !== shared.name) {
      throw new PyRaise(
        "GraphError",
        `Model endpoint ${name} shared runnable name mismatch: expected ${shared.name}, got ${text(wanted)}`,
      );
    }
    copyMonitoring(step, name, shared, uri);
  }
}

function copyMonitoring(step: Draft, endpoint: string, shared: SharedModel, uri: PyValue): void {
  const all = dictAt(step.map("class_args"), "monitoring_data", true);
  const data = dictAt(all, endpoint, true);
  for (const field of ["input_path", "result_path", "inputs", "outputs"]) {
    data.set(field, shared.parameters.get(field) ?? null);
  }
  data.set("model_class", shared.className);
  dictAt(step.map("_shared_proxy_mapping"), shared.name, true).set(endpoint, uri);
}

export interface SharedModel {
  readonly name: string;
  readonly className: PyValue;
  readonly parameters: PyMap;
}

/** The shared model of the root flow that was made from an artifact, null when there is none. */
export function sharedModelByArtifact(root: Draft, uri: PyValue): SharedModel | null {
  for (const [name, entry] of root.map("shared_models")) {
    const [className, parameters] = pairOf(entry);
    if (isMap(parameters) && (parameters.get("artifact_uri") ?? null) === uri) {
      return { name: String(name), className, parameters };
    }
  }
  return null;
}

/** Parameters of a model in a runner's `class_args.models`. */
function modelParameters(args: PyMap, name: string): PyMap {
  const [, parameters] = pairOf(dictAt(args, "models").get(name) ?? null);
  return isMap(parameters) ? parameters : new Map();
}

/** `(class, parameters)` as a tuple or, after JSON, a list. */
export function pairOf(entry: PyValue): readonly [PyValue, PyValue] {
  const items = entry instanceof PyTuple ? entry.items : Array.isArray(entry) ? entry : [];
  return [items[0] ?? null, items[1] ?? null];
}

/** The dict under `name`; an empty one when there is none, kept in `from` when `keep` says so. */
export function dictAt(from: PyMap, name: string, keep = false): PyMap {
  const found = from.get(name);
  if (isMap(found)) return found;
  const made: PyMap = new Map();
  if (keep) from.set(name, made);
  return made;
}

function addTo(list: PyValue[], more: readonly PyValue[]): void {
  for (const name of more) if (!list.includes(name)) list.push(name);
}

function text(v: PyValue): string {
  return typeof v === "string" ? v : v === null ? "None" : repr(v);
}
