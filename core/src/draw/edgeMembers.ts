import { visibleEnds } from "../layout/nest";
import type { Placement } from "../layout/placement";
import { type Picture, type PictureEdge, edgeId } from "./picture";

/** Puts an edge of the picture together with those that a folded group merges with it. */
export function edgeMembers(
  picture: Picture,
  placement: Placement,
): ReadonlyMap<string, readonly PictureEdge[]> {
  const collapsed = new Set(placement.groups.filter((group) => group.collapsed).map((group) => group.id));
  const visible = visibleEnds(picture, collapsed);
  const members = new Map<string, PictureEdge[]>();
  for (const edge of picture.edges) {
    const from = visible(edge.from);
    const to = visible(edge.to);
    if (from === undefined || to === undefined) continue;
    const id = edgeId({ from, to, kind: edge.kind });
    const known = members.get(id);
    if (known) known.push(edge);
    else members.set(id, [edge]);
  }
  return members;
}
