import { failure } from "../engine/failure";
import type { Table } from "../engine/context";
import { FlowEvent } from "../engine/flowevent";
import { FlowStep } from "../engine/flowstep";
import { FunctionValue } from "../engine/foreign";
import { type Coro, type Run, wait } from "../engine/loop";
import type { StepClass, StepInit } from "../engine/runtime";
import { truthy } from "../value/compare";
import { typeName } from "../value/repr";
import { type PyMap, type PyValue, isMap } from "../value/value";
import { optional, required, textArgument } from "./argument";
import { bodyField, eventAttribute } from "./batch";
import { CONCURRENT_ARGS, ConcurrentStep } from "./concurrent";
import { stringifyKey } from "./table";

/** `storey.JoinWithTable`: adds the attributes of the table's row to each event. */
class JoinWithTableStep extends ConcurrentStep<PyMap> {
  private readonly table: Table;
  private readonly key: PyValue;
  private readonly join: PyValue;
  private readonly inner: boolean;

  constructor(init: StepInit) {
    super(init, ["storey.flow.JoinWithTable"]);
    this.table = init.context.table(textArgument(init, "table") ?? "");
    this.key = init.args.get("key_extractor") ?? null;
    this.join = init.args.get("join_function") ?? null;
    this.inner = init.args.get("inner_join") === true;
  }

  protected *work(event: FlowEvent): Coro<PyMap> {
    const { key } = this;
    const element = this.element(event);
    const value =
      key instanceof FunctionValue ? yield* wait(key.callable.call([element])) : bodyField(event.body, key);
    return rowOf(this.table, stringifyKey(value));
  }

  protected completed(event: FlowEvent, row: PyMap): Run {
    if (this.inner && row.size === 0) return undefined;
    const element = this.element(event);
    const emit = (joined: PyValue): Run =>
      joined === null ? undefined : this.emit(this.mapped(event, joined));
    if (this.join instanceof FunctionValue) return this.callThen(this.join.callable, [element, row], emit);
    const body = element instanceof FlowEvent ? element.body : element;
    if (!isMap(body)) throw failure("AttributeError", `'${typeName(body)}' object has no attribute 'update'`);
    for (const [name, attribute] of row) body.set(name, attribute);
    return emit(element);
  }
}

/** The row of a key, made empty when there is none. */
function rowOf(table: Table, key: string): PyMap {
  const known = table.rows.get(key);
  if (known) return known;
  const made: PyMap = new Map();
  table.rows.set(key, made);
  return made;
}

/** `storey.NoSqlTarget`: writes fields of each event into the table's row of its key. */
class NoSqlTargetStep extends FlowStep {
  private readonly table: Table;
  private readonly columns: readonly string[];
  /** Keys whose row is no dict. */
  private readonly odd = new Set<string>();

  constructor(init: StepInit) {
    super(init, ["storey.targets.NoSqlTarget"]);
    this.table = init.context.table(textArgument(init, "table") ?? "");
    const columns = init.args.get("columns");
    this.columns = Array.isArray(columns) ? columns.map(String) : [];
  }

  protected process(event: FlowEvent): Run {
    if (event.key === null) {
      throw failure("ValueError", "Event could not be written to table because it has no key");
    }
    const key = stringifyKey(event.key);
    // What is no dict becomes a new key's row as it is; only the next event finds out.
    if (!isMap(event.body) && this.columns.length === 0 && !this.table.rows.has(key) && !this.odd.has(key)) {
      this.odd.add(key);
      return this.emit(event);
    }
    const row = rowOf(this.table, key);
    for (const [name, value] of this.entries(event)) row.set(name, value);
    return this.emit(event);
  }

  /** Columns may be renamed (`new=old`) or come from the event (`$key`, `name=$key`). */
  private *entries(event: FlowEvent): Iterable<readonly [PyValue, PyValue]> {
    const { body } = event;
    if (!isMap(body)) {
      const asked = this.columns.length === 0 ? "items" : "get";
      throw failure("AttributeError", `'${typeName(body)}' object has no attribute '${asked}'`);
    }
    if (this.columns.length === 0) yield* body;
    for (const column of this.columns) {
      const [name, from = column] = column.split("=");
      if (from.startsWith("$")) yield [name.replace(/^\$/, ""), eventAttribute(event, from.slice(1))];
      else if (body.has(from)) yield [name, body.get(from) ?? null];
    }
  }
}

