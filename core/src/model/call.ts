import { PyRaise } from "../value/raise";
import type { PyValue } from "../value/value";

/**
 * One argument of a builder's call: a Python value, a step object made earlier, or a list or dict that holds such.
 * `T` is the type of step objects.
 */
export type Argument<T> = PyValue | T | readonly Argument<T>[] | ReadonlyMap<PyValue, Argument<T>>;

/** Keyword arguments in the order in which they are written: that is the order of `class_args`. */
export type Keywords<T> = Readonly<Record<string, Argument<T>>> | ReadonlyMap<string, Argument<T>>;

/** A Python method's parameters, without `self`. */
export interface Signature {
  /** `BaseStep.to`, as Python's messages name it. */
  readonly name: string;
  readonly required: readonly string[];
  /** Parameters with a default, in order. */
  readonly optional: ReadonlyMap<string, PyValue>;
  /** Name of `**rest`, null when there is none. */
  readonly rest: string | null;
}

/** Arguments by parameter, and what went into `**rest`. */
export interface Bound<T> {
  readonly values: ReadonlyMap<string, Argument<T>>;
  readonly rest: ReadonlyMap<string, Argument<T>>;
}

/**
 * Reads `name(a, b=1, c=None, **rest)` in a short spelling: required names, then optional ones with `?` (None) or
 * a default from `defaults`, then `**rest`.
 */
export function signature(
  name: string,
  parameters: string,
  defaults: Readonly<Record<string, PyValue>> = {},
): Signature {
  const required: string[] = [];
  const optional = new Map<string, PyValue>();
  let rest: string | null = null;
  for (const word of parameters.split(" ").filter((w) => w !== "")) {
    if (word.startsWith("**")) rest = word.slice(2);
    else if (word.endsWith("?")) optional.set(word.slice(0, -1), defaults[word.slice(0, -1)] ?? null);
    else required.push(word);
  }
  return { name, required, optional, rest };
}

/** Gives every parameter its argument; raises the `TypeError` that Python would. */
export function bind<T>(to: Signature, positional: readonly Argument<T>[], keyword: Keywords<T>): Bound<T> {
  const names = [...to.required, ...to.optional.keys()];
  if (positional.length > names.length) throw tooMany(to, names, positional.length);
  const values = new Map<string, Argument<T>>();
  positional.forEach((value, i) => values.set(names[i], value));
  const rest = new Map<string, Argument<T>>();
  for (const [name, value] of entriesOf(keyword)) {
    if (name === "self" || values.has(name)) {
      throw new PyRaise("TypeError", `${to.name}() got multiple values for argument '${name}'`);
    }
    if (names.includes(name)) values.set(name, value);
    else if (to.rest !== null) rest.set(name, value);
    else throw new PyRaise("TypeError", `${to.name}() got an unexpected keyword argument '${name}'`);
  }
  const missing = to.required.filter((name) => !values.has(name));
  if (missing.length > 0) throw missingArguments(to, missing);
  for (const [name, value] of to.optional) if (!values.has(name)) values.set(name, value);
  return { values, rest };
}

export function entriesOf<T>(keyword: Keywords<T>): Iterable<readonly [string, Argument<T>]> {
  return keyword instanceof Map ? keyword.entries() : Object.entries(keyword);
}

function tooMany(to: Signature, names: readonly string[], given: number): PyRaise {
  const least = to.required.length + 1;
  const most = names.length + 1;
  const takes = least === most ? `${most}` : `from ${least} to ${most}`;
  const noun = most === 1 ? "argument" : "arguments";
  return new PyRaise(
    "TypeError",
    `${to.name}() takes ${takes} positional ${noun} but ${given + 1} were given`,
  );
}

function missingArguments(to: Signature, missing: readonly string[]): PyRaise {
  const quoted = missing.map((name) => `'${name}'`);
  const last = quoted.length > 2 ? ", and " : " and ";
  const list =
    quoted.length === 1 ? quoted[0] : quoted.slice(0, -1).join(", ") + last + quoted[quoted.length - 1];
  const noun = missing.length === 1 ? "argument" : "arguments";
  return new PyRaise(
    "TypeError",
    `${to.name}() missing ${missing.length} required positional ${noun}: ${list}`,
  );
}
