import { deepCopy } from "../value/copy";
import { bindArguments } from "../steps/argument";
import { HostedStep } from "../steps/hosted";
import { mockedStep } from "../steps/mocked";
import { baseClass, stepClass } from "../steps/registry";
import { repr, typeName } from "../value/repr";
import { isMap, type PyMap, type PyValue } from "../value/value";
import type { ServerContext } from "./context";
import type { LoadRequest } from "./executor";
import { type Failure, asFailure, failure } from "./failure";
import { CONTEXT, FunctionValue, KernelObject, load } from "./foreign";
import type { FlowStep } from "./flowstep";
import { findFunction, functionRequest } from "./functions";
import { type Coro, wait } from "./loop";
import type { ForeignObject, Route, StepClass, StepInit, StepObject } from "./runtime";
import type { Step } from "../model/graph";

/** Marks class arguments that name a function. */
const CALLABLE_PREFIX = "_";

export interface ObjectRequest {
  readonly context: ServerContext;
  readonly step: Step | null;
  readonly name: string;
  readonly fullName: string;
  readonly className: string;
  readonly classArgs: PyMap;
  readonly routes?: ReadonlyMap<string, Route>;
  readonly engine: "sync" | "async";
  /** False for classes that get their arguments only (monitoring applications). */
  readonly inject: boolean;
}

/** Makes a step's object as MLRun does; throws what its constructor raises. */
export function* makeObject(request: ObjectRequest): Coro<StepObject> {
  const mock = request.context.mocks.get(request.fullName);
  if (mock !== undefined) return mockedStep(initOf(request, new Map(), null), mock);
  const row = stepClass(request.className);
  if (row && !hosts(request, row)) return yield* makeNative(request, row);
  const object = yield* makeForeign(request);
  const base = baseClass(object.mro);
  if (!base) return object;
  if (hosts(request, base) || (base.names.some(isStorey) && ownsWork(object))) {
    if (!request.context.executor?.host) throw unsupported(request, base);
    return new HostedStep(initOf(request, new Map(), object), object, base.terminal);
  }
  if (!base.make) throw unsupported(request, base);
  return yield* makeOn(request, base, object);
}

function* makeForeign(request: ObjectRequest): Coro<KernelObject> {
  const { context } = request;
  const asked = classRequest(request);
  try {
    return new KernelObject(context, yield* wait(load(context, asked)), asked);
  } catch (error) {
    throw initError(asFailure(error), request);
  }
}

/** The class runs as its own object in the kernel, and there is one; where it can run here too, one with its library. */
function hosts({ context: { executor } }: ObjectRequest, row: StepClass): boolean {
  if (row.hosted !== true || executor?.host === undefined) return false;
  return row.make === undefined || executor.python === true;
}

function isStorey(name: string): boolean {
  return name.startsWith("storey.");
}

/** Methods of Storey's steps that decide what a step does with events; public ones are asked for one by one. */
const WORK = [
  "_do",
  "_do_internal",
  "_do_and_recover",
  "_do_downstream",
  "_call",
  "_init",
  "_process_event",
  "_handle_completed",
  "_emit",
  "_emit_batch",
  "_get_event_or_body",
  "_user_fn_output_to_event",
  "_check_outlets_by_names",
];

/** A user's class that does a Storey step's work in its own way. */
function ownsWork(object: KernelObject): boolean {
  return WORK.some((name) => object.overrides(name));
}

function unsupported(request: ObjectRequest, row: StepClass): Failure {
  return failure("RuntimeError", `step ${request.name}: ${row.reason ?? "can't be simulated"}`);
}

function classRequest(request: ObjectRequest): LoadRequest {
  return {
    step: request.fullName,
    name: request.name,
    className: request.className,
    handler: request.step?.handler ?? null,
    classArgs: request.classArgs,
    offered: request.inject ? offered(request) : new Map(),
    engine: request.engine,
    postInit: false,
  };
}

/** What the executor will be asked for when the object is made. */
export function* objectRequests(request: ObjectRequest): Iterable<LoadRequest> {
  if (request.context.mocks.has(request.fullName)) return;
  const row = stepClass(request.className);
  if (!row || hosts(request, row)) {
    yield classRequest(request);
    return;
  }
  for (const [key, value] of request.classArgs) {
    if (typeof key !== "string" || !key.startsWith(CALLABLE_PREFIX) || typeof value !== "string") continue;
    const { fullName: step, name, engine } = request;
    const asked = functionRequest(value, { step, name, engine });
    if (asked) yield asked;
  }
}

/** What MLRun offers to every constructor that accepts it, and a router's routes: step names by key. */
function offered({ name, step, routes, fullName }: ObjectRequest): PyMap {
  const args = new Map<PyValue, PyValue>([
    ["name", name],
    ["context", CONTEXT],
    ["input_path", step?.inputPath ?? null],
    ["result_path", step?.resultPath ?? null],
    ["full_event", step?.field("full_event") ?? null],
  ]);
  if (routes && routes.size > 0) {
    args.set(
      "routes",
      new Map([...routes.keys()].map((key) => [key, `${fullName}/${key}`.replaceAll(":", "_")])),
    );
  }
  return args;
}

