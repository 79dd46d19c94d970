import { typeName } from "../value/repr";
import { type PyValue, PyObject, isInt } from "../value/value";

/** What an entry of a step's dictionary may hold. */
export interface FieldType {
  /** After "must be". */
  readonly expected: string;
  readonly accepts: (value: PyValue) => boolean;
}

const text: FieldType = { expected: "a string", accepts: (v) => typeof v === "string" };
const callable: FieldType = {
  expected: "a string",
  accepts: (v) => typeof v === "string" || v instanceof PyObject,
};
const truth: FieldType = { expected: "true or false", accepts: (v) => typeof v === "boolean" };
const count: FieldType = { expected: "a whole number", accepts: isInt };
const table: FieldType = { expected: "a dictionary", accepts: (v) => v instanceof Map };
const isNames = (v: PyValue): boolean => Array.isArray(v) && v.every((x) => typeof x === "string");
const namesOrOne: FieldType = {
  expected: "a list of step names",
  accepts: (v) => typeof v === "string" || isNames(v),
};
const names: FieldType = { expected: "a list of step names", accepts: isNames };
const models: FieldType = {
  expected: "a list of names",
  accepts: (v) => Array.isArray(v) && v.every((x) => x === null || typeof x === "string"),
};

/** None is accepted by all: it stands for "not set". Entries that are not here may hold anything. */
export const FIELD_TYPES: ReadonlyMap<string, FieldType> = new Map([
  ["comment", text],
  ["on_error", text],
  ["class_name", callable],
  ["handler", callable],
  ["function", text],
  ["shape", text],
  ["input_path", text],
  ["result_path", text],
  ["engine", text],
  ["final_step", text],
  ["path", text],
  ["base_step", text],
  ["name", text],
  ["full_event", truth],
  ["responder", truth],
  ["allow_cyclic", truth],
  ["track_models", truth],
  ["raise_exception", truth],
  ["max_iterations", count],
  ["shards", count],
  ["retention_in_hours", count],
  ["class_args", table],
  ["options", table],
  ["trigger_args", table],
  ["shared_models", table],
  ["shared_models_mechanism", table],
  ["after", namesOrOne],
  ["before", names],
  ["cycle_from", names],
  ["model_endpoints_names", models],
  ["model_endpoints_routes_names", models],
]);

/** "an int", "a dict", "None": a value's type in a sentence. */
export function aTypeName(value: PyValue): string {
  if (value === null) return "None";
  const name = typeName(value);
  return `${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`;
}
