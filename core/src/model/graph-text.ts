import { encodeAsMlrun } from "./encode";
import type { Graph } from "./graph";
import { dumpYaml } from "./yaml-text";
import { dumpJson } from "../value/json";
import { repr } from "../value/repr";

/** The graph as MLRun itself would write it, as YAML. Apart from reading: that needs a library, this does not. */
export function graphYaml(graph: Graph): string {
  return dumpYaml(encodeAsMlrun(graph));
}

/** The same as JSON. As in YAML, a value that neither has stands as Python's text of it. */
export function graphJson(graph: Graph): string {
  return `${dumpJson(encodeAsMlrun(graph), { indent: 2, ensureAscii: false, fallback: repr })}\n`;
}
