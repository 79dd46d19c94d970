import { typeName } from "../value/repr";
import { type PyValue, PyObject, isInt } from "../value/value";

/** What an entry of a step's dictionary may hold. */
export interface FieldType {
  /** After "must be". */
  readonly expected: string;
  readonly accepts: (value: PyValue) => boolean;
  /** The same as a JSON schema, for editors; null is allowed besides. */
  readonly schema: FieldSchema;
}

export interface FieldSchema {
  readonly type: "string" | "boolean" | "integer" | "object" | "array" | readonly ["string", "array"];
  readonly items?: FieldSchema;
}

const STRING: FieldSchema = { type: "string" };
const LIST: FieldSchema = { type: "array", items: STRING };

const text: FieldType = { expected: "a string", accepts: (v) => typeof v === "string", schema: STRING };
const callable: FieldType = {
  expected: "a string",
  accepts: (v) => typeof v === "string" || v instanceof PyObject,
  schema: STRING,
};
const truth: FieldType = {
  expected: "true or false",
  accepts: (v) => typeof v === "boolean",
  schema: { type: "boolean" },
};
const count: FieldType = { expected: "a whole number", accepts: isInt, schema: { type: "integer" } };
const table: FieldType = {
  expected: "a dictionary",
  accepts: (v) => v instanceof Map,
  schema: { type: "object" },
};
const isNames = (v: PyValue): boolean => Array.isArray(v) && v.every((x) => typeof x === "string");
const namesOrOne: FieldType = {
  expected: "a list of step names",
  accepts: (v) => typeof v === "string" || isNames(v),
  schema: { type: ["string", "array"], items: STRING },
};
const names: FieldType = { expected: "a list of step names", accepts: isNames, schema: LIST };
const models: FieldType = {
  expected: "a list of names",
  accepts: (v) => Array.isArray(v) && v.every((x) => x === null || typeof x === "string"),
  schema: { type: "array" },
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
