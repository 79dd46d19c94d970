import { equal, truthy } from "../value/compare";
import { PyRaise } from "../value/raise";
import { type PyMap, type PyValue, PyObject, asNumber, isMap } from "../value/value";
import { decodeGraph } from "./decode";
import { type Draft, keyError, loadRoot } from "./draft";
import { encodeCopy } from "./encode";
import { dictAt, pairOf } from "./endpoints";
import type { Graph } from "./graph";
import { addSystemSteps, startsByLinks } from "./system-steps";

/** Where a graph is to run. */
export interface DeployContext {
  /** The function that runs it: `*` (default, and the mock server's) for all, "" for the parent. */
  readonly currentFunction?: string;
  /** The function's spec beside the graph: `api_handler_config`, `track_models`, `streaming`, `parameters`. */
  readonly spec?: PyMap;
  /** `START_FROM_STEP` of the environment. */
  readonly startFrom?: string | null;
  /** False in a cluster; true (default) in the mock server. */
  readonly mock?: boolean;
  /**
   * Called for each step that runs here, in the order in which MLRun makes their objects; `path` is `router/route`
   * for routes. What it throws ends the deployment, as an error of a constructor does.
   */
  readonly visit?: (path: string, step: DeployedStep) => void;
}

/** What `visit` may look at. */
export interface DeployedStep {
  readonly key: string;
  readonly kind: string;
  readonly attribute: (name: string) => PyValue;
}

/** A graph as its server runs it. */
export interface Deployed {
  /** With system steps, wired error handlers, moved responders, filled defaults. */
  readonly graph: Graph;
  readonly startSteps: readonly string[];
  /** Steps after each step, in the order in which events go to them. */
  readonly next: ReadonlyMap<string, readonly string[]>;
  /** Steps with the responder mark, error steps among them. */
  readonly responders: readonly string[];
  /** The caller gets the responder's body, not the event's id. */
  readonly waitForResult: boolean;
  /** The last step of a chain without branches, or `final_step`; null when there is no single one. */
  readonly finalStep: string | null;
  /** Names of the steps that run in this function. */
  readonly local: ReadonlySet<string>;
}

/**
 * Starts a graph as MLRun's server does, without making the steps' objects. Throws a `PyRaise` with the class and
 * message of MLRun's own error when it can't start.
 */
export function deploy(graph: Graph, context: DeployContext = {}): Deployed {
  const root = loadRoot(encodeCopy(graph), true);
  if (root === null) {
    throw new PyRaise("AttributeError", "'NoneType' object has no attribute 'init_object'");
  }
  root.adopt();
  addSystemSteps(root, context.spec ?? new Map<PyValue, PyValue>(), context.mock ?? true);
  const run = new Deployment(root, context);
  const plan = run.start();
  return { ...plan, graph: decodeGraph(root.toMap()).graph };
}

/** Start steps, links and responders of one flow. */
interface FlowPlan {
  readonly startSteps: readonly string[];
  readonly next: ReadonlyMap<string, readonly string[]>;
  readonly finalStep: string | null;
}

class Deployment {
  private readonly current: string;

  constructor(
    private readonly root: Draft,
    private readonly context: DeployContext,
  ) {
    this.current = context.currentFunction ?? "*";
  }

  start(): Omit<Deployed, "graph"> {
    const { root } = this;
    if (root.kind === "router") {
      this.initRouter(root, root.name ?? "router", "");
      return {
        startSteps: [],
        next: new Map(),
        responders: [],
        waitForResult: false,
        finalStep: null,
        local: new Set(root.children.keys()),
      };
    }
    const plan = this.initFlow(root, "");
    const marked = [...root.children].filter(([, step]) => truthy(step.get("responder")));
    const answers = ([, step]: [string, Draft]): boolean =>
      this.isLocal(step) &&
      ((plan.next.get(step.name ?? "") ?? []).length === 0 || truthy(root.get("allow_cyclic")));
    return {
      ...plan,
      responders: marked.map(([key]) => key),
      waitForResult: root.get("engine") !== "sync" && marked.some(answers),
      local: new Set([...root.children].filter(([, s]) => this.isLocal(s)).map(([key]) => key)),
    };
  }

  private initFlow(flow: Draft, path: string): FlowPlan {
    wireErrorHandlers(flow);
    const plan = planFlow(flow, this.current, path === "" ? (this.context.startFrom ?? null) : null);
    for (const [key, step] of flow.children) this.initStep(key, step, path);
    this.checkErrorHandler(flow);
    if (flow.get("engine") !== "sync") this.checkAsync(flow, plan);
    return plan;
  }

  private initStep(key: string, step: Draft, above: string): void {
    const path = above === "" ? key : `${above}/${key}`;
    if (step.kind === "flow") {
      this.initFlow(step, path);
      return;
    }
    if (step.kind === "router") {
      this.initRouter(step, key, above);
      return;
    }
    if (step.kind !== "queue" && !this.isLocal(step)) return;
    if (step.kind === "model_runner") fillModels(step);
    const handler = step.get("handler");
    if (handler instanceof PyObject && !truthy(step.get("class_name"))) {
      step.attributes.set("handler", handler.fields.get("name") ?? null);
    }
    this.visit(path, key, step);
    if (step.kind !== "model_runner") this.checkErrorHandler(step);
  }

