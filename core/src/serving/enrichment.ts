import { asFailure, failure } from "../engine/failure";
import type { FlowEvent } from "../engine/flowevent";
import { jsonText } from "../engine/jsontext";
import type { Answer, Coro } from "../engine/loop";
import type { ArgumentRow, StepClass, StepInit } from "../engine/runtime";
import { optional } from "../steps/argument";
import { JsonError, parseJson } from "../value/json";
import { PyBytes, type PyValue } from "../value/value";
import { EXECUTOR_ARG } from "./parallel";
import { ModelRouter, ROUTER_ARGS } from "./router";
import { VotingEnsemble } from "./voting";

/** What MLRun raises where there is no feature store. */
function noService(): Error {
  return failure("AttributeError", "'NoneType' object has no attribute 'get_online_feature_service'");
}

/** The request with its text read as JSON, as both routers begin. */
function parsed(event: FlowEvent): FlowEvent {
  const { body } = event;
  try {
    if (typeof body === "string") event.body = parseJson(body);
    else if (body instanceof PyBytes) event.body = parseJson(jsonText(body.data));
  } catch (error) {
    throw error instanceof JsonError ? failure("JSONDecodeError", error.message) : asFailure(error);
  }
  return event;
}

/**
 * Asks the feature service that the user's class has made. Features come from a service that a simulation does not
 * have; without a class of one's own the router does not start.
 */
function enrich(inherited: (name: string) => PyCall | null, event: FlowEvent): Answer<PyValue> {
  const preprocess = inherited("preprocess");
  if (preprocess === null) throw failure("AttributeError", "'NoneType' object has no attribute 'get'");
  return preprocess.call([parsed(event)]);
}

interface PyCall {
  call(args: readonly PyValue[]): Answer<PyValue>;
}

/** `mlrun.serving.routers.EnrichmentModelRouter`: adds features to the inputs, then routes. */
class EnrichmentModelRouter extends ModelRouter {
  constructor(init: StepInit) {
    super(init, ["mlrun.serving.routers.EnrichmentModelRouter"]);
  }

  protected override *prepareNative(): Coro {
    if (!this.inKernel) throw noService();
  }

  protected override preprocess(event: FlowEvent): Answer<PyValue> {
    return enrich((name) => this.object?.method(name) ?? null, event);
  }
}

/** `mlrun.serving.routers.EnrichmentVotingEnsemble`: adds features to the inputs, then votes. */
class EnrichmentVotingEnsemble extends VotingEnsemble {
  constructor(init: StepInit) {
    super(init, ["mlrun.serving.routers.EnrichmentVotingEnsemble"]);
  }

  protected override *prepareNative(): Coro {
    yield* super.prepareNative();
    if (!this.inKernel) throw noService();
  }

  protected override preprocess(event: FlowEvent): Answer<PyValue> {
    return enrich((name) => this.object?.method(name) ?? null, event);
  }
}

const FEATURE_ARGS: readonly ArgumentRow[] = [
  optional("feature_vector_uri", "The feature vector: [project/]name[:tag].", ""),
  optional("impute_policy", "What stands for missing values, by feature."),
];

export const ENRICHMENT_STEPS: readonly StepClass[] = [
  {
    names: ["mlrun.serving.routers.EnrichmentModelRouter"],
    meaning: "Adds features from a feature vector to the inputs, then sends the request to a model.",
    args: [...ROUTER_ARGS.slice(0, 5), ...FEATURE_ARGS],
    open: true,
    make: (init) => new EnrichmentModelRouter(init),
  },
  {
    names: ["mlrun.serving.routers.EnrichmentVotingEnsemble"],
    meaning: "Adds features from a feature vector to the inputs, then asks all models and votes.",
    args: [
      ...ROUTER_ARGS.slice(0, 5),
      optional("vote_type", "classification or regression; inferred from the first answers when absent."),
      EXECUTOR_ARG,
      optional("prediction_col_name", "Column of the predictions."),
      ...FEATURE_ARGS,
    ],
    open: true,
    make: (init) => new EnrichmentVotingEnsemble(init),
  },
];
