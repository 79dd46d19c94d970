import { deepCopy } from "../value/copy";
import { PyRaise } from "../value/raise";
import { str } from "../value/repr";
import { type PyMap, type PyValue, PyObject } from "../value/value";
import { type Argument, type Keywords, bind, entriesOf, signature } from "./call";
import { decodeGraph } from "./decode";
import { Draft, keyError, loadRoot } from "./draft";
import { Graph, type StepKind } from "./graph";
import { modelRunnerStep } from "./runner";
import { type DraftArgument, attributeError, newRouterObject, plainOf, queueStep } from "./step-object";
import { verbOf } from "./verbs";

/** Anything that a verb takes: Python values, step builders, `classObject`, `functionObject`, `objectWithDict`. */
export type BuilderArgument = Argument<StepBuilder>;
export type BuilderKeywords = Keywords<StepBuilder>;

const builders = new WeakMap<Draft, StepBuilder>();

/**
 * One of MLRun's step objects while a graph is built: the root, a step of a flow, a route, or a step that is not
 * part of a graph yet. Verbs take positional and keyword arguments as the Python call has them (keywords in the order
 * written) and raise a `PyRaise` with Python's class and message; what was done before the raise stays done, as in
 * MLRun. The same step is always the same builder.
 *
 * @example
 * const graph = StepBuilder.flow();
 * graph.to(["Enrich", "enrich"]).to([], { name: "score", handler: "score" }).respond();
 * graph.toGraph();
 */
export class StepBuilder {
  private constructor(private readonly draft: Draft) {}

  private static of(draft: Draft): StepBuilder {
    const known = builders.get(draft);
    if (known) return known;
    const made = new StepBuilder(draft);
    builders.set(draft, made);
    return made;
  }

  /** A root flow, as `set_topology("flow", engine, ...)` makes it. `engine` null leaves it out. */
  static flow(
    options: {
      engine?: PyValue;
      allowCyclic?: PyValue;
      maxIterations?: PyValue;
      trackModels?: PyValue;
    } = {},
  ): StepBuilder {
    const draft = new Draft("root");
    draft.set("engine", options.engine === undefined ? "async" : options.engine);
    const cyclic = options.allowCyclic ?? false;
    draft.set("allow_cyclic", cyclic);
    if (cyclic !== false) draft.set("max_iterations", options.maxIterations || 100);
    draft.set("track_models", options.trackModels ?? null);
    return StepBuilder.of(draft);
  }

  /** A root from a graph's dictionary (`fn.spec.graph = {...}`); null where MLRun sees no graph in it. */
  static load(value: PyValue): StepBuilder | null {
    const draft = loadRoot(deepCopy(value));
    return draft === null ? null : StepBuilder.of(draft);
  }

  /**
   * `TaskStep(...)`, `RouterStep(...)`, `QueueStep(...)`, `ModelRunnerStep(...)`, `RootFlowStep(...)` and the other
   * step classes by their Python name.
   */
  static construct(
    className: string,
    positional: readonly BuilderArgument[] = [],
    keyword: BuilderKeywords = {},
  ): StepBuilder {
    return StepBuilder.of(construct(className, positional.map(inward), inwardKeywords(keyword)));
  }

  /** A step's object, for verbs that take one: `class Router(RouterStep)` without arguments and the like. */
  static isBuilder(value: unknown): value is StepBuilder {
    return value instanceof StepBuilder;
  }

  get kind(): StepKind {
    return this.draft.kind;
  }
  /** The step's name; null while it has none. */
  get name(): string | null {
    return this.draft.name;
  }
  /** Names from the root on: `router/route`; the step's place in the graph. */
  get path(): string {
    const above = this.parent?.path ?? "";
    const own = this.draft.parent === null ? "" : (this.draft.name ?? "");
    return above === "" ? own : `${above}/${own}`;
  }
  get parent(): StepBuilder | null {
    return this.draft.parent === null ? null : StepBuilder.of(this.draft.parent);
  }
  /** Steps of a flow or routes of a router by key, in order. */
  get children(): ReadonlyMap<string, StepBuilder> {
    return new Map([...this.draft.children].map(([key, child]) => [key, StepBuilder.of(child)]));
  }
  /** False once another step took this one's name, or it was removed. */
  get attached(): boolean {
    const parent = this.draft.parent;
    return parent === null || [...parent.children.values()].includes(this.draft);
  }

