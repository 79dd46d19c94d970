import type { Severity } from "../model/problem";
import type { Expr, Span } from "./syntax";
import { type CallArgs, type Place, type Scope, type UserClass, type UserFunction, type Val } from "./values";

/** What stops the reading of one statement: Python would have raised here. */
export class Raised extends Error {
  constructor(
    /** Name of the Python exception. */
    readonly className: string,
    message: string,
    readonly at: Place | null,
  ) {
    super(message);
  }
}

/** Thrown when a notebook's reading takes longer than it may: what is known by then is kept. */
export class OutOfBudget extends Error {}

/** What the parts of the interpreter ask of each other. */
export interface Machine {
  readonly globals: Scope;
  evaluate(expr: Expr, scope: Scope): Val;
  /** Calls anything that can be called; unknown things give an unknown value. */
  /** What a name stands for that the notebook defines nowhere. */
  undefinedName(name: string, at: Place): Val;
  /** A function that is made where the text does not show. */
  unseenFunction(at: Place): Val;
  /** A builtin of Python, which any scope may shadow. */
  builtin(name: string): Val | undefined;
  call(callee: Val, args: CallArgs, at: Place): Val;
  /** Runs a function of the notebook with its arguments. */
  run(fn: UserFunction, args: CallArgs, at: Place): Val;
  instantiate(cls: UserClass, args: CallArgs, at: Place): Val;
  attribute(object: Val, name: string, at: Place): Val;
  /** Python's truth of a value; null when it is unknown. */
  truth(value: Val): boolean | null;
  /** The items of an iterable; null when they are unknown.*/
  items(value: Val): readonly Val[] | null;
  /** Counts one unit of work; throws `OutOfBudget`. */
  tick(units?: number): void;
  place(span: Span): Place;
  report(severity: Severity, code: string, message: string, remedy: string, at: Place | null): void;
  /** True inside a `try` that would catch what is raised. */
  readonly guarded: boolean;
  /** Why the code that runs now may run otherwise in the kernel; null when it is certain. */
  readonly doubt: Doubt | null;
}

/** A condition or loop whose outcome is unknown. */
export interface Doubt {
  readonly what: "condition" | "loop" | "call";
  readonly reason: string;
  readonly at: Place;
}
