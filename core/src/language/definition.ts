import type { LanguageContext } from "./context";
import { occurrences } from "./name";
import { type Position, sameRange } from "./position";
import { type Symbol, isMethod, symbolAt } from "./symbol";
import type { Mention, ParsedGraph } from "../notebook/parsed";
import type { SourceRange } from "../source";

/** Where the step, class, function or method at a place is defined; null when that is not in the notebook. */
export function definitionAt(context: LanguageContext, position: Position): SourceRange | null {
  const symbol = symbolAt(context, position);
  if (symbol?.kind === "method") return symbol.owner.places?.get(symbol.name) ?? null;
  if (symbol?.kind === "code") return symbol.definition?.nameRange ?? null;
  if (symbol?.kind !== "step") return null;
  const origin = symbol.graph.origins.get(symbol.step);
  // From where the step is named one goes on to what it runs.
  if (symbol.mention.defines) return origin?.definition ? nameOf(context, origin.definition) : null;
  const named = stepMentions(symbol.graph, symbol.step).find((m) => m.defines);
  return named?.range ?? origin?.created ?? null;
}

function nameOf({ parsed }: LanguageContext, range: SourceRange): SourceRange {
  for (const { range: whole, nameRange } of parsed.definitions.values()) {
    if (sameRange(whole, range)) return nameRange;
  }
  return range;
}

/** All places that stand for what is at a place, its definition among them. */
export function referencesAt(context: LanguageContext, position: Position): readonly SourceRange[] {
  const symbol = symbolAt(context, position);
  return symbol ? placesOf(context, symbol).map(({ range }) => range) : [];
}

export interface NamePlace {
  readonly range: SourceRange;
  readonly exact: boolean;
}

/** The same for a symbol that was found; each place once. */
export function placesOf(context: LanguageContext, symbol: Symbol): readonly NamePlace[] {
  switch (symbol.kind) {
    case "step":
      return unique(stepMentions(symbol.graph, symbol.step));
    case "method": {
      const { owner, name } = symbol;
      const mentions = mentionsWhere(context, (m, graph) => {
        return m.role === "handler" && m.name === name && isMethodOf(graph, m, owner.name);
      });
      const place = owner.places?.get(name);
      return unique([...(place ? [{ range: place, exact: true }] : []), ...mentions]);
    }
    case "code": {
      const { name } = symbol;
      const mentions = mentionsWhere(context, (m, graph) => {
        return m.role !== "step" && m.name === name && !isMethod(context.parsed, graph, m);
      });
      return unique([...occurrences(context, name).map((range) => ({ range, exact: true })), ...mentions]);
    }
  }
}

export function stepMentions(graph: ParsedGraph, step: string): readonly Mention[] {
  return graph.mentions.filter((m) => m.role === "step" && m.step === step);
}

function mentionsWhere(
  { parsed }: LanguageContext,
  fits: (mention: Mention, graph: ParsedGraph) => boolean,
): readonly Mention[] {
  return parsed.graphs.flatMap((graph) => graph.mentions.filter((m) => fits(m, graph)));
}

function isMethodOf(graph: ParsedGraph, mention: Mention, className: string): boolean {
  return graph.mentions.some((m) => m.role === "class" && m.step === mention.step && m.name === className);
}

function unique(places: readonly NamePlace[]): readonly NamePlace[] {
  return places.filter((p, i) => places.findIndex((other) => sameRange(other.range, p.range)) === i);
}
