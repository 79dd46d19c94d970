import { truthy } from "../value/compare";
import { deepCopy } from "../value/copy";
import { PyRaise } from "../value/raise";
import { str } from "../value/repr";
import { type PyMap, type PyValue, asNumber } from "../value/value";
import { type BuilderArgument, type BuilderKeywords, StepBuilder, inward, inwardKeywords } from "./builder";
import { type Bound, type Signature, bind, signature } from "./call";
import { Draft } from "./draft";
import type { Graph } from "./graph";
import { ENDPOINT_TYPE } from "./schema";
import {
  type DraftArgument,
  classArgsOf,
  given,
  makeStep,
  newRouterObject,
  objectWithDict,
  plainOf,
  toDictOf,
} from "./step-object";
import { verbOf } from "./verbs";

const SET_TOPOLOGY = signature(
  "ServingRuntime.set_topology",
  "topology? class_name? engine? exist_ok? allow_cyclic? max_iterations? **class_args",
  { exist_ok: false, allow_cyclic: false },
);
const ADD_MODEL = signature(
  "ServingRuntime.add_model",
  "key model_path? class_name? model_url? handler? router_step? child_function? creation_strategy? outputs? **class_args",
  { creation_strategy: "inplace" },
);
const SET_TRACKING = signature(
  "ServingRuntime.set_tracking",
  "stream_path? sampling_percentage? stream_args? enable_tracking?",
  { sampling_percentage: 100, enable_tracking: true },
);
const ADD_CHILD = signature("ServingRuntime.add_child_function", "name url? image? requirements? kind?");

/** The function's methods that build its graph. */
export const FUNCTION_SIGNATURES: readonly Signature[] = [SET_TOPOLOGY, ADD_MODEL];

/** A serving function while a notebook builds it: its graph, and the settings beside it. */
export class FunctionBuilder {
  private root: Draft | null = null;
  /** The function's spec without its graph: `parameters`, `track_models`, `default_class`, `function_refs`, ... */
  readonly spec: PyMap = new Map<PyValue, PyValue>();

  /** The root step; null before `set_topology`. */
  get graph(): StepBuilder | null {
    return this.root === null ? null : StepBuilder.wrap(this.root);
  }

  /** `fn.spec.graph = value`: a dictionary or a root step; a false value changes nothing, as in MLRun. */
  setGraph(value: BuilderArgument): void {
    if (value instanceof StepBuilder) {
      if (value.kind !== "router" && value.kind !== "root") {
        throw new PyRaise("GraphError", `illegal root step ${value.kind}`);
      }
      this.root = StepBuilder.draftOf(value);
      return;
    }
    const loaded = StepBuilder.load(plainOf(inward(value)));
    if (loaded !== null) this.root = StepBuilder.draftOf(loaded);
  }

  /** `fn.set_topology(...)`. */
  setTopology(positional: readonly BuilderArgument[] = [], keyword: BuilderKeywords = {}): StepBuilder {
    const bound = bind<Draft>(SET_TOPOLOGY, positional.map(inward), inwardKeywords(keyword));
    const value = (name: string): PyValue => plainOf(bound.values.get(name) ?? null);
    const topology = truthy(value("topology")) ? value("topology") : "router";
    if (this.root !== null && !truthy(value("exist_ok"))) {
      throw new PyRaise(
        "MLRunInvalidArgumentError",
        "graph topology is already set, graph was initialized, use exist_ok=True to override",
      );
    }
    if (truthy(value("allow_cyclic")) && topology === "router") {
      throw new PyRaise(
        "MLRunInvalidArgumentError",
        "cyclic graphs are only supported in flow topology with async engine",
      );
    }
    if (topology === "router") this.root = rootRouter(bound);
    else if (topology === "flow") {
      const flow = StepBuilder.flow({
        engine: truthy(value("engine")) ? value("engine") : "async",
        allowCyclic: value("allow_cyclic"),
        maxIterations: value("max_iterations"),
        trackModels: this.spec.get("track_models") ?? null,
      });
      this.root = StepBuilder.draftOf(flow);
    } else {
      throw new PyRaise(
        "MLRunInvalidArgumentError",
        `unsupported topology ${str(topology)}, use 'router' or 'flow'`,
      );
    }
    return StepBuilder.wrap(this.root);
  }

