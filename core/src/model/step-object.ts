import { truthy } from "../value/compare";
import { deepCopy } from "../value/copy";
import { PyRaise } from "../value/raise";
import { str, typeName } from "../value/repr";
import { type PyMap, type PyValue, PyObject, isMap } from "../value/value";
import { type Argument, type Bound, type Keywords, bind, signature } from "./call";
import { Draft, loadChild } from "./draft";
import type { StepKind } from "./graph";
import { isChildKind } from "./schema";

/** An argument of the builder's verbs. Step objects are drafts in here; `StepBuilder` outside. */
export type DraftArgument = Argument<Draft>;

/** `class Name` passed as an object. `toDict`: qualified name of its `to_dict` method, where it has one. */
export function classObject(name: string, toDict: string | null = null): PyObject {
  const fields = new Map<string, PyValue>([["name", name]]);
  if (toDict !== null) fields.set("to_dict", toDict);
  return new PyObject("class", fields);
}

/** A function passed as an object; MLRun writes its `__name__` when the graph is deployed. */
export function functionObject(name: string): PyObject {
  return new PyObject("callable", new Map<string, PyValue>([["name", name]]));
}

/** An object of a class, with what its `to_dict()` gives: a step made before, a model, a selector. */
export function objectWithDict(className: string, toDict: PyMap): PyObject {
  return new PyObject(
    "object",
    new Map<string, PyValue>([
      ["class", className],
      ["to_dict", toDict],
    ]),
  );
}

/** `obj.to_dict()` of a draft or of an object made by `objectWithDict`; null for all that has no such method. */
export function toDictOf(value: DraftArgument): PyMap | null {
  if (value instanceof Draft) return value.toMap();
  if (value instanceof PyObject && value.type === "object") {
    const struct = value.fields.get("to_dict");
    return isMap(struct) ? struct : null;
  }
  return null;
}

/** A plain value of an argument: a step object inside of it becomes an object of its class. */
export function plainOf(value: DraftArgument): PyValue {
  if (value instanceof Draft) return objectWithDict(value.className, value.toMap());
  if (Array.isArray(value)) {
    return value.some(holdsDraft) ? value.map(plainOf) : (value as PyValue);
  }
  if (value instanceof Map && [...value.values()].some(holdsDraft)) {
    return new Map<PyValue, PyValue>([...value].map(([k, v]) => [k, plainOf(v)]));
  }
  return value as PyValue;
}

function holdsDraft(value: DraftArgument): boolean {
  if (value instanceof Draft) return true;
  if (Array.isArray(value)) return value.some(holdsDraft);
  return value instanceof Map && [...value.values()].some(holdsDraft);
}

/** Python's `bool(value)`; step objects are true. */
export function given(value: DraftArgument | undefined): boolean {
  return value instanceof Draft || (value !== undefined && truthy(plainOf(value)));
}

export function attributeError(value: DraftArgument, attribute: string): PyRaise {
  if (value instanceof PyObject && value.type === "class") {
    const name = str(value.fields.get("name") ?? null);
    return new PyRaise("AttributeError", `type object '${name}' has no attribute '${attribute}'`);
  }
  const type = value instanceof Draft ? value.className : typeName(plainOf(value));
  return new PyRaise("AttributeError", `'${type}' object has no attribute '${attribute}'`);
}

/** `get_name`: the given name, else the last part of the class's name. */
export function nameFor(name: PyValue, className: DraftArgument): string {
  if (truthy(name)) return str(name);
  if (!given(className)) {
    throw new PyRaise("MLRunInvalidArgumentError", "name or class_name must be provided");
  }
  if (className instanceof PyObject && className.type === "class")
    return str(className.fields.get("name") ?? "");
  if (typeof className !== "string") throw attributeError(className, "split");
  return className.slice(className.lastIndexOf(".") + 1);
}

/** What `to`, `add_step` and the like know of a new step. */
export interface StepParameters {
  readonly className: DraftArgument;
  readonly name: PyValue;
  readonly handler: PyValue;
  readonly graphShape: PyValue;
  readonly function: PyValue;
  readonly fullEvent: PyValue;
  readonly inputPath: PyValue;
  readonly resultPath: PyValue;
  readonly strategy: PyValue;
  readonly endpointType: PyValue;
  readonly classArgs: ReadonlyMap<string, DraftArgument>;
}

