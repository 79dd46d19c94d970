import { failure } from "../engine/failure";
import type { FlowEvent } from "../engine/flowevent";
import { type Coro, wait } from "../engine/loop";
import { item, mlrunWalker, setItem } from "../engine/path";
import type { StepClass, StepInit } from "../engine/runtime";
import { flagArgument, optional, textArgument } from "../steps/argument";
import { truthy } from "../value/compare";
import { str } from "../value/repr";
import { type PyMap, type PyValue, asNumber, float, isFloat } from "../value/value";
import { validInputs } from "./model";
import { bodyOf, eventOf, timestamp } from "./object";
import { EXECUTOR_ARG, ParallelRun } from "./parallel";
import { ROUTER_ARGS, type Target, modelPath } from "./router";
import { type Tracked, Tracking } from "./tracking";
import { type Predictions, allWhole, arrayValue, majorityVote, meanVote, predictionsOf } from "./vote";

const OPERATIONS: readonly string[] = ["infer", "predict", "explain"];
/** How far a sum of weights may be from 1 and still count as 1. */
const WEIGHT_TOLERANCE = 1e-5;

/** `mlrun.serving.routers.VotingEnsemble`: all models answer, and the ensemble votes on their outputs. */
export class VotingEnsemble extends ParallelRun {
  /** Given, or inferred from the first predictions and kept. */
  private voteType: string | null;
  private readonly given: PyValue;
  private weights: ReadonlyMap<PyValue, PyValue> = new Map();
  private readonly column: string;
  private readonly columns: boolean;
  private readonly uid: PyValue;
  private readonly tracking: Tracking;
  /** Requests of the ensemble are tracked, those of one model are not. */
  private tracksRequest = true;

  constructor(init: StepInit, mro: readonly string[] = ["mlrun.serving.routers.VotingEnsemble"]) {
    super(init, mro);
    this.voteType = textArgument(init, "vote_type");
    this.given = init.args.get("weights") ?? null;
    this.column = textArgument(init, "prediction_col_name") || "prediction";
    this.columns = flagArgument(init, "format_response_with_col_name_flag");
    this.uid = this.attribute("model_endpoint_uid") ?? null;
    this.tracking = new Tracking(this.context, this.uid);
  }

  protected override *prepareNative(): Coro {
    this.weights = this.normalized();
  }

  protected override *prepare(mode: string): Coro {
    yield* super.prepare(mode);
    // A user's post_init calls the inherited one, which sets the weights.
    if (this.own("post_init")) this.weights = this.normalized();
  }

  /** The weight of each model: equal ones, or the given ones with 0 for the models that are not in them. */
  private normalized(): PyMap {
    const { given } = this;
    const names = this.routeNames;
    if (!(given instanceof Map)) {
      return new Map<PyValue, PyValue>(names.map((name) => [name, float(1 / names.length)]));
    }
    const values = [...given.values()];
    const sum = values.reduce<number>((total, value) => total + asNumber(value), 0);
    if (!(1 - sum <= WEIGHT_TOLERANCE)) {
      const type = values.length === 0 || values.some((value) => isFloat(value)) ? "float" : "int";
      throw failure("TypeError", `unsupported operand type(s) for /: 'dict_values' and '${type}'`);
    }
    for (const name of names) if (!given.has(name)) given.set(name, 0);
    return given;
  }

  protected override *doEvent(received: FlowEvent): Coro<PyValue> {
    const start = timestamp(this.context);
    const began = this.context.loop.now;
    const original = received.body;
    const event = yield* this.received(received);
    const log = this.tracking.look(event.body);
    if (event.terminated) return this.finished(event, original, event.body);
    const { name, route, operation } = yield* this.resolved(event);
    event.path = operation;
    if (!truthy(name) && route === null) {
      event.terminated = true;
      return this.finished(event, original, this.listing());
    }
    const request = yield* this.validated(event);
    const answer = yield* this.postprocessed(yield* this.answered(event, { name, route, operation }));
    if (log !== null && this.tracksRequest) {
      const { body } = answer;
      if (request instanceof Map && !request.has("id")) setItem(request, "id", item(body, "id"));
      log.push(this.tracked, { start, began, request, op: null }, body);
    }
    return this.finished(event, original, answer.body);
  }

  private finished(event: FlowEvent, original: PyValue, body: PyValue): FlowEvent {
    event.body = mlrunWalker.output(original, this.resultPath, body);
    return event;
  }

  private get tracked(): Tracked {
    const { className, name, uid } = this;
    return { className, name, uid, labels: null, metrics: null };
  }

  private listing(): PyMap {
    return new Map<PyValue, PyValue>([
      ["models", [...this.routeNames, this.name]],
      ["weights", this.given],
    ]);
  }

  private *validated(event: FlowEvent): Coro<PyValue> {
    const { body, method } = event;
    return yield* wait(
      this.hook("validate", [body, method], () =>
        this.protocol === "v2" && String(method) !== "GET" ? validInputs(body) : body,
      ),
    );
  }

