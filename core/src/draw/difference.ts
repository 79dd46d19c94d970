import { type Picture, type PictureEdge, type PictureNode, type Truth, edgeId } from "./picture";

/**
 * Two pictures as one, to show what differs: what only `after` has is `written`, what only `before` had is
 * `kernel-only`, a step among `changed` (full names) is `edited`, and all else `agreed`.
 */
export function differencePicture(before: Picture, after: Picture, changed: ReadonlySet<string>): Picture {
  const old = idsOf(before);
  const now = idsOf(after);
  const truth = (id: string): Truth =>
    !old.has(id) ? "written" : !now.has(id) ? "kernel-only" : changed.has(id) ? "edited" : "agreed";
  const marked = (node: PictureNode): PictureNode => ({ ...node, truth: truth(node.id), problems: null });
  const group = (one: Picture["groups"][number]): Picture["groups"][number] =>
    one.step ? { ...one, step: { ...one.step, truth: truth(one.id), problems: null } } : one;
  const oldEdges = new Set(before.edges.map(edgeId));
  const nowEdges = new Set(after.edges.map(edgeId));
  const edge = (one: PictureEdge): PictureEdge => {
    const id = edgeId(one);
    return {
      ...one,
      truth: !oldEdges.has(id) ? "written" : !nowEdges.has(id) ? "kernel-only" : "agreed",
    };
  };
  return {
    nodes: [...after.nodes, ...before.nodes.filter(({ id }) => !now.has(id))].map(marked),
    groups: [...after.groups, ...before.groups.filter(({ id }) => !now.has(id))].map(group),
    edges: [...after.edges, ...before.edges.filter((one) => !nowEdges.has(edgeId(one)))].map(edge),
  };
}

function idsOf({ nodes, groups }: Picture): ReadonlySet<string> {
  return new Set([...nodes, ...groups].map(({ id }) => id));
}