  /** `fn.add_model(...)`: a route of the root router, or of the one router of a flow. */
  addModel(positional: readonly BuilderArgument[] = [], keyword: BuilderKeywords = {}): StepBuilder {
    const bound = bind<Draft>(ADD_MODEL, positional.map(inward), inwardKeywords(keyword));
    if (this.root === null) this.setTopology();
    const router = this.routerFor(plainOf(bound.values.get("router_step") ?? null));
    const { key, route } = this.route(bound);
    const addRoute = verbOf(router, "add_route");
    if (addRoute === null) {
      throw new PyRaise("AttributeError", `'${router.className}' object has no attribute 'add_route'`);
    }
    const made = addRoute.run(router, bind<Draft>(addRoute.signature, [key, route], {}));
    return StepBuilder.wrap(made ?? route);
  }

  private routerFor(name: PyValue): Draft {
    const root = this.root;
    if (root === null) throw new PyRaise("AttributeError", "'NoneType' object has no attribute 'kind'");
    if (root.kind === "router") return root;
    if (truthy(name)) {
      const found = root.children.get(str(name));
      if (!found) throw new PyRaise("ValueError", `router step ${str(name)} not present in the graph`);
      return found;
    }
    const routers = [...root.children.values()].filter((step) => step.kind === "router");
    if (routers.length === 1) return routers[0];
    throw new PyRaise(
      "ValueError",
      routers.length === 0
        ? "graph does not contain any router, add_model can only be used when there is a router step"
        : `found ${routers.length} routers, please specify the router_step you would like to add this model to`,
    );
  }

  private route(bound: Bound<Draft>): { key: PyValue; route: Draft } {
    const { values, rest } = bound;
    const value = (name: string): PyValue => plainOf(values.get(name) ?? null);
    const object = values.get("class_name") ?? null;
    if (toDictOf(object) !== null) return routeOfObject(bound, object);
    const className = truthy(plainOf(object)) ? plainOf(object) : (this.spec.get("default_class") ?? null);
    if (truthy(className) && typeof className !== "string") {
      throw new PyRaise("ValueError", "class name must be a string (name of module.submodule.name)");
    }
    const path = value("model_path");
    if (truthy(path) && !truthy(className)) {
      throw new PyRaise("ValueError", "model_path must be provided with class_name");
    }
    const route = new Draft("task");
    route.attributes.set("model_endpoint_creation_strategy", value("creation_strategy"));
    route.attributes.set("endpoint_type", ENDPOINT_TYPE.leaf);
    const args = deepCopy(classArgsOf(rest)) as PyMap;
    route.attributes.set("class_args", args);
    if (truthy(value("model_url"))) {
      route.attributes.set("class_name", "$remote");
      args.set("url", value("model_url"));
    } else {
      args.set("model_path", truthy(path) ? str(path) : path);
      args.set("outputs", value("outputs"));
      route.attributes.set("class_name", className);
      route.attributes.set("handler", value("handler"));
      route.attributes.set("function", value("child_function"));
      route.name = str(value("key"));
    }
    return { key: value("key"), route };
  }

