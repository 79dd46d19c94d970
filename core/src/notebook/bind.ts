import { Raised } from "./machine";
import {
  type CallArgs,
  Datum,
  Mapping,
  type Place,
  type Scope,
  Sequence,
  Unknowable,
  type UserFunction,
} from "./values";

/** Gives the parameters of a function of the notebook their arguments; raises the `TypeError` that Python would. */
export function bindParameters(fn: UserFunction, args: CallArgs, at: Place, scope: Scope): void {
  const self = fn.self ? [{ value: fn.self, at }] : [];
  const positional = [...self, ...args.positional];
  const keyword = new Map(args.keyword);
  for (const p of fn.params) {
    if (p.form === "*") {
      scope.set(
        p.name,
        new Sequence(
          "tuple",
          positional.splice(0).map((a) => a.value),
        ),
      );
    } else if (p.form === "**") {
      const rest = new Mapping();
      for (const [name, { value }] of keyword) rest.set(new Datum(name), value);
      rest.open = args.open !== null;
      keyword.clear();
      scope.set(p.name, rest);
    } else {
      const given = p.keywordOnly ? undefined : positional.shift();
      const found = given ?? keyword.get(p.name);
      keyword.delete(p.name);
      const value = found?.value ?? fn.defaults.get(p.name);
      if (!value && !args.open) {
        throw new Raised("TypeError", `${fn.name}() missing 1 required argument: '${p.name}'`, at);
      }
      scope.set(p.name, value ?? new Unknowable(args.open?.reason ?? "this argument is unknown", at));
    }
  }
  const extra = [...keyword.keys()][0];
  if (extra !== undefined) {
    throw new Raised("TypeError", `${fn.name}() got an unexpected keyword argument '${extra}'`, at);
  }
  if (positional.length > 0) {
    throw new Raised("TypeError", `${fn.name}() takes fewer positional arguments than it was given`, at);
  }
}
