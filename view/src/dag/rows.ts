import { type LayoutOptions, type Picture, type Placement, layout } from "@graphcell/core";

/** Scale below which a narrower picture is looked for. */
const COMFORTABLE = 0.8;
/** A narrower picture must be shown so much larger to be worth its length. */
const WORTH = 1.1;
/** Larger pictures don't fit either way, and each try costs a layout. */
const MOST_NODES = 400;

/** What a choice of rows depends on; it is made again only when this changes. */
export function rowsKey(picture: Picture, options: LayoutOptions, room: Room): string {
  return [picture.nodes.length, picture.groups.length, options.direction, room.width, room.height].join(" ");
}

interface Room {
  readonly width: number;
  readonly height: number;
}

/**
 * How many of a router's routes stand side by side, so that the picture is shown as large as the room (CSS pixels)
 * allows; undefined where the layout's own choice is as good.
 */
export function rowsThatFit(picture: Picture, options: LayoutOptions, room: Room): number | undefined {
  if (room.width === 0 || room.height === 0 || picture.nodes.length > MOST_NODES) return undefined;
  const longest = longestRow(picture);
  if (longest < 2) return undefined;
  let best = { rows: undefined as number | undefined, scale: scaleOf(layout(picture, options), room) };
  for (const rowLength of [2, 1]) {
    if (best.scale >= COMFORTABLE || rowLength >= longest) continue;
    const scale = scaleOf(layout(picture, { ...options, rowLength }), room);
    if (scale > best.scale * WORTH) best = { rows: rowLength, scale };
  }
  return best.rows;
}

function scaleOf({ width, height }: Placement, room: Room): number {
  return Math.min(room.width / width, room.height / height, 1);
}

/** Most nodes of one router. */
function longestRow(picture: Picture): number {
  const routers = new Set(picture.groups.filter(({ kind }) => kind === "router").map(({ id }) => id));
  const counts = new Map<string, number>();
  for (const { group } of picture.nodes) {
    if (group !== null && routers.has(group)) counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}