/** Reads them from a call's arguments. */
export function stepParameters(bound: Bound<Draft>): StepParameters {
  const value = (name: string): PyValue => plainOf(bound.values.get(name) ?? null);
  return {
    className: bound.values.get("class_name") ?? null,
    name: value("name"),
    handler: value("handler"),
    graphShape: value("graph_shape"),
    function: value("function"),
    fullEvent: value("full_event"),
    inputPath: value("input_path"),
    resultPath: value("result_path"),
    strategy: value("model_endpoint_creation_strategy"),
    endpointType: null,
    classArgs: bound.rest,
  };
}

/** `params_to_step`: the new step's key and the step. */
export function makeStep(p: StepParameters): { readonly key: string; readonly step: Draft } {
  const made = choose(p);
  if (truthy(p.graphShape)) made.step.attributes.set("shape", p.graphShape);
  return made;
}

function choose(p: StepParameters): { key: string; step: Draft } {
  const { className } = p;
  if (className instanceof Draft && className.kind === "queue") return queueObject(p, className);
  if (className === ">>" || className === "$queue") return newQueue(p);
  if (toDictOf(className) !== null) return fromObject(p, className);
  if (given(className) && typeof className !== "string") throw noStep(className);
  if (typeof className === "string" && className.startsWith("*")) return newRouter(p, className.slice(1));
  if (typeof className === "string" && className.startsWith("hub://")) return newHubTask(p, className);
  if (given(className) || truthy(p.handler)) return newTask(p);
  throw new PyRaise("MLRunInvalidArgumentError", "class_name or handler must be provided");
}

function noStep(className: DraftArgument): PyRaise {
  const method = className instanceof PyObject ? className.fields.get("to_dict") : undefined;
  if (typeof method === "string") {
    return new PyRaise("TypeError", `${method}() missing 1 required positional argument: 'self'`);
  }
  return attributeError(className, "startswith");
}

function queueObject(p: StepParameters, queue: Draft): { key: string; step: Draft } {
  if (!truthy(p.name) && !truthy(queue.name)) {
    throw new PyRaise("MLRunInvalidArgumentError", "queue name must be specified");
  }
  return { key: truthy(p.name) ? str(p.name) : str(queue.name), step: queue };
}

function newQueue(p: StepParameters): { key: string; step: Draft } {
  if (!p.classArgs.has("path")) {
    throw new PyRaise("MLRunInvalidArgumentError", "path=<stream path or None> must be specified for queues");
  }
  if (!truthy(p.name)) throw new PyRaise("MLRunInvalidArgumentError", "queue name must be specified");
  const args = new Map(p.classArgs);
  if (p.fullEvent !== null) args.set("full_event", p.fullEvent);
  return { key: str(p.name), step: queueStep([p.name], args) };
}

function fromObject(p: StepParameters, object: DraftArgument): { key: string; step: Draft } {
  const struct = deepCopy(toDictOf(object) ?? new Map()) as PyMap;
  const kind = struct.has("kind") ? struct.get("kind") : "task";
  const own = struct.has("name") ? struct.get("name") : struct.get("class_name");
  const fallback = object instanceof Draft ? object.name : null;
  const name = truthy(p.name) ? p.name : truthy(own ?? null) ? (own ?? null) : fallback;
  const step = Draft.load(isChildKind(kind) ? kind : "root", struct);
  step.attributes.set("function", p.function);
  for (const [attribute, value] of [
    ["full_event", p.fullEvent],
    ["input_path", p.inputPath],
    ["result_path", p.resultPath],
  ] as const) {
    if (truthy(value)) step.attributes.set(attribute, value);
    else if (!step.schema.fields.includes(attribute)) throw attributeError(step, attribute);
  }
  if (kind === "task") {
    step.attributes.set("model_endpoint_creation_strategy", p.strategy);
    step.attributes.set("endpoint_type", p.endpointType);
  }
  return { key: str(name), step };
}

