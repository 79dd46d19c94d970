import { truthy } from "../value/compare";
import { PyRaise } from "../value/raise";
import { repr, str } from "../value/repr";
import { type PyValue, isMap } from "../value/value";
import { type Bound, type Signature, bind, signature } from "./call";
import { Draft, keyError } from "./draft";
import { registerEndpoints, registerRunner } from "./endpoints";
import { RUNNER_VERBS } from "./runner";
import { ENDPOINT_TYPE } from "./schema";
import {
  type DraftArgument,
  attributeError,
  classArgsOf,
  given,
  makeStep,
  nameFor,
  plainOf,
  stepParameters,
} from "./step-object";

/** A method of one of MLRun's step classes. */
export interface Verb {
  readonly signature: Signature;
  /** Gives the step that the method returns; null where it returns None. */
  readonly run: (self: Draft, bound: Bound<Draft>) => Draft | null;
}

const STEP_OPTIONS =
  "graph_shape? function? full_event? input_path? result_path? model_endpoint_creation_strategy? cycle_to? max_iterations? **class_args";

/** All methods by `Class.method`; a class's own stand before those of its bases. */
const VERBS: ReadonlyMap<string, Verb> = new Map<string, Verb>(
  [
    verb("BaseStep.to", `class_name? name? handler? ${STEP_OPTIONS}`, to),
    verb("QueueStep.to", `class_name? name? handler? ${STEP_OPTIONS}`, toAfterQueue),
    verb(
      "BaseStep.error_handler",
      "name? class_name? handler? before? function? full_event? input_path? result_path? **class_args",
      errorHandler,
    ),
    verb("BaseStep.cycle_to", "step_names", (self, { values }) =>
      cycleTo(self, values.get("step_names") ?? null),
    ),
    verb("BaseStep.set_flow", "steps force?", () => {
      throw new PyRaise("NotImplementedError", "set_flow() can only be called on a FlowStep");
    }),
    verb("TaskStep.respond", "", (self) => {
      self.attributes.set("responder", true);
      return self;
    }),
    verb("FlowStep.add_step", `class_name? name? handler? after? before? ${STEP_OPTIONS}`, addStep),
    verb("FlowStep.set_flow", "steps force?", setFlow),
    verb("FlowStep.clear_children", "steps?", (self, { values }) =>
      clearChildren(self, values.get("steps") ?? null),
    ),
    verb("RouterStep.clear_children", "routes", (self, { values }) =>
      clearChildren(self, values.get("routes") ?? null),
    ),
    verb(
      "RouterStep.add_route",
      "key route? class_name? handler? function? creation_strategy? **class_args",
      addRoute,
      { creation_strategy: "inplace" },
    ),
    ...RUNNER_VERBS,
  ].map((v) => [v.signature.name, v]),
);

export function verb(
  name: string,
  parameters: string,
  run: Verb["run"],
  defaults: Readonly<Record<string, PyValue>> = {},
): Verb {
  return { signature: signature(name, parameters, defaults), run };
}

/** The method `name` of a step's class; null when the class has none. */
export function verbOf(self: Draft, name: string): Verb | null {
  for (const owner of self.schema.classes) {
    const found = VERBS.get(`${owner}.${name}`);
    if (found) return found;
  }
  return null;
}

/** The signatures of a method, one for each class that has it. */
export function verbSignatures(method: string): readonly Signature[] {
  return [...VERBS.values()].map((v) => v.signature).filter(({ name }) => name.endsWith(`.${method}`));
}

const isFlow = (step: Draft): boolean => step.schema.children === "steps";

function childrenOf(parent: Draft): Draft {
  if (isFlow(parent)) return parent;
  throw attributeError(parent, "_steps");
}

function to(self: Draft, bound: Bound<Draft>): Draft {
  const parent = isFlow(self) ? self : self.parent;
  if (parent === null) {
    throw new PyRaise(
      "GraphError",
      `step ${self.name ?? "None"} parent is not set or it's not part of a graph`,
    );
  }
  const { key, step } = newStep(self, bound);
  childrenOf(parent).put(key, step);
  step.parent = parent;
  if (!isFlow(self)) {
    if (self.name === null) throw attributeError(null, "name");
    step.addAfter(self.name);
  }
  parent.lastAdded = step;
  return finish(step, bound);
}

