import { expression, test } from "./expression";
import {
  CLASSES,
  COROUTINES,
  EVENT_FUNCTIONS,
  FUNCTIONS,
  GENERATORS,
  MODELS,
  SELECTORS,
  SERVERS,
} from "./library";
import { number, odd } from "./payload";
import { type StepSpec, type RouteSpec, quoted } from "./program";
import type { Random } from "./random";

type Fields = Partial<StepSpec>;

const PATHS = ["x", "y", "l", "d", "d.k", "s", "zz", "zz.k", "x.y"];

/** What a random step does; where it stands is for who asks. `next`: names of the steps after it. */
export function stepBody(random: Random, engine: "async" | "sync", next: readonly string[]): Fields {
  const storey = engine === "async" ? 1 : 0.05;
  const made = random.weighted<() => Fields>([
    [4, () => functionStep(random, FUNCTIONS)],
    [4, () => ({ handler: expression(random) })],
    [0.7 * storey, () => functionStep(random, COROUTINES)],
    [0.3 * storey, () => functionStep(random, GENERATORS)],
    [1.5, () => ({ ...functionStep(random, EVENT_FUNCTIONS), fields: { full_event: "True" } })],
    [3, () => classStep(random)],
    [7 * storey, () => storeyStep(random)],
    [1.5, () => featureStep(random)],
    [0.6, () => queueStep(random)],
    [1.2, () => routerStep(random)],
    [0.8 * storey, () => runnerStep(random)],
    [next.length > 0 ? 2 * storey : 0, () => selectorStep(random, next)],
  ])();
  return made.handler !== undefined || made.className === undefined ? withPaths(random, made) : made;
}

function functionStep(random: Random, from: Readonly<Record<string, unknown>>): Fields {
  return { handler: random.pick(Object.keys(from)) };
}

function withPaths(random: Random, made: Fields): Fields {
  const fields: Record<string, string> = { ...made.fields };
  if (random.chance(0.15)) fields.input_path = quoted(random.pick(PATHS));
  if (random.chance(0.15)) fields.result_path = quoted(random.pick([...PATHS, "r", "r.s", "a\\.b"]));
  return { ...made, fields };
}

function classStep(random: Random): Fields {
  const className = random.pick(Object.keys(CLASSES));
  const classArgs: Record<string, string> = {};
  if (className === "Add" && random.chance(0.8))
    classArgs.n = random.chance(0.7) ? number(random) : odd(random, 1);
  if (className === "Method" && random.chance(0.5)) classArgs.k = odd(random, 1);
  if (className === "Named" && random.chance(0.5)) classArgs.extra = number(random);
  if (className === "BadInit" && random.chance(0.5)) classArgs.n = "1";
  const handler = className === "Method" && random.chance(0.9) ? { handler: "run" } : {};
  const wrong = random.chance(0.02) ? { handler: "no_such" } : {};
  return withPaths(random, { className, classArgs, ...handler, ...wrong });
}

