import { failure } from "../engine/failure";
import { FlowEvent } from "../engine/flowevent";
import { copyForBranch } from "../engine/branch";
import { FlowStep } from "../engine/flowstep";
import { ForeignCallable, type KernelObject } from "../engine/foreign";
import { iterate } from "../engine/iterate";
import { type Answer, type Coro, Later, TICK, call, map, result, wait } from "../engine/loop";
import type { Callable, StepClass, StepInit } from "../engine/runtime";
import { optional } from "../steps/argument";
import { emitStream, generatorChunks, isGenerator } from "../steps/stream";
import { truthy } from "../value/compare";
import { deepCopy } from "../value/copy";
import { str, typeName } from "../value/repr";
import { PyObject, type PyMap, type PyValue } from "../value/value";
import { timestamp } from "./object";
import {
  MECHANISMS,
  type ModelResult,
  RunnerModel,
  classAndParams,
  makePart,
  modelAttributes,
  sharedModel,
} from "./runner-model";

/** The mechanism of a model that stands for one of the graph's own. */
const SHARED = "shared_executor";
/** Threads of a pool at most, as Storey sets it. */
const MAX_THREADS = 32;
/** The step that checks whether a model endpoint is ready, when models are tracked. */
const STATUS_STEP = "background_task_status_step";

/** `mlrun.serving.ModelRunner`: runs models on each event, each in its own way, and collects what they give. */
class ModelRunner extends FlowStep {
  private readonly raises: boolean;
  /** Threads that the pool has started. */
  private threads = 0;
  /** Threads that it may have: one for each model that wants one. */
  private readonly pool: number;

  constructor(
    init: StepInit,
    private readonly models: ReadonlyMap<string, RunnerModel>,
    private readonly select: Callable | null,
    private readonly selectUserOutlets: Callable | null,
  ) {
    super({ ...init, fullEvent: null, inputPath: null, resultPath: null }, [
      "mlrun.serving.states.ModelRunner",
    ]);
    this.raises = init.step?.field("raise_exception") !== false;
    this.selective = true;
    this.pool = Math.min(MAX_THREADS, [...models.values()].filter((model) => model.threaded).length);
  }

  /** Models are loaded when the flow starts. */
  override *prepare(): Coro {
    for (const model of this.models.values()) yield* model.load();
  }

  protected *process(event: FlowEvent): Coro {
    const batch = subEvents(event.body);
    const metadata = metadataOf(event);
    metadata.set("model_runner_name", this.name);
    metadata.set("inputs", batch ? batch.map(({ body }) => body) : deepCopy(event.body));
    const parts = batch?.map((sub) => copyForBranch(sub)) ?? null;
    if (batch) event.body = batch.map(({ body }) => deepCopy(body));
    const when = timestamp(this.context);
    const results = yield* this.runModels(event);
    if (results.length === 0) return;
    const [first] = results;
    if (results.length === 1 && isGenerator(first.data)) {
      metadata.set("microsec", null);
      metadata.set("when", when);
      yield emitStream(this, event, generatorChunks(this.context, this.traceName, first.data));
      return;
    }
    if (results.some(({ data }) => isGenerator(data))) {
      throw failure(
        "StreamingError",
        "Streaming is not supported when multiple runnables are selected. " +
          "Streaming runnables must be the only runnable selected for an event.",
      );
    }
    event.body = parts ? this.collectParts(parts, results) : this.collect(results);
    for (const [key, value] of this.times(results, when)) {
      metadata.set(key, value);
      for (const part of parts ?? []) metadataOf(part).set(key, deepCopy(value));
    }
    const rest = this.emit(event);
    if (rest) yield rest;
  }

  private *runModels(event: FlowEvent): Coro<readonly ModelResult[]> {
    const selected = yield* this.selected(event);
    const { loop } = this.context;
    const running: (() => Coro<ModelResult>)[] = [];
    const begun = new Set<RunnerModel>();
    let idle = this.threads;
    for (const model of selected) {
      if (begun.has(model)) {
        throw failure("ValueError", `select_runnables() returned more than one outlet named '${model.name}'`);
      }
      begun.add(model);
      const own = event.copy();
      own.body = deepCopy(event.body);
      const work = model.run(own);
      // Python waits for a new thread to start, and that has done its first work before it lets go.
      const starts = model.threaded && idle-- <= 0 && this.threads < this.pool;
      if (starts) this.threads++;
      if (model.inline || starts) {
        const done = yield* call(work);
        running.push(() => given(done));
      } else {
        const { done } = loop.spawn(work);
        running.push(() => result(done));
      }
    }
    if (running.length === 0) return [];
    // asyncio's gather comes back by way of the ready queue, also when all is done: others run first.
    yield TICK;
    const results: ModelResult[] = [];
    for (const finished of running) results.push(yield* finished());
    yield TICK;
    return results;
  }

