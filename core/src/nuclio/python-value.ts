import { type PyMap, type PyValue, float } from "../value/value";
import { type Json, isObject } from "./json";

/** JSON as a Python value. A whole number is an int; settings have no other way to say it. */
export function fromJson(value: Json): PyValue {
  if (Array.isArray(value)) return value.map(fromJson);
  if (isObject(value)) return mapFromJson(value);
  if (typeof value === "number") return Number.isInteger(value) ? value : float(value);
  return value as null | boolean | string; // objects, lists and numbers are done
}

export function mapFromJson(value: Readonly<Record<string, Json | undefined>>): PyMap {
  return new Map<PyValue, PyValue>(
    Object.entries(value).flatMap(([k, v]): [PyValue, PyValue][] =>
      v === undefined ? [] : [[k, fromJson(v)]],
    ),
  );
}
