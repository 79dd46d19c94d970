import type { Step } from "../model/graph";
import { taskState } from "./enums";
import type { PlainRoutes } from "./compiled/router";
import type { Code } from "./expression";
import { typeName } from "../value/repr";
import { PyObject, type PyMap, type PyValue } from "../value/value";
import { type Failure, asFailure, errorText, failure } from "./failure";
import { FlowEvent } from "./flowevent";
import { CONTEXT, ForeignCallable } from "./foreign";
import type { LoadRequest } from "./executor";
import { findFunction, functionRequest } from "./functions";
import { type Answer, type Coro, Later, map, wait } from "./loop";
import { leadsIntoPython, readInPython, writeInPython } from "./kernelpath";
import { mlrunWalker } from "./path";
import { type PlanStep, isLocal } from "./plan";
import type { Callable, Route, StepObject } from "./runtime";
import type { Server } from "./server";
import { callWithBody } from "./call";
import { type ObjectRequest, makeObject, objectRequests } from "./stepobject";

/** A step of a started graph that can run an event by itself, as sync flows and routers run it. */
export interface RunnableStep {
  readonly name: string;
  readonly fullName: string;
  /** Makes what the step needs, its children apart; throws what MLRun raises when it starts. */
  init(): Coro;
  /** Gives the event, or what the handler returned in its place. */
  run(event: FlowEvent): Answer<PyValue>;
}

/** Where a step stands: under which name, and in which engine. */
export interface Place {
  readonly server: Server;
  /** Full name of the flow or router around it, `""` at the top. */
  readonly parent: string;
  readonly engine: "sync" | "async";
  /** Runs the error handler of that name; throws MLRun's error when there is none. */
  readonly handlerOf: (name: string) => RunnableStep;
}

export function fullNameIn(parent: string, name: string): string {
  return (parent === "" ? name : `${parent}/${name}`).replaceAll(":", "_");
}

/** A task, an error step or a router (whose routes are tasks too). */
export class TaskRunner implements RunnableStep, Route {
  readonly name: string;
  readonly key: string;
  readonly fullName: string;
  object: StepObject | null = null;
  handler: Callable | null = null;
  /** The handler is `do_event`, which takes the event. */
  takesEvent = false;
  /** The handler function has a parameter `context`. */
  injectsContext = false;
  private onError: RunnableStep | null = null;
  private readonly routes = new Map<string, TaskRunner>();

  constructor(
    readonly plan: PlanStep,
    private readonly place: Place,
  ) {
    this.name = plan.name;
    this.key = plan.key;
    this.fullName = fullNameIn(place.parent, plan.name);
    for (const [key, route] of plan.children) {
      this.routes.set(key, new TaskRunner(route, { ...place, parent: this.fullName, engine: "sync" }));
    }
  }

  get step(): Step {
    return this.plan.step;
  }

  get local(): boolean {
    return isLocal(this.step.function, this.place.server.currentFunction);
  }

  *init(): Coro {
    if (!this.local) return;
    const handler = handlerName(this.step);
    const mocked = this.place.server.mocks.has(this.fullName);
    if (mocked) yield* this.initMocked();
    else if (handler !== null && this.step.className === null) yield* this.initFunction(handler);
    else yield* this.initObject(this.step.kind !== "router");
  }

  /** A result that the user wrote down stands for the step's work, whatever its handler is. */
  private *initMocked(): Coro {
    this.object = yield* makeObject(this.objectRequest);
    this.handler = this.object.method("do");
    this.linkErrorHandler();
  }

  private *initFunction(handler: string): Coro {
    const { server, engine } = this.place;
    this.handler = yield* findFunction(server, handler, { step: this.fullName, name: this.name, engine });
    this.injectsContext = this.handler.params.includes("context");
    this.linkErrorHandler();
  }

  private get objectRequest(): ObjectRequest {
    const { server, engine } = this.place;
    return {
      context: server,
      step: this.step,
      name: this.name,
      fullName: this.fullName,
      className: this.step.className ?? (this.step.kind === "router" ? "mlrun.serving.ModelRouter" : ""),
      classArgs: this.step.classArgs,
      routes: this.routes,
      engine,
      inject: this.step.kind !== "monitoring_application",
    };
  }