function toAfterQueue(self: Draft, bound: Bound<Draft>): Draft {
  if (!given(bound.values.get("function"))) {
    const name = nameFor(plainOf(bound.values.get("name") ?? null), bound.values.get("class_name") ?? null);
    throw new PyRaise(
      "MLRunInvalidArgumentError",
      `step '${name}' must specify a function, because it follows a queue step`,
    );
  }
  return to(self, bound);
}

/** Makes the step and registers its names, before it is part of the flow. */
function newStep(self: Draft, bound: Bound<Draft>): { key: string; step: Draft } {
  const parameters = stepParameters(bound);
  const { className } = parameters;
  const name =
    !truthy(parameters.name) && className instanceof Draft ? (className.name ?? null) : parameters.name;
  const made = makeStep({ ...parameters, name });
  registerEndpoints(self, made.step, parameters.strategy);
  registerRunner(self, made.step);
  return made;
}

function finish(step: Draft, bound: Bound<Draft>): Draft {
  const cycle = bound.values.get("cycle_to");
  cycleTo(step, given(cycle) && cycle !== undefined ? cycle : []);
  step.attributes.set("max_iterations", plainOf(bound.values.get("max_iterations") ?? null));
  return step;
}

function addStep(self: Draft, bound: Bound<Draft>): Draft {
  const { key, step } = newStep(self, bound);
  const after = bound.values.get("after") ?? null;
  const before = bound.values.get("before") ?? null;
  for (const one of Array.isArray(after) ? after : [after]) insertStep(self, key, step, one, before);
  return finish(step, bound);
}

function insertStep(
  flow: Draft,
  key: string,
  step: Draft,
  afterGiven: DraftArgument,
  before: DraftArgument,
): void {
  flow.put(key, step);
  step.parent = flow;
  const after = afterGiven === "$prev" && flow.children.size === 1 ? null : afterGiven;
  let previous = "";
  if (given(after)) {
    if (after === "$prev" && flow.lastAdded !== null) previous = flow.lastAdded.name ?? "";
    else previous = existing(flow, "after", after);
    step.addAfter(previous);
  }
  if (given(before)) {
    const next = existing(flow, "before", before);
    if (next === step.name || next === previous) {
      throw new PyRaise("GraphError", `graph loop, step ${next} is specified in before and/or after ${key}`);
    }
    const target = flow.children.get(next);
    step.attributes.set("after", [...new Set(target?.list("after") ?? [])]);
    target?.attributes.set("after", [step.name ?? ""]);
  }
  flow.lastAdded = step;
}

function existing(flow: Draft, what: "after" | "before", name: DraftArgument): string {
  if (typeof name === "string" && flow.children.has(name)) return name;
  if (Array.isArray(name) || isMap(plainOf(name))) {
    throw new PyRaise("TypeError", `unhashable type: '${Array.isArray(name) ? "list" : "dict"}'`);
  }
  const shown = name instanceof Draft ? repr(name.toMap()) : str(plainOf(name));
  throw new PyRaise("MLRunInvalidArgumentError", `cant set ${what}, there is no step named ${shown}`);
}

function errorHandler(self: Draft, { values, rest }: Bound<Draft>): Draft {
  const className = values.get("class_name") ?? null;
  const before = plainOf(values.get("before") ?? null);
  if (!given(className) && !given(values.get("handler"))) {
    throw new PyRaise("MLRunInvalidArgumentError", "class_name or handler must be provided");
  }
  if (self.kind === "root" && truthy(before)) {
    throw new PyRaise("MLRunInvalidArgumentError", "`before` arg can't be specified for graph error handler");
  }
  const name = nameFor(plainOf(values.get("name") ?? null), className);
  const step = new Draft("error_step");
  for (const field of [
    "class_name",
    "handler",
    "function",
    "full_event",
    "input_path",
    "result_path",
  ] as const) {
    step.attributes.set(field, plainOf(values.get(field) ?? null));
  }
  step.attributes.set("class_args", classArgsOf(rest));
  step.attributes.set("before", typeof before === "string" ? [before] : truthy(before) ? before : []);
  step.attributes.set("base_step", self.name);
  self.attributes.set("on_error", name);
  const parent = self.parent ?? self;
  childrenOf(parent).put(name, step);
  step.parent = parent;
  return self;
}

