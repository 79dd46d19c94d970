import type { ServerContext } from "../engine/context";
import type { LoadRequest } from "../engine/executor";
import { asFailure, failure } from "../engine/failure";
import type { FlowEvent } from "../engine/flowevent";
import { ForeignCallable, KernelObject, load } from "../engine/foreign";
import { type Answer, type Coro, map, wait } from "../engine/loop";
import { mlrunGet } from "../engine/path";
import type { Callable, StepInit } from "../engine/runtime";
import { truthy } from "../value/compare";
import { deepCopy } from "../value/copy";
import { PyObject, PyTuple, type PyMap, type PyValue } from "../value/value";

/** How a model of a runner runs beside others. */
export const MECHANISMS = [
  "process_pool",
  "dedicated_process",
  "thread_pool",
  "asyncio",
  "shared_executor",
  "naive",
];

/** What a model gave: a result, or `{"error": ...}`; a generator streams. */
export interface ModelResult {
  readonly name: string;
  readonly data: PyValue;
}

/** Makes an object of a model runner as `from_dict` does: what its constructor does not take is left out. */
export function* makePart(
  init: StepInit,
  part: string,
  className: PyValue,
  params: PyMap,
  attributes: PyMap,
): Coro<KernelObject> {
  const request: LoadRequest = {
    step: part === "" ? init.fullName : `${init.fullName}/${part}`,
    name: part,
    className: typeof className === "string" ? className : "",
    handler: null,
    classArgs: params,
    offered: attributes,
    engine: "async",
    postInit: false,
    fromDict: true,
  };
  return new KernelObject(init.context, yield* wait(load(init.context, request)), request);
}

/** The class and the arguments of a model or selector: a pair in the step's `class_args`. */
export function classAndParams(value: PyValue | undefined): readonly [PyValue, PyMap] {
  const items = value instanceof PyTuple ? value.items : Array.isArray(value) ? value : [];
  const [className = null, params = null] = items;
  return [className, params instanceof Map ? params : new Map<PyValue, PyValue>()];
}

/** One model of a model runner (`mlrun.serving.Model`). */
export class RunnerModel {
  constructor(
    private readonly init: StepInit,
    readonly name: string,
    readonly mechanism: string,
    private readonly object: KernelObject,
    private readonly params: PyMap,
    /** The model of the graph that this one stands for. */
    private readonly shared: RunnerModel | null = null,
  ) {}

  /** The model as user code gets it. */
  get value(): PyObject {
    const fields = new Map<string, PyValue>([
      ["class", this.className],
      ["dict", new Map<PyValue, PyValue>([["name", this.name]])],
    ]);
    return new PyObject("object", fields, this.object.loaded.handle ?? null);
  }

  private get className(): string {
    const full = this.object.mro[0] ?? "";
    return full.slice(full.lastIndexOf(".") + 1);
  }

  private get isLanguageModel(): boolean {
    return this.object.mro.some((name) => /^mlrun\.serving\.(states\.)?LLModel$/.test(name));
  }

  private own(name: string): Callable | null {
    return this.object.overrides(name) ? this.object.method(name) : null;
  }

  /** MLRun's own method of the object, when it is there to call. */
  private inherited(name: string): Callable | null {
    return this.object.overrides(name) ? null : this.object.method(name);
  }

  /** Loads the model when the flow starts. */
  *load(): Coro {
    if (this.shared !== null) {
      yield* this.shared.load();
      return;
    }
    const init =
      this.own("init") ?? (this.isLanguageModel && this.hasArtifact ? this.inherited("init") : null);
    if (init !== null) {
      yield* wait(init.call([]));
      return;
    }
    const own = this.own("load") ?? (this.hasArtifact ? this.inherited("load") : null);
    if (own !== null) yield* wait(own.call([]));
    else if (!this.isLanguageModel) this.requirePredict();
    if (this.isLanguageModel) this.requireOwnPredict();
  }

  /** Its artifact comes from MLRun's service, which only the kernel may reach. */
  private get hasArtifact(): boolean {
    return truthy(this.params.get("artifact_uri") ?? null);
  }

  private get predictName(): "predict" | "predict_async" {
    return this.mechanism === "asyncio" ? "predict_async" : "predict";
  }

  private requirePredict(): void {
    const name = this.predictName;
    if (this.own(name) !== null) return;
    throw failure(
      "ModelRunnerError",
      `ModelRunnerError: ${this.name} is running with ${this.mechanism} execution_mechanism ` +
        `but ${name}() is not implemented`,
    );
  }

  private requireOwnPredict(): void {
    const name = this.predictName;
    if (this.own(name) !== null) return;
    throw failure(
      "MLRunRuntimeError",
      `Model provider could not be determined for model '${this.name}', and the ${name} function was not overridden.`,
    );
  }

