import type { PyValue } from "../value/value";

/**
 * The step classes of Storey and MLRun that people use as objects (`graph.to(Batch(max_events=2))`): the
 * parameters of their constructors in order, and what `to_dict` writes of them.
 */
export interface LibraryClass {
  /** Module and name as `to_dict` writes them. */
  readonly path: string;
  readonly kind: "router" | null;
  readonly parameters: readonly string[];
  /** Parameters that `to_dict` writes, with the value that stands where none is given; null for none. */
  readonly kept: ReadonlyMap<string, PyValue>;
  /** What the object answers for `full_event` when it is not said. */
  readonly fullEvent: boolean | null;
  /** Name of the object when none is given, where it is not the class's. */
  readonly name: string;
}

const NOTHING_KEPT = "fn long_running pass_context fn_select_outlets";
const ROUTER = 'context name routes +protocol="v2" +url_prefix="/v2/models" +health_prefix="/v2/health"';
const PATHS = "input_path result_path";
const THREADS = '+executor_type="thread"';
const HTTP = "+url +subpath +method +headers +url_expression +body_expression +return_json=true";

/** `+name` is written by `to_dict`, `name=value` has that value when none is given; `@full` keeps whole events. */
const TABLE: Readonly<Record<string, string>> = {
  "storey.flow.Map": NOTHING_KEPT,
  "storey.flow.Filter": NOTHING_KEPT,
  "storey.flow.FlatMap": NOTHING_KEPT,
  "storey.flow.Extend": NOTHING_KEPT,
  "storey.steps.foreach.ForEach": NOTHING_KEPT,
  "storey.flow.Flow": "recovery_step termination_result_fn context max_iterations",
  "storey.flow.Choice": "recovery_step termination_result_fn context max_iterations",
  "storey.flow.Complete": "recovery_step termination_result_fn context max_iterations",
  "storey.flow.MapClass": "long_running",
  "storey.flow.Rename": "+mapping",
  "storey.flow.Reduce": "+initial_value fn",
  "storey.flow.Recover": "exception_to_downstream",
  "storey.flow.Batch": "+max_events +flush_after_seconds +key_field drop_key_field @full",
  "storey.flow.MapWithState": "initial_state fn group_by_key",
  "storey.flow.JoinWithTable": "table +key_extractor +attributes +inner_join join_function",
  "storey.flow.ConcurrentExecution": "event_processor concurrency_mechanism pass_context",
  "storey.flow.SendToHttp": "request_builder join_from_response",
  "storey.flow.ParallelExecution":
    "runnables execution_mechanism_by_runnable_name max_processes max_threads pool_factor",
  "storey.steps.collector.Collector": "expected_completions",
  "storey.steps.sample.SampleWindow": "window_size emit_period emit_before_termination key @full",
  "storey.aggregations.AggregateByKey":
    "aggregates table key_field time_field emit_policy augmentation_fn enrich_with aliases",
  "storey.aggregations.QueryByKey": "features table key_field time_field augmentation_fn aliases",
  "storey.dataframe.ToDataFrame": "index columns",
  "storey.dataframe.ReduceToDataFrame": "index columns",
  "storey.targets.CSVTarget":
    "path columns header infer_columns_from_data +max_events=128 +flush_after_seconds=3",
  "storey.targets.ParquetTarget":
    "+path index_cols +columns partition_cols time_field time_format infer_columns_from_data +max_events",
  "storey.targets.NoSqlTarget": "+table +columns",
  "storey.targets.StreamTarget": "storage +stream_path sharding_func +batch_size=8",
  "storey.targets.KafkaTarget": "brokers topic producer_options sharding_func",
  "storey.sources.SyncEmitSource": "+buffer_size +key_field",
  "storey.sources.AsyncEmitSource": "+buffer_size +key_field",
  "storey.sources.CSVSource":
    "+paths +header=true +build_dict=false +key_field time_field timestamp_format +id_field +type_inference=true",
  "storey.sources.DataframeSource": "dfs +key_field +id_field",
  "storey.sources.ParquetSource": "+paths +columns",
  "mlrun.serving.routers.ModelRouter": `${ROUTER} ${PATHS}`,
  "mlrun.serving.routers.VotingEnsemble": `${ROUTER} +vote_type +weights ${THREADS} +format_response_with_col_name_flag=false +prediction_col_name="prediction" +shard_by_endpoint`,
  "mlrun.serving.routers.ParallelRun": `${ROUTER} ${PATHS} +extend_event ${THREADS}`,
  "mlrun.serving.routers.EnrichmentModelRouter": `${ROUTER} ${PATHS} +feature_vector_uri="" +impute_policy={}`,
  "mlrun.serving.routers.EnrichmentVotingEnsemble": `${ROUTER} ${PATHS} +vote_type ${THREADS} +prediction_col_name="prediction" +feature_vector_uri="" +impute_policy={} #VotingEnsemble`,
  "mlrun.serving.remote.RemoteStep": `${HTTP} ${PATHS} +max_in_flight +retries=6 +backoff_factor +timeout +headers_expression`,
  "mlrun.serving.remote.BatchHttpRequests": `${HTTP} ${PATHS} +retries +backoff_factor +timeout`,
  "mlrun.serving.remote.MLRunAPIRemoteStep": "+method +path +fill_placeholders",
  "mlrun.serving.merger.Merge": "full_event +key_path +max_behind +expected_num_events @full",
  "mlrun.serving.steps.ChoiceByField": "+field_name",
  "mlrun.serving.v2_serving.V2ModelServer":
    'context name +model_path +model +protocol="v2" input_path result_path +shard_by_endpoint',
  "mlrun.serving.utils.StepToDict": "",
  "mlrun.feature_store.steps.MapValues": '+mapping +with_original_features=false +suffix="mapped"',
  "mlrun.feature_store.steps.Imputer": '+method="avg" +default_value +mapping={}',
  "mlrun.feature_store.steps.OneHotEncoder": "+mapping",
  "mlrun.feature_store.steps.DateExtractor": '+parts +timestamp_col="timestamp"',
  "mlrun.feature_store.steps.SetEventMetadata": "+id_path +key_path +random_id @full",
  "mlrun.feature_store.steps.DropFeatures": "+features",
  "mlrun.feature_store.steps.FeaturesetValidator": '+featureset="." +columns name @full',
};