  /** The answer of the ensemble or of one model. */
  private *answered(event: FlowEvent, { name, route, operation }: Target): Coro<FlowEvent> {
    if (name === this.name && String(event.method) !== "GET") return yield* this.vote(event);
    if (name === this.name && !truthy(operation)) return yield* this.describe(event);
    if (route === null) throw failure("AttributeError", "'NoneType' object has no attribute 'run'");
    return eventOf(yield* wait(route.run(event)));
  }

  private *vote(event: FlowEvent): Coro<FlowEvent> {
    const results = yield* this.runAll(event);
    const own = this.own("_apply_logic");
    const votes = own ? yield* wait(own.call([results])) : yield* this.count(results);
    const answer = event.copy();
    const body = new Map<PyValue, PyValue>([
      ["id", event.id],
      ["model_name", this.name],
      ["outputs", this.columns ? new Map<PyValue, PyValue>([[this.column, votes]]) : votes],
    ]);
    if (truthy(this.uid)) body.set("model_endpoint_uid", this.uid);
    answer.body = body;
    return answer;
  }

  private *count(results: PyMap): Coro<PyValue> {
    const outputs = [...results.values()].map((result) => {
      const found = item(result, "outputs");
      return this.columns ? item(found, this.column) : found;
    });
    const predictions = predictionsOf(outputs);
    const weights = [...results.keys()].map((name) => this.weights.get(name) ?? 0);
    const own = this.own("logic");
    if (own === null) return this.logic(predictions, weights);
    const given = arrayOf(weights);
    return yield* wait(own.call([arrayValue(predictions), arrayValue(given)]));
  }

  private logic(predictions: Predictions, weights: readonly PyValue[]): PyValue {
    this.voteType ??= allWhole(predictions) ? "classification" : "regression";
    return this.voteType === "classification"
      ? majorityVote(predictions, weights)
      : meanVote(predictions, weights);
  }

  /** The ensemble's metadata: inputs and outputs of the first models that tell them. */
  private *describe(event: FlowEvent): Coro<FlowEvent> {
    const body = new Map<PyValue, PyValue>([
      ["name", this.name],
      ["model_endpoint_uid", truthy(this.uid) ? this.uid : ""],
      ["inputs", []],
      ["outputs", []],
    ]);
    const missing = (key: string): boolean => !truthy(body.get(key) ?? null);
    for (const route of this.routes.values()) {
      const told = bodyOf(yield* wait(route.run(event.copy())));
      for (const key of ["inputs", "outputs"]) if (missing(key)) body.set(key, item(told, key));
      if (!missing("inputs") && !missing("outputs")) break;
    }
    const answer = event.copy();
    answer.body = body;
    return answer;
  }

  protected override resolve(body: PyValue = null, path: PyValue = null): Target {
    const segments = this.segments(path);
    if (segments?.length === 0) return { name: "", route: null, operation: "" };
    if (segments?.length === 1 && OPERATIONS.includes(segments[0])) {
      this.tracksRequest = true;
      return { name: this.name, route: null, operation: segments[0] };
    }
    let model = "";
    let operation: PyValue = null;
    if (segments !== null) ({ model, operation } = modelPath(segments));
    if (body instanceof Map) {
      model = model || this.name;
      if (body.has("operation")) operation = body.get("operation") ?? null;
    }
    operation ??= "infer";
    const route = this.routeNamed(model);
    if (route !== null) {
      this.tracksRequest = false;
      return { name: model, route, operation };
    }
    if (model === this.name) return { name: model, route: null, operation };
    throw failure(
      "ValueError",
      `model ${str(model)} doesnt exist, available models: ${this.routeNames.join(" | ")} | ${this.name} ` +
        "or an operation alone for ensemble operation",
    );
  }
}

/** `np.array` of weights. */
function arrayOf(weights: readonly PyValue[]): Predictions {
  const { values, dtype } = predictionsOf(weights);
  return { shape: [weights.length], values, dtype };
}

export const VOTING_STEPS: readonly StepClass[] = [
  {
    names: ["mlrun.serving.VotingEnsemble", "mlrun.serving.routers.VotingEnsemble"],
    meaning: "Asks all its models and votes on their answers.",
    args: [
      ...ROUTER_ARGS.slice(0, 5),
      optional("vote_type", "classification or regression; inferred from the first answers when absent."),
      optional("weights", "Weight of each model; equal when absent."),
      EXECUTOR_ARG,
      optional("format_response_with_col_name_flag", "Models' outputs are dicts of columns.", false),
      optional("prediction_col_name", "Column of the predictions.", "prediction"),
      optional("shard_by_endpoint", "Partition tracking records by the ensemble's endpoint."),
    ],
    open: true,
    make: (init) => new VotingEnsemble(init),
  },
];
