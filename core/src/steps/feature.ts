import { failure } from "../engine/failure";
import { FlowEvent } from "../engine/flowevent";
import { leadsIntoPython, textInPython } from "../engine/kernelpath";
import { type Answer, map } from "../engine/loop";
import { mlrunGet, noField } from "../engine/path";
import type { LoadRequest } from "../engine/executor";
import { KernelObject, load } from "../engine/foreign";
import type { Callable, ForeignObject, StepClass, StepInit } from "../engine/runtime";
import { Unsupported, comparison } from "../engine/arithmetic";
import { equal } from "../value/compare";
import { PyDict } from "../value/dict";
import { str, typeName } from "../value/repr";
import { type PyMap, PyObject, type PyValue } from "../value/value";
import { optional, required } from "./argument";
import { MapClassStep } from "./functions";
import { timestampOf, timestampPart } from "./timestamp";

/** A feature-store step: `do` with a native function of the body (or the event). */
class FeatureStep extends MapClassStep {
  constructor(init: StepInit, name: string, work: Work) {
    const className = `mlrun.feature_store.steps.${name}`;
    super(init, [className], new FeatureWork(init, className, work));
  }
}

type Work = (element: PyValue) => Answer<PyValue>;

/**
 * A step's `do`, which the first event makes that of an engine for good, as MLRun does: a data frame that of pandas,
 * which only Python can run.
 */
class FeatureWork implements Callable {
  readonly name = "do";
  readonly params = ["event"];
  readonly flavour = "plain";
  private engine: "_do_pandas" | "_do_storey" | null = null;
  private object: ForeignObject | null;

  constructor(
    private readonly init: StepInit,
    private readonly className: string,
    private readonly work: Work,
  ) {
    this.object = init.object;
  }

  call([given]: readonly PyValue[]): Answer<PyValue> {
    const element = given ?? null;
    const frame = element instanceof PyObject && element.type === "DataFrame";
    this.engine ??= frame ? "_do_pandas" : "_do_storey";
    const { engine } = this;
    const python = this.init.context.executor?.python === true;
    if (!python || !(frame || engine === "_do_pandas")) return this.work(element);
    return map(this.object ?? this.load(engine), (object) => {
      this.object = object;
      const method = object.method(engine);
      return method === null ? this.work(element) : method.call([element]);
    });
  }

  private load(method: string): Answer<ForeignObject> {
    const { context, step, fullName, name, engine } = this.init;
    const request: LoadRequest = {
      step: fullName,
      name,
      className: this.className,
      handler: method,
      classArgs: step?.classArgs ?? new Map(),
      offered: new Map(),
      engine,
      postInit: true,
    };
    return map(load(context, request), (loaded) => new KernelObject(context, loaded, request));
  }
}

/** What Python says where a step needs a dict and gets something else. */
type Refusal = (element: PyValue) => string;

const noItems: Refusal = (element) => `'${nameOf(element)}' object has no attribute 'items'`;

function noSubscript(element: PyValue): string {
  if (element instanceof FlowEvent) return `'${element.className}' object is not subscriptable`;
  return noField(element, "");
}

function noDeletion(element: PyValue): string {
  if (Array.isArray(element)) return "list indices must be integers or slices, not str";
  return `'${nameOf(element)}' object does not support item deletion`;
}

function nameOf(element: PyValue): string {
  return element instanceof FlowEvent ? element.className : typeName(element);
}

function rows(work: (body: PyMap) => PyValue, refusal: Refusal = noItems): (element: PyValue) => PyValue {
  return (element) => {
    if (element instanceof Map) return work(element);
    throw failure(refusal === noItems ? "AttributeError" : "TypeError", refusal(element));
  };
}

function mapArgument(init: StepInit, name: string): PyMap {
  const value = init.args.get(name) ?? null;
  return value instanceof Map ? value : new Map();
}

function inRange(value: PyValue, range: PyValue): boolean {
  const [low, high] = Array.isArray(range) ? range : [null, null];
  const from = low === "-inf" ? -Infinity : low;
  const to = high === "inf" ? Infinity : high;
  return ordered(">=", value, from) && ordered("<", value, to);
}

/** A comparison, or Python's error for what has no order. */
function ordered(op: ">=" | "<", a: PyValue, b: PyValue): boolean {
  try {
    return comparison(op, a, b);
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    const [left, right] = [typeName(a), typeName(b)];
    throw failure("TypeError", `'${op}' not supported between instances of '${left}' and '${right}'`);
  }
}

