import { asFailure, failure } from "../engine/failure";
import type { FlowEvent } from "../engine/flowevent";
import { ForeignCallable } from "../engine/foreign";
import { type Answer, type Coro, Later, wait } from "../engine/loop";
import { contains, item, mlrunWalker, setItem } from "../engine/path";
import { response } from "../engine/response";
import type { StepClass, StepInit } from "../engine/runtime";
import { optional, textArgument } from "../steps/argument";
import { truthy } from "../value/compare";
import { str, typeName } from "../value/repr";
import { PyBytes, PyTuple, type PyMap, type PyValue } from "../value/value";
import { encodeUtf8 } from "../value/bytes";
import { ServingObject, stripSlashes, timestamp } from "./object";
import { type ModelLog, type Tracked, type TrackedCall, Tracking } from "./tracking";

const PREDICTIONS: ReadonlySet<PyValue> = new Set<PyValue>([
  "predict",
  "infer",
  "infer_dict",
  "predict_dict",
]);

/** One request on its way through a model server. */
interface ModelCall extends TrackedCall {
  readonly event: FlowEvent;
  readonly id: PyValue;
  readonly log: ModelLog | null;
  request: PyValue;
}

/** `mlrun.serving.V2ModelServer`: loads a model and answers requests by operation. */
class ModelServer extends ServingObject {
  private ready: boolean;
  /** A thread in the kernel loads the model. */
  private loadsAside = false;
  private readonly protocol: string;
  private readonly uid: PyValue;
  private readonly tracking: Tracking;

  constructor(init: StepInit) {
    super(init, ["mlrun.serving.v2_serving.V2ModelServer"], init.name);
    const { object } = init;
    this.protocol = textArgument(init, "protocol") || "v2";
    this.uid = object?.attribute("model_endpoint_uid") ?? init.args.get("model_endpoint_uid") ?? null;
    this.ready = object?.attribute("ready") === true || truthy(init.args.get("model") ?? null);
    this.tracking = new Tracking(this.context, this.uid);
  }

  postInit(mode: string): Answer<void> {
    return new Later(this.prepare(mode));
  }

  private *prepare(mode: string): Coro {
    const own = this.own("post_init");
    if (own !== null) {
      yield* wait(own.call([mode], this.postInitArgs));
      this.ready = this.inKernel ? truthy(yield* this.current("ready")) : true;
      return;
    }
    if (this.ready) return;
    // MLRun loads on a thread: whoever asks before it is done is told so.
    if (mode !== "async") yield* this.load(false);
    else if (this.inKernel) {
      yield* wait(this.inherited("post_init").call([mode], this.postInitArgs));
      this.loadsAside = true;
    } else this.context.loop.spawn(this.load(true));
  }

  /** The model is loaded, as far as is known now. */
  private *loaded(): Coro<boolean> {
    if (!this.ready && this.loadsAside) this.ready = truthy(yield* this.current("ready"));
    return this.ready;
  }

  private *load(aside: boolean): Coro {
    try {
      const own = this.own("load");
      if (own instanceof ForeignCallable) {
        yield* wait(new ForeignCallable(this.context, { ...own.target, aside }).call([]));
      } else this.loadNative();
    } catch (error) {
      const { className, message } = asFailure(error);
      throw failure("RuntimeError", `failed to load model ${this.name}`, { class: className, message });
    }
    this.ready = true;
    yield* this.tell("ready", true);
  }

  private loadNative(): void {
    if (truthy(this.object?.attribute("model") ?? null)) return;
    throw failure("ValueError", "please specify a load method or a model object");
  }

  protected *doEvent(event: FlowEvent): Coro<PyValue> {
    const log = this.tracking.look(event.body);
    const original = event.body;
    const body = mlrunWalker.input(original, this.inputPath);
    let op: PyValue = stripSlashes(event.path);
    let id = event.id;
    if (body instanceof Map && body.size > 0) {
      op = op || (body.get("operation") ?? null);
      id = body.has("id") ? (body.get("id") ?? null) : id;
    }
    if (!truthy(op) && String(event.method) !== "GET") op = "infer";
    const { loop } = this.context;
    const call: ModelCall = {
      event,
      id,
      op,
      log,
      request: body,
      start: timestamp(this.context),
      began: loop.now,
    };
    const answer = yield* this.answer(call);
    if (answer !== ANSWERED) event.body = mlrunWalker.output(original, this.resultPath, answer);
    return event;
  }

  /** The result of the operation; `ANSWERED` when the event has its answer already. */
  private *answer(call: ModelCall): Coro<PyValue | typeof ANSWERED> {
    const { op, event } = call;
    if (PREDICTIONS.has(op)) return yield* this.finish(call, yield* this.predict(call));
    if (op === "ready" && String(event.method) === "GET") {
      event.terminated = true;
      event.body = this.readiness(yield* this.loaded(), call.id);
      return ANSWERED;
    }
    if (op === "" && String(event.method) === "GET") {
      event.terminated = true;
      if (!this.hasArtifact) return this.metadata();
      yield* wait(this.inherited("do_event").call([event]));
      return ANSWERED;
    }
    if (op === "explain") return yield* this.finish(call, yield* this.explain(call));
    return yield* this.custom(call);
  }

  private readiness(ready: boolean, id: PyValue): PyValue {
    const text = (words: string): PyBytes => new PyBytes(encodeUtf8(words));
    if (!ready) return response(text("model not ready"), 408);
    return response(text(`Model ${this.name} is ready (event_id = ${str(id)})`), 200);
  }

  private metadata(): PyMap {
    return new Map<PyValue, PyValue>([
      ["name", this.shownName],
      ["model_endpoint_uid", truthy(this.uid) ? this.uid : ""],
      ["inputs", []],
      ["outputs", []],
    ]);
  }

