import {
  type Box,
  type Overlay,
  type Picture,
  type PictureEdge,
  type PictureNode,
  type PlacedEdge,
  type Placement,
  type StepOverlay,
  edgeId,
  edgeMembers,
  groupAsNode,
  groupCounts,
} from "@graphcell/core";

/** A step, a frame or a folded frame, with its place. */
export interface SceneItem {
  readonly id: string;
  /** The same as long as the step is drawn, whatever its name. */
  readonly key: string;
  readonly node: PictureNode;
  readonly box: Box;
  /** `lane`: a function; `frame`: an open router or flow; `folded`: a box that stands for a group. */
  readonly role: "step" | "frame" | "lane" | "folded";
  readonly parent: string | null;
}

/** An edge that is drawn; when groups are folded it stands for several of the picture. */
export interface SceneEdge {
  readonly id: string;
  readonly key: string;
  readonly placed: PlacedEdge;
  readonly members: readonly string[];
  readonly truth: PictureEdge["truth"];
  readonly bounds: Box;
}

/** What one picture and its placement give to draw. */
export interface Scene {
  readonly placement: Placement;
  readonly items: ReadonlyMap<string, SceneItem>;
  /** Frames and lanes, outer ones first. */
  readonly frames: readonly SceneItem[];
  /** Boxes: steps and folded groups. */
  readonly boxes: readonly SceneItem[];
  readonly edges: readonly SceneEdge[];
  /** Ends of drawn edges by start, and starts by end. */
  readonly next: ReadonlyMap<string, readonly string[]>;
  readonly previous: ReadonlyMap<string, readonly string[]>;
  /** Nodes of each group, those of inner groups too. */
  readonly held: ReadonlyMap<string, readonly string[]>;
}

/** Puts a picture and its placement together. `keyOf` tells which element each id is. */
export function buildScene(
  picture: Picture,
  placement: Placement,
  keyOf: (id: string) => string = (id) => id,
): Scene {
  const items = new Map<string, SceneItem>();
  const frames = groupItems(picture, placement, keyOf);
  const boxes = frames.filter((item) => item.role === "folded");
  for (const node of picture.nodes) {
    const box = placement.nodes.get(node.id);
    if (box) boxes.push({ id: node.id, key: keyOf(node.id), node, box, role: "step", parent: box.parent });
  }
  const open = frames.filter((item) => item.role !== "folded");
  for (const item of [...open, ...boxes]) items.set(item.id, item);
  const next = new Map<string, string[]>();
  const previous = new Map<string, string[]>();
  for (const { from, to } of placement.edges) {
    add(next, from, to);
    add(previous, to, from);
  }
  const edges = edgeItems(picture, placement, keyOf);
  return { placement, items, frames: open, boxes, edges, next, previous, held: heldNodes(picture) };
}

function heldNodes(picture: Picture): Map<string, string[]> {
  const parents = new Map(picture.groups.map((group) => [group.id, group.parent]));
  const held = new Map<string, string[]>();
  for (const node of picture.nodes) {
    const seen = new Set<string>();
    for (let at = node.group; at !== null && !seen.has(at); at = parents.get(at) ?? null) {
      seen.add(at);
      add(held, at, node.id);
    }
  }
  return held;
}

function add(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (!list) map.set(key, [value]);
  else if (!list.includes(value)) list.push(value);
}

function groupItems(picture: Picture, placement: Placement, keyOf: (id: string) => string): SceneItem[] {
  const counts = groupCounts(picture);
  const groups = new Map(picture.groups.map((group) => [group.id, group]));
  return placement.groups.flatMap((placed) => {
    const group = groups.get(placed.id);
    if (!group) return [];
    const steps = counts.get(placed.id) ?? 0;
    const node: PictureNode = { ...groupAsNode(group, steps), ...group.step };
    const open = placed.kind === "function" ? "lane" : "frame";
    const role = placed.collapsed || steps === 0 ? "folded" : open;
    const key = keyOf(placed.id);
    return [{ id: placed.id, key, node, box: placed, role, parent: placed.parent } as const];
  });
}

function edgeItems(picture: Picture, placement: Placement, keyOf: (id: string) => string): SceneEdge[] {
  const members = edgeMembers(picture, placement);
  return placement.edges.map((placed) => {
    const merged = members.get(placed.id) ?? [];
    const first = merged[0]?.truth ?? "agreed";
    const truth = merged.every((edge) => edge.truth === first) ? first : "agreed";
    const key = edgeId({ from: keyOf(placed.from), to: keyOf(placed.to), kind: placed.kind });
    return { id: placed.id, key, placed, members: merged.map(edgeId), truth, bounds: boundsOf(placed) };
  });
}

function boundsOf(edge: PlacedEdge): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of edge.points) {
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Whether two boxes have a point in common. */
export function touches(a: Box, b: Box): boolean {
  return a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height && b.y <= a.y + a.height;
}

/** A box with a share of its size more on each side. */
export function grown(box: Box, share: number): Box {
  const [dx, dy] = [box.width * share, box.height * share];
  return { x: box.x - dx, y: box.y - dy, width: box.width + 2 * dx, height: box.height + 2 * dy };
}

/** How many events went along an edge. */
export function edgeCount(edge: SceneEdge, overlay: Overlay | null): number {
  let sum = 0;
  if (overlay) for (const id of edge.members) sum += overlay.edges.get(id) ?? 0;
  return sum;
}

/** Whether the chosen event went along an edge; null when no event is chosen. */
export function onPath(edge: SceneEdge, overlay: Overlay | null): boolean | null {
  const path = overlay?.path;
  return path ? edge.members.some((id) => path.edges.has(id)) : null;
}

const RANK = ["idle", "waiting", "dropped", "ok", "running", "handled", "failed"] as const;

/** What a run did at an item. A folded group has its own step's record, else the gravest state of what it holds. */
export function overlayOf(
  item: SceneItem,
  overlay: Overlay | null,
  held: (group: string) => readonly string[],
): StepOverlay | undefined {
  const own = overlay?.steps.get(item.id);
  if (own || !overlay || item.role !== "folded") return own;
  let gravest: StepOverlay | undefined;
  let changed = false;
  for (const id of held(item.id)) {
    const step = overlay.steps.get(id);
    if (!step) continue;
    changed ||= step.changed;
    if (!gravest || RANK.indexOf(step.state) > RANK.indexOf(gravest.state)) gravest = step;
  }
  return gravest ? { ...gravest, in: 0, out: 0, ms: 0, changed } : undefined;
}

/** All that can be reached from an item along `links`, the frames around it and itself included. */
export function reachable(
  scene: Scene,
  start: string,
  links: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  const seen = new Set<string>();
  const lit = new Set<string>();
  const queue = [start];
  for (let i = 0; i < queue.length; i++) {
    const id = queue[i];
    if (seen.has(id)) continue;
    seen.add(id);
    for (const next of links.get(id) ?? []) {
      queue.push(next);
      // An edge to a frame reaches all that the frame holds.
      for (const inner of scene.held.get(next) ?? []) lit.add(inner);
    }
    // What is in a frame leaves (or is entered) by the frame.
    const parent = scene.items.get(id)?.parent;
    if (parent && scene.items.get(parent)?.role === "frame") queue.push(parent);
  }
  for (const id of lit) seen.add(id);
  return seen;
}
