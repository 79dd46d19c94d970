import type { LanguageContext, StepRun } from "./context";
import { codeOf } from "./context";
import { isMethod } from "./symbol";
import type { ParsedGraph } from "../notebook/parsed";
import type { SourceRange } from "../source";

/** A line of text above code, that does something when it is clicked. */
export interface Lens {
  readonly range: SourceRange;
  readonly title: string;
  readonly action:
    | { readonly type: "simulate" | "add-event" | "show-graph"; readonly graph: string }
    | { readonly type: "show-step"; readonly graph: string; readonly step: string };
}

/** Characters of a value in a lens. */
const SHOWN = 60;

/** The lenses above the definition of each graph, and above each class and function that its steps run. */
export function lensesOf(context: LanguageContext): readonly Lens[] {
  const { parsed } = context;
  const ofGraphs = parsed.graphs.flatMap((graph) => graphLenses(context, graph));
  const ofCode = new Map<string, { graph: ParsedGraph; step: string }[]>();
  for (const graph of parsed.graphs) {
    const seen = new Set<string>();
    for (const mention of graph.mentions) {
      const { role, name, step } = mention;
      if (role === "step" || seen.has(`${name} ${step}`) || isMethod(parsed, graph, mention)) continue;
      seen.add(`${name} ${step}`);
      const uses = ofCode.get(name);
      if (uses) uses.push({ graph, step });
      else ofCode.set(name, [{ graph, step }]);
    }
  }
  return [...ofGraphs, ...[...ofCode].flatMap(([name, uses]) => codeLenses(context, name, uses))];
}

function graphLenses({ runs }: LanguageContext, { name: graph, range }: ParsedGraph): readonly Lens[] {
  if (!range) return [];
  const events = runs?.events(graph) ?? 0;
  const run = runs?.run(graph) ?? null;
  const simulate: Lens =
    events === 0
      ? { range, title: "Add an event", action: { type: "add-event", graph } }
      : {
          range,
          title: events === 1 ? "Simulate" : `Simulate ${events} events`,
          action: { type: "simulate", graph },
        };
  const result: Lens = {
    range,
    title: run ? `last run: ${run.ok} of ${run.total} ok${run.outdated ? ", outdated" : ""}` : "Show graph",
    action: { type: "show-graph", graph },
  };
  return [simulate, result];
}

function codeLenses(
  { parsed, runs }: LanguageContext,
  name: string,
  uses: readonly { readonly graph: ParsedGraph; readonly step: string }[],
): readonly Lens[] {
  const range = codeOf(parsed, name)?.nameRange;
  const [first] = uses;
  if (!range) return [];
  const graph = first.graph.name;
  const known = uses.flatMap((use) => {
    const run = runs?.step(use.graph.name, use.step);
    return run ? [{ ...use, run }] : [];
  });
  const newest = known[0];
  const title =
    uses.length === 1
      ? `step ${first.step}`
      : `${uses.length} steps: ${uses
          .slice(0, 3)
          .map((u) => u.step)
          .join(", ")}${uses.length > 3 ? ", ..." : ""}`;
  const show: Lens = { range, title, action: { type: "show-step", graph, step: first.step } };
  const simulate: Lens[] =
    (runs?.events(graph) ?? 0) > 0 ? [{ range, title: "Simulate", action: { type: "simulate", graph } }] : [];
  const output: Lens[] = newest
    ? [
        {
          range,
          title: outputText(newest.run),
          action: { type: "show-step", graph: newest.graph.name, step: newest.step },
        },
      ]
    : [];
  return [...simulate, ...output, show];
}

function outputText({ record, outdated }: StepRun): string {
  const { error, out } = record;
  const text = error ? `${error.class}: ${error.message}` : (out[0]?.text ?? "nothing");
  const line = text.replace(/\s+/g, " ");
  const shown = line.length > SHOWN ? `${line.slice(0, SHOWN - 1)}…` : line;
  return `${outdated ? "earlier" : "last"} ${error ? "error" : "output"}: ${shown}`;
}