const DEFAULTS: Readonly<Record<string, () => PyValue>> = {
  true: () => true,
  false: () => false,
  "{}": () => new Map(),
};

function read(path: string, text: string): LibraryClass {
  const parameters: string[] = [];
  const kept = new Map<string, PyValue>();
  let fullEvent: boolean | null = null;
  let name = path.slice(path.lastIndexOf(".") + 1);
  for (const word of text.split(" ").filter((w) => w !== "")) {
    if (word === "@full") fullEvent = true;
    else if (word.startsWith("#")) name = word.slice(1);
    else {
      const [key = "", value] = word.replace(/^\+/, "").split("=");
      parameters.push(key);
      if (word.startsWith("+")) kept.set(key, defaultOf(value));
    }
  }
  return { path, kind: text.startsWith(ROUTER) ? "router" : null, parameters, kept, fullEvent, name };
}

function defaultOf(text: string | undefined): PyValue {
  if (text === undefined) return null;
  const made = DEFAULTS[text];
  if (made) return made();
  return text.startsWith('"') ? text.slice(1, -1) : Number(text);
}

const CLASSES: ReadonlyMap<string, LibraryClass> = new Map(
  Object.entries(TABLE).map(([path, text]) => [shortPath(path), read(path, text)]),
);

/** Package and class name: people import the same class from several modules. */
function shortPath(path: string): string {
  return `${path.slice(0, path.indexOf("."))}.${path.slice(path.lastIndexOf(".") + 1)}`;
}

/** The class of a dotted path, from whichever module it was imported; undefined when it is none of these. */
export function libraryClass(path: string): LibraryClass | undefined {
  return CLASSES.get(shortPath(path));
}