function cycleTo(self: Draft, namesGiven: DraftArgument): Draft {
  const root = self.root;
  if (root.kind !== "root") {
    throw new PyRaise("GraphError", "cycle_to() can only be called on a step within a graph");
  }
  if (!truthy(root.get("allow_cyclic")) && given(namesGiven)) {
    throw new PyRaise("GraphError", "cyclic graphs are not allowed, enable allow_cyclic");
  }
  const plain = plainOf(namesGiven);
  const names = Array.isArray(plain) ? plain : plain === null ? [] : [plain];
  for (const each of names) {
    const target = typeof each === "string" ? root.children.get(each) : undefined;
    if (target === undefined) {
      const under = self.parent === null ? null : self.parent.fullName;
      if (under === null) throw attributeError(null, "fullname");
      throw new PyRaise("GraphError", `step ${str(each)} doesnt exist in the graph under ${under}`);
    }
    target.addAfter(self.name ?? "");
    target.list("cycle_from").push(self.name ?? "");
  }
  return self;
}

function setFlow(self: Draft, { values }: Bound<Draft>): Draft {
  if (!given(values.get("force")) && self.children.size > 0) {
    throw new PyRaise(
      "MLRunInvalidArgumentError",
      "set_flow() called on a step that already has downstream steps. If you want to overwrite existing steps, set force=True.",
    );
  }
  self.children = new Map();
  let step = self;
  const items = values.get("steps") ?? null;
  if (!Array.isArray(items)) {
    throw new PyRaise("TypeError", `'${typeOf(items)}' object is not iterable`);
  }
  for (const item of items) step = appendStep(step, item);
  return step;
}

/** `step.to(item)`, or `step.to(**item)` for a dict. */
function appendStep(step: Draft, item: DraftArgument): Draft {
  const method = verbOf(step, "to");
  if (method === null) throw attributeError(step, "to");
  const bound =
    item instanceof Map
      ? bind<Draft>(
          method.signature,
          [],
          new Map([...item].map(([k, v]): [string, DraftArgument] => [str(k as PyValue), v])),
        )
      : bind<Draft>(method.signature, [item], {});
  return method.run(step, bound) ?? step;
}

function clearChildren(self: Draft, names: DraftArgument): null {
  const plain = plainOf(names);
  if (!truthy(plain)) {
    if (self.children.size > 0) {
      // MLRun deletes while it iterates: the first one goes, then Python complains.
      self.children.delete([...self.children.keys()][0]);
      throw new PyRaise("RuntimeError", "OrderedDict mutated during iteration");
    }
    return null;
  }
  for (const name of Array.isArray(plain) ? plain : [...str(plain)]) {
    if (typeof name !== "string" || !self.children.delete(name)) throw keyError(name);
  }
  return null;
}

const MOST_ROUTES = 5000;

/** `router.add_route(...)`, also of a route made before. */
export function addRoute(self: Draft, { values, rest }: Bound<Draft>): Draft {
  const key = str(plainOf(values.get("key") ?? null));
  if (self.children.size >= MOST_ROUTES && !self.children.has(key)) {
    throw new PyRaise(
      "MLRunModelLimitExceededError",
      `Router cannot support more than ${MOST_ROUTES} model endpoints. To add a new route, edit an existing one by passing the same key.`,
    );
  }
  const existing = values.get("route") ?? null;
  const strategy = plainOf(values.get("creation_strategy") ?? null);
  if (!given(existing) && !given(values.get("class_name")) && !given(values.get("handler"))) {
    throw new PyRaise("MLRunInvalidArgumentError", "route or class_name must be specified");
  }
  const route = given(existing) ? existing : newRoute(self, key, { values, rest });
  if (!(route instanceof Draft)) throw attributeError(route, "function");
  if (given(values.get("function"))) {
    route.attributes.set("function", plainOf(values.get("function") ?? null));
  }
  registerEndpoints(self, route, strategy);
  self.put(key, route);
  route.parent = self;
  return route;
}

function newRoute(self: Draft, key: string, { values, rest }: Bound<Draft>): Draft {
  const routerClass = self.get("class_name");
  const ensemble = typeof routerClass === "string" && routerClass.includes("serving.VotingEnsemble");
  const route = new Draft("task");
  route.name = key;
  route.attributes.set("class_name", plainOf(values.get("class_name") ?? null));
  route.attributes.set("class_args", classArgsOf(rest));
  route.attributes.set("handler", plainOf(values.get("handler") ?? null));
  route.attributes.set("model_endpoint_creation_strategy", plainOf(values.get("creation_strategy") ?? null));
  route.attributes.set("endpoint_type", ensemble ? ENDPOINT_TYPE.leaf : ENDPOINT_TYPE.node);
  return route;
}

function typeOf(value: DraftArgument): string {
  if (value instanceof Draft) return value.className;
  return value === null ? "NoneType" : typeof value === "string" ? "str" : "int";
}
