import {
  type Overlay,
  type Picture,
  type PictureEdge,
  type StepOverlay,
  type StepState,
  edgeId,
} from "../draw/picture";
import type { RunTally, StepCount, Way } from "./tally";

/** The overlay of a picture; `events` picks the path of one event's ids. */
export function overlayOf(tally: RunTally, picture: Picture, options: OverlayOptions): Overlay {
  const steps = new Map<string, StepOverlay>();
  for (const node of picture.nodes) {
    const count = tally.count(node.id);
    if (count) steps.set(node.id, stepOverlay(node.id, count, options));
    else if (options.running && node.kind !== "start") steps.set(node.id, WAITING);
  }
  for (const group of picture.groups) {
    const count = tally.count(group.id);
    if (count && !steps.has(group.id)) steps.set(group.id, stepOverlay(group.id, count, options));
  }
  const all = edgeCounts(picture.edges, tally.ways());
  const ways = options.events ? tally.waysOf(options.events) : null;
  return {
    steps,
    edges: all,
    path: ways ? pathOf(picture, ways) : null,
    outdated: options.outdated,
  };
}

function stepOverlay(step: string, count: StepCount, options: OverlayOptions): StepOverlay {
  const before = options.previous?.get(step);
  return {
    state: stateOf(count, options.terminal.has(step)),
    in: count.in,
    out: count.out,
    ms: count.ms,
    changed: before !== undefined && before !== count.last,
  };
}

function edgeCounts(
  edges: readonly PictureEdge[],
  ways: Iterable<{ readonly way: Way; readonly count: number }>,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { way, count } of ways) {
    for (const edge of edges) {
      const n = crossings(edge, way) * count;
      if (n > 0) counts.set(edgeId(edge), (counts.get(edgeId(edge)) ?? 0) + n);
    }
  }
  return counts;
}

function pathOf(picture: Picture, ways: readonly Way[]): NonNullable<Overlay["path"]> {
  const nodes = new Set<string>();
  for (const way of ways) for (const step of way.keys()) nodes.add(step);
  for (const node of picture.nodes) if (node.kind === "start" && nodes.size > 0) nodes.add(node.id);
  const edges = edgeCounts(
    picture.edges,
    ways.map((way) => ({ way, count: 1 })),
  );
  return { nodes, edges: new Set(edges.keys()) };
}

export interface OverlayOptions {
  /** Ids of the chosen event's runs; null when no event is chosen. */
  readonly events: readonly string[] | null;
  readonly previous: ReadonlyMap<string, string> | null;
  readonly outdated: boolean;
  readonly running: boolean;
  /** Steps that may keep an event without losing it: nothing follows them. */
  readonly terminal: ReadonlySet<string>;
}

const WAITING: StepOverlay = { state: "waiting", in: 0, out: 0, ms: 0, changed: false };

function stateOf(count: StepCount, terminal: boolean): StepState {
  if (count.failed > 0) return "failed";
  if (count.handled > 0) return "handled";
  return count.out === 0 && !terminal ? "dropped" : "ok";
}

/** How often an event went along an edge: it left one end and entered the other. */
function crossings(edge: PictureEdge, visits: Way): number {
  const to = visits.get(edge.to);
  if (!to) return 0;
  const from = visits.get(edge.from);
  if (edge.kind === "error") return from?.handledBy === edge.to ? to.entered : 0;
  // Where nothing is known of the far end it is a mark (the start) or a frame.
  if (!from) return edge.from.startsWith(":") ? to.entered : 0;
  return Math.min(from.emitted, to.entered);
}
