import type { Graph, Step } from "../model/graph";
import { flowTopology } from "../model/topology";
import type { Picture, PictureGroup, PictureNode } from "./picture";
import { pictureOf } from "./pictureOf";

export { type DotOptions, type PlotNode, dotOf } from "./dot";

/** Mermaid text of a graph (`flowchart`), from the same picture as the drawing. */
export function mermaidOf(graph: Graph, direction: "LR" | "TB" = "LR"): string {
  const picture = pictureOf(graph);
  const ids = new Map<string, string>();
  for (const { id } of [...picture.nodes, ...picture.groups]) ids.set(id, `n${ids.size}`);
  const id = (name: string): string => ids.get(name) ?? "";
  const lines = [`flowchart ${direction}`];
  const draw = (group: string | null, indent: string): void => {
    for (const node of picture.nodes) {
      if (node.group === group) lines.push(`${indent}${id(node.id)}${shape(node)}`);
    }
    for (const inner of picture.groups) {
      if (inner.parent !== group) continue;
      lines.push(`${indent}subgraph ${id(inner.id)}["${escaped(groupLabel(inner))}"]`);
      draw(inner.id, `${indent}  `);
      lines.push(`${indent}end`);
    }
  };
  draw(null, "  ");
  const arrows = { flow: "-->", error: "-. error .->", back: "-->" };
  for (const { from, to, kind } of picture.edges) lines.push(`  ${id(from)} ${arrows[kind]} ${id(to)}`);
  return `${lines.join("\n")}\n`;
}

const BRACKETS: Readonly<Partial<Record<PictureNode["kind"], readonly [string, string]>>> = {
  start: ["((", "))"],
  queue: ["([", "])"],
  router: ["{{", "}}"],
  choice: ["{", "}"],
  remote: ["[/", "/]"],
  model_runner: ["[[", "]]"],
};

function shape(node: PictureNode): string {
  const [open, close] = BRACKETS[node.kind] ?? ["[", "]"];
  return `${open}"${escaped(node.label)}${node.responder ? " \u21a9" : ""}"${close}`;
}

function groupLabel(group: PictureGroup): string {
  return group.kind === "function" ? `function ${group.label}` : group.label;
}

/** Mermaid reads `#name;` as a character; quotes and markup would end the label. */
function escaped(text: string): string {
  return text.replace(/[#"<>&\n]/g, (c) => `#${c.charCodeAt(0)};`);
}

/**
 * A graph as plain text, a step a line, indented under the step before it:
 *
 *     start
 *     └─ enrich  task  Enrich
 *        ├─ score  task  score  responds
 *        └─ save  queue  v3io:///out
 *
 * A step with several before it is written out once and afterwards named with `^`; a cycle's link ends in `(back)`.
 */
export function textOf(graph: Graph): string {
  const picture = pictureOf(graph);
  const { root } = graph;
  const lines: string[] =
    root.kind === "router"
      ? [stepLine(root.name, root)]
      : root.children.size === 0
        ? ["empty flow"]
        : ["start"];
  if (root.kind === "router") routes(lines, root, "");
  else tree(lines, root, picture);
  return `${lines.join("\n")}\n`;
}

interface Branch {
  readonly text: string;
  readonly key: string | null;
}

function tree(lines: string[], flow: Step, picture: Picture): void {
  const topology = flowTopology(flow);
  const back = new Set(picture.edges.filter((e) => e.kind === "back").map((e) => `${e.from}>${e.to}`));
  const written = new Set<string>();
  const branchesOf = (key: string): Branch[] => {
    const following = (topology.next.get(key) ?? []).map((to): Branch =>
      back.has(`${key}>${to}`) ? { text: `${to} (back)`, key: null } : { text: to, key: to },
    );
    const handler = flow.children.get(key)?.onError ?? null;
    if (handler === null || !flow.children.has(handler)) return following;
    return [...following, { text: `on error: ${handler}`, key: handler }];
  };
  const write = (branches: readonly Branch[], indent: string): void => {
    branches.forEach(({ text, key }, i) => {
      const last = i === branches.length - 1;
      const step = key === null ? undefined : flow.children.get(key);
      const inner = `${indent}${last ? "   " : "\u2502  "}`;
      const head = `${indent}${last ? "\u2514\u2500" : "\u251c\u2500"} `;
      if (key === null || !step) lines.push(head + text);
      else if (written.has(key)) lines.push(`${head}${text} ^`);
      else {
        written.add(key);
        lines.push(head + stepLine(text, step));
        if (step.kind === "router") routes(lines, step, inner);
        write(branchesOf(key), inner);
      }
    });
  };
  const first = topology.starts.map((key): Branch => ({ text: key, key }));
  if (topology.graphHandler !== null) {
    first.push({ text: `on error: ${topology.graphHandler}`, key: topology.graphHandler });
  }
  write(first, "");
  const apart = [...flow.children.keys()].filter((key) => !written.has(key));
  for (const key of apart) if (!written.has(key)) writeApart(lines, key, write);
}

function writeApart(
  lines: string[],
  key: string,
  write: (branches: readonly Branch[], indent: string) => void,
): void {
  if (!lines.includes("not reached")) lines.push("not reached");
  write([{ text: key, key }], "");
}

function routes(lines: string[], router: Step, indent: string): void {
  for (const [key, route] of router.children) lines.push(`${indent}\u2022 ${stepLine(key, route)}`);
}

function stepLine(text: string, step: Step): string {
  const parts = [text, step.kind];
  const runs = step.className ?? step.handler ?? step.path;
  if (runs !== null) parts.push(runs);
  if (step.function !== null) parts.push(`in ${step.function}`);
  if (step.responder) parts.push("responds");
  return parts.join("  ");
}