  to(positional: readonly BuilderArgument[] = [], keyword: BuilderKeywords = {}): StepBuilder {
    return this.step("to", positional, keyword);
  }
  addStep(positional: readonly BuilderArgument[] = [], keyword: BuilderKeywords = {}): StepBuilder {
    return this.step("add_step", positional, keyword);
  }
  respond(): StepBuilder {
    return this.step("respond", [], {});
  }
  errorHandler(positional: readonly BuilderArgument[] = [], keyword: BuilderKeywords = {}): StepBuilder {
    return this.step("error_handler", positional, keyword);
  }
  addRoute(positional: readonly BuilderArgument[] = [], keyword: BuilderKeywords = {}): StepBuilder {
    return this.step("add_route", positional, keyword);
  }
  setFlow(positional: readonly BuilderArgument[] = [], keyword: BuilderKeywords = {}): StepBuilder {
    return this.step("set_flow", positional, keyword);
  }
  cycleTo(positional: readonly BuilderArgument[] = [], keyword: BuilderKeywords = {}): StepBuilder {
    return this.step("cycle_to", positional, keyword);
  }
  /** `runner.add_model(...)`: a model of a model runner step. For a function's `add_model` see `FunctionBuilder`. */
  addModel(positional: readonly BuilderArgument[] = [], keyword: BuilderKeywords = {}): void {
    this.invoke("add_model", positional, keyword);
  }

  /**
   * Calls a method by its Python name (`to`, `add_step`, `respond`, `error_handler`, `add_route`, `set_flow`,
   * `cycle_to`, `clear_children`, `add_model`, `add_shared_model`, `add_shared_model_proxy`,
   * `configure_pool_resource`, `configure_shared_pool_resource`, `after_step`); null where it returns None.
   * A method that the step's class does not have raises `AttributeError`.
   */
  invoke(
    method: string,
    positional: readonly BuilderArgument[] = [],
    keyword: BuilderKeywords = {},
  ): StepBuilder | null {
    if (method === "after_step") return this.afterStep(positional, keyword);
    const found = verbOf(this.draft, method);
    if (found === null) throw attributeError(this.draft, method);
    const bound = bind<Draft>(found.signature, positional.map(inward), inwardKeywords(keyword));
    const result = found.run(this.draft, bound);
    return result === null ? null : StepBuilder.of(result);
  }

  private step(
    method: string,
    positional: readonly BuilderArgument[],
    keyword: BuilderKeywords,
  ): StepBuilder {
    return this.invoke(method, positional, keyword) ?? this;
  }

  private afterStep(positional: readonly BuilderArgument[], keyword: BuilderKeywords): StepBuilder {
    for (const [name, value] of entriesOf(keyword)) {
      if (name !== "append") {
        throw new PyRaise("TypeError", `BaseStep.after_step() got an unexpected keyword argument '${name}'`);
      }
      if (value === false) this.draft.set("after", null);
    }
    for (const each of positional) {
      const name = each instanceof StepBuilder ? each.name : each;
      if (typeof name !== "string") throw attributeError(inward(each), "name");
      this.draft.addAfter(name);
    }
    return this;
  }

  /** `step.attribute`: a plain value; None for attributes that MLRun knows and that are not set. */
  getAttribute(name: string): PyValue {
    return name === "name" ? this.draft.name : this.draft.get(name);
  }

  /** `step.attribute = value`, with the checks of MLRun's properties. */
  setAttribute(name: string, value: BuilderArgument): void {
    this.draft.set(name, plainOf(inward(value)));
  }

  /** `graph["name"]`; raises `KeyError`, and `TypeError` for steps without children. */
  item(name: PyValue): StepBuilder {
    if (this.draft.schema.children === null) {
      throw new PyRaise("TypeError", `'${this.draft.className}' object is not subscriptable`);
    }
    const child = typeof name === "string" ? this.draft.children.get(name) : undefined;
    if (child === undefined) throw keyError(name);
    return StepBuilder.of(child);
  }

  /** `graph["name"] = step`: the step object takes this name. */
  setItem(name: string, step: StepBuilder): void {
    if (this.draft.schema.children === null) {
      throw new PyRaise("TypeError", `'${this.draft.className}' object does not support item assignment`);
    }
    this.draft.put(name, step.draft).parent = this.draft;
  }

  /** `del graph["name"]`. */
  deleteItem(name: PyValue): void {
    this.item(name);
    this.draft.children.delete(str(name));
  }

  /** `step.to_dict()`. */
  toDict(): PyMap {
    return deepCopy(this.draft.toMap()) as PyMap;
  }

