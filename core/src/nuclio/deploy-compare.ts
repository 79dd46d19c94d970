import { differencePicture } from "../draw/difference";
import { pictureOf } from "../draw/pictureOf";
import { GraphcellError } from "../errors";
import type { CancelToken } from "../lifetime";
import type { Graph } from "../model/graph";
import { parseNotebook } from "../notebook/parse";
import { readNotebook } from "../notebook/read";
import { shortRepr } from "../value/bounded";
import type { PyValue } from "../value/value";
import type { Dashboard } from "./dashboard";
import { notThere } from "./deploy-running";
import type { DeployComparison } from "./deploy-state";
import { deployedGraph, diffGraphs } from "./graph-diff";

/** From one graph to the other, as a list and as one picture. */
export function comparison(before: Graph, after: Graph, revision: string | null): DeployComparison {
  const short = (value: PyValue): string => shortRepr(value, 60);
  const differences = diffGraphs(before, after);
  const changed = new Set(differences.filter((one) => one.change === "changed").map((one) => one.step));
  return {
    revision,
    steps: differences.map(({ step, change, fields }) => ({
      step,
      change,
      fields: fields.map(({ name, before: was, after: is }) => `${name}: ${short(was)} -> ${short(is)}`),
    })),
    picture: differencePicture(pictureOf(before), pictureOf(after), changed),
  };
}

/** The graph that a function in the cluster holds. Rejects with `GraphcellError` where there is none. */
export async function graphInCluster(
  dashboard: Dashboard,
  name: string | undefined,
  cancel: CancelToken,
): Promise<Graph> {
  const deployed = name === undefined ? null : await dashboard.function(name, cancel);
  if (deployed === null) throw notThere();
  const graph = deployedGraph(deployed.spec);
  if (graph !== null) return graph;
  throw new GraphcellError(
    "GC_CLUSTER_NOT_FOUND",
    "The function holds no graph that can be read.",
    "It was made by something else.",
  );
}

/** The graph of that name in another text of the notebook; the only one there is, whatever its name. */
export function graphInText(text: string, name: string, revision: string): Graph {
  const { graphs } = parseNotebook(readNotebook(text).cells);
  const found = graphs.length === 1 ? graphs[0] : graphs.find((graph) => graph.name === name);
  if (found) return found.graph;
  throw new GraphcellError(
    "GC_NO_GRAPH",
    `The notebook of revision "${revision}" has no graph "${name}".`,
    "Compare with a later revision.",
  );
}
