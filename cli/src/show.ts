import { type Graph, dotOf, exportGraph, graphJson, graphYaml, mermaidOf, textOf } from "@graphcell/core";
import type { Format } from "./options";

/** The graph as text in a format; ends with a line break. */
export function showGraph(graph: Graph, name: string, format: Format): string {
  const text = formatted(graph, name, format);
  return text.endsWith("\n") ? text : `${text}\n`;
}

function formatted(graph: Graph, name: string, format: Format): string {
  switch (format) {
    case "json":
      return graphJson(graph);
    case "yaml":
      return graphYaml(graph);
    case "dot":
      return dotOf(graph);
    case "mermaid":
      return mermaidOf(graph);
    case "svg":
      return exportGraph(graph, name, "svg").text;
    case "text":
      return textOf(graph);
    default:
      return format satisfies never;
  }
}
