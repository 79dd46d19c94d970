import type { PyMap, PyObject, PyValue } from "../value/value";
import type { Step } from "../model/graph";
import type { LoadRequest, Loaded } from "./executor";
import type { Code } from "./expression";
import type { FlowEvent } from "./flowevent";
import type { FlowStep } from "./flowstep";
import type { Answer } from "./loop";
import type { ServerContext } from "./context";

/**
 * What a step family implements, and what it gets.
 *
 * A family is one file with one or more `StepClass` rows; `steps/registry.ts` lists the rows. A row's `make` gives
 * the step's object as MLRun's constructor would: a `FlowStep` (Storey steps: they take events and emit them), or
 * any other `StepObject` (routers, model servers, plain classes: the engine calls their handler and does paths,
 * fan-out and tracing around it).
 *
 * Foreign code is behind `Callable`. Its answer may be `Later`; go on with `then`/`map` of loop.ts, or in a
 * generator with `yield* wait(answer)`. Raise Python errors with `failure(className, message)`; catch them with
 * `asFailure(error)`, which lets errors of the engine itself through.
 */
export interface StepClass {
  /** Names under which Python finds the class; the first is the one to show (`storey.Filter`). */
  readonly names: readonly string[];
  /** Attributes that Storey keeps arguments' functions in, where their calls are told by these. */
  readonly keepsAs?: Readonly<Record<string, string>>;
  /** One line: what it does. */
  readonly meaning: string;
  /** The constructor's arguments in order, without those that every Storey step takes (`COMMON_ARGS`). */
  readonly args: readonly ArgumentRow[];
  /** `**kwargs`: takes other arguments too, among them `name`, `context`, `full_event` and the paths. */
  readonly open: boolean;
  /** Makes the object. Absent: the class needs a service or its work needs Python (`reason`). */
  readonly make?: (init: StepInit) => Answer<StepObject>;
  /** The class whose constructor Python names in its errors, where that is a base of this one. */
  readonly constructedBy?: string;
  /** It runs as its own object in the kernel, where there is one that can host it. */
  readonly hosted?: boolean;
  /** Nothing may follow it: what it raises (`ValueError`) when something is to. */
  readonly terminal?: string;
  /** It begins a flow: `emit` takes a program's events, `data` emits its own. */
  readonly source?: "emit" | "data";
  /** Why it can't be simulated here, for people. */
  readonly reason?: string;
}

export interface ArgumentRow {
  readonly name: string;
  /** Absent when the argument must be given. */
  readonly default?: PyValue;
  readonly meaning: string;
}

/** Everything that a constructor gets. */
export interface StepInit {
  readonly context: ServerContext;
  /** The graph's step; null in a flow that has no graph. */
  readonly step: Step | null;
  /** Name that the constructor gets: the step's or the route's. */
  readonly name: string;
  /** Full name for traces and errors: `step`, `router/route`. */
  readonly fullName: string;
  /** Arguments after binding: every argument of the row (defaults filled in) and what else was given. */
  readonly args: PyMap;
  readonly fullEvent: boolean | null;
  readonly inputPath: string | null;
  readonly resultPath: string | null;
  readonly maxIterations: number | null;
  /** False where a user's class kept the graph's context from Storey: its errors stop the flow. */
  readonly hasContext?: boolean;
  /** The user's object where a user's class derives from this one: its methods override native ones. */
  readonly object: ForeignObject | null;
  /** Routes of a router, by key; they are made and loaded after the router's constructor, before its postInit. */
  readonly routes: ReadonlyMap<string, Route>;
  readonly engine: "sync" | "async";
}

/** A route of a router: a task step that runs synchronously. */
export interface Route {
  readonly key: string;
  /** The step's object; null until it is loaded, and for function handlers. */
  readonly object: StepObject | null;
  /** MLRun's `TaskStep.run(event)`: gives the event, or whatever the handler returned in its place. */
  run(event: FlowEvent): Answer<PyValue>;
}

/** A function or method that may be foreign. */
export interface Callable {
  /** `__name__`. */
  readonly name: string;
  /** Parameter names, when known: `context` in it is injected into function handlers. */
  readonly params: readonly string[];
  readonly flavour: "plain" | "coroutine" | "generator" | "async_generator";
  /** What it does, where that is an expression of its one argument: see `expressionOf`. */
  readonly code?: Code;
  /**
   * Calls it. Arguments that are events (`FlowEvent`) go as events, and what the call did to them and to dicts and
   * lists is done to these very objects. A coroutine is awaited. Throws `Failure` (or rejects with it).
   */
  call(args: readonly PyValue[], kwargs?: PyMap): Answer<PyValue>;
}

/** A step's object. */
export interface StepObject {
  /** Qualified names of the class and its bases, most derived first. */
  readonly mro: readonly string[];
  /** Set when it is a Storey step. */
  readonly flow: FlowStep | null;
  /** The method of that name that a graph may call (`do`, `do_event`, a handler's name), else null. */
  method(name: string): Callable | null;
  /** MLRun's `post_init(mode)`: runs after construction (for routers: after their routes are ready). */
  postInit?(mode: string): Answer<void>;
  /** Of a router that only chooses a route: the key of the one that a path names; null where it needs the request. */
  readonly plainRoute?: (path: string) => string | null;
  /** Plain attributes that routers and the engine ask for, undefined when there is none. */
  attribute(name: string): PyValue | undefined;
}

/** An object that lives in the kernel. */
export interface ForeignObject extends StepObject {
  readonly loaded: Loaded;
  readonly request: LoadRequest;
  /** True when the user's own class defines (overrides) the method. */
  overrides(name: string): boolean;
}

/** A Python callable as a value: constructor arguments `_fn` hold one. */
export interface CallableValue extends PyObject {
  readonly callable: Callable;
}
