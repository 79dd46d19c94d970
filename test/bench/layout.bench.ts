/**
 * Our layout against two others, on one graph, in one process: how many times longer they take. And our own times.
 */
import dagre from "@dagrejs/dagre";
import ElkJs from "elkjs/lib/elk.bundled.js";
import { type Picture, compactSize, layout } from "@graphcell/core";
import { largePicture } from "../support/pictures";
import { timeInTurns } from "./measure";

/** The graph that all three lay out has so many steps. */
const COMPARED = 1000;

/** The least of several times in ms: what the work takes when nothing else takes the machine. */
async function least(times: number, work: () => unknown): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

function ours(picture: Picture): unknown {
  return layout(picture, { direction: "TB", sizes: compactSize, collapsed: new Set() });
}

function byDagre(picture: Picture): unknown {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "TB", ranker: "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of picture.nodes) graph.setNode(node.id, { ...compactSize(node) });
  for (const edge of picture.edges) graph.setEdge(edge.from, edge.to);
  return dagre.layout(graph);
}

async function byElk(elk: InstanceType<typeof ElkJs>, picture: Picture): Promise<unknown> {
  return elk.layout({
    id: "root",
    layoutOptions: { "elk.algorithm": "layered", "elk.direction": "DOWN" },
    children: picture.nodes.map((node) => ({ id: node.id, ...compactSize(node) })),
    edges: picture.edges.map((edge, i) => ({ id: `e${i}`, sources: [edge.from], targets: [edge.to] })),
  });
}

/** Ratios (higher is better for us) and milliseconds. */
export async function run(): Promise<Record<string, number>> {
  const results: Record<string, number> = {};
  for (const count of [50, 200, 1000, 4500]) {
    const picture = largePicture(count);
    for (let i = 0; i < 5; i++) ours(picture);
    results[`layout.ours_${count}_ms`] = await least(15, () => ours(picture));
  }
  const compared = largePicture(COMPARED);
  const before = layout(compared, { direction: "TB", sizes: compactSize, collapsed: new Set() });
  results[`layout.again_${COMPARED}_ms`] = await least(15, () =>
    layout(compared, { direction: "TB", sizes: compactSize, collapsed: new Set(), previous: before }),
  );
  const elk = new ElkJs();
  const small = largePicture(50);
  byDagre(small);
  await byElk(elk, small);
  // In turns and each as often, so that what else the machine does falls on all of them alike.
  const works = [async () => ours(compared), async () => byDagre(compared), () => byElk(elk, compared)];
  const [own, dagreTimes, elkTimes] = (await timeInTurns(works, 2, 0)).map((times) => Math.min(...times));
  results[`layout.vs_dagre_${COMPARED}`] = dagreTimes / own;
  results[`layout.vs_elk_${COMPARED}`] = elkTimes / own;
  return results;
}