  private get shownName(): string {
    return this.name.split(":")[0];
  }

  /** The model may have an artifact, which only the object in the kernel knows. */
  private get hasArtifact(): boolean {
    return this.inKernel && truthy(this.attribute("model_path") ?? null);
  }

  /** Preprocesses and validates. */
  private *prepared(call: ModelCall): Coro {
    const { op } = call;
    if (!(yield* this.loaded())) throw failure("RuntimeError", `model ${this.name} is not ready yet`);
    let body = call.request;
    if (typeof op === "string" && op.includes("_dict")) body = yield* this.inputsToList(body);
    const request = yield* wait(this.hook("preprocess", [body, op], () => body));
    call.request = yield* wait(this.hook("validate", [request, op], () => this.validate(request)));
  }

  private validate(request: PyValue): PyValue {
    return this.protocol === "v2" ? validInputs(request) : request;
  }

  /** Rows from dicts, in the order of the artifact's inputs. */
  private *inputsToList(body: PyValue): Coro<PyValue> {
    if (this.hasArtifact) return yield* wait(this.inherited("_inputs_to_list").call([body]));
    throw failure(
      "MLRunInvalidArgumentError",
      "In order to use predict_dict or infer_dict operation you have to provide `model_path` " +
        "to the model server and to load it by `load()` function",
    );
  }

  private *predict(call: ModelCall): Coro<PyMap> {
    const outputs = yield* this.infer(call, "predict");
    const answer = new Map<PyValue, PyValue>([
      ["id", call.id],
      ["model_name", this.shownName],
      ["outputs", outputs],
      ["timestamp", call.start],
    ]);
    if (truthy(this.uid)) answer.set("model_endpoint_uid", this.uid);
    return answer;
  }

  private *explain(call: ModelCall): Coro<PyMap> {
    const outputs = yield* this.infer(call, "explain");
    const answer = new Map<PyValue, PyValue>([
      ["id", call.id],
      ["model_name", this.name],
      ["outputs", outputs],
    ]);
    if (truthy(this.uid)) answer.set("model_endpoint_uid", this.uid);
    return answer;
  }

  /** Runs the model; an error of it is tracked with the request's id. */
  private *infer(call: ModelCall, method: "predict" | "explain"): Coro<PyValue> {
    yield* this.prepared(call);
    try {
      return yield* wait(
        this.hook(method, [call.request], () => {
          throw failure("NotImplementedError", "");
        }),
      );
    } catch (error) {
      const ex = asFailure(error);
      setItem(call.request, "id", call.id);
      call.log?.pushError(yield* this.tracked(), call, ex);
      throw ex;
    }
  }

  private *finish(call: ModelCall, answer: PyMap): Coro<PyValue> {
    const given = yield* wait(this.hook("postprocess", [answer], () => answer));
    if (call.log !== null) yield* this.track(call, call.log, given);
    return given;
  }

  private *track(call: ModelCall, log: ModelLog, answer: PyValue): Coro {
    const own = this.own("logged_results");
    const logged = own ? yield* wait(own.call([call.request, answer, call.op])) : null;
    const [inputs, outputs] =
      logged instanceof PyTuple ? logged.items : Array.isArray(logged) ? logged : [null, null];
    const tracked = yield* this.tracked();
    if (inputs === null && outputs === null) {
      log.push(tracked, call, answer);
      return;
    }
    const request = new Map<PyValue, PyValue>([
      ["id", call.id],
      ["inputs", truthy(inputs) ? inputs : []],
    ]);
    log.push(
      tracked,
      { ...call, request },
      new Map<PyValue, PyValue>([["outputs", truthy(outputs) ? outputs : []]]),
    );
  }

  private *tracked(): Coro<Tracked> {
    const { className, name, uid } = this;
    return {
      className,
      name,
      uid,
      labels: yield* this.current("labels"),
      metrics: yield* this.current("metrics"),
    };
  }

  /** `op_NAME(event)` of the user's class. */
  private *custom(call: ModelCall): Coro<PyValue> {
    const { op, event } = call;
    if (typeof op !== "string") {
      throw failure("TypeError", `can only concatenate str (not "${typeName(op)}") to str`);
    }
    const own = this.own(`op_${op}`);
    if (own !== null) return yield* wait(own.call([event]));
    throw failure("ValueError", `illegal model operation ${op}, method=${str(event.method)}`);
  }
}

/** The event has its answer already. */
const ANSWERED = Symbol("answered");

/** The request when it has a list of inputs; throws what MLRun raises otherwise. */
export function validInputs(request: PyValue): PyValue {
  if (!contains(request, "inputs")) throw failure("Exception", 'Expected key "inputs" in request body');
  if (!Array.isArray(item(request, "inputs"))) {
    throw failure("Exception", 'Expected "inputs" to be a list');
  }
  return request;
}

export const MODEL_STEPS: readonly StepClass[] = [
  {
    names: ["mlrun.serving.V2ModelServer", "mlrun.serving.v2_serving.V2ModelServer"],
    meaning: "Base of model servers: loads a model and answers requests for predictions.",
    args: [
      optional("name", "Name of the model; the route's or step's when absent."),
      optional("model_path", "Where the model is: a file, a folder or an artifact."),
      optional("model", "The model itself; it is not loaded then."),
      optional("protocol", "Protocol of requests (v2)."),
      optional("input_path", "Where in the body the request is."),
      optional("result_path", "Where in the body the answer goes."),
      optional("shard_by_endpoint", "Partition tracking records by the model's endpoint."),
    ],
    open: true,
    make: (init) => new ModelServer(init),
  },
];
