import type { BuilderArgument, StepBuilder } from "../model/builder";
import { objectWithDict } from "../model/step-object";
import { type PyMap, type PyValue, PyObject } from "../value/value";
import { ArgumentReader } from "./argument";
import type { Building, NamedText, Origin } from "./building";
import { namedInCall } from "./mention";
import { libraryClass } from "./library-class";
import { type Arg, type CallArgs, Datum, Instance, Mapping, Named, type Place, Unknowable } from "./values";

/** Names of the positional parameters of MLRun's verbs, for what is noted about an argument. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  to: ["class_name", "name", "handler"],
  add_step: ["class_name", "name", "handler", "after", "before"],
  add_route: ["key", "route", "class_name", "handler"],
  error_handler: ["name", "class_name", "handler", "before"],
  add_model: ["key", "model_path", "class_name", "model_url", "handler"],
  runner_add_model: ["endpoint_name", "model_class", "execution_mechanism"],
  set_topology: ["topology", "class_name", "engine"],
  cycle_to: ["step_names"],
};

/** Parameters that hold a text which is shown: an unknown one is shown as it is written. */
const TEXTS = new Set([
  "class_name",
  "name",
  "handler",
  "key",
  "endpoint_name",
  "model_class",
  "path",
  "function",
  "graph_shape",
  "input_path",
  "result_path",
]);
/** Parameters that decide how steps are linked: unknown ones are left out. */
const LINKS = new Set([
  "after",
  "before",
  "cycle_to",
  "step_names",
  "engine",
  "topology",
  "exist_ok",
  "full_event",
  "max_iterations",
  "router_step",
]);
/** Parameters of the step itself, beside its class's arguments. */
const OWN = new Set([
  ...TEXTS,
  ...LINKS,
  "model_endpoint_creation_strategy",
  "creation_strategy",
  "route",
  "model_path",
]);

/** A call's arguments as the builder takes them, with what is noted about them. */
export interface PreparedCall {
  readonly positional: readonly BuilderArgument[];
  readonly keyword: ReadonlyMap<string, BuilderArgument>;
  readonly origin: Origin;
  /** What its arguments name. */
  readonly named: readonly NamedText[];
  /** Gives the unknown arguments, and what is named, to a step. */
  note(building: Building, step: StepBuilder): void;
}

/** Prepares the arguments of one of MLRun's verbs. */
export function prepareCall(method: string, args: CallArgs, at: Place): PreparedCall {
  const uncertain: { what: string; reason: string; at: Place | null }[] = [];
  const names = PARAMETERS[method] ?? [];
  const read = (name: string, arg: Arg): BuilderArgument => {
    const reader = new ArgumentReader();
    const guessed = name === "class_name" || name === "route" ? foreignObject(arg, reader) : null;
    const value = guessed ?? reader.read(arg);
    for (const missing of reader.missing) {
      const what = OWN.has(name) ? name + missing.path : `class_args.${name}${missing.path}`;
      uncertain.push({ what, reason: missing.reason, at: missing.at });
    }
    const whole = reader.missing.some((m) => m.path === "");
    if (!whole || guessed !== null) return value;
    if (LINKS.has(name)) return null;
    return TEXTS.has(name) && value instanceof PyObject ? (value.fields.get("repr") ?? null) : value;
  };
  const positional = args.positional.map((arg, i) => read(names[i] ?? `argument ${i + 1}`, arg));
  const keyword = new Map([...args.keyword].map(([name, arg]) => [name, read(name, arg)]));
  const named = namedInCall(method, names, args);
  if (args.open) uncertain.push({ what: "class_args", reason: args.open.reason, at: args.open.at });
  return {
    positional,
    keyword,
    origin: originOf(names, args, at),
    named,
    note: (building, step) => {
      for (const u of uncertain) building.note(step, u);
      building.mention(step, named);
    },
  };
}

function originOf(names: readonly string[], args: CallArgs, at: Place): Origin {
  const find = (wanted: string): Arg | undefined => {
    const i = names.indexOf(wanted);
    return args.keyword.get(wanted) ?? (i >= 0 ? args.positional[i] : undefined);
  };
  const literal = (arg: Arg | undefined): Place | null => {
    if (!arg) return null;
    if (arg.value instanceof Datum) return arg.value.value === null ? null : (arg.value.at ?? arg.at);
    return arg.value instanceof Unknowable ? (arg.value.at ?? arg.at) : arg.at;
  };
  const className = find("class_name") ?? find("model_class");
  const name = literal(find("name") ?? find("key") ?? find("endpoint_name"));
  const ofObject =
    className?.value instanceof Instance ? className.value.args.keyword.get("name") : undefined;
  return {
    created: at,
    reference: literal(className) ?? literal(find("handler")),
    name: name ?? literal(ofObject),
  };
}

/**
 * An object of a class that another module defines, given as a step: its class, its name and its keyword
 * arguments are taken as they are written.
 */
function foreignObject(arg: Arg, reader: ArgumentReader): PyObject | null {
  const object = arg.value;
  if (!(object instanceof Instance) || !(object.of instanceof Named)) return null;
  if (libraryClass(object.of.path) !== undefined) return null;
  if (!/^[A-Z]/.test(object.of.name)) return null;
  const given = object.args.keyword.get("name");
  const classArgs = new Mapping();
  for (const [name, { value }] of object.args.keyword) {
    if (name !== "name") classArgs.set(new Datum(name), value);
  }
  const reason = object.of.path.includes(".")
    ? `how ${object.of.name} keeps its arguments is known only to the kernel`
    : `the class "${object.of.name}" is not defined in the notebook`;
  const struct: PyMap = new Map<PyValue, PyValue>([
    ["class_name", object.of.path],
    ["name", given?.value instanceof Datum ? given.value.value : object.of.name],
    ["class_args", reader.read({ value: classArgs, at: arg.at }) as PyValue],
  ]);
  reader.missing.push({ path: "", reason, at: object.at });
  return objectWithDict(object.of.name, struct);
}