  /** `fn.set_tracking(...)`. */
  setTracking(positional: readonly BuilderArgument[] = [], keyword: BuilderKeywords = {}): void {
    const { values } = bind<Draft>(SET_TRACKING, positional.map(inward), inwardKeywords(keyword));
    const value = (name: string): PyValue => plainOf(values.get(name) ?? null);
    this.spec.set("track_models", value("enable_tracking"));
    if (this.root?.kind === "root") this.root.set("track_models", value("enable_tracking"));
    const percentage = asNumber(value("sampling_percentage"));
    if (!(percentage > 0 && percentage <= 100)) {
      throw new PyRaise(
        "MLRunInvalidArgumentError",
        "`sampling_percentage` must be greater than 0 and less or equal to 100.",
      );
    }
    const parameters = this.parameters();
    parameters.set("sampling_percentage", value("sampling_percentage"));
    if (truthy(value("stream_path"))) parameters.set("log_stream", value("stream_path"));
    if (truthy(value("stream_args"))) parameters.set("stream_args", value("stream_args"));
  }

  private parameters(): PyMap {
    const known = this.spec.get("parameters");
    if (known instanceof Map) return known;
    const made: PyMap = new Map<PyValue, PyValue>();
    this.spec.set("parameters", made);
    return made;
  }

  /** `fn.add_child_function(...)`: noted in `spec.function_refs`. Whether its file exists is not looked at. */
  addChildFunction(positional: readonly BuilderArgument[] = [], keyword: BuilderKeywords = {}): void {
    const { values } = bind<Draft>(ADD_CHILD, positional.map(inward), inwardKeywords(keyword));
    const reference: PyMap = new Map<PyValue, PyValue>();
    for (const field of ["name", "url", "image", "requirements"]) {
      const value = plainOf(values.get(field) ?? null);
      if (truthy(value)) reference.set(field, value);
    }
    const kind = plainOf(values.get("kind") ?? null);
    reference.set("kind", truthy(kind) ? kind : "serving");
    const list = this.spec.get("function_refs");
    const others = Array.isArray(list) ? list : [];
    const same = (x: PyValue): boolean => x instanceof Map && x.get("name") === reference.get("name");
    this.spec.set("function_refs", [...others.filter((x) => !same(x)), reference]);
  }

  /** The graph as it is now; null when there is none. */
  toGraph(): Graph | null {
    return this.graph?.toGraph() ?? null;
  }
}

function rootRouter(bound: Bound<Draft>): Draft {
  const object = bound.values.get("class_name") ?? null;
  if (toDictOf(object) === null) {
    return newRouterObject(plainOf(object), {
      name: null,
      classArgs: classArgsOf(bound.rest),
      handler: null,
      routes: null,
      function: null,
      inputPath: null,
      resultPath: null,
    });
  }
  const { step } = makeStep(objectParameters(object, null, null, null));
  if (step.kind !== "router") {
    throw new PyRaise(
      "MLRunInvalidArgumentError",
      "provided class is not a router step, must provide a router class in router topology",
    );
  }
  return step;
}

function objectParameters(
  className: DraftArgument,
  name: PyValue,
  strategy: PyValue,
  endpointType: PyValue,
): Parameters<typeof makeStep>[0] {
  return {
    className,
    name,
    handler: null,
    graphShape: null,
    function: null,
    fullEvent: null,
    inputPath: null,
    resultPath: null,
    strategy,
    endpointType,
    classArgs: new Map(),
  };
}

/** A model object: `model_path` and `outputs` become its attributes before it is written. */
function routeOfObject(bound: Bound<Draft>, object: DraftArgument): { key: PyValue; route: Draft } {
  const struct = deepCopy(toDictOf(object) ?? new Map()) as PyMap;
  const args = struct.get("class_args");
  for (const name of ["model_path", "outputs"]) {
    const value = bound.values.get(name);
    if (given(value) && args instanceof Map) args.set(name, plainOf(value ?? null));
  }
  const name = str(struct.get("class_name") ?? "");
  const made = makeStep(
    objectParameters(
      objectWithDict(name, struct),
      plainOf(bound.values.get("key") ?? null),
      plainOf(bound.values.get("creation_strategy") ?? null),
      ENDPOINT_TYPE.leaf,
    ),
  );
  return { key: made.key, route: made.step };
}