  /** The graph that has this step as its root, as it is now; later calls do not change it. */
  /** The graph; steps that have another name than their key say it, which MLRun's dictionary does not. */
  toGraph(): Graph {
    const { root } = decodeGraph(this.toDict()).graph;
    const named = new Map(root.children);
    for (const [key, child] of this.draft.children) {
      const step = named.get(key);
      if (step && step.kind !== "router" && child.name !== null && child.name !== key)
        named.set(key, step.with("name", child.name));
    }
    return new Graph(named.size > 0 ? root.withChildren(named) : root);
  }

  /** For builders of other files: the step inside. */
  static draftOf(builder: StepBuilder): Draft {
    return builder.draft;
  }
  /** For builders of other files: the builder of a step. */
  static wrap(draft: Draft): StepBuilder {
    return StepBuilder.of(draft);
  }
}

/** Step builders inside of an argument, as drafts. */
export function inward(value: BuilderArgument): DraftArgument {
  if (value instanceof StepBuilder) return StepBuilder.draftOf(value);
  if (Array.isArray(value) && value.some(holdsBuilder)) return value.map(inward);
  if (value instanceof Map && [...value.values()].some(holdsBuilder)) {
    return new Map<PyValue, DraftArgument>([...value].map(([k, v]) => [k, inward(v)]));
  }
  return value as PyValue;
}

function holdsBuilder(value: BuilderArgument): boolean {
  if (value instanceof StepBuilder) return true;
  if (Array.isArray(value)) return value.some(holdsBuilder);
  return value instanceof Map && [...value.values()].some(holdsBuilder);
}

export function inwardKeywords(keyword: BuilderKeywords): Keywords<Draft> {
  return new Map([...entriesOf(keyword)].map(([name, value]) => [name, inward(value)]));
}

const TASK =
  "class_name? class_args? handler? name? after? full_event? function? responder? input_path? result_path?";
const ENDPOINT = "model_endpoint_creation_strategy? endpoint_type?";
const TASK_DEFAULTS = { model_endpoint_creation_strategy: "skip", endpoint_type: 1 };

const CONSTRUCTORS: Readonly<Record<string, { kind: StepKind; parameters: string }>> = {
  TaskStep: { kind: "task", parameters: `${TASK} ${ENDPOINT}` },
  ErrorStep: { kind: "error_step", parameters: TASK },
  MonitoringApplicationStep: { kind: "monitoring_application", parameters: TASK },
  HubTaskStep: {
    kind: "hub_task",
    parameters: `class_name? hub_step_class_name? ${TASK.replace("class_name? ", "")} ${ENDPOINT} requirements?`,
  },
  RouterStep: {
    kind: "router",
    parameters: "class_name? class_args? handler? routes? name? function? input_path? result_path?",
  },
  FlowStep: {
    kind: "flow",
    parameters: "name? steps? after? engine? final_step? allow_cyclic? max_iterations?",
  },
  RootFlowStep: {
    kind: "root",
    parameters: "name? steps? after? engine? final_step? allow_cyclic? max_iterations?",
  },
};

function construct(className: string, positional: readonly DraftArgument[], keyword: Keywords<Draft>): Draft {
  if (className === "QueueStep") return queueStep(positional, keyword);
  if (className === "ModelRunnerStep") return modelRunnerStep(keyword);
  const found = CONSTRUCTORS[className];
  if (!found) throw new PyRaise("NameError", `name '${className}' is not defined`);
  const { values } = bind<Draft>(
    signature(`${className}.__init__`, found.parameters, TASK_DEFAULTS),
    positional,
    keyword,
  );
  const plain = (name: string): PyValue => plainOf(values.get(name) ?? null);
  if (found.kind === "router") {
    const args = plain("class_args");
    return newRouterObject(plain("class_name"), {
      name: plain("name"),
      classArgs: args instanceof Map ? args : new Map<PyValue, PyValue>(),
      handler: plain("handler"),
      routes: values.get("routes") ?? null,
      function: plain("function"),
      inputPath: plain("input_path"),
      resultPath: plain("result_path"),
    });
  }
  const step = new Draft(found.kind);
  for (const [name, value] of values) step.set(name, plainOf(value));
  if (found.kind === "root") {
    const cyclic = plain("allow_cyclic");
    step.set("allow_cyclic", cyclic ?? false);
    step.attributes.set("max_iterations", cyclic === true ? plain("max_iterations") || 100 : null);
  }
  return step;
}

/** True for a value that has a `to_dict`: a step builder or an object with a known dictionary. */
export function isStepObject(value: BuilderArgument): boolean {
  return value instanceof StepBuilder || (value instanceof PyObject && value.type === "object");
}
