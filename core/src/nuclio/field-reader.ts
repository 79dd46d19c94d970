import { nearest } from "../model/check/rule";
import { type Json, type JsonObject, isObject } from "./json";

/** Something wrong in a settings file: where (`functions.child.replicas`), what, and what to do instead. */
export interface SettingProblem {
  readonly at: string;
  readonly message: string;
  readonly remedy: string;
}

export type Report = (problem: SettingProblem) => void;

/** Reads one value of a settings file; undefined where it is absent or wrong, which it has then reported. */
export type FieldReader<T> = (value: Json | undefined, at: string, report: Report) => T | undefined;

function expected<T>(what: string, remedy: string, accept: (value: Json) => T | undefined): FieldReader<T> {
  return (value, at, report) => {
    if (value === undefined || value === null) return undefined;
    const read = accept(value);
    if (read === undefined) report({ at, message: `"${at}" is not ${what}.`, remedy });
    return read;
  };
}

export const text: FieldReader<string> = expected("a text", "Write a text.", (v) =>
  typeof v === "string" ? v : typeof v === "number" || typeof v === "boolean" ? String(v) : undefined,
);

export const flag: FieldReader<boolean> = expected("true or false", "Write true or false.", (v) =>
  typeof v === "boolean" ? v : undefined,
);

/** A whole number of at least `least`. */
export function count(least = 0): FieldReader<number> {
  const what = `a whole number of at least ${least}`;
  return expected(what, `Write ${what}.`, (v) =>
    typeof v === "number" && Number.isInteger(v) && v >= least ? v : undefined,
  );
}

/** A length of time as Go writes it: `90s`, `1m30s`; a plain number counts seconds. */
export const duration: FieldReader<string> = expected(
  "a duration",
  "Write for example 90s or 1m30s.",
  (v) => {
    if (typeof v === "number" && v >= 0) return `${v}s`;
    return typeof v === "string" && /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(v) ? v : undefined;
  },
);

export function oneOf<const T extends string>(...values: readonly T[]): FieldReader<T> {
  const remedy = `Write one of ${values.join(", ")}.`;
  return expected(`one of ${values.join(", ")}`, remedy, (v) => values.find((x) => x === v));
}

/** Any JSON: Kubernetes' own forms, which the cluster checks. */
export const anything: FieldReader<Json> = (value) => value ?? undefined;

export const anyObject: FieldReader<JsonObject> = expected("a mapping", "Write name: value pairs.", (v) =>
  isObject(v) ? v : undefined,
);

export function listOf<T>(item: FieldReader<T>): FieldReader<readonly T[]> {
  return (value, at, report) => {
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) {
      report({
        at,
        message: `"${at}" is not a list.`,
        remedy: "Write its items as a list, each behind a dash.",
      });
      return undefined;
    }
    return value.flatMap((one: Json, i: number) => {
      const read = item(one, `${at}[${i}]`, report);
      return read === undefined ? [] : [read];
    });
  };
}

export function mapOf<T>(item: FieldReader<T>): FieldReader<Readonly<Record<string, T>>> {
  return (value, at, report) => {
    const object = anyObject(value, at, report);
    if (object === undefined) return undefined;
    const read: Record<string, T> = {};
    for (const [name, one] of Object.entries(object)) {
      const made = item(one, at === "" ? name : `${at}.${name}`, report);
      if (made !== undefined) read[name] = made;
    }
    return read;
  };
}

export type Fields<T> = { readonly [K in keyof T]-?: FieldReader<NonNullable<T[K]>> };

/**
 * A mapping with known names; an unknown one is reported with the nearest that there is. Without one of the `required`
 * names there is no value.
 */
export function record<T extends object>(
  fields: Fields<T>,
  required: readonly (keyof T & string)[] = [],
): FieldReader<T> {
  const names = Object.keys(fields);
  return (value, at, report) => {
    const object = anyObject(value, at, report);
    if (object === undefined) return undefined;
    for (const name of Object.keys(object)) if (!names.includes(name)) report(unknownName(name, at, names));
    const read: Partial<T> = {};
    for (const key of names as (keyof T & string)[]) {
      const one = fields[key](object[key], at === "" ? key : `${at}.${key}`, report);
      if (one !== undefined) read[key] = one;
    }
    const missing = required.filter((name) => read[name] === undefined);
    for (const name of missing) {
      if (object[name] === undefined) report({ at, message: `"${at}" has no "${name}".`, remedy: "Add it." });
    }
    // All that T requires is there: `required` lists it.
    return missing.length === 0 ? (read as T) : undefined;
  };
}

function unknownName(name: string, at: string, names: readonly string[]): SettingProblem {
  const near = nearest(name, names);
  const where = at === "" ? "" : ` in "${at}"`;
  return {
    at: at === "" ? name : `${at}.${name}`,
    message: `There is no setting "${name}"${where}.`,
    remedy: near === null ? `The settings there are ${names.join(", ")}.` : `Did you mean "${near}"?`,
  };
}

/** The first reader that takes the value without a complaint; else the last one's complaint. */
export function either<A, B>(first: FieldReader<A>, second: FieldReader<B>): FieldReader<A | B> {
  return (value, at, report) => {
    let well = true;
    const read = first(value, at, () => (well = false));
    return well ? read : second(value, at, report);
  };
}
