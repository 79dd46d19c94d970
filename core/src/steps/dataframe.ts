import { failure } from "../engine/failure";
import { type Column, column } from "../engine/frame";
import type { FlowEvent } from "../engine/flowevent";
import { FlowStep } from "../engine/flowstep";
import type { Coro, Run } from "../engine/loop";
import type { StepClass, StepInit } from "../engine/runtime";
import { repr, typeName } from "../value/repr";
import { type PyMap, PyObject, type PyValue, asNumber, float, isMap } from "../value/value";
import { optional, textArgument } from "./argument";

/** A table as pandas makes one of rows; only kinds of cells whose type is sure: numbers, texts, None, booleans. */
class Frame {
  private readonly columns = new Map<PyValue, PyValue[]>();

  constructor(
    rows: readonly PyMap[],
    names: readonly string[] | null,
    private readonly size = rows.length,
  ) {
    const found = new Set<PyValue>();
    for (const row of rows) for (const key of row.keys()) found.add(key);
    for (const name of names ?? found) {
      this.columns.set(
        name,
        rows.map((row) => row.get(name) ?? (row.has(name) ? null : NaN)),
      );
    }
  }

  insert(name: string, values: PyValue[]): void {
    this.columns.set(name, values);
  }

  /** The described form of the DataFrame, with `index` as its index. */
  describe(index: readonly string[]): PyObject {
    const cells = new Map([...this.columns].map(([name, values]) => [name, column(values)]));
    const key = index.length === 1 ? this.take(cells, index[0]) : null;
    const types = [...cells.values()].map((one) => one.dtype);
    const widen = types.includes("float64") && types.every((type) => type === "float64" || type === "int64");
    const rows: PyValue[] = [];
    for (let i = 0; i < this.size; i++) {
      rows.push([...cells.values()].map(({ values }) => (widen ? float(asNumber(values[i])) : values[i])));
    }
    return new PyObject(
      "DataFrame",
      new Map<string, PyValue>([
        ["columns", [...cells.keys()]],
        ["index_name", key === null ? null : index[0]],
        ["index", key ?? rows.map((_, i) => i)],
        ["dtypes", types],
        ["rows", rows],
      ]),
    );
  }

  private take(cells: Map<PyValue, Column>, name: string): PyValue[] {
    const found = cells.get(name);
    if (!found) throw failure("KeyError", `"None of [${repr(name)}] are in the columns"`);
    cells.delete(name);
    return found.values;
  }
}

function namesOf(value: PyValue): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.map(String) : [];
}

function columnNames(init: StepInit): readonly string[] | null {
  const columns = init.args.get("columns");
  return Array.isArray(columns) ? columns.map(String) : null;
}

/** Rows of dicts; lists need names of columns. */
function rowsOf(values: readonly PyValue[], names: readonly string[] | null): PyMap[] {
  return values.map((value) => {
    if (isMap(value)) return value;
    const items = Array.isArray(value) ? value : [value];
    return new Map<PyValue, PyValue>(items.map((item, i) => [names?.[i] ?? i, item]));
  });
}

class ToDataFrameStep extends FlowStep {
  private readonly index: readonly string[];
  private readonly columns: readonly string[] | null;

  constructor(init: StepInit) {
    super(init, ["storey.dataframe.ToDataFrame"]);
    this.index = namesOf(init.args.get("index") ?? null);
    this.columns = columnNames(init);
  }

  protected override get asksFirst(): string | null {
    return "body";
  }

  protected process(event: FlowEvent): Run {
    const { body } = event;
    if (!Array.isArray(body) && !isMap(body) && body !== null) {
      throw failure("ValueError", "DataFrame constructor not properly called!");
    }
    event.body = frameOf(body ?? [], this.columns).describe(this.index);
    return this.emit(event);
  }
}

/** `pd.DataFrame(body)`: a list of rows, or a dict of columns. */
function frameOf(body: PyValue[] | PyMap, names: readonly string[] | null): Frame {
  if (Array.isArray(body)) return new Frame(rowsOf(body, names), names);
  const columns = [...body].map(([name, values]) => [String(name), values] as const);
  const size = columns.map(([, values]) => (Array.isArray(values) ? values.length : -1)).find((n) => n >= 0);
  if (size === undefined) {
    throw failure("ValueError", "If using all scalar values, you must pass an index");
  }
  const frame = new Frame([], names, size);
  for (const [name, values] of columns) {
    frame.insert(name, Array.isArray(values) ? values : new Array<PyValue>(size).fill(values));
  }
  return frame;
}

const TERMINAL = "ToDataFrame is a terminal step. It cannot be piped further.";

class ReduceToDataFrameStep extends FlowStep {
  private readonly rows: PyValue[] = [];
  private readonly keys: PyValue[] = [];
  private readonly times: PyValue[] = [];
  private readonly ids: PyValue[] = [];

  constructor(private readonly init: StepInit) {
    super(init, ["storey.dataframe.ReduceToDataFrame"]);
  }

  override to(): never {
    throw failure("ValueError", TERMINAL);
  }

  protected override get asksFirst(): string | null {
    return "body";
  }

  protected process(event: FlowEvent): Run {
    const { body } = event;
    if (!isMap(body) && !Array.isArray(body)) {
      throw failure(
        "ValueError",
        `ToDataFrame step only supports input of type dictionary or list, not <class '${typeName(body)}'>`,
      );
    }
    this.rows.push(body);
    this.keys.push(event.key);
    this.times.push(event.time);
    this.ids.push(event.id);
    return undefined;
  }

  protected override *onTermination(): Coro<PyValue> {
    const { init } = this;
    const names = columnNames(init);
    const frame = new Frame(rowsOf(this.rows, names), names);
    if (this.rows.length === 0) return frame.describe([]);
    const inserted: readonly (readonly [string, PyValue[]])[] = [
      ["insert_key_column_as", this.keys],
      ["insert_processing_time_column_as", this.times],
      ["insert_id_column_as", this.ids],
    ];
    for (const [argument, values] of inserted) {
      const name = textArgument(init, argument);
      if (name) frame.insert(name, values);
    }
    return frame.describe(namesOf(init.args.get("index") ?? null));
  }
}

const INDEX = optional("index", "Column that becomes the index.");
const COLUMNS = optional("columns", "Names of the columns.");

export const DATAFRAME_STEPS: readonly StepClass[] = [
  {
    names: ["storey.ToDataFrame", "storey.dataframe.ToDataFrame"],
    hosted: true,
    meaning: "Makes a pandas DataFrame of the body.",
    args: [INDEX, COLUMNS],
    open: true,
    make: (init) => new ToDataFrameStep(init),
  },
  {
    names: ["storey.ReduceToDataFrame", "storey.dataframe.ReduceToDataFrame"],
    hosted: true,
    terminal: TERMINAL,
    meaning: "Makes one pandas DataFrame of all events; it is the flow's result.",
    args: [
      INDEX,
      COLUMNS,
      optional("insert_key_column_as", "Column for the events' keys."),
      optional("insert_processing_time_column_as", "Column for the events' times."),
      optional("insert_id_column_as", "Column for the events' ids."),
    ],
    open: true,
    make: (init) => new ReduceToDataFrameStep(init),
  },
];