  private initRouter(router: Draft, key: string, above: string): void {
    const path = above === "" ? key : `${above}/${key}`;
    if (router.children.size === 0) {
      throw new PyRaise(
        "MLRunRuntimeError",
        "You have to add models to the router step before initializing it",
      );
    }
    if (!this.isLocal(router)) return;
    this.visit(path, key, router);
    this.checkErrorHandler(router);
    fillWeights(router);
    for (const [name, route] of router.children) {
      if (truthy(router.get("function")) && !truthy(route.get("function"))) {
        route.attributes.set("function", router.get("function"));
      }
      this.initStep(name, route, path);
    }
  }

  private visit(path: string, key: string, step: Draft): void {
    this.context.visit?.(path, { key, kind: step.kind, attribute: (name) => step.get(name) });
    changeArguments(step);
  }

  /** The handler's name is looked up from the root. */
  private checkErrorHandler(step: Draft): void {
    const name = step.get("on_error");
    if (!truthy(name)) return;
    let at = this.root;
    for (const part of String(name).split("/")) {
      const next = at.children.get(part);
      if (next === undefined) {
        throw new PyRaise("GraphError", `step ${part} doesnt exist in the graph under ${at.fullName}`);
      }
      at = next;
    }
  }

  /** A flow inside of an async flow has no storey object: MLRun fails where it is reached. */
  private checkAsync(flow: Draft, plan: FlowPlan): void {
    const seen = new Set<string>();
    const waiting = [...plan.startSteps];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const step = flow.children.get(name);
      if (step === undefined || seen.has(name)) continue;
      seen.add(name);
      if (step.kind === "flow") {
        throw new PyRaise("AttributeError", "'FlowStep' object has no attribute 'async_object'");
      }
      if (this.isLocal(step)) waiting.push(...(plan.next.get(name) ?? []));
    }
  }

  /** Task-like steps run in their own function; queues and flows everywhere. */
  private isLocal(step: Draft): boolean {
    if (!step.schema.classes.includes("TaskStep") || this.current === "*") return true;
    const own = step.get("function");
    if (!truthy(own) && this.current === "") return true;
    return own === "*" || own === this.current;
  }
}

/** Error handlers' `before` becomes `after` of those steps; a handler that ends the flow answers if anything does. */
export function wireErrorHandlers(flow: Draft): void {
  const steps = [...flow.children.values()];
  for (const [key, handler] of flow.children) {
    if (handler.kind !== "error_step") continue;
    const before = handler.list("before");
    const followed = steps.some((other) => other.list("after").includes(handler.name ?? ""));
    if (before.length === 0 && !followed) {
      if (steps.some((s) => truthy(s.get("responder")))) handler.attributes.set("responder", true);
      continue;
    }
    for (const name of before) {
      const target = typeof name === "string" ? flow.children.get(name) : undefined;
      if (target === undefined) {
        throw new PyRaise(
          "MLRunInvalidArgumentError",
          `cant set before, there is no step named ${String(name)}`,
        );
      }
      target.addAfter(key);
    }
  }
}

/** `check_and_process_graph`: MLRun's validation of one flow, in its order, and the links. */
export function planFlow(flow: Draft, current: string, startFrom: string | null): FlowPlan {
  const sync = flow.get("engine") === "sync";
  const starts = startSteps(flow, sync);
  const next = linkSteps(flow, starts);
  let startNames: readonly string[] = starts;
  if (startFrom !== null && startFrom !== "") {
    if (!flow.children.has(startFrom)) {
      throw new PyRaise("GraphError", `from_step (${startFrom}) specified and not found in graph steps`);
    }
    startNames = [startFrom];
  }
  for (const name of startNames) stepNamed(flow, name);
  if (current !== "" && current !== "*") startNames = startsOfFunction(flow, startNames, next, current);
  if (sync && startNames.length > 1) {
    throw new PyRaise("GraphError", "sync engine can only have one starting step (without .after)");
  }
  return { startSteps: startNames, next, finalStep: finalStep(flow, startNames, next) };
}

function startSteps(flow: Draft, sync: boolean): string[] {
  const starts: string[] = [];
  const acyclic = new Set<Draft>();
  for (const step of flow.children.values()) {
    const after = step.list("after");
    if (after.length > 0 && step.list("cycle_from").length === 0) {
      if (sync && after.length > 1) {
        throw new PyRaise(
          "GraphError",
          `synchronous flow engine doesnt support branches use async for step ${step.name ?? ""}`,
        );
      }
      const loop = loopFrom(flow, step, new Set(), acyclic);
      if (loop !== null && !truthy(flow.get("allow_cyclic"))) {
        throw new PyRaise("GraphError", `Error, loop detected in step ${loop}, graph must be acyclic (DAG)`);
      }
    } else if (startsByLinks(step)) starts.push(step.name ?? "");
  }
  return starts;
}

