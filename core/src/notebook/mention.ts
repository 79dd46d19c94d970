import type { NamedText } from "./building";
import type { Mention } from "./parsed";
import { splitString } from "./literal";
import type { Span } from "./syntax";
import {
  type Arg,
  type CallArgs,
  Datum,
  Instance,
  Mapping,
  type Place,
  Sequence,
  UserClass,
  UserFunction,
  type Val,
  isText,
} from "./values";

/** What the text of an argument or entry of a step stands for. */
const ROLES: ReadonlyMap<string, Mention["role"]> = new Map(
  Object.entries({
    class_name: "class",
    model_class: "class",
    handler: "handler",
    after: "step",
    before: "step",
    cycle_to: "step",
    cycle_from: "step",
    step_names: "step",
    on_error: "step",
    base_step: "step",
    final_step: "step",
  } as const),
);
/** Arguments that give the new step its name. */
const NAMES = new Set(["name", "key", "endpoint_name"]);
/** Verbs whose `name` or `key` is no step's. */
const UNNAMED = new Set(["set_topology", "add_child_function", "set_tracking"]);

/** Everything that a verb's arguments name; `parameters` are the names of the positional ones. */
export function namedInCall(
  method: string,
  parameters: readonly string[],
  args: CallArgs,
): readonly NamedText[] {
  const found: NamedText[] = [];
  const look = (name: string, { value, at }: Arg): void => {
    if (NAMES.has(name)) {
      if (!UNNAMED.has(method)) found.push(...namedStep(value, true));
    } else found.push(...namedBy(name, value, at));
  };
  args.positional.forEach((arg, i) => look(parameters[i] ?? "", arg));
  for (const [name, arg] of args.keyword) look(name, arg);
  return found;
}

/** What the entries of a step's dictionary name; its name, where it stands inside of it. */
export function namedInStep(struct: Val | undefined): readonly NamedText[] {
  if (!(struct instanceof Mapping)) return struct ? namedBy("class_name", struct, null) : [];
  return struct.pairs().flatMap(([key, value]): readonly NamedText[] => {
    if (!isText(key)) return [];
    if (key.value === "name") return namedStep(value, true);
    if (key.value !== "class_args") return namedBy(key.value, value, null);
    const entries = value instanceof Mapping ? value.pairs() : [];
    return entries.flatMap(([name, v]) => (isText(name) ? namedBy(name.value, v, null) : []));
  });
}

/** What one argument, entry or attribute names. */
export function namedBy(argument: string, value: Val, at: Place | null): readonly NamedText[] {
  const role = ROLES.get(argument.replace(/^class_args\./, "")) ?? functionRole(argument);
  if (role === undefined) return [];
  if (role === "step") {
    const items = value instanceof Sequence ? value.items : [value];
    return items.flatMap((item) => namedStep(item, false));
  }
  if (value instanceof Instance) {
    const name = value.args.keyword.get("name");
    return name ? namedStep(name.value, true) : [];
  }
  if (isText(value)) {
    // An expression, a path of a module, a kind such as "*" and "$queue": nothing of the notebook.
    const isName = /^\*?[A-Za-z_][\w.]*$/.test(value.value) && value.at !== null;
    return isName && value.at
      ? [{ role, name: value.value.replace(/^\*/, ""), at: value.at, defines: false }]
      : [];
  }
  const isCode = value instanceof UserClass || value instanceof UserFunction;
  return isCode && at ? [{ role, name: value.name, at, defines: false }] : [];
}

/** Arguments of classes whose names begin with an underscore name functions. */
function functionRole(argument: string): Mention["role"] | undefined {
  return /^(class_args\.)?_[a-z]\w*$/.test(argument) ? "function" : undefined;
}

/** The name of a step; a path (`router/route`) is not looked into. */
export function namedStep(value: Val, defines: boolean): readonly NamedText[] {
  if (!(value instanceof Datum) || typeof value.value !== "string" || value.at === null) return [];
  return [{ role: "step", name: value.value, at: value.at, defines }];
}

/** The letters of a name in its literal; null when they do not stand there as they are. */
export function exactSpan(at: Place, name: string): Span | null {
  const source = at.cell.source(at);
  if (source === name) return at;
  if (!/^[rRuU]?["']/.test(source)) return null;
  const { prefix, quote, body } = splitString(source);
  const from = at.from + prefix.length + quote.length;
  const star = body === `*${name}` ? 1 : 0;
  return body.slice(star) === name ? { from: from + star, to: from + body.length } : null;
}
