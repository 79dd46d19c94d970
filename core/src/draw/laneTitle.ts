import { labelWidth, middleEllipsis } from "../layout/measure";
import type { Box, PlacedEdge } from "../layout/placement";

const FONT = 11;
/** From the lane's side to its title, and from the title to an edge that passes. */
const INSET = 12;
const CLEAR = 6;

/** Where the title of a function's lane stands, from the lane's left edge. */
export interface LaneTitle {
  readonly text: string;
  readonly x: number;
  readonly anchor: "start" | "end";
}

/** The title of a lane: at the left, or at the right where an edge comes in through the left part of its upper border. */
export function laneTitle(label: string, lane: Box, edges: readonly PlacedEdge[]): LaneTitle {
  const text = middleEllipsis(`function: ${label}`, lane.width - 2 * INSET, FONT);
  const width = labelWidth(text, FONT);
  const crossings = edges.flatMap(({ points }) =>
    points.filter((p) => onTop(p, lane)).map((p) => p.x - lane.x),
  );
  const free = (from: number) => crossings.every((x) => x < from - CLEAR || x > from + width + CLEAR);
  if (free(INSET) || !free(lane.width - INSET - width)) return { text, x: INSET, anchor: "start" };
  return { text, x: lane.width - INSET, anchor: "end" };
}

/** Edges that pass a border have a point on it. */
function onTop(point: { readonly x: number; readonly y: number }, lane: Box): boolean {
  return Math.abs(point.y - lane.y) < 1 && point.x > lane.x && point.x < lane.x + lane.width;
}

/** Width of a lane in whose upper border, in the middle, an edge comes in beside its title. */
export function laneWidthBesideEdge(label: string): number {
  return 2 * (INSET + labelWidth(`function: ${label}`, FONT) + CLEAR + 2);
}