/** Name of the step whose `after` closes a loop, on a walk backwards from `step`; null when there is none. */
function loopFrom(flow: Draft, step: Draft, path: Set<PyValue>, acyclic: Set<Draft>): string | null {
  if (acyclic.has(step)) return null;
  for (const before of step.list("after")) {
    if (path.has(before)) return step.name ?? "";
    const above = stepNamed(flow, before);
    path.add(before);
    const loop = loopFrom(flow, above, path, acyclic);
    path.delete(before);
    if (loop !== null) return loop;
  }
  // A step without a loop behind it has none on any other walk either.
  acyclic.add(step);
  return null;
}

function linkSteps(flow: Draft, starts: string[]): ReadonlyMap<string, readonly string[]> {
  const next = new Map<string, string[]>([...flow.children.keys()].map((key) => [key, []]));
  const responders: string[] = [];
  const remove = (name: PyValue): void => {
    const at = typeof name === "string" ? starts.indexOf(name) : -1;
    if (at >= 0) starts.splice(at, 1);
  };
  for (const step of flow.children.values()) {
    if (truthy(step.get("responder")) && step.kind !== "error_step") responders.push(step.name ?? "");
    remove(step.get("on_error"));
    for (const before of step.list("after")) {
      stepNamed(flow, before);
      const list = next.get(String(before)) ?? [];
      if (!list.includes(step.name ?? "")) list.push(step.name ?? "");
    }
  }
  remove(flow.get("on_error"));
  if (responders.length > 1) {
    throw new PyRaise(
      "GraphError",
      `there are more than one responder steps in the graph (${responders.join(",")})`,
    );
  }
  return next;
}

/** The first step of the function behind each start, depth first. */
function startsOfFunction(
  flow: Draft,
  starts: readonly string[],
  next: ReadonlyMap<string, readonly string[]>,
  current: string,
): string[] {
  const first = (name: string, seen: Set<string>): string | null => {
    if (seen.has(name)) return null;
    seen.add(name);
    if (stepNamed(flow, name).get("function") === current) return name;
    for (const item of next.get(name) ?? []) {
      const found = first(item, seen);
      if (found !== null) return found;
    }
    return null;
  };
  const found = starts.map((name) => first(name, new Set())).filter((name) => name !== null);
  if (found.length === 0) {
    throw new PyRaise("GraphError", `did not find steps pointing to current function (${current})`);
  }
  return found;
}

function finalStep(
  flow: Draft,
  starts: readonly string[],
  next: ReadonlyMap<string, readonly string[]>,
): string | null {
  const given = flow.get("final_step");
  if (truthy(given)) {
    if (typeof given === "string" && flow.children.has(given)) return given;
    throw new PyRaise("GraphError", `final_step (${String(given)}) specified and not found in graph steps`);
  }
  if (starts.length !== 1 || truthy(flow.get("allow_cyclic"))) return null;
  for (let name = starts[0]; ;) {
    const following = next.get(name) ?? [];
    if (following.length === 0) return name;
    if (following.length > 1) return null;
    name = following[0];
  }
}

function stepNamed(flow: Draft, name: PyValue): Draft {
  const step = typeof name === "string" ? flow.children.get(name) : undefined;
  if (step === undefined) throw keyError(name);
  return step;
}

/** Each model of a runner gets its own input and result path. */
function fillModels(runner: Draft): void {
  const args = runner.map("class_args");
  const monitoring = dictAt(args, "monitoring_data");
  for (const entry of dictAt(args, "models").values()) {
    const [, parameters] = pairOf(entry);
    if (!isMap(parameters)) continue;
    const name = parameters.get("name");
    const data = typeof name === "string" ? dictAt(monitoring, name) : new Map<PyValue, PyValue>();
    for (const field of ["input_path", "result_path"]) parameters.set(field, data.get(field) ?? null);
  }
}

/** A voting ensemble gives models without a weight the weight 0, in the given dict itself. */
function fillWeights(router: Draft): void {
  if (!/^mlrun\.serving\.(routers\.)?VotingEnsemble$/.test(String(router.get("class_name")))) return;
  const weights = router.map("class_args").get("weights");
  if (!isMap(weights) || weights.size === 0) return;
  let sum = 0;
  for (const weight of weights.values()) sum += asNumber(weight);
  if (!(sum >= 1)) return;
  for (const name of router.children.keys()) if (!weights.has(name)) weights.set(name, 0);
}

/** Constructors that change the arguments they are given. */
function changeArguments(step: Draft): void {
  const className = step.get("class_name");
  if (className === "mlrun.feature_store.steps.OneHotEncoder") {
    for (const [column, values] of dictAt(step.map("class_args"), "mapping")) {
      if (Array.isArray(values)) dictAt(step.map("class_args"), "mapping").set(column, distinct(values));
    }
  }
}

function distinct(values: readonly PyValue[]): PyValue[] {
  const kept: PyValue[] = [];
  for (const value of values) if (!kept.some((other) => equal(other, value))) kept.push(value);
  return kept;
}