/** A TypeError of a constructor tells the step and its arguments; other errors pass. */
function initError(ex: Failure, request: ObjectRequest): Failure {
  // An executor that makes the object as MLRun does has told it already.
  if (ex.className !== "TypeError" || ex.message.startsWith("failed to init step ")) return ex;
  return failure("TypeError", `failed to init step ${request.name}\n args=${repr(request.classArgs)}`, {
    class: ex.className,
    message: ex.message,
  });
}

function* makeNative(request: ObjectRequest, row: StepClass): Coro<StepObject> {
  if (!row.make) throw unsupported(request, row);
  const given: PyMap = new Map();
  for (const [key, value] of request.classArgs) {
    if (typeof key === "string" && key.startsWith(CALLABLE_PREFIX)) {
      const name = key.slice(1);
      given.set(name, yield* resolve(request, row.keepsAs?.[name] ?? key, value));
      // Steps may change what they are made with: that is not the graph's.
    } else if (!request.context.storey) given.set(key, deepCopy(value));
    else given.set(key, yield* resolveInside(request, value, row.keepsAs?.[String(key)]));
  }
  try {
    const args = bindArguments(row, given);
    return yield* wait(row.make(initOf(request, args, null)));
  } catch (error) {
    throw initError(asFailure(error), request);
  }
}

/** The native part of a user's object: arguments as the object keeps them, else as the graph gives them. */
function* makeOn(request: ObjectRequest, row: StepClass, object: ForeignObject): Coro<StepObject> {
  const args: PyMap = new Map(request.classArgs);
  for (const arg of row.args) {
    const kept = object.attribute(arg.name) ?? object.attribute(`_${arg.name}`);
    const value = kept ?? deepCopy(request.classArgs.get(arg.name) ?? null) ?? arg.default;
    if (value !== undefined) args.set(arg.name, value);
  }
  try {
    return yield* wait(row.make?.(initOf(request, args, object)) ?? object);
  } catch (error) {
    throw initError(asFailure(error), request);
  }
}

function initOf(request: ObjectRequest, args: PyMap, object: ForeignObject | null): StepInit {
  const { step } = request;
  const kept = (name: string, value: PyValue): PyValue => {
    const own = object?.attribute(name);
    return own === undefined ? value : own;
  };
  const name = kept("name", request.name);
  const limit = args.get("max_iterations") ?? null;
  return {
    context: request.context,
    step,
    name: typeof name === "string" ? name : request.name,
    fullName: request.fullName,
    args,
    fullEvent: flag(kept("_full_event", step?.field("full_event") ?? null)),
    inputPath: text(kept("_input_path", step?.inputPath ?? null)),
    resultPath: text(kept("_result_path", step?.resultPath ?? null)),
    maxIterations: typeof limit === "number" ? limit : null,
    hasContext: kept("context", CONTEXT) !== null,
    object,
    routes: request.routes ?? new Map(),
    engine: request.engine,
  };
}

function flag(value: PyValue): boolean | null {
  return typeof value === "boolean" ? value : null;
}

function text(value: PyValue): string | null {
  return typeof value === "string" ? value : null;
}

/** Functions of a Storey flow's steps whose calls are told, beside `_fn`. */
const TRACED: ReadonlySet<string> = new Set([
  "_event_processor",
  "_key_extractor",
  "_join_function",
  "_request_builder",
  "_join_from_response",
  "_predicate",
]);

/** The function that a class argument names. */
function* resolve(request: ObjectRequest, key: string, value: PyValue): Coro<PyValue> {
  if (typeof value !== "string") {
    if (value instanceof FunctionValue) return value;
    throw failure("AttributeError", `'${typeName(value)}' object has no attribute 'strip'`);
  }
  const { context, fullName, name, engine } = request;
  const traced = key === "_fn" || (context.storey && TRACED.has(key));
  const tracedAs = traced ? (key === "_predicate" ? "predicate" : key) : null;
  return new FunctionValue(yield* findFunction(context, value, { step: fullName, name, engine, tracedAs }));
}

/** Functions inside of an argument of a Storey flow's step stand as `{"function": name}`. */
function* resolveInside(request: ObjectRequest, value: PyValue, as = "_function"): Coro<PyValue> {
  if (Array.isArray(value)) {
    const items: PyValue[] = [];
    for (const item of value) items.push(yield* resolveInside(request, item));
    return items;
  }
  if (!isMap(value)) return value;
  const name = value.size === 1 ? value.get("function") : undefined;
  if (typeof name === "string") return yield* resolve(request, as, name);
  const made: PyMap = new Map();
  for (const [key, item] of value) made.set(key, yield* resolveInside(request, item));
  return made;
}

/** The object as a Storey step, null for any other. */
export function flowOf(object: StepObject | null): FlowStep | null {
  return object?.flow ?? null;
}
