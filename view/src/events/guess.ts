import type { GraphState, StoredEvent } from "@graphcell/core";

/** An event to begin with, guessed from what the graph begins with: a model takes inputs, a flow a record. */
export function guessEvent(graph: GraphState): StoredEvent {
  const first = firstSteps(graph);
  const model = [...graph.steps.values()].find((step) => looksLikeModel(step.className, step.kind));
  if (graph.picture.nodes.some((n) => first.includes(n.id) && n.kind === "router")) {
    const route = graph.picture.nodes.find((n) => n.group !== null && first.includes(n.group));
    return stored(INPUTS, route ? `/v2/models/${route.label}/infer` : undefined);
  }
  const path = first.flatMap((id) => inputPath(graph, id))[0];
  const body = model ? INPUTS : '{"x": 5}';
  return stored(path === undefined ? body : nest(path, body));
}

const INPUTS = '{"inputs": [[5.1, 3.5, 1.4, 0.2]]}';

function stored(bodyText: string, path?: string): StoredEvent {
  return { bodyText, bodyError: null, ...(path === undefined ? {} : { path }) };
}

function firstSteps(graph: GraphState): readonly string[] {
  const { nodes, edges, groups } = graph.picture;
  const starts = new Set(nodes.filter((n) => n.kind === "start").map((n) => n.id));
  const begun = edges.filter((e) => starts.has(e.from)).map((e) => e.to);
  if (begun.length > 0) return begun;
  const reached = new Set(edges.map((e) => e.to));
  return [...nodes, ...groups].map((n) => n.id).filter((id) => !reached.has(id) && !starts.has(id));
}

function looksLikeModel(className: string | null, kind: string): boolean {
  return kind === "router" || kind === "model_runner" || /model/i.test(className ?? "");
}

function inputPath(graph: GraphState, step: string): readonly string[] {
  const field = graph.steps.get(step)?.fields.find(({ name }) => name === "input_path");
  const text = field?.text.replace(/^["']|["']$/g, "") ?? "";
  return /^[\w.]+$/.test(text) ? [text] : [];
}

function nest(path: string, body: string): string {
  return path.split(".").reduceRight((inner, key) => `{${JSON.stringify(key)}: ${inner}}`, body);
}