/** Built-in steps of Storey, with arguments that are mostly right. */
function storeyStep(random: Random): Fields {
  const full = random.chance(0.15) ? { full_event: "True" } : {};
  const of = (className: string, classArgs: Record<string, string> = {}, fields = {}): Fields => ({
    className,
    classArgs,
    fields,
  });
  const fn = (): string => (random.chance(0.6) ? expression(random) : random.pick(Object.keys(FUNCTIONS)));
  return random.weighted<() => Fields>([
    [2, () => withPaths(random, of("storey.Map", { _fn: quoted(fn()) }))],
    [2, () => withPaths(random, of("storey.Filter", { _fn: quoted(test(random)) }))],
    [2, () => withPaths(random, of("storey.FlatMap", { _fn: quoted(fn()) }))],
    [1, () => of("storey.Extend", { _fn: quoted(random.chance(0.5) ? '({"n": event["x"]})' : fn()) })],
    [0.7, () => withPaths(random, of("storey.ForEach", { _fn: quoted(fn()) }))],
    [0.7, () => of("storey.Flatten")],
    [
      0.7,
      () =>
        of("storey.Rename", { mapping: random.pick(['{"x": "z"}', '{"x": "y", "y": "x"}', '{"q": "x"}']) }),
    ],
    [0.5, () => of("storey.flow.DropColumns", { columns: random.pick(['["x"]', '["x", "zz"]', "[]"]) })],
    [
      0.5,
      () =>
        of("storey.flow.ReifyMetadata", {
          mapping: random.pick(['["id", "key"]', '{"path": "p"}', '["nope"]']),
        }),
    ],
    [1.5, () => batch(random)],
    [0.7, () => sample(random)],
    [
      0.5,
      () =>
        of("storey.Reduce", {
          initial_value: random.pick(["0", "[]"]),
          _fn: quoted(random.pick(["count", "gather"])),
        }),
    ],
    [0.7, () => of("storey.MapWithState", { initial_state: "{}", _fn: '"running"' })],
    [0.5, () => of("mlrun.serving.merger.Merge", merge(random), full)],
    [0.4, () => of("mlrun.serving.steps.ChoiceByField", { field_name: random.pick(['"s"', '"x"']) })],
    [0.4, () => of("storey.Collector", random.chance(0.3) ? { expected_completions: "2" } : {})],
    [0.3, () => of("storey.steps.partition.Partition", { _predicate: quoted("(event.body)") })],
    [0.5, () => concurrent(random)],
    [0.3, () => of("storey.ToDataFrame", random.chance(0.5) ? { columns: '["x", "y"]' } : {})],
    [0.3, () => of("storey.ReduceToDataFrame")],
  ])();
}

function batch(random: Random): Fields {
  const classArgs: Record<string, string> = {};
  if (random.chance(0.95)) classArgs.max_events = String(1 + random.below(3));
  if (random.chance(0.3)) classArgs.key_field = random.pick(['"x"', '"s"', '"$id"', '"zz"']);
  if (random.chance(0.1)) classArgs.drop_key_field = "True";
  const fields: Record<string, string> = random.chance(0.7) ? { full_event: "False" } : {};
  return { className: "storey.Batch", classArgs, fields };
}

function sample(random: Random): Fields {
  const classArgs: Record<string, string> = { window_size: String(random.pick([2, 2, 3, 1])) };
  if (random.chance(0.3)) classArgs.emit_before_termination = "True";
  if (random.chance(0.3)) classArgs.key = random.pick(['"x"', '"s"', '"$key"']);
  return { className: "storey.SampleWindow", classArgs };
}

function merge(random: Random): Record<string, string> {
  const classArgs: Record<string, string> = {};
  if (random.chance(0.4)) classArgs.expected_num_events = String(1 + random.below(3));
  if (random.chance(0.3)) classArgs.key_path = random.pick([`'event["x"]'`, `'event["s"]'`]);
  if (random.chance(0.2)) classArgs.max_behind = "1";
  return classArgs;
}

function concurrent(random: Random): Fields {
  const pool = { ...FUNCTIONS, ...COROUTINES };
  const classArgs: Record<string, string> = { _event_processor: quoted(random.pick(Object.keys(pool))) };
  if (random.chance(0.5)) classArgs.max_in_flight = String(1 + random.below(2));
  return { className: "storey.ConcurrentExecution", classArgs };
}

/** Steps of MLRun's feature store. */
function featureStep(random: Random): Fields {
  const of = (name: string, classArgs: Record<string, string>): Fields => ({
    className: `mlrun.feature_store.steps.${name}`,
    classArgs,
  });
  const mapping = random.pick([
    '{"x": {1: "one", 2: "two"}}',
    '{"x": {"ranges": {"low": [0, 5], "high": [5, "inf"]}}}',
    '{"s": {"a": 1}, "x": {3: None}}',
    '{"zz": {1: 2}}',
  ]);
  return random.weighted<() => Fields>([
    [
      2,
      () => of("MapValues", { mapping, ...(random.chance(0.5) ? { with_original_features: "True" } : {}) }),
    ],
    [
      1,
      () =>
        of("OneHotEncoder", {
          mapping: random.pick(['{"s": ["a", "abc", "two words"]}', '{"x": [1, 2, 1]}']),
        }),
    ],
    [
      1,
      () =>
        of("Imputer", { default_value: "0", ...(random.chance(0.5) ? { mapping: '{"x": 9, "b": 1}' } : {}) }),
    ],
    [1, () => of("DropFeatures", { features: random.pick(['["x"]', '["x", "zz"]', '["y"]']) })],
    [
      1,
      () =>
        of("SetEventMetadata", {
          ...(random.chance(0.6) ? { id_path: '"s"' } : {}),
          ...(random.chance(0.6) ? { key_path: random.pick(['"x"', '"d.k"']) } : {}),
        }),
    ],
    [0.5, () => of("DateExtractor", { parts: '["day", "hour"]', timestamp_col: '"x"' })],
  ])();
}