function newRouter(p: StepParameters, className: string): { key: string; step: Draft } {
  const name = nameFor(p.name, className === "" ? "router" : className);
  const step = newRouterObject(className, {
    name,
    classArgs: classArgsOf(p.classArgs),
    handler: p.handler,
    routes: p.classArgs.get("routes") ?? null,
    function: p.function,
    inputPath: p.inputPath,
    resultPath: p.resultPath,
  });
  return { key: name, step };
}

/** Only the hub knows the class and the requirements of a hub step; the name without one is the item's. */
function newHubTask(p: StepParameters, uri: string): { key: string; step: Draft } {
  const item = uri.slice(uri.lastIndexOf("/") + 1).replace(/[:@].*$/, "");
  const name = truthy(p.name) ? str(p.name) : item;
  return { key: name, step: taskObject("hub_task", p, uri, name) };
}

function newTask(p: StepParameters): { key: string; step: Draft } {
  const name = nameFor(p.name, p.className);
  return { key: name, step: taskObject("task", p, plainOf(p.className), name) };
}

function taskObject(kind: StepKind, p: StepParameters, className: PyValue, name: string): Draft {
  const step = new Draft(kind);
  step.name = name;
  for (const [attribute, value] of [
    ["class_name", className],
    ["class_args", classArgsOf(p.classArgs)],
    ["handler", p.handler],
    ["function", p.function],
    ["full_event", p.fullEvent],
    ["input_path", p.inputPath],
    ["result_path", p.resultPath],
    ["model_endpoint_creation_strategy", p.strategy],
    ["endpoint_type", p.endpointType],
  ] as const) {
    step.attributes.set(attribute, value);
  }
  return step;
}

export function classArgsOf(rest: ReadonlyMap<string, DraftArgument>): PyMap {
  return new Map<PyValue, PyValue>([...rest].map(([k, v]) => [k, plainOf(v)]));
}

interface RouterParameters {
  readonly name: PyValue;
  readonly classArgs: PyMap;
  readonly handler: PyValue;
  readonly routes: DraftArgument;
  readonly function: PyValue;
  readonly inputPath: PyValue;
  readonly resultPath: PyValue;
}

/** `RouterStep(...)`: its name and its strategy come from the class. */
export function newRouterObject(className: PyValue, p: RouterParameters): Draft {
  const step = new Draft("router");
  step.name = nameFor(p.name, truthy(className) ? className : "router");
  step.attributes.set("class_name", className);
  step.attributes.set("class_args", p.classArgs);
  step.attributes.set("handler", p.handler);
  step.attributes.set("function", p.function);
  step.attributes.set("input_path", p.inputPath);
  step.attributes.set("result_path", p.resultPath);
  loadRoutes(step, p.routes);
  const text = className instanceof PyObject ? str(className.fields.get("name") ?? "") : className;
  if (typeof text === "string" && text.includes("VotingEnsemble")) {
    step.attributes.set("model_endpoint_creation_strategy", "inplace");
  }
  return step;
}

function loadRoutes(router: Draft, routes: DraftArgument): void {
  if (!(routes instanceof Map)) return router.set("routes", plainOf(routes));
  for (const [key, route] of routes) {
    const name = str(key as PyValue);
    if (route instanceof Draft) {
      route.name ??= name;
      router.children.set(name, route);
    } else router.children.set(name, loadChild(plainOf(route), name));
  }
}

const QUEUE = signature(
  "QueueStep.__init__",
  "name? path? after? shards? retention_in_hours? trigger_args? **options",
);

/** `QueueStep(name, path, ...)`. */
export function queueStep(positional: readonly DraftArgument[], keyword: Keywords<Draft>): Draft {
  const { values, rest } = bind(QUEUE, positional, keyword);
  const step = new Draft("queue");
  const name = plainOf(values.get("name") ?? null);
  step.name = name === null ? null : str(name);
  for (const field of ["path", "after", "shards", "retention_in_hours", "trigger_args"]) {
    step.set(field, plainOf(values.get(field) ?? null));
  }
  step.attributes.set("options", classArgsOf(rest));
  return step;
}
