import {
  type Cell,
  type Graph,
  type ParsedGraph,
  type ParsedNotebook,
  type SourceRange,
  type Step,
  parseNotebook,
} from "@graphcell/core";

/** Code cells `c0`, `c1`, ... of these sources. */
export function codeCells(...sources: readonly string[]): Cell[] {
  return sources.map((source, i) => ({ id: `c${i}`, kind: "code", source }));
}

/** Reads code cells of these sources. */
export function parseCells(...sources: readonly string[]): ParsedNotebook {
  return parseNotebook(codeCells(...sources));
}

/** The only graph of a notebook. */
export function onlyGraph(notebook: ParsedNotebook): ParsedGraph {
  const [graph, ...more] = notebook.graphs;
  if (!graph || more.length > 0)
    throw new Error(`the notebook has ${notebook.graphs.length} graphs, not one`);
  return graph;
}

/**
 * A graph in one line: `a b<a c<a,b` is three steps with what they run after; `!h` the error handler of a step, `?` a
 * responder, `name[r1 r2]` a router with its routes, `q>path` a queue.
 */
export function sketch(graph: Graph): string {
  if (graph.topology === "router") return `[${[...graph.steps.keys()].join(" ")}]`;
  return [...graph.steps].map(([key, step]) => sketchStep(key, step)).join(" ");
}

function sketchStep(key: string, step: Step): string {
  const routes = step.kind === "router" ? `[${[...step.children.keys()].join(" ")}]` : "";
  const after = step.after.length > 0 ? `<${step.after.join(",")}` : "";
  const handler = step.onError ? `!${step.onError}` : "";
  const path = step.kind === "queue" ? `>${step.path ?? ""}` : "";
  return key + routes + path + after + handler + (step.responder ? "?" : "");
}

/** The text of a range in its cell. */
export function textOf(sources: readonly string[], range: SourceRange | null | undefined): string | null {
  if (!range) return null;
  const lines = (sources[range.cell] ?? "").split("\n").slice(range.line - 1, range.endLine);
  const last = lines.length - 1;
  if (lines[last] !== undefined) lines[last] = lines[last].slice(0, range.endColumn - 1);
  if (lines[0] !== undefined) lines[0] = lines[0].slice(range.column - 1);
  return lines.join("\n");
}
