import { type LanguageContext, codeOf, stepOf } from "./context";
import { nameAt } from "./name";
import { type Position, touches } from "./position";
import type { Definition, Mention, ParsedGraph, ParsedNotebook } from "../notebook/parsed";
import type { SourceRange } from "../source";

/** What stands at a place of the text. */
export type Symbol =
  | {
      readonly kind: "step";
      /** The text that was pointed at. */
      readonly range: SourceRange;
      readonly graph: ParsedGraph;
      /** Full name; there may be no such step. */
      readonly step: string;
      readonly name: string;
      readonly mention: Mention;
    }
  | {
      /** A class or function of the notebook that steps run, or one that they name and that is elsewhere. */
      readonly kind: "code";
      readonly range: SourceRange;
      readonly name: string;
      readonly definition: Definition | null;
    }
  | {
      /** A method of a class of the notebook, named by a step's handler. */
      readonly kind: "method";
      readonly range: SourceRange;
      readonly name: string;
      readonly owner: Definition;
    };

/** The step, class or function at a place; null where there is none that a graph knows of. */
export function symbolAt(context: LanguageContext, position: Position): Symbol | null {
  const { parsed } = context;
  for (const graph of parsed.graphs) {
    const mention = graph.mentions.find((m) => touches(m.range, position));
    if (mention) return symbolOf(parsed, graph, mention);
  }
  for (const definition of parsed.definitions.values()) {
    if (touches(definition.nameRange, position)) {
      return isRun(parsed, definition.name) ? code(parsed, definition.name, definition.nameRange) : null;
    }
  }
  const name = nameAt(context, position);
  if (!name || !codeOf(parsed, name.name) || !isRun(parsed, name.name)) return null;
  return code(parsed, name.name, name.range);
}

function symbolOf(parsed: ParsedNotebook, graph: ParsedGraph, mention: Mention): Symbol {
  const { role, range, name, step } = mention;
  if (role === "step") return { kind: "step", range, graph, step, name, mention };
  if (role === "handler") {
    const className = stepOf(graph, step)?.className ?? null;
    const owner = className === null ? null : codeOf(parsed, className);
    if (owner) return { kind: "method", range, name, owner };
  }
  return code(parsed, name, range);
}

function code(parsed: ParsedNotebook, name: string, range: SourceRange): Symbol {
  return { kind: "code", range, name, definition: parsed.definitions.get(name) ?? null };
}

/** A step of some graph runs the class or function of that name. */
function isRun(parsed: ParsedNotebook, name: string): boolean {
  return parsed.graphs.some((graph) => graph.mentions.some((m) => m.role !== "step" && m.name === name));
}

/** The steps of all graphs that run a class or function of the notebook, by its name. */
export function stepsThatRun(
  parsed: ParsedNotebook,
  name: string,
): readonly { readonly graph: ParsedGraph; readonly step: string }[] {
  return parsed.graphs.flatMap((graph) => {
    const steps = graph.mentions
      .filter((m) => m.role !== "step" && m.name === name && !isMethod(parsed, graph, m))
      .map((m) => m.step);
    return [...new Set(steps)].map((step) => ({ graph, step }));
  });
}

/** The handler is a method of the step's class, no function of the notebook. */
export function isMethod(parsed: ParsedNotebook, graph: ParsedGraph, mention: Mention): boolean {
  if (mention.role !== "handler") return false;
  const className = stepOf(graph, mention.step)?.className ?? null;
  return className !== null && (codeOf(parsed, className) !== null || !parsed.definitions.has(mention.name));
}
