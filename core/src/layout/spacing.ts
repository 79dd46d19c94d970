import type { Direction } from "./placement";

/**
 * Distances in CSS pixels. `along` is the axis on which the graph flows, `cross` the other one. They are the same for
 * every layer: a gap that grew with its edges would move what lies behind it when a leaf is added.
 */
export interface Spacing {
  /** Between two layers. */
  readonly layerGap: number;
  /** Between two boxes of a layer. */
  readonly boxGap: number;
  /** Between an edge that passes and its neighbour in a layer. */
  readonly edgeGap: number;
  /** Inside a frame, before the first layer and after the last. */
  readonly frameBefore: number;
  readonly frameAfter: number;
  /** Inside a frame, on the cross axis. */
  readonly frameStart: number;
  readonly frameEnd: number;
  /** Around the whole picture. */
  readonly margin: number;
  /** Between parts that nothing connects. */
  readonly partGap: number;
  /** How many boxes without edges between them stand side by side in a frame before a second row begins. */
  readonly rowLength: number;
  /** Many boxes make longer rows: at least so many times the root of their number. */
  readonly rowGrowth: number;
}

/** Height that a frame's title takes. */
export const FRAME_TITLE = 24;
/** Fan-outs share so much of their way. */
export const TRUNK = 12;
/** Distance of two tracks on which back edges are led around. */
export const TRACK = 10;

const TOP_DOWN: Spacing = {
  layerGap: 36,
  boxGap: 16,
  edgeGap: 10,
  frameBefore: FRAME_TITLE,
  frameAfter: 14,
  frameStart: 12,
  frameEnd: 12,
  margin: 14,
  partGap: 28,
  rowLength: 3,
  rowGrowth: 1.2,
};

const LEFT_RIGHT: Spacing = {
  layerGap: 48,
  boxGap: 14,
  edgeGap: 10,
  frameBefore: 16,
  frameAfter: 16,
  frameStart: FRAME_TITLE,
  frameEnd: 12,
  margin: 14,
  partGap: 28,
  rowLength: 6,
  rowGrowth: 1.2,
};

/** The distances for a direction; rows of at most `rowLength` boxes where that is given. */
export function spacingOf(direction: Direction, rowLength?: number): Spacing {
  const spacing = direction === "TB" ? TOP_DOWN : LEFT_RIGHT;
  return rowLength === undefined ? spacing : { ...spacing, rowLength, rowGrowth: 0 };
}