function queueStep(random: Random): Fields {
  const path = random.pick(['"dummy://"', '"dummy://"', '""', "None"]);
  const fields: Record<string, string> = {};
  if (random.chance(0.3)) fields.full_event = random.pick(["True", "False"]);
  return { className: "$queue", classArgs: { path }, fields };
}

export function routerStep(random: Random): Fields {
  const kind = random.weighted([
    [4, ""],
    [2, "mlrun.serving.routers.VotingEnsemble"],
    [2, "mlrun.serving.routers.ParallelRun"],
  ]);
  const classArgs: Record<string, string> = {};
  if (kind !== "") classArgs.executor_type = '"array"';
  if (kind.includes("Voting")) {
    if (random.chance(0.6)) classArgs.vote_type = random.pick(['"regression"', '"classification"']);
    if (random.chance(0.2)) classArgs.weights = random.pick(['{"m0": 1, "m1": 2}', '{"m0": 0.5, "m1": 0.5}']);
  }
  if (kind.includes("Parallel") && random.chance(0.4)) classArgs.extend_event = "True";
  if (kind === "" && random.chance(0.1)) classArgs.url_prefix = '"/p"';
  const routes = Array.from(
    {
      length: random.weighted([
        [1, 1],
        [3, 2],
        [1, 3],
        [0.2, 0],
      ]),
    },
    (_, i) => route(random, i, kind),
  );
  return { className: `*${kind}`, classArgs, routes };
}

function route(random: Random, i: number, kind: string): RouteSpec {
  const key = kind === "" && random.chance(0.1) ? `m${i}:v1` : `m${i}`;
  const server = kind.includes("Parallel") ? 0.2 : 0.75;
  if (random.chance(server)) {
    const className = random.weighted([
      [6, "Scale"],
      [0.6, "Failing"],
      [1, "Staged"],
    ]);
    const classArgs: Record<string, string> = { model_path: '"."' };
    if (className === "Scale" && random.chance(0.5)) classArgs.factor = random.pick(["1", "3", "0.5", "-1"]);
    return { key, className: className in SERVERS ? className : null, handler: null, classArgs };
  }
  const className = random.chance(0.4) ? random.pick(["Add", "Named", "Count", "OnEvent"]) : null;
  const handler = className === null ? random.pick(["wrap", "merged", "same", "fail", "pick", "size"]) : null;
  return { key, className, handler, classArgs: {} };
}

function runnerStep(random: Random): Fields {
  const count = random.weighted([
    [2, 1],
    [2, 2],
    [0.1, 0],
  ]);
  const models = Array.from({ length: count }, (_, i) => {
    const className = random.chance(0.85) ? "Times" : "Broken";
    const params: Record<string, string> = {};
    if (className === "Times" && random.chance(0.5)) params.n = number(random);
    return {
      key: `m${i}`,
      className: className in MODELS ? className : "",
      mechanism: count === 1 && random.chance(0.4) ? random.pick(["asyncio", "thread_pool"]) : "naive",
      params,
    };
  });
  const classArgs: Record<string, string> = random.chance(0.3) ? { raise_exception: "False" } : {};
  return { className: "ModelRunnerStep", classArgs, models };
}

function selectorStep(random: Random, next: readonly string[]): Fields {
  const outlets = `[${next.map(quoted).join(", ")}]`;
  return { className: random.pick(Object.keys(SELECTORS)), classArgs: { outlets } };
}
