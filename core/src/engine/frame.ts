import { PyObject, type PyValue, asNumber, float, isFloat, isInt } from "../value/value";
import { failure } from "./failure";

/** Tables of pandas as far as a description tells of them: where there is no kernel that holds the table itself. */

/** A column's type, and its cells as pandas keeps them. */
export interface Column {
  readonly dtype: string;
  readonly values: PyValue[];
}

/** The column that pandas makes of these cells: numbers, texts, None and booleans. */
export function column(values: readonly PyValue[]): Column {
  const missing = (v: PyValue): boolean => v === null || (typeof v === "number" && Number.isNaN(v));
  const present = values.filter((v) => !missing(v));
  const some = present.length < values.length;
  if (
    present.every((v) => isInt(v) || isFloat(v)) &&
    (present.length > 0 || values.every((v) => v !== null))
  ) {
    if (present.some((v) => isInt(v) && !isInt64(v))) return { dtype: "object", values: [...values] };
    if (!some && present.length > 0 && present.every((v) => isInt(v)))
      return { dtype: "int64", values: [...values] };
    return { dtype: "float64", values: values.map((v) => (missing(v) ? NaN : float(asNumber(v)))) };
  }
  if (!some && present.length > 0 && present.every((v) => typeof v === "boolean")) {
    return { dtype: "bool", values: [...values] };
  }
  return { dtype: "object", values: [...values] };
}

function isInt64(v: PyValue): boolean {
  const whole = typeof v === "bigint" ? v : BigInt(asNumber(v));
  return whole >= -(1n << 63n) && whole < 1n << 63n;
}

/** A column of a described table, as its attribute gives it; None when it has none of that name. */
export function columnOf(frame: PyObject, name: string): PyValue {
  const columns = listOf(frame, "columns");
  const at = columns.indexOf(name);
  if (at < 0) return null;
  const values = listOf(frame, "rows").map((row) => (Array.isArray(row) ? (row[at] ?? null) : null));
  return new PyObject(
    "Series",
    new Map<string, PyValue>([
      ["name", name],
      ["index", frame.fields.get("index") ?? []],
      ["values", values],
    ]),
  );
}

/** `frame[name] = values`. The table itself changes: whoever shares it sees the column. */
export function setColumn(frame: PyObject, name: PyValue, values: PyValue): void {
  const fields = frame.fields as Map<string, PyValue>; // made here or by the reader of a description: a plain map
  const columns = listOf(frame, "columns");
  const rows = listOf(frame, "rows").map((row) => (Array.isArray(row) ? [...row] : []));
  const given = Array.isArray(values) ? values : new Array<PyValue>(rows.length).fill(values);
  if (given.length !== rows.length) {
    throw failure(
      "ValueError",
      `Length of values (${given.length}) does not match length of index (${rows.length})`,
    );
  }
  const made = column(given);
  const at = columns.indexOf(name);
  const place = at < 0 ? columns.length : at;
  rows.forEach((row, i) => (row[place] = made.values[i]));
  const types = listOf(frame, "dtypes");
  types[place] = made.dtype;
  columns[place] = name;
  fields.set("columns", columns);
  fields.set("dtypes", types);
  fields.set("rows", rows);
}

function listOf(frame: PyObject, name: string): PyValue[] {
  const value = frame.fields.get(name);
  return Array.isArray(value) ? [...value] : [];
}