  /** The models to run: all, or those that the selector names. */
  private *selected(event: FlowEvent): Coro<readonly RunnerModel[]> {
    const all = [...this.models.values()];
    if (this.select === null) return all;
    const chosen = yield* wait(this.select.call([event, all.map((model) => model.value)]));
    if (chosen === null) return all;
    const names = iterate(chosen).map((one) => this.nameOf(one));
    metadataOf(event).set("selected_models", names);
    const unknown = [...new Set(names)].filter((name) => !this.models.has(name));
    if (unknown.length > 0) {
      throw failure(
        "ValueError",
        `The following selected Runnables are not registered: ${unknown.join(",")}`,
      );
    }
    return names.flatMap((name) => this.models.get(name) ?? []);
  }

  /** The name of a model that is given by name or as the object itself. */
  private nameOf(one: PyValue): string {
    if (typeof one === "string") return one;
    if (one instanceof PyObject) {
      for (const model of this.models.values()) {
        if (one.handle !== null && one.handle === model.value.handle) return model.name;
      }
      const told = one.fields.get("dict");
      const name = told instanceof Map ? told.get("name") : undefined;
      if (typeof name === "string") return name;
    }
    throw failure("AttributeError", `'${typeName(one)}' object has no attribute 'name'`);
  }

  private collect(results: readonly ModelResult[]): PyValue {
    if (this.models.size === 1) return results[0].data;
    return new Map<PyValue, PyValue>(results.map(({ name, data }) => [name, data]));
  }

  /** The parts of a batch, each with its own share of the results. */
  private collectParts(parts: readonly FlowEvent[], results: readonly ModelResult[]): PyValue {
    parts.forEach((part, i) => {
      const share = results.map(({ name, data }): ModelResult => ({ name, data: shareOf(data, i) }));
      part.body = this.collect(share);
    });
    return [...parts];
  }

  private times(results: readonly ModelResult[], when: string): PyMap {
    const time = (): PyMap =>
      new Map<PyValue, PyValue>([
        ["microsec", 0],
        ["when", when],
      ]);
    if (this.models.size === 1) return time();
    return new Map<PyValue, PyValue>(results.map(({ name }) => [name, time()]));
  }

  protected override selectOutlets(body: PyValue): Answer<PyValue> {
    const batch = subEvents(body) !== null;
    const system = [`${this.name}_${batch ? "unpacker" : "error_raise"}`];
    if (this.outletNames.includes(STATUS_STEP)) system.push(STATUS_STEP);
    if (this.raises && this.failedIn(body)) return system;
    if (this.selectUserOutlets === null) return this.allOutlets(batch);
    return map(this.selectUserOutlets.call([body]), (chosen) => {
      if (!truthy(chosen)) return this.allOutlets(batch);
      return [...(Array.isArray(chosen) ? chosen : [chosen]), ...system];
    });
  }

  private allOutlets(batch: boolean): PyValue {
    const other = `${this.name}_${batch ? "error_raise" : "unpacker"}`;
    const names = this.outletNames;
    if (!names.includes(other)) throw failure("ValueError", "list.remove(x): x not in list");
    return names.filter((name) => name !== other);
  }

  /** A model failed. */
  private failedIn(body: PyValue): boolean {
    if (body instanceof Map) {
      if (this.models.size === 1) return (body.get("error") ?? null) !== null;
      return [...body.values()].some((one) => one instanceof Map && one.has("error"));
    }
    if (!Array.isArray(body)) return false;
    for (const part of body) {
      if (!(part instanceof FlowEvent)) return false;
      if (this.failedIn(part.body)) return true;
    }
    return false;
  }
}

function* given<T>(value: T): Coro<T> {
  return value;
}

/** The events of a batch, null when the body is no batch. */
function subEvents(body: PyValue): FlowEvent[] | null {
  if (!Array.isArray(body) || !body.some((item) => item instanceof FlowEvent)) return null;
  return body.map((item) => {
    if (item instanceof FlowEvent) return item;
    throw failure("AttributeError", `'${typeName(item)}' object has no attribute '_awaitable_result'`);
  });
}

