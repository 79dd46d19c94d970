import { type LanguageContext, stepOf } from "./context";
import { type NamePlace, placesOf, stepMentions } from "./definition";
import { type Position, sameRange } from "./position";
import { type Symbol, symbolAt } from "./symbol";
import type { ParsedGraph } from "../notebook/parsed";
import type { SourceRange } from "../source";

export interface TextEdit {
  readonly range: SourceRange;
  readonly text: string;
}

/** Why something can't be renamed: one sentence. */
export interface Refusal {
  readonly refused: string;
}

/** The text that a rename at a place would replace; null where nothing of a graph stands. */
export function prepareRename(
  context: LanguageContext,
  position: Position,
): { readonly range: SourceRange; readonly name: string } | Refusal | null {
  const symbol = symbolAt(context, position);
  if (!symbol || symbol.kind === "method") return null;
  if (symbol.kind === "code" && !symbol.definition) return null;
  const why = symbol.kind === "step" ? stepRefusal(context, symbol) : codeRefusal(context, symbol);
  return why === null ? { range: symbol.range, name: symbol.name } : { refused: why };
}

/**
 * Renames a step, or a class or function that steps run: everywhere in the notebook, also in the strings of the
 * graph. Gives the edits, or why there are none.
 */
export function rename(
  context: LanguageContext,
  position: Position,
  to: string,
): readonly TextEdit[] | Refusal {
  const ready = prepareRename(context, position);
  const symbol = symbolAt(context, position);
  if (!ready || !symbol || symbol.kind === "method") return { refused: "Nothing of a graph stands here." };
  if ("refused" in ready) return ready;
  const why = symbol.kind === "step" ? stepNameRefusal(symbol, to) : codeNameRefusal(context, symbol, to);
  if (why !== null) return { refused: why };
  return places(context, symbol).map(({ range }) => ({ range, text: to }));
}

function places(context: LanguageContext, symbol: Symbol): readonly NamePlace[] {
  const own = placesOf(context, symbol);
  if (symbol.kind !== "code") return own;
  const named = stepsNamedAfter(context, symbol.name).flatMap(({ graph, step }) => stepMentions(graph, step));
  return [...own, ...named.filter((m) => !own.some((place) => sameRange(place.range, m.range)))];
}

/** Steps that have the name of their class or function, because they are given none. */
function stepsNamedAfter(
  { parsed }: LanguageContext,
  name: string,
): readonly { readonly graph: ParsedGraph; readonly step: string }[] {
  return parsed.graphs.flatMap((graph) =>
    graph.mentions
      .filter((m) => m.role !== "step" && m.name === name)
      .filter((m) => stepOf(graph, m.step)?.key === name && !definesName(graph, m.step))
      .map((m) => ({ graph, step: m.step })),
  );
}

function definesName(graph: ParsedGraph, step: string): boolean {
  return graph.mentions.some((m) => m.defines && m.step === step);
}

function stepRefusal(context: LanguageContext, symbol: Symbol & { readonly kind: "step" }): string | null {
  const { graph, step, name } = symbol;
  if (!stepOf(graph, step)) return `There is no step "${name}" in the graph "${graph.name}".`;
  if (!definesName(graph, step)) {
    return `The step "${name}" is named after what it runs: give it a name= to call it otherwise.`;
  }
  return sharedRefusal(
    context,
    placesOf(context, symbol),
    (m, g) => m.role === "step" && m.step === step && g === graph,
    name,
  );
}

function codeRefusal(context: LanguageContext, symbol: Symbol): string | null {
  return sharedRefusal(context, placesOf(context, symbol), (m) => m.role !== "step", symbol.name);
}

type Fits = (mention: ParsedGraph["mentions"][number], graph: ParsedGraph) => boolean;

/** Text that stands for other things too, or that does not hold the name letter by letter. */
function sharedRefusal(
  { parsed }: LanguageContext,
  all: readonly NamePlace[],
  fits: Fits,
  name: string,
): string | null {
  if (all.some((place) => !place.exact)) {
    return `The name "${name}" is put together by code: rename it where that is written.`;
  }
  const shared = parsed.graphs.some((graph) =>
    graph.mentions.some((m) => !fits(m, graph) && all.some((place) => sameRange(place.range, m.range))),
  );
  return shared
    ? `The text "${name}" here also names something else, so that changing it would change that too.`
    : null;
}

function stepNameRefusal({ graph, step }: Symbol & { readonly kind: "step" }, to: string): string | null {
  if (to.trim() === "") return "A step needs a name.";
  if (graph.fieldRanges && !/^[A-Za-z_][\w .-]*$/.test(to)) {
    return "The name of a step in a file may hold letters, digits, blanks, dots, dashes and underscores.";
  }
  if (/["'\\\r\n{}/]/.test(to))
    return "The name of a step may hold no quotes, backslashes, braces or slashes.";
  const slash = step.lastIndexOf("/");
  const sibling = stepOf(graph, step.slice(0, slash + 1) + to);
  if (sibling && step.slice(slash + 1) !== to) return `There is already a step "${to}".`;
  return null;
}

const KEYWORDS = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from " +
    "global if import in is lambda nonlocal not or pass raise return try while with yield"
  ).split(" "),
);

function codeNameRefusal({ parsed }: LanguageContext, { name }: Symbol, to: string): string | null {
  if (!/^[A-Za-z_]\w*$/.test(to) || KEYWORDS.has(to)) return `"${to}" is no name that Python allows.`;
  return to !== name && parsed.definitions.has(to) ? `The notebook already defines "${to}".` : null;
}