  /** What the executor will be asked for, in order; it may prepare it in one go. */
  *requests(): Iterable<LoadRequest> {
    if (!this.local || this.place.server.mocks.has(this.fullName)) return;
    const handler = handlerName(this.step);
    if (handler === null || this.step.className !== null) yield* objectRequests(this.objectRequest);
    else {
      const { engine } = this.place;
      const asked = functionRequest(handler, { step: this.fullName, name: this.name, engine });
      if (asked) yield asked;
    }
  }

  private *initObject(postInit: boolean): Coro {
    this.object = yield* makeObject(this.objectRequest);
    this.handler = this.methodOf(this.object);
    this.linkErrorHandler();
    if (postInit) yield* this.postInit();
  }

  private methodOf(object: StepObject): Callable | null {
    const { handler } = this.step;
    if (handler !== null) {
      const method = object.method(handler);
      if (method === null && object.attribute(handler) === undefined) {
        throw failure(
          "GraphError",
          `handler (${handler}) specified but doesnt exist in class ${this.step.className ?? ""}`,
        );
      }
      return method;
    }
    const doEvent = object.method("do_event");
    this.takesEvent = doEvent !== null;
    return doEvent ?? object.method("do");
  }

  private linkErrorHandler(): void {
    if (this.step.onError !== null) this.onError = this.place.handlerOf(this.step.onError);
  }

  private *postInit(): Coro {
    const { object } = this;
    if (object === null) return;
    const mode = this.place.server.loadMode;
    if (object.postInit) {
      yield* wait(object.postInit(mode));
      return;
    }
    const method = object.method("post_init");
    if (method === null) return;
    const kwargs: PyMap = new Map<PyValue, PyValue>([
      ["creation_strategy", this.step.field("model_endpoint_creation_strategy") ?? null],
      ["endpoint_type", this.step.field("endpoint_type") ?? null],
    ]);
    yield* wait(method.call([mode], kwargs));
  }

  /**
   * The foreign method to call where a chain of such steps may go to the kernel as one segment: it takes the body
   * and its errors are nobody's but the caller's.
   */
  get segmentCall(): ForeignCallable | null {
    const { handler } = this;
    const plain = handler instanceof ForeignCallable && handler.flavour === "plain";
    if (!plain || !this.local || this.step.fullEvent || this.takesEvent || this.onError !== null) return null;
    return handler;
  }

  /** The function of the body that the step is, where it is nothing else. */
  get plainCode(): Code | null {
    const { handler, step } = this;
    const plain =
      this.local && this.onError === null && !step.fullEvent && !this.takesEvent && !this.injectsContext;
    if (!plain || step.inputPath || step.resultPath || this.object !== null) return null;
    return handler?.code ?? null;
  }

  /** The step as a router that only chooses among such functions; else null. */
  get plainRoutes(): PlainRoutes | null {
    const { object, step } = this;
    const plain = this.local && this.onError === null && !step.fullEvent && step.handler === null;
    if (!plain || object === null || object.plainRoute === undefined) return null;
    const codes = new Map<string, Code>();
    for (const [key, route] of this.routes) {
      const code = route.plainCode;
      if (code !== null) codes.set(key, code);
    }
    const { plainRoute } = object;
    return {
      codeOf: (path) => codes.get(plainRoute(path) ?? "") ?? null,
      state: taskState(this.place.server.trackModels ? "succeeded" : "failed"),
    };
  }

  /** The routes of a router, ready or not. */
  get children(): ReadonlyMap<string, TaskRunner> {
    return this.routes;
  }

  /** After a router's routes are ready. */
  *ready(): Coro {
    if (this.step.kind === "router" && this.local) yield* this.postInit();
  }

  run(event: FlowEvent): Answer<PyValue> {
    const { trace } = this.place.server;
    if (trace === null) return this.work(event);
    trace.enter(this.fullName, event);
    try {
      const given = this.work(event);
      return given instanceof Later ? new Later(this.traceLater(given)) : this.finished(given);
    } catch (error) {
      throw this.noted(error);
    }
  }

  /** Runs with what a step before gave in place of the event. */
  runValue(value: PyValue): Answer<PyValue> {
    const { trace } = this.place.server;
    trace?.enterNothing(this.fullName);
    try {
      if (!(this.step.fullEvent || this.takesEvent) || this.handler === null) throw noBody(value);
      const given = this.handler.call([value], this.injectsContext ? contextArgument() : undefined);
      return given instanceof Later ? new Later(this.traceLater(given)) : this.finished(given);
    } catch (error) {
      throw this.noted(error);
    }
  }