/** One part's share of a model's result: errors are everybody's. */
function shareOf(data: PyValue, at: number): PyValue {
  if (!Array.isArray(data)) return data;
  if (at < data.length) return data[at];
  throw failure("IndexError", "list index out of range");
}

/** `event._metadata`: what a runner tells of its work. */
function metadataOf(event: FlowEvent): PyMap {
  const known = event.attribute("_metadata");
  if (known instanceof Map) return known;
  const made: PyMap = new Map();
  event.setAttribute("_metadata", made);
  return made;
}

function* makeRunner(init: StepInit): Coro<FlowStep> {
  const mechanisms = init.args.get("execution_mechanism_by_model_name");
  const selectors = yield* makeSelector(init);
  const models = new Map<string, RunnerModel>();
  const given = init.args.get("models");
  for (const entry of given instanceof Map ? given.values() : []) {
    const [className, params] = classAndParams(entry);
    const name = str(params.get("name") ?? null);
    const mechanism = (mechanisms instanceof Map ? mechanisms.get(name) : undefined) ?? null;
    const attributes = modelAttributes(init, mechanism);
    const object = yield* makePart(init, name, className, params, attributes);
    if (!truthy(mechanism)) {
      throw failure("ValueError", `No execution mechanism was specified for runnable '${name}'`);
    }
    const way = validMechanism(mechanism);
    const shared =
      way === SHARED ? yield* sharedModel(init, str(params.get("shared_runnable_name") ?? null)) : null;
    models.set(name, new RunnerModel(init, name, way, object, params, shared));
  }
  if (models.size === 0) {
    throw failure("ValueError", "ParallelExecution cannot be instantiated without at least one runnable");
  }
  return new ModelRunner(init, models, selectors.models, selectors.outlets);
}

function validMechanism(mechanism: PyValue): string {
  if (typeof mechanism === "string" && MECHANISMS.includes(mechanism)) return mechanism;
  throw failure(
    "ValueError",
    `Execution mechanism '${str(mechanism)}' is invalid. It must be one of: [${MECHANISMS.join(", ")}]`,
  );
}

/** The user's selector: the one for models alone comes first, as in MLRun. */
function* makeSelector(
  init: StepInit,
): Coro<{ readonly models: Callable | null; readonly outlets: Callable | null }> {
  const none = new Map<PyValue, PyValue>();
  const [old, oldParams] = classAndParams(init.args.get("model_selector"));
  if (truthy(old)) {
    const object = yield* makePart(init, "", old, oldParams, none);
    const select = object.method("select") === null ? noSelect(object) : own(object, "select");
    // MLRun wraps it in a selector of its own, whose calls are nobody's.
    const quiet =
      select instanceof ForeignCallable
        ? new ForeignCallable(init.context, { ...select.target, tracedAs: null })
        : select;
    return { models: quiet, outlets: null };
  }
  const [name, params] = classAndParams(init.args.get("model_runner_selector"));
  if (!truthy(name)) return { models: null, outlets: null };
  const object = yield* makePart(init, "", name, params, none);
  return { models: own(object, "select_models"), outlets: own(object, "select_outlets") };
}

/** What stands for the method of a class that is no selector of this kind: it is missed when it is called. */
function noSelect(object: KernelObject): Callable {
  const name = (object.mro[0] ?? "").split(".").at(-1) ?? "";
  return {
    name: "select",
    params: [],
    flavour: "plain",
    call: () => {
      throw failure("AttributeError", `'${name}' object has no attribute 'select'`);
    },
  };
}

function own(object: KernelObject, name: string): Callable | null {
  return object.overrides(name) ? object.method(name) : null;
}

export const RUNNER_STEPS: readonly StepClass[] = [
  {
    names: ["mlrun.serving.ModelRunner", "mlrun.serving.states.ModelRunner"],
    meaning: "Runs models on each event and collects what they give by model.",
    args: [
      optional("models", "The models: class and arguments by name."),
      optional("execution_mechanism_by_model_name", "How each model runs: a thread, a process, asyncio, ..."),
      optional("model_selector", "Class and arguments of the selector of models (old form)."),
      optional("model_runner_selector", "Class and arguments of the selector of models and next steps."),
      optional("monitoring_data", "Schemas and paths for model monitoring."),
    ],
    open: true,
    make: (init) => new Later(makeRunner(init)),
  },
];
