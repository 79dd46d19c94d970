import type { PyMap, PyValue } from "../value/value";
import type { Executor } from "./executor";
import type { FlowEvent } from "./flowevent";
import type { Loop } from "./loop";
import type { Fetch } from "./simulate";
import type { Trace } from "./tracing";

/** MLRun's graph context and server, as far as steps see them. */
export interface ServerContext {
  readonly loop: Loop;
  readonly executor: Executor | null;
  /** Null when nothing is traced. */
  readonly trace: Trace | null;
  readonly fetch: Fetch | null;
  readonly verbose: boolean;
  /** `PROJECT/NAME`. */
  readonly functionUri: string;
  readonly currentFunction: string;
  /** The function's spec: `parameters`, `streaming`, `load_mode`, ... */
  readonly spec: PyMap;
  /** A field of the graph's root; None in a flow that has no graph. */
  rootField(name: string): PyValue;
  /** `context.get_param(name)`: of the spec's parameters. */
  param(name: string): PyValue | undefined;
  /**
   * MLRun's context takes errors that nobody handles, and the flow goes on. A Storey flow without a context stops
   * at the first one.
   */
  readonly swallowsErrors: boolean;
  /** The flow is Storey's own, without MLRun. */
  readonly storey: boolean;
  /** `context.push_error`: a record in the error stream when there is one. */
  pushError(event: FlowEvent, message: string, source: PyValue, args?: PyMap): void;
  /** Model tracking: null when it is off. `push` takes one record. */
  readonly tracking: { push(record: PyValue): void } | null;
  /** What `to_mock_server` was told about tracking (`track_models`). */
  readonly trackModels: boolean;
  /** `uuid4().hex`, the same in every run. */
  newId(): string;
  /** Virtual now in ISO form, microseconds and `+00:00`. */
  nowText(): string;
  /** Virtual now as a `datetime`. */
  nowValue(): PyValue;
  /** Results that stand for the work of steps, by full step name. */
  readonly mocks: ReadonlyMap<string, PyValue>;
  /** Bodies that file targets were given, by path. */
  readonly files: Map<string, PyValue[]>;
  /** A table of the run, by its path, made on first use. */
  table(path: string): Table;
}

/** A key-value table in memory: attributes by key. */
export interface Table {
  readonly path: string;
  readonly rows: Map<string, PyMap>;
}