function mapValue(mapping: PyMap, value: PyValue): PyValue {
  const ranges = mapping.get("ranges");
  if (ranges instanceof Map) {
    for (const [name, range] of ranges) if (inRange(value, range)) return name;
  }
  const found = lookupKey(mapping, value);
  return found === undefined ? value : found;
}

/** Lists and dicts are no keys. */
function needsHash(key: PyValue): void {
  if (Array.isArray(key) || key instanceof Map)
    throw failure("TypeError", `unhashable type: '${typeName(key)}'`);
}

/** `mapping.get(key)` where Python holds `1`, `1.0` and `True` for one key. */
function lookupKey(mapping: PyMap, key: PyValue): PyValue | undefined {
  needsHash(key);
  if (typeof key === "string" || mapping instanceof PyDict) return mapping.get(key);
  for (const [k, v] of mapping) if (equal(k, key)) return v;
  return undefined;
}

function mapValues(init: StepInit): FeatureStep {
  const mapping = mapArgument(init, "mapping");
  const keep = init.args.get("with_original_features") === true;
  const suffix = str(init.args.get("suffix") ?? null);
  return new FeatureStep(
    init,
    "MapValues",
    rows((body) => {
      const mapped: PyMap = new Map();
      for (const [feature, value] of body) {
        const values = mapping.get(feature);
        if (!(values instanceof Map)) continue;
        mapped.set(keep ? `${str(feature)}_${suffix}` : feature, mapValue(values, value));
      }
      if (keep) for (const [feature, value] of body) mapped.set(feature, value);
      return mapped;
    }),
  );
}

/** `pd.isna(value)`, as a condition. */
function isMissing(value: PyValue): boolean {
  if (Array.isArray(value)) {
    if (value.length === 1) return isMissing(value[0]);
    if (value.length === 0) return false;
    throw failure(
      "ValueError",
      "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()",
    );
  }
  return value === null || (typeof value === "number" && Number.isNaN(value));
}

function imputer(init: StepInit): FeatureStep {
  const mapping = mapArgument(init, "mapping");
  const other = init.args.get("default_value") ?? null;
  return new FeatureStep(
    init,
    "Imputer",
    rows((body) => {
      const filled: PyMap = new Map();
      for (const [feature, value] of body) {
        const given = mapping.get(feature);
        filled.set(feature, isMissing(value) ? (given === undefined ? other : given) : value);
      }
      return filled;
    }),
  );
}

function sanitized(category: PyValue): string {
  return typeof category === "string" ? category.replace(/[ -]/g, "_") : str(category);
}

function oneHotEncoder(init: StepInit): FeatureStep {
  const mapping = mapArgument(init, "mapping");
  for (const [feature, values] of mapping) {
    const list = Array.isArray(values) ? values : [];
    if (!list.every(isCategory)) {
      throw failure(
        "MLRunInvalidArgumentError",
        "For OneHotEncoder you must provide int or string mapping list",
      );
    }
    // The constructor leaves its own argument without duplicates.
    mapping.set(
      feature,
      list.filter((v, i) => list.findIndex((other) => equal(other, v)) === i),
    );
  }
  return new FeatureStep(
    init,
    "OneHotEncoder",
    rows((body) => {
      const encoded: PyMap = new Map();
      for (const [feature, value] of body) encode(encoded, feature, value, mapping.get(feature) ?? null);
      return encoded;
    }),
  );
}

function isCategory(value: PyValue): boolean {
  return (
    typeof value === "string" ||
    typeof value === "bigint" ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isInteger(value))
  );
}

function encode(into: PyMap, feature: PyValue, value: PyValue, categories: PyValue): void {
  if (!Array.isArray(categories) || categories.length === 0) {
    into.set(feature, value);
    return;
  }
  const name = (category: PyValue): string => `${str(feature)}_${sanitized(category)}`;
  for (const category of categories) into.set(name(category), 0);
  if (categories.some((category) => equal(category, value))) into.set(name(value), 1);
}