  private *traceLater(given: Later<PyValue>): Coro<PyValue> {
    try {
      return this.finished(yield* wait(given));
    } catch (error) {
      throw this.noted(error);
    }
  }

  private finished(value: PyValue): PyValue {
    const { trace } = this.place.server;
    if (value instanceof FlowEvent) trace?.finish(this.fullName, value);
    else trace?.emitValue(this.fullName, value);
    return value;
  }

  private noted(error: unknown): Error {
    const ex = asFailure(error);
    if (!ex.seen) {
      ex.seen = true;
      this.place.server.trace?.raised(this.fullName, ex);
    }
    return ex;
  }

  private work(event: FlowEvent): Answer<PyValue> {
    if (!this.local) return event;
    try {
      const given = this.handle(event);
      if (!(given instanceof Later)) return given;
      return this.onError === null ? given : new Later(this.guard(event, given));
    } catch (error) {
      return this.recover(event, error);
    }
  }

  private *guard(event: FlowEvent, given: Later<PyValue>): Coro<PyValue> {
    try {
      return yield* wait(given);
    } catch (error) {
      return yield* wait(this.recover(event, error));
    }
  }

  private handle(event: FlowEvent): Answer<PyValue> {
    const kwargs = this.injectsContext ? contextArgument() : undefined;
    if (this.step.fullEvent || this.takesEvent) {
      if (this.handler === null) throw failure("TypeError", "'NoneType' object is not callable");
      return this.handler.call([event], kwargs);
    }
    if (this.handler === null) {
      throw failure("MLRunInvalidArgumentError", `step ${this.name} does not have a handler`);
    }
    const { handler } = this;
    const body = this.input(event.body);
    const given =
      body instanceof Later
        ? map(body, (found) => callWithBody(handler, found, kwargs))
        : callWithBody(handler, body, kwargs);
    return map(given, (result) =>
      map(this.output(event.body, result), (written) => {
        event.body = written;
        return event;
      }),
    );
  }

  private input(body: PyValue): Answer<PyValue> {
    const { server } = this.place;
    const { inputPath: path } = this.step;
    if (path === null || !leadsIntoPython(server, body, path, "mlrun")) return mlrunWalker.input(body, path);
    return readInPython(server, this.fullName, body, path, "mlrun");
  }

  private output(body: PyValue, result: PyValue): Answer<PyValue> {
    const { server } = this.place;
    const { resultPath: path } = this.step;
    if (path === null || !leadsIntoPython(server, body, path, "mlrun"))
      return mlrunWalker.output(body, path, result);
    return writeInPython(server, this.fullName, body, path, result, "mlrun");
  }

  private recover(event: FlowEvent, error: unknown): Answer<PyValue> {
    const ex = asFailure(error);
    if (this.onError === null) throw ex;
    const { server } = this.place;
    const text = errorText(ex.raised);
    server.pushError(event, `${text}\n${ex.raised.traceback ?? ""}`, this.fullName);
    server.trace?.handled(this.fullName, this.onError.fullName, ex, event);
    return map(callErrorHandler(this.onError, event, this.name, this.fullName, text), (result) => {
      event.body = mlrunWalker.output(event.body, this.step.resultPath, result);
      return event;
    });
  }
}

/** MLRun's `_call_error_handler`: the error goes into a dict on the event, by the failing step's name. */
export function callErrorHandler(
  handler: RunnableStep,
  event: FlowEvent,
  name: PyValue,
  origin: string,
  text: string,
): Answer<PyValue> {
  if (!event.failed) event.error = new Map();
  if (!(event.error instanceof Map)) {
    throw failure("TypeError", `'${typeName(event.error)}' object does not support item assignment`);
  }
  event.error.set(name, text);
  event.originState = origin;
  return handler.run(event);
}

/** What Python says of a value where an event should be. */
export function noBody(value: PyValue): Failure {
  return failure("AttributeError", `'${typeName(value)}' object has no attribute 'body'`);
}

function contextArgument(): PyMap {
  return new Map<PyValue, PyValue>([["context", CONTEXT]]);
}

/** A handler's name; a callable kept in the dictionary is found by its own name. */
function handlerName(step: Step): string | null {
  if (step.handler !== null) return step.handler;
  const handler = step.field("handler");
  if (!(handler instanceof PyObject) || handler.type !== "callable") return null;
  const name = handler.fields.get("name");
  return typeof name === "string" ? name : null;
}
