import { asFailure, failure } from "../engine/failure";
import { taskState } from "../engine/enums";
import type { FlowEvent } from "../engine/flowevent";
import { jsonText } from "../engine/jsontext";
import { type Answer, type Coro, Later, wait } from "../engine/loop";
import { contains, mlrunWalker, setItem } from "../engine/path";
import type { ArgumentRow, Route, StepClass, StepInit } from "../engine/runtime";
import { optional, textArgument } from "../steps/argument";
import { truthy } from "../value/compare";
import { JsonError, parseJson } from "../value/json";
import { str, typeName } from "../value/repr";
import { PyBytes, PyTuple, type PyMap, type PyValue } from "../value/value";
import { ServingObject, bodyOf, eventOf } from "./object";

/** Which route a request goes to: its name, the route (null for the router itself), the operation. */
export interface Target {
  readonly name: PyValue;
  readonly route: Route | null;
  readonly operation: PyValue;
}

/** What all routers do with a request before and after it is routed (`BaseModelRouter`). */
export abstract class Router extends ServingObject {
  protected readonly routes: ReadonlyMap<string, Route>;
  protected readonly protocol: string;
  protected readonly prefix: string;
  private readonly healthPrefix: string;

  constructor(init: StepInit, mro: readonly string[], name: string) {
    super(init, mro, name);
    this.routes = init.routes;
    this.protocol = textArgument(init, "protocol") || "v2";
    this.prefix = textArgument(init, "url_prefix") || `/${this.protocol}/models`;
    this.healthPrefix = textArgument(init, "health_prefix") || `/${this.protocol}/health`;
  }

  postInit(mode: string): Answer<void> {
    return new Later(this.prepare(mode));
  }

  protected *prepare(mode: string): Coro {
    const own = this.own("post_init");
    if (own) yield* wait(own.call([mode], this.postInitArgs));
    else {
      yield* this.prepareNative();
      // Methods of the user's class may call inherited ones, which go by what the inherited post_init sets.
      if (this.inKernel) yield* wait(this.inherited("post_init").call([mode]));
    }
  }

  /** After the routes are ready, where the user's class says nothing else. */
  protected *prepareNative(): Coro {}

  protected *doEvent(given: FlowEvent): Coro<PyValue> {
    const original = given.body;
    let event = yield* this.received(given);
    if (!event.terminated) {
      const handled = yield* wait(this.hook("_handle_event", [event], () => new Later(this.handle(event))));
      event = yield* this.postprocessed(eventOf(handled));
    }
    event.body = mlrunWalker.output(original, this.resultPath, event.body);
    return event;
  }

  /** The event with its request as the body, checked; terminated when it has its answer already. */
  protected *received(event: FlowEvent): Coro<FlowEvent> {
    event.body = mlrunWalker.input(event.body, this.inputPath);
    const preprocessed = eventOf(yield* wait(this.hook("preprocess", [event], () => this.preprocess(event))));
    yield* this.check(preprocessed);
    return preprocessed;
  }

  protected preprocess(event: FlowEvent): Answer<PyValue> {
    return event;
  }

  protected *postprocessed(event: FlowEvent): Coro<FlowEvent> {
    return eventOf(yield* wait(this.hook("postprocess", [event], () => event)));
  }

  /** `_pre_handle_event`. */
  private *check(event: FlowEvent): Coro {
    const method = truthy(event.method) ? String(event.method) : "POST";
    if (truthy(event.body) && method !== "GET") {
      event.body = yield* wait(this.hook("parse_event", [event], () => parseEvent(event)));
    }
    const path = typeof event.path === "string" ? event.path : "";
    if (method === "GET" && (path === "/" || path.startsWith(this.healthPrefix))) {
      event.terminated = true;
      event.body = yield* wait(this.hook("get_metadata", [], () => this.metadata()));
      return;
    }
    if (path !== "" && path !== "/" && !path.startsWith(this.prefix)) {
      throw failure("ValueError", `illegal path prefix ${path}, must start with ${this.prefix}`);
    }
    // MLRun tells the models whether their endpoints are ready; in the mock they are when models are tracked.
    if (truthy(event.body)) {
      setItem(
        event.body,
        "background_task_state",
        taskState(this.context.trackModels ? "succeeded" : "failed"),
      );
    }
  }

  private metadata(): PyMap {
    return new Map<PyValue, PyValue>([
      ["name", this.className],
      ["version", "v2"],
      ["extensions", []],
    ]);
  }

  /** What the router does with a request (`_handle_event`). */
  protected abstract handle(event: FlowEvent): Coro<PyValue>;

  /** `_resolve_route`, the user's or the native one. */
  protected *resolved(event: FlowEvent): Coro<Target> {
    const own = this.own("_resolve_route");
    if (own === null) return this.resolve(event.body, event.path);
    const given = yield* wait(own.call([event.body, event.path]));
    const [name, , operation] =
      given instanceof PyTuple ? given.items : Array.isArray(given) ? given : [null];
    return { name, route: this.routeNamed(name), operation: operation ?? null };
  }

