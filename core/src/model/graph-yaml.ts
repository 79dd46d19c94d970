import { encodeAsMlrun } from "./encode";
import type { Graph } from "./graph";
import { dumpYaml } from "./yaml-text";

/** The graph as MLRun itself would write it, as YAML. Apart from reading: that needs a library, this does not. */
export function graphYaml(graph: Graph): string {
  return dumpYaml(encodeAsMlrun(graph));
}
