import { type LanguageContext, cellText, graphsOfCell } from "./context";
import { type Bracket, type Cursor, cursorAt } from "./cursor";
import { type Position, offsetAt, rangeAt } from "./position";
import {
  type Completion,
  type Offer,
  argumentOffer,
  classArguments,
  classOffers,
  functionOffers,
  stepOffers,
} from "./offer";
import { classText, libraryRow } from "./step-class";
import { ARGUMENT_MEANINGS, STEP_VERBS, type VerbText, verbText } from "./verb";
import type { ParsedGraph } from "../notebook/parsed";

/** What may be typed at a place of a graph's code, best first; empty where Graphcell has nothing to say. */
export function completionsAt(context: LanguageContext, position: Position): readonly Completion[] {
  const index = context.cells.findIndex((cell) => cell.id === position.cellId && cell.kind === "code");
  if (index < 0) return [];
  const text = cellText(context, position.cellId);
  const cursor = cursorAt(text, offsetAt(text, position.line, position.column));
  if (!cursor) return [];
  const offers = offersAt(context, cursor, position.cellId);
  if (offers.length === 0) return [];
  const range = rangeAt({ id: position.cellId, index, text }, cursor.from, cursor.to);
  return offers.map((offer) => ({ ...offer, range }));
}

function offersAt(context: LanguageContext, cursor: Cursor, cellId: string): readonly Offer[] {
  const [inner, outer] = cursor.open;
  const graphs = graphsAt(context, cursor, cellId);
  if (cursor.object !== "" && cursor.quote === null) return verbOffers(context, cursor.object);
  if (!inner) return [];
  if (inner.kind === "[") {
    if (cursor.quote !== null && isGraphText(context, inner.callee)) return stepOffers(graphs);
    // `after=["`: the list is an argument.
    return cursor.quote !== null && inner.callee === "" && outer
      ? argumentOffers(context, outer, graphs)
      : [];
  }
  if (inner.kind === "{") return [];
  const verb = verbOf(inner.callee);
  if (verb) {
    if (cursor.quote !== null) return argumentOffers(context, inner, graphs);
    return inner.keyword === null
      ? nameOffers(context, inner, verb)
      : valueOffers(context, inner.keyword, inner);
  }
  const made = inner.callee === "" ? null : classText(context.parsed, inner.callee);
  if (!made || !isStepClass(context, inner.callee) || cursor.quote !== null || inner.keyword !== null)
    return [];
  return classArguments(made, inner);
}

/** The verb that a call's text ends with: `graph.to().to` is `to`. */
function verbOf(callee: string): VerbText | null {
  const dot = callee.lastIndexOf(".");
  return dot < 0 ? null : verbText(callee.slice(dot + 1));
}

function isStepClass({ parsed }: LanguageContext, callee: string): boolean {
  if (libraryRow(parsed, callee)) return true;
  return parsed.graphs.some((g) => g.mentions.some((m) => m.role === "class" && m.name === callee));
}

/** The text is a graph, a function or a step, as far as the notebook tells. */
function isGraphText({ parsed }: LanguageContext, text: string): boolean {
  const root = /^\w+/.exec(text)?.[0];
  if (root === undefined) return false;
  if (parsed.graphs.some((graph) => graph.variables.includes(root))) return true;
  return parsed.graphs.length > 0 && /\.(to|add_step|add_route|error_handler|set_topology)\(\)/.test(text);
}

/** The graphs that a call may belong to: that of its variable, else those of the cell. */
function graphsAt({ parsed }: LanguageContext, cursor: Cursor, cellId: string): readonly ParsedGraph[] {
  for (const { callee } of cursor.open) {
    const root = /^\w+/.exec(callee)?.[0];
    const named = parsed.graphs.filter((graph) => root !== undefined && graph.variables.includes(root));
    if (named.length > 0) return named;
  }
  return graphsOfCell(parsed, cellId);
}

function verbOffers(context: LanguageContext, object: string): readonly Offer[] {
  if (!isGraphText(context, object)) return [];
  const isFunction =
    /^\w+$/.test(object) &&
    context.parsed.graphs.some((g) => g.variable === object && g.functionName !== null);
  const names = isFunction ? ["set_topology", "add_model"] : STEP_VERBS;
  return names.flatMap((name): Offer[] => {
    const verb = verbText(name);
    if (!verb) return [];
    const documentation = `${verb.meaning}\n\n\`${name}(${verb.parameters.join(", ")}${verb.open ? ", ..." : ""})\``;
    return [{ label: name, kind: "method", detail: "MLRun", documentation, insert: name }];
  });
}

