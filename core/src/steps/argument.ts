import { failure } from "../engine/failure";
import { FunctionValue } from "../engine/foreign";
import type { ArgumentRow, Callable, StepClass, StepInit } from "../engine/runtime";
import { bind } from "../model/call";
import { typeName } from "../value/repr";
import { asNumber, isNumber, type PyMap, type PyValue } from "../value/value";

/** Arguments that every Storey step takes through `**kwargs`. */
export const COMMON_ARGS: readonly ArgumentRow[] = [
  { name: "name", default: null, meaning: "Name of the step; the class's name when absent." },
  { name: "full_event", default: null, meaning: "Functions get and give the event object, not its body." },
  { name: "input_path", default: null, meaning: "Where in the body the input is, keys with dots between." },
  { name: "result_path", default: null, meaning: "Where in the body the result goes." },
  { name: "max_iterations", default: null, meaning: "How often one event may come here in a cyclic graph." },
  { name: "recovery_step", default: null, meaning: "Step that takes this step's errors." },
  { name: "context", default: null, meaning: "The graph's context." },
];

const COMMON: ReadonlySet<string> = new Set([...COMMON_ARGS.map((row) => row.name), "graph_step"]);

/** An argument that must be given. */
export function required(name: string, meaning: string): ArgumentRow {
  return { name, meaning };
}

/** An argument with a default, None when none is said. */
export function optional(name: string, meaning: string, value: PyValue = null): ArgumentRow {
  return { name, default: value, meaning };
}

/** Binds class arguments as Python would; throws its `TypeError`. */
export function bindArguments(row: StepClass, given: PyMap): PyMap {
  const own = new Map<string, PyValue>();
  for (const [name, value] of given)
    if (!COMMON.has(String(name)) || owns(row, name)) own.set(String(name), value);
  const { values, rest } = bind<PyValue>(signatureOf(row), [], own);
  return new Map<PyValue, PyValue>([...values, ...rest] as [string, PyValue][]); // bound from PyValues only
}

type Signature = Parameters<typeof bind<PyValue>>[0];

/** What each class takes: a graph may have thousands of steps of one. */
const signatures = new WeakMap<StepClass, Signature>();

function signatureOf(row: StepClass): Signature {
  const known = signatures.get(row);
  if (known) return known;
  const shown = row.names[0].split(".").pop() ?? row.names[0];
  const made = {
    name: `${row.constructedBy ?? shown}.__init__`,
    required: row.args.filter((arg) => arg.default === undefined).map((arg) => arg.name),
    optional: new Map(
      row.args.flatMap((arg): [string, PyValue][] =>
        arg.default === undefined ? [] : [[arg.name, arg.default]],
      ),
    ),
    rest: row.open ? "kwargs" : null,
  };
  signatures.set(row, made);
  return made;
}

function owns(row: StepClass, name: PyValue): boolean {
  return row.args.some((arg) => arg.name === name);
}

/** The function of that name; Storey refuses anything else at once. */
export function functionArgument(init: StepInit, name: string): Callable {
  const value = init.args.get(name) ?? null;
  if (value instanceof FunctionValue) return value.callable;
  throw failure("TypeError", `Expected a callable, got ${classText(value)}`);
}

export function functionOrNull(init: StepInit, name: string): Callable | null {
  const value = init.args.get(name) ?? null;
  return value instanceof FunctionValue ? value.callable : null;
}

/** `str(type(value))`. */
export function classText(value: PyValue): string {
  return `<class '${typeName(value)}'>`;
}

export function textArgument(init: StepInit, name: string): string | null {
  const value = init.args.get(name);
  return typeof value === "string" ? value : null;
}

export function numberArgument(init: StepInit, name: string): number | null {
  const value = init.args.get(name) ?? null;
  return isNumber(value) ? asNumber(value) : null;
}

export function flagArgument(init: StepInit, name: string): boolean {
  return init.args.get(name) === true;
}
