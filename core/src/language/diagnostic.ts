import type { LanguageContext } from "./context";
import { check } from "../model/check";
import type { Problem } from "../model/problem";
import type { ParsedGraph, ParsedNotebook } from "../notebook/parsed";

/** A problem with the graph that it is about; null when it is about a cell. */
export interface Diagnostic {
  readonly graph: ParsedGraph | null;
  readonly problem: Problem;
}

interface Known {
  readonly names: ReadonlySet<string> | null;
  readonly scripts: ReadonlySet<string> | undefined;
  readonly found: readonly Diagnostic[];
}

const known = new WeakMap<ParsedNotebook, Known>();

/** All problems of a notebook's cells and graphs; worked out once for each reading of the notebook. */
export function diagnosticsOf(context: LanguageContext): readonly Diagnostic[] {
  const { parsed, kernelNames = null, scriptNames } = context;
  const before = known.get(parsed);
  if (before?.names === kernelNames && before.scripts === scriptNames) return before.found;
  const found = [
    ...parsed.problems.map((problem): Diagnostic => ({ graph: null, problem })),
    ...parsed.graphs.flatMap((graph) =>
      check(graph.graph, { parsed: graph, notebook: parsed, kernelNames, scriptNames }).map(
        (problem): Diagnostic => ({ graph, problem }),
      ),
    ),
  ];
  known.set(parsed, { names: kernelNames, scripts: scriptNames, found });
  return found;
}