  /** It runs inside of the flow's own loop: nothing else goes on meanwhile. */
  get inline(): boolean {
    return (this.shared ?? this).mechanism === "naive";
  }

  /** It runs on a thread of the runner's own pool. */
  get threaded(): boolean {
    return this.shared === null && this.mechanism === "thread_pool";
  }

  /** Runs the model on the event's body, which is its own; its error becomes the result. */
  *run(event: FlowEvent): Coro<ModelResult> {
    const { name } = this;
    const { trace } = this.init.context;
    const part = `${this.init.fullName}/${name}`;
    trace?.enterPart(part, event);
    try {
      const { shared } = this;
      const data = yield* wait(
        shared ? shared.infer(event.body, event.path, name) : this.infer(event.body, event.path, null),
      );
      event.body = data;
      trace?.emitPart(part, event);
      return { name, data };
    } catch (error) {
      const ex = asFailure(error);
      trace?.raisedPart(part, ex);
      return { name, data: new Map<PyValue, PyValue>([["error", `${ex.className}: ${ex.message}`]]) };
    }
  }

  private infer(body: PyValue, path: PyValue, origin: string | null): Answer<PyValue> {
    const name = this.predictName === "predict_async" ? "run_async" : "run";
    const run = this.own(name) ?? (this.isLanguageModel && this.hasArtifact ? this.inherited(name) : null);
    if (run !== null) return this.timed(run).call([body, path, origin]);
    const predict = this.own(this.predictName);
    if (predict === null) {
      throw failure("NotImplementedError", `${this.predictName}() method not implemented`);
    }
    const timed = this.timed(predict);
    if (this.isLanguageModel) return timed.call([body], this.prompt(body));
    const format = Array.isArray(body) ? this.untraced(this.own("format_batch")) : null;
    return format ? map(format.call([body]), (formatted) => timed.call([formatted])) : timed.call([body]);
  }

  /** asyncio awaits coroutines; anything else is called as it is. */
  private timed(method: Callable): Callable {
    if (this.mechanism === "asyncio" || !(method instanceof ForeignCallable)) return method;
    return new ForeignCallable(this.init.context, { ...method.target, awaits: false });
  }

  /** A static method: it belongs to no object whose calls are told. */
  private untraced(method: Callable | null): Callable | null {
    if (!(method instanceof ForeignCallable)) return method;
    return new ForeignCallable(this.init.context, { ...method.target, tracedAs: null });
  }

  /** What a language model without a prompt artifact is called with: the messages that the body brings. */
  private prompt(body: PyValue): PyMap {
    const path = this.params.get("input_path");
    const input = typeof path === "string" && path !== "" ? mlrunGet(body, path) : body;
    const messages = Array.isArray(input) ? input.map(messagesOf) : messagesOf(input);
    return new Map<PyValue, PyValue>([
      ["messages", messages],
      ["invocation_config", new Map<PyValue, PyValue>()],
      ["llm_prompt_artifact", null],
    ]);
  }
}

function messagesOf(input: PyValue): PyValue {
  if (!(input instanceof Map)) return [];
  return input.has("messages") ? deepCopy(input.get("messages") ?? null) : [];
}

const sharedModels = new WeakMap<ServerContext, Map<string, RunnerModel>>();

/** The model of the graph's own (`add_shared_model`) of that name; one for all runners. */
export function* sharedModel(init: StepInit, name: string): Coro<RunnerModel> {
  const { context } = init;
  const known = sharedModels.get(context) ?? new Map<string, RunnerModel>();
  sharedModels.set(context, known);
  const made = known.get(name);
  if (made) return made;
  const [models, mechanisms] = [
    context.rootField("shared_models"),
    context.rootField("shared_models_mechanism"),
  ];
  const entry = models instanceof Map ? models.get(name) : undefined;
  if (entry === undefined) throw failure("ValueError", `${name} does not exist`);
  const mechanism = mechanisms instanceof Map ? (mechanisms.get(name) ?? null) : null;
  const [className, params] = classAndParams(entry);
  const attributes = modelAttributes(init, mechanism);
  const owner = { ...init, fullName: name };
  const object = yield* makePart(owner, "", className, params, attributes);
  const model = new RunnerModel(
    owner,
    name,
    typeof mechanism === "string" ? mechanism : "naive",
    object,
    params,
  );
  known.set(name, model);
  return model;
}

/** What MLRun sets on a model after it made it. */
export function modelAttributes(init: StepInit, mechanism: PyValue): PyMap {
  return new Map<PyValue, PyValue>([
    ["_raise_exception", false],
    ["_execution_mechanism", mechanism],
    ["_streaming_enabled", truthy(init.context.spec.get("streaming") ?? null)],
  ]);
}
