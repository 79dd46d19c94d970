import { planFlow } from "../model/deploy";
import { loadRoot } from "../model/draft";
import { encodeGraph } from "../model/encode";
import type { Graph, Step } from "../model/graph";
import { topologyOf } from "../model/topology";
import { deepCopy } from "../value/copy";
import { truthy } from "../value/compare";

/** A node that `graph.plot()` draws besides the steps: where events come from, or a target after a step. */
export interface PlotNode {
  /** A target's is `kind/name`. */
  readonly name: string;
  readonly shape: string;
  /** Steps before a target; the flow's last step when there are none. */
  readonly after?: readonly string[];
}

export interface DotOptions {
  readonly source?: PlotNode;
  readonly targets?: readonly PlotNode[];
  /** Attributes of the graph, for example `rankdir`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/**
 * Graphviz text of a graph, as `graph.plot().source` gives it. Never throws: for a graph that MLRun refuses to plot
 * the links that lead nowhere are left out.
 */
export function dotOf(graph: Graph, options: DotOptions = {}): string {
  const lines: string[] = [];
  const source = options.source ?? { name: "start", shape: "egg" };
  const attributes: Record<string, string> = { compound: "true", ...options.attributes };
  lines.push(`\t${pairs(attributes)}`);
  lines.push(`\t_start${attributeList(source.name, { shape: source.shape, style: "filled" })}`);
  if (graph.topology === "router") router(lines, graph.root, graph.root.name, "\t", true);
  else flow(lines, graph, options.targets ?? []);
  return `digraph "mlrun-flow" {\n${lines.join("\n")}\n}\n`;
}

function router(lines: string[], step: Step, name: string, indent: string, fromStart: boolean): void {
  const id = fullName(name);
  if (fromStart) lines.push(edge("\t", "_start", id));
  lines.push(node(indent, id, name, shapeOf(step)));
  for (const [key, route] of step.children) {
    const routeId = `${id}/${fullName(key)}`;
    lines.push(node(indent, routeId, key, shapeOf(route)));
    lines.push(edge(indent, id, routeId));
  }
}

function flow(lines: string[], graph: Graph, targets: readonly PlotNode[]): void {
  const { root } = graph;
  const { starts, finalStep } = plan(graph);
  for (const start of starts) lines.push(edge("\t", "_start", fullName(start)));
  for (const [key, step] of root.children) {
    drawStep(lines, root, key, step);
    const id = fullName(key);
    for (const before of step.after) {
      const from = root.children.get(before);
      if (from) lines.push(edge("\t", fullName(before), id, ltail(from)));
    }
    for (const to of step.before) {
      const target = root.children.get(to);
      if (target) lines.push(edge("\t", id, fullName(to), ltail(target)));
    }
    if (step.onError !== null) lines.push(edge("\t", id, step.onError, { style: "dashed" }));
  }
  for (const target of targets) drawTarget(lines, target, finalStep);
}

/** Starts and last step by MLRun's own rules, or as far as the text says when those end in an error. */
function plan(graph: Graph): { starts: readonly string[]; finalStep: string | null } {
  const draft = loadQuietly(graph);
  if (draft === null || draft.children.size === 0) return { starts: [], finalStep: null };
  try {
    const { startSteps, finalStep } = planFlow(draft, "", null);
    return { starts: startSteps, finalStep };
  } catch {
    return { starts: topologyOf(graph).starts, finalStep: null };
  }
}

function loadQuietly(graph: Graph): ReturnType<typeof loadRoot> {
  try {
    return loadRoot(deepCopy(encodeGraph(graph)), true);
  } catch {
    return null;
  }
}

function drawStep(lines: string[], root: Step, key: string, step: Step): void {
  const id = fullName(key);
  if (step.kind === "router") {
    lines.push(`\tsubgraph ${quote(`cluster_${id}`)} {`);
    router(lines, step, key, "\t\t", false);
    lines.push("\t}");
  } else if (step.kind === "model_runner") {
    lines.push(
      node("\t", id, runnerLabel(key, step, truthy(root.field("track_models") ?? null)), shapeOf(step)),
    );
  } else lines.push(node("\t", id, key, shapeOf(step)));
}

function drawTarget(lines: string[], target: PlotNode, finalStep: string | null): void {
  const slash = target.name.indexOf("/");
  const kind = target.name.slice(0, slash);
  const name = target.name.slice(slash + 1);
  const label = kind === name ? name : `<${name}<br/><font point-size='8'>(${kind})</font>>`;
  const id = fullName(target.name);
  lines.push(node("\t", id, label, target.shape));
  const after = target.after?.length ? target.after : finalStep === null ? [] : [finalStep];
  for (const step of after) lines.push(edge("\t", step, id));
}

function ltail(step: Step): Readonly<Record<string, string>> {
  return step.kind === "router" ? { ltail: `cluster_${fullName(step.key)}` } : {};
}

/** A runner's HTML label: a monitoring mark, the number of models, the name. Blank lines and indents are MLRun's. */
function runnerLabel(name: string, step: Step, monitored: boolean): string {
  const models = step.classArgs.get("models");
  const count = models instanceof Map ? models.size : 0;
  const mark = monitored ? '<FONT POINT-SIZE="9">\u{1F13C}</FONT>' : "";
  const badge = [
    "",
    '    <TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" BGCOLOR="black" CELLPADDING="2">',
    "        <TR>",
    `            <TD><FONT COLOR="white" POINT-SIZE="9"><B>${count}</B></FONT></TD>`,
    "        </TR>",
    "    </TABLE>",
    "    ",
  ].join("\n");
  return [
    "<",
    '    <TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4">',
    "        <TR>",
    `            <TD ALIGN="LEFT">${mark}</TD>`,
    `            <TD ALIGN="RIGHT">${badge}</TD>`,
    "        </TR>",
    "        <TR>",
    `            <TD COLSPAN="2" ALIGN="CENTER"><FONT POINT-SIZE="14">${name}</FONT></TD>`,
    "        </TR>",
    "    </TABLE>",
    "    >",
  ].join("\n");
}

const SHAPES: Readonly<Partial<Record<Step["kind"], string>>> = {
  router: "doubleoctagon",
  queue: "cds",
  model_runner: "folder",
};

function shapeOf(step: Step): string {
  return step.shape ?? SHAPES[step.kind] ?? "ellipse";
}

function fullName(name: string): string {
  return name.replaceAll(":", "_");
}

function node(indent: string, id: string, label: string, shape: string): string {
  return `${indent}${quote(id)}${attributeList(label, { shape })}`;
}

function edge(
  indent: string,
  from: string,
  to: string,
  attributes: Readonly<Record<string, string>> = {},
): string {
  return `${indent}${quoteEnd(from)} -> ${quoteEnd(to)}${attributeList(null, attributes)}`;
}

/** The label comes first, then the others by name. */
function attributeList(label: string | null, attributes: Readonly<Record<string, string>>): string {
  const rest = pairs(attributes);
  const all = [...(label === null ? [] : [`label=${quote(label)}`]), ...(rest === "" ? [] : [rest])];
  return all.length === 0 ? "" : ` [${all.join(" ")}]`;
}

function pairs(attributes: Readonly<Record<string, string>>): string {
  return Object.keys(attributes)
    .sort()
    .map((name) => `${quote(name)}=${quote(attributes[name])}`)
    .join(" ");
}

const PLAIN = /^([a-zA-Z_][a-zA-Z0-9_]*|-?(\.[0-9]+|[0-9]+(\.[0-9]*)?))$/;
const HTML = /^\s*<[\s\S]*>\s*$/;
const KEYWORDS = new Set(["node", "edge", "graph", "digraph", "subgraph", "strict"]);

/** A DOT identifier, in quotes where it needs them. */
function quote(text: string): string {
  if (HTML.test(text)) return text;
  if (PLAIN.test(text) && !KEYWORDS.has(text.toLowerCase())) return text;
  return `"${text.replace(/(\\*)"/g, (all, slashes: string) => (slashes.length % 2 === 0 ? `${slashes}\\"` : all))}"`;
}

/** An end of an edge; what follows a colon is a port. */
function quoteEnd(text: string): string {
  const at = text.indexOf(":");
  if (at < 0) return quote(text);
  const [port, ...compass] = text.slice(at + 1).split(":");
  return [quote(text.slice(0, at)), quote(port), ...compass].join(":");
}