/** `storey.QueryByKey` for attributes of rows. */
class QueryByKeyStep extends FlowStep {
  private readonly table: Table;

  constructor(private readonly init: StepInit) {
    super(init, ["storey.aggregations.QueryByKey"]);
    this.table = init.context.table(textArgument(init, "table") ?? "");
    const inMemory = init.context.storey && !init.args.has("store");
    if (!inMemory && this.features.some((name) => /_[a-z]+_\d+[smhd]$/.test(name))) {
      throw failure(
        "RuntimeError",
        `step ${init.name}: QueryByKey can't read features of time windows in a simulation; ` +
          "take them out of `features`, or have AggregateByKey emit them, to simulate the rest",
      );
    }
  }

  private get features(): readonly string[] {
    const features = this.init.args.get("features");
    return Array.isArray(features) ? features.map(String) : [];
  }

  protected process(event: FlowEvent): Run {
    const field = this.init.args.get("key_field") ?? null;
    if (field !== null && !truthy(event.body)) return this.query(event, event.key);
    if (field instanceof FunctionValue)
      return this.callThen(field.callable, [event.body], (key) => this.query(event, key));
    if (field === null) return this.query(event, event.key);
    const get = (name: PyValue): PyValue => (isMap(event.body) ? (event.body.get(name) ?? null) : null);
    return this.query(event, Array.isArray(field) ? field.map(get) : get(field));
  }

  private query(event: FlowEvent, key: PyValue): Run {
    const none = Array.isArray(key) ? key.length === 1 && key[0] === null : key === null;
    if (none && this.init.args.get("key_field")) {
      event.body = null;
      return this.emit(event);
    }
    const augment = this.init.args.get("augmentation_fn");
    if (augment instanceof FunctionValue) {
      return this.callThen(augment.callable, [event.body, new Map()], (made) =>
        this.enriched(event, key, isMap(made) ? made : new Map()),
      );
    }
    return this.enriched(event, key, new Map(isMap(event.body) ? event.body : []));
  }

  /** In memory a query finds no features of time windows: what rows hold comes over what there is. */
  private enriched(event: FlowEvent, key: PyValue, body: PyMap): Run {
    const aliases = this.init.args.get("aliases");
    const row = this.table.rows.get(stringifyKey(key));
    for (const name of this.features) {
      const value = row?.get(name);
      if (value !== undefined) body.set((isMap(aliases) ? aliases.get(name) : null) ?? name, value);
    }
    event.key = key;
    event.body = body;
    return this.emit(event);
  }
}

const TABLE = required("table", "Table, such as `$name` for one in memory.");

export const TABLE_STEPS: readonly StepClass[] = [
  {
    names: ["storey.JoinWithTable", "storey.flow.JoinWithTable"],
    meaning: "Adds the attributes of the key's row to the body.",
    args: [
      TABLE,
      required("key_extractor", "Field of the key, or a function of the body."),
      optional("attributes", "Attributes to read; all when absent."),
      { name: "inner_join", default: false, meaning: "Drops events whose key has no row." },
      optional(
        "join_function",
        "Function of body and attributes that makes the new body; None drops the event.",
      ),
      ...CONCURRENT_ARGS,
    ],
    open: true,
    make: (init) => new JoinWithTableStep(init),
  },
  {
    names: ["storey.NoSqlTarget", "storey.targets.NoSqlTarget"],
    meaning: "Writes fields of the body into the row of the event's key.",
    args: [
      TABLE,
      optional("columns", "Fields to write; all when absent."),
      optional("infer_columns_from_data", "Takes the columns from the first event."),
    ],
    open: true,
    make: (init) => new NoSqlTargetStep(init),
  },
  {
    names: ["storey.QueryByKey", "storey.aggregations.QueryByKey"],
    keepsAs: { key_field: "_key_extractor" },
    meaning: "Adds features of the key's row to the body.",
    args: [
      required("features", "Names of the features."),
      TABLE,
      optional("key_field", "Field or fields of the key; the event's key when absent."),
      optional("time_field", "Field of the time."),
      optional("augmentation_fn", "Function of body and features that makes the new body."),
      optional("aliases", "Dict of feature to another name."),
      optional("fixed_window_type", "Which fixed window to read."),
    ],
    open: true,
    make: (init) => new QueryByKeyStep(init),
  },
];