const STEP_NAMES = new Set(["after", "before", "cycle_to", "step_names"]);

/** What fits into the string that is an argument of a verb. */
function argumentOffers(
  context: LanguageContext,
  call: Bracket,
  graphs: readonly ParsedGraph[],
): readonly Offer[] {
  const verb = verbOf(call.callee);
  if (!verb) return [];
  const argument = call.keyword ?? POSITIONAL[verb.name]?.[call.index] ?? "";
  if (STEP_NAMES.has(argument)) return stepOffers(graphs, new Set(own(call)));
  if (argument === "class_name") return classOffers(context, false);
  if (argument === "handler") return handlerOffers(context, call);
  if (/^_[a-z]/.test(argument)) return functionOffers(context);
  const values = VALUES[`${verb.name}.${argument}`] ?? VALUES[argument] ?? [];
  return values.map((value) => ({
    label: value,
    kind: "value",
    detail: argument,
    documentation: ARGUMENT_MEANINGS.get(argument) ?? "",
    insert: value,
  }));
}

/** The step that the call makes: it does not come after itself. */
function own(call: Bracket): readonly string[] {
  const { given } = call;
  const name = given.get("name") ?? given.get("1") ?? given.get("class_name") ?? given.get("0");
  return name ? [name.replace(/^["']|["']$/g, "")] : [];
}

/** Positional parameters of the verbs whose strings can be completed. */
const POSITIONAL: Readonly<Record<string, readonly string[] | undefined>> = {
  to: ["class_name", "name", "handler"],
  add_step: ["class_name", "name", "handler", "after", "before"],
  add_route: ["key", "route", "class_name", "handler"],
  error_handler: ["name", "class_name", "handler", "before"],
  add_model: ["key", "model_path", "class_name", "model_url", "handler"],
  set_topology: ["topology", "class_name", "engine"],
  cycle_to: ["step_names"],
};

const STRATEGIES = ["skip", "archive", "overwrite", "inplace"];
const VALUES: Readonly<Record<string, readonly string[] | undefined>> = {
  topology: ["flow", "router"],
  engine: ["async", "sync"],
  model_endpoint_creation_strategy: STRATEGIES,
  creation_strategy: STRATEGIES,
};

/** The class that a verb's call names so far; empty for none. */
function classGiven({ callee, given }: Bracket): string {
  const at = POSITIONAL[verbOf(callee)?.name ?? ""]?.indexOf("class_name") ?? -1;
  const text = given.get("class_name") ?? given.get(String(at)) ?? "";
  return text.replace(/^["']|["']$/g, "").replace(/\(.*$/s, "");
}

/** Methods of the class that the call names, else functions. */
function handlerOffers(context: LanguageContext, call: Bracket): readonly Offer[] {
  const className = classGiven(call);
  const definition = context.parsed.definitions.get(className);
  if (definition?.kind !== "class") return className === "" ? functionOffers(context) : [];
  return (definition.members ?? [])
    .filter((name) => !name.startsWith("__"))
    .map((name) => ({
      label: name,
      kind: "method",
      detail: className,
      documentation: `Method of ${className}.`,
      insert: name,
    }));
}

/** Names of arguments, and classes and functions where an object may stand. */
function nameOffers(context: LanguageContext, call: Bracket, verb: VerbText): readonly Offer[] {
  const positional = POSITIONAL[verb.name] ?? [];
  const className = classGiven(call);
  const ofClass = className === "" ? null : classText(context.parsed, className);
  const taken = new Set([...call.given.keys(), ...positional.slice(0, call.index)]);
  const options = verb.parameters.filter((name) => !taken.has(name));
  const args = ofClass && verb.open ? classArguments(ofClass, call) : [];
  const shown = new Set(args.map((a) => a.label));
  return [
    ...valueOffers(context, positional[call.index] ?? "", call),
    ...args,
    ...options.map(argumentOffer).filter((o) => !shown.has(o.label)),
  ];
}

function valueOffers(context: LanguageContext, argument: string, call: Bracket): readonly Offer[] {
  if (argument === "class_name") return classOffers(context, true);
  return argument === "handler" && classGiven(call) === "" ? functionOffers(context) : [];
}