  protected abstract resolve(body: PyValue, path: PyValue): Target;

  protected routeNamed(name: PyValue): Route | null {
    return typeof name === "string" ? (this.routes.get(name) ?? null) : null;
  }

  protected get routeNames(): string[] {
    return [...this.routes.keys()];
  }

  /** Parts of the path after the prefix; null for the root path. */
  protected segments(path: PyValue): readonly string[] | null {
    if (typeof path !== "string" || path === "" || path === "/") return null;
    const rest = path.slice(this.prefix.length).replace(/^\/+|\/+$/g, "");
    return rest === "" ? [] : rest.split("/");
  }
}

/** `MODEL[/versions/V][/OPERATION]` of a path. */
export function modelPath(segments: readonly string[]): {
  readonly model: string;
  readonly operation: string;
} {
  const versioned = segments.length > 2 && segments[1] === "versions";
  const model = versioned ? `${segments[0]}:${segments[2]}` : segments[0];
  return { model, operation: segments.slice(versioned ? 3 : 1).join("/") };
}

/** `parse_event`: dicts as they are, text as JSON. */
function parseEvent(event: FlowEvent): PyValue {
  const { body } = event;
  try {
    const parsed = body instanceof Map ? body : parseText(body);
    if (contains(parsed, "data_url"))
      throw failure("RuntimeError", "data_url is not downloaded in a simulation");
    return parsed;
  } catch (error) {
    const { className, message } = asFailure(error);
    throw failure("ValueError", "Unrecognized request format", { class: className, message });
  }
}

function parseText(body: PyValue): PyValue {
  try {
    if (typeof body === "string") return parseJson(body);
    if (body instanceof PyBytes) return parseJson(jsonText(body.data));
  } catch (error) {
    throw error instanceof JsonError ? failure("JSONDecodeError", error.message) : error;
  }
  throw failure("TypeError", `the JSON object must be str, bytes or bytearray, not ${typeName(body)}`);
}

/** `mlrun.serving.ModelRouter`: sends a request to the route that its path or body names. */
export class ModelRouter extends Router {
  constructor(init: StepInit, mro: readonly string[] = ["mlrun.serving.routers.ModelRouter"]) {
    super(init, mro, init.name);
  }

  /** Only this very class: what derives from it may do more. */
  get plainRoute(): ((path: string) => string | null) | undefined {
    if (
      Object.getPrototypeOf(this) !== ModelRouter.prototype ||
      this.object !== null ||
      this.inputPath !== null ||
      this.resultPath !== null
    )
      return undefined;
    return (path) => {
      const segments = path.startsWith(this.prefix) ? this.segments(path) : null;
      return segments === null || segments.length === 0 ? null : modelPath(segments).model;
    };
  }

  protected *handle(event: FlowEvent): Coro<PyValue> {
    const { route, operation } = yield* this.resolved(event);
    if (route === null) {
      event.terminated = true;
      event.body = new Map<PyValue, PyValue>([["models", this.routeNames]]);
      return event;
    }
    event.path = operation;
    const answer = yield* wait(route.run(event));
    event.body = truthy(answer) ? bodyOf(answer) : null;
    return event;
  }

  protected resolve(body: PyValue, path: PyValue): Target {
    const segments = this.segments(path);
    if (segments?.length === 0) return { name: "", route: null, operation: "" };
    let model: PyValue = "";
    let operation: PyValue = null;
    if (segments !== null) ({ model, operation } = modelPath(segments));
    if (body instanceof Map) {
      model = model || (body.has("model") ? (body.get("model") ?? null) : this.routeNames[0]);
      if (body.has("operation")) operation = body.get("operation") ?? null;
    }
    const route = this.routeNamed(model);
    if (route === null) {
      const models = this.routeNames.join(" | ");
      throw failure("ValueError", `model ${str(model)} doesnt exist, available models: ${models}`);
    }
    return { name: model, route, operation: operation ?? "infer" };
  }
}

/** Arguments of all routers. */
export const ROUTER_ARGS: readonly ArgumentRow[] = [
  optional("name", "Name of the router; the step's when absent."),
  optional("routes", "The routes; MLRun gives them."),
  optional("protocol", "Protocol of requests (v2)."),
  optional("url_prefix", "Beginning of the paths of requests (/v2/models)."),
  optional("health_prefix", "Beginning of the paths of health checks (/v2/health)."),
  optional("input_path", "Where in the body the request is."),
  optional("result_path", "Where in the body the answer goes."),
];

export const ROUTER_STEPS: readonly StepClass[] = [
  {
    names: ["mlrun.serving.ModelRouter", "mlrun.serving.routers.ModelRouter"],
    meaning: "Sends each request to the model that its path or body names.",
    args: ROUTER_ARGS,
    open: true,
    make: (init) => new ModelRouter(init),
  },
];
