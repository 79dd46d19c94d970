import { type Intent } from "./state";
import { pictureOf } from "../draw/pictureOf";
import { svgOf } from "../draw/svg";
import { dotOf, mermaidOf } from "../draw/text";
import { layout } from "../layout/layout";
import { labelSize } from "../layout/measure";
import { graphJson, graphYaml } from "../model/graph-text";
import type { Graph } from "../model/graph";

export type ExportFormat = Extract<Intent, { readonly type: "export" }>["format"];

/** A file of the graph: its name, MIME type and text. */
export function exportGraph(
  graph: Graph,
  name: string,
  format: ExportFormat,
): { readonly name: string; readonly mime: string; readonly text: string } {
  const file = name.replace(/[^\p{L}\p{N}._-]+/gu, "-") || "graph";
  switch (format) {
    case "json":
      return { name: `${file}.graph.json`, mime: "application/json", text: graphJson(graph) };
    case "yaml":
      return { name: `${file}.graph.yaml`, mime: "application/yaml", text: graphYaml(graph) };
    case "dot":
      return { name: `${file}.dot`, mime: "text/vnd.graphviz", text: dotOf(graph) };
    case "mermaid":
      return { name: `${file}.mmd`, mime: "text/plain", text: mermaidOf(graph) };
    case "svg":
      return { name: `${file}.svg`, mime: "image/svg+xml", text: svgText(graph, name) };
    default:
      return format satisfies never;
  }
}

function svgText(graph: Graph, title: string): string {
  const picture = pictureOf(graph);
  const placement = layout(picture, { direction: "LR", sizes: labelSize, collapsed: new Set() });
  return svgOf(picture, placement, null, { theme: "auto", title });
}