function dateExtractor(init: StepInit): FeatureStep {
  const column = str(init.args.get("timestamp_col") || "timestamp");
  const given = init.args.get("parts") ?? null;
  const parts = Array.isArray(given) ? given : given instanceof Map ? [...given.keys()] : [];
  return new FeatureStep(
    init,
    "DateExtractor",
    rows((body) => {
      const value = body.get(column);
      if (value === undefined) {
        throw failure("MLRunInvalidArgumentError", `${column} does not exist in the event`);
      }
      const timestamp = timestampOf(value);
      for (const part of parts) body.set(`${column}_${str(part)}`, timestampPart(timestamp, str(part)));
      return body;
    }, noSubscript),
  );
}

function dropFeatures(init: StepInit): FeatureStep {
  const features = init.args.get("features") ?? null;
  return new FeatureStep(
    init,
    "DropFeatures",
    rows((body) => {
      for (const feature of Array.isArray(features) ? features : []) {
        needsHash(feature);
        if (body.delete(feature)) continue;
        throw failure(
          "MLRunInvalidArgumentError",
          `The ingesting data doesn't contain a feature named '${str(feature)}'`,
        );
      }
      return body;
    }, noDeletion),
  );
}

function setEventMetadata(init: StepInit): FeatureStep {
  const idPath = str(init.args.get("id_path") ?? "");
  const keyPath = str(init.args.get("key_path") ?? "");
  const random = init.args.get("random_id") === true;
  const textAt = (body: PyValue, path: string): Answer<PyValue> =>
    leadsIntoPython(init.context, body, path, "mlrun")
      ? textInPython(init.context, init.fullName, body, path)
      : str(mlrunGet(body, path));
  return new FeatureStep({ ...init, fullEvent: true }, "SetEventMetadata", (event) => {
    if (!(event instanceof FlowEvent)) {
      if (idPath === "" && keyPath === "" && !random) return event;
      const asked = idPath !== "" || keyPath !== "" ? "body" : "id";
      throw failure("AttributeError", `'${typeName(event)}' object has no attribute '${asked}'`);
    }
    const id = idPath === "" ? event.id : textAt(event.body, idPath);
    return map(id, (text) => {
      event.id = text;
      const key = keyPath === "" ? event.key : textAt(event.body, keyPath);
      return map(key, (found) => {
        event.key = found;
        if (random) event.id = init.context.newId();
        return event;
      });
    });
  });
}

/** Without its feature set there is nothing to check: events pass. */
function featuresetValidator(init: StepInit): FeatureStep {
  return new FeatureStep({ ...init, fullEvent: true }, "FeaturesetValidator", (event) => event);
}

function row(
  name: string,
  meaning: string,
  args: StepClass["args"],
  make: (init: StepInit) => FeatureStep,
): StepClass {
  return { names: [`mlrun.feature_store.steps.${name}`], meaning, args, open: true, make };
}

export const FEATURE_STEPS: readonly StepClass[] = [
  row(
    "MapValues",
    "Maps the values of columns to new ones.",
    [
      required("mapping", "Dict of column to a dict of value to new value, or to `ranges`."),
      { name: "with_original_features", default: false, meaning: "Keeps the columns and adds mapped ones." },
      { name: "suffix", default: "mapped", meaning: "What the names of added columns end with." },
    ],
    mapValues,
  ),
  row(
    "Imputer",
    "Puts values in place of missing ones.",
    [
      { name: "method", default: "avg", meaning: "Not used yet by MLRun." },
      optional("default_value", "Value for columns without one of their own."),
      optional("mapping", "Dict of column to its value."),
    ],
    imputer,
  ),
  row(
    "OneHotEncoder",
    "Makes a column of 0 or 1 for each category.",
    [required("mapping", "Dict of column to its list of categories.")],
    oneHotEncoder,
  ),
  row(
    "DateExtractor",
    "Adds columns with parts of a time.",
    [
      required("parts", "Names of parts: hour, day_of_week, ..."),
      optional("timestamp_col", "Column of the time."),
    ],
    dateExtractor,
  ),
  row(
    "SetEventMetadata",
    "Sets the event's id and key from its body.",
    [
      optional("id_path", "Where in the body the id is."),
      optional("key_path", "Where in the body the key is."),
      optional("random_id", "Gives the event a random id."),
    ],
    setEventMetadata,
  ),
  row("DropFeatures", "Removes columns.", [required("features", "Names of the columns.")], dropFeatures),
  row(
    "FeaturesetValidator",
    "Checks values against the feature set's validators, and tells what is wrong.",
    [
      optional("featureset", "The feature set."),
      optional("columns", "Columns to check."),
      optional("name", "Name of the step."),
    ],
    featuresetValidator,
  ),
];
