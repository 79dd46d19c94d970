import { arithmetic, comparison } from "./arithmetic";
import type { Code } from "./expression";
import type { PyValue } from "../value/value";

/**
 * Operators of expressions for the values that nearly all events hold: ints that plain numbers carry exactly. What
 * is anything else goes to `arithmetic` and `comparison`.
 */

/** Codes that always give the same value: their callers need not call them. */
const constants = new WeakMap<Code, PyValue>();

/** Gives the event itself. */
export const EVENT: Code = (event) => event;

export function constantCode(value: PyValue): Code {
  const code: Code = () => value;
  constants.set(code, value);
  return code;
}

/** Sums, differences and products of two ints below 2^53 in size that stay there. */
function small(value: PyValue): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

type Operate = (x: number, y: number) => number;

/** Exact for ints as long as the result is below 2^53; `//` and `%` round down, as Python does. */
const OPERATIONS: Readonly<Record<string, Operate>> = {
  "+": (x, y) => x + y,
  "-": (x, y) => x - y,
  "*": (x, y) => x * y,
  "//": (x, y) => (y === 0 ? NaN : quotient(x, y)),
  "%": (x, y) => (y === 0 ? NaN : modulo(x, y)),
};

function modulo(x: number, y: number): number {
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
}

/** A quotient of two such ints may round up to the next int: what is left after the rest is divided exactly. */
function quotient(x: number, y: number): number {
  const multiple = x - modulo(x, y);
  return Number.isSafeInteger(multiple) ? multiple / y : NaN;
}

/** `a op b`. */
export function binary(op: string, a: Code, b: Code): Code {
  const operate = OPERATIONS[op];
  if (operate === undefined) return (event) => arithmetic(op, a(event), b(event));
  const y = constants.get(b);
  return small(y ?? null) ? withConstant(op, operate, a, y as number) : general(op, operate, a, b); // small
}

function general(op: string, operate: Operate, a: Code, b: Code): Code {
  return (event) => {
    const x = a(event);
    const y = b(event);
    if (small(x) && small(y)) {
      const made = operate(x, y);
      if (Number.isSafeInteger(made)) return made === 0 ? 0 : made;
    }
    return arithmetic(op, x, y);
  };
}

/** The cases that matter most are written out, so that each has a place of its own for the compiler to look at. */
function withConstant(op: string, operate: Operate, a: Code, y: number): Code {
  const rest = (x: PyValue): PyValue => {
    if (small(x)) {
      const made = operate(x, y);
      if (Number.isSafeInteger(made)) return made === 0 ? 0 : made;
    }
    return arithmetic(op, x, y);
  };
  const own =
    op === "+" || op === "-" ? added(op === "+" ? y : -y, rest) : op === "*" ? times(y, rest) : rest;
  return a === EVENT ? own : (event) => own(a(event));
}

function added(y: number, rest: Code): Code {
  return (x) => {
    if (typeof x === "number" && Number.isSafeInteger(x)) {
      const made = x + y;
      if (Number.isSafeInteger(made)) return made;
    }
    return rest(x);
  };
}

function times(y: number, rest: Code): Code {
  return (x) => {
    if (typeof x === "number" && Number.isSafeInteger(x)) {
      const made = x * y;
      if (Number.isSafeInteger(made)) return made === 0 ? 0 : made;
    }
    return rest(x);
  };
}

const COMPARES: Readonly<Record<string, (x: number, y: number) => boolean>> = {
  "<": (x, y) => x < y,
  "<=": (x, y) => x <= y,
  ">": (x, y) => x > y,
  ">=": (x, y) => x >= y,
  "==": (x, y) => x === y,
  "!=": (x, y) => x !== y,
};

/** `a op b`, as a truth value. */
export function compared(op: string, a: Code, b: Code): Code {
  const compare = COMPARES[op];
  if (compare === undefined) return (event) => comparison(op, a(event), b(event));
  return (event) => {
    const x = a(event);
    const y = b(event);
    return small(x) && small(y) ? compare(x, y) : comparison(op, x, y);
  };
}
