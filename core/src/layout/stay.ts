import { Scratch, fitOrder } from "./align";
import type { Frame } from "./frame";
import { crossings } from "./order";
import type { Spacing } from "./spacing";
import { type Strata, separation } from "./strata";

/** So much of a part must be known from before, or it is laid out afresh. */
const KNOWN_SHARE = 0.5;

/**
 * Orders and places a part as it was before: known boxes keep their places, new ones and bends take the free gap that is
 * nearest to their neighbours. False, with nothing changed, when too little is known.
 */
export function stay(strata: Strata, frame: Frame, spacing: Spacing): boolean {
  const boxes = strata.units.filter((i) => frame.units[i].role === "box");
  const known = boxes.filter((i) => frame.units[i].before !== null).length;
  if (known === 0 || known < boxes.length * KNOWN_SHARE) return false;
  const placed = new Uint8Array(strata.count);
  let least = Infinity;
  strata.before.forEach((u, vertex) => {
    if (u === null) return;
    strata.u[vertex] = u;
    placed[vertex] = 1;
    least = Math.min(least, u - strata.size[vertex] / 2);
  });
  const targets = chainTargets(strata);
  const scratch = new Scratch(strata);
  for (let k = 0; k < strata.layers.length; k++) {
    const layer = strata.layers[k];
    const kept = layer.filter((vertex) => placed[vertex]);
    kept.sort((a, b) => strata.u[a] - strata.u[b] || a - b);
    hold(strata, kept, (vertex) => strata.u[vertex], scratch, spacing);
    const added = layer.filter((vertex) => !placed[vertex]);
    strata.layers[k] =
      isPort(strata, frame, layer[0]) && added.length > 0
        ? settlePorts(strata, layer, scratch, spacing)
        : insertAll(strata, kept, added, placed, targets, least, spacing);
  }
  // The first layer of ports was placed before what it leads to.
  const ports = strata.layers[0];
  if (isPort(strata, frame, ports[0]) && ports.some((port) => strata.before[port] === null))
    strata.layers[0] = settlePorts(strata, strata.layers[0], scratch, spacing);
  return true;
}

function isPort(strata: Strata, frame: Frame, vertex: number | undefined): boolean {
  return (
    vertex !== undefined && vertex < strata.units.length && frame.units[strata.units[vertex]].role !== "box"
  );
}

/** For each bend the vertex at which its edge ends. */
function chainTargets(strata: Strata): ReadonlyMap<number, number> {
  const targets = new Map<number, number>();
  for (const { vertices } of strata.chains) {
    for (const vertex of vertices.slice(1, -1)) targets.set(vertex, vertices[vertices.length - 1]);
  }
  return targets;
}

/** Leaves vertices of a layer where they want to be, but for room between them. */
function hold(
  strata: Strata,
  layer: readonly number[],
  at: (vertex: number) => number,
  scratch: Scratch,
  spacing: Spacing,
): void {
  for (let i = 0; i < layer.length; i++) {
    scratch.wanted[i] = at(layer[i]);
    scratch.weight[i] = 1;
  }
  fitOrder(strata, layer, scratch, spacing);
}

function settlePorts(strata: Strata, layer: readonly number[], scratch: Scratch, spacing: Spacing): number[] {
  const wanted = new Map<number, number>();
  for (const port of layer) {
    const s = strata.up[port][0];
    const t = strata.down[port][0];
    if (s !== undefined) wanted.set(port, strata.u[strata.from[s]] + strata.shiftFrom[s]);
    else wanted.set(port, t === undefined ? 0 : strata.u[strata.to[t]] + strata.shiftTo[t]);
  }
  const sorted = [...layer].sort((a, b) => wanted.get(a)! - wanted.get(b)! || a - b);
  hold(strata, sorted, (port) => wanted.get(port) ?? 0, scratch, spacing);
  return sorted;
}

function insertAll(
  strata: Strata,
  kept: readonly number[],
  added: readonly number[],
  placed: Uint8Array,
  targets: ReadonlyMap<number, number>,
  least: number,
  spacing: Spacing,
): number[] {
  const row = [...kept];
  for (const vertex of added) {
    const wanted = wantedPlace(strata, vertex, placed, targets.get(vertex)) ?? Infinity;
    insert(strata, row, vertex, wanted, least, spacing);
    placed[vertex] = 1;
  }
  return row;
}

function wantedPlace(
  strata: Strata,
  vertex: number,
  placed: Uint8Array,
  target: number | undefined,
): number | null {
  let sum = 0;
  let count = 0;
  for (const s of strata.up[vertex]) {
    if (!placed[strata.from[s]]) continue;
    sum += strata.u[strata.from[s]] + strata.shiftFrom[s] - strata.shiftTo[s];
    count++;
  }
  if (target !== undefined && placed[target])
    return count > 0 ? (sum / count + strata.u[target]) / 2 : strata.u[target];
  if (count > 0) return sum / count;
  for (const s of strata.down[vertex]) {
    if (!placed[strata.to[s]]) continue;
    sum += strata.u[strata.to[s]] + strata.shiftTo[s] - strata.shiftFrom[s];
    count++;
  }
  return count > 0 ? sum / count : null;
}

/** Puts a vertex into the nearest gap of a row that is wide enough; the end of the row always is. */
function insert(
  strata: Strata,
  row: number[],
  vertex: number,
  wanted: number,
  least: number,
  spacing: Spacing,
): void {
  let best = { index: row.length, u: 0, distance: Infinity };
  for (let i = row.length; i >= 0; i--) {
    const low =
      i > 0
        ? strata.u[row[i - 1]] + separation(strata, row[i - 1], vertex, spacing)
        : least + strata.size[vertex] / 2;
    const high = i < row.length ? strata.u[row[i]] - separation(strata, vertex, row[i], spacing) : Infinity;
    if (low > high) continue;
    const u = Number.isFinite(wanted) ? Math.min(Math.max(wanted, low), high) : low;
    const distance = Number.isFinite(wanted) ? Math.abs(u - wanted) : row.length - i;
    if (distance < best.distance) best = { index: i, u, distance };
  }
  strata.u[vertex] = best.u;
  row.splice(best.index, 0, vertex);
}

/** What a drawing costs its reader: bent edges and crossings. */
export function readingCost(strata: Strata): number {
  let sum = 0;
  for (let s = 0; s < strata.from.length; s++) {
    const bend = strata.u[strata.to[s]] + strata.shiftTo[s] - strata.u[strata.from[s]] - strata.shiftFrom[s];
    if (strata.weight[s] >= 1) sum += Math.abs(bend);
  }
  const index = new Int32Array(strata.count);
  for (const layer of strata.layers) layer.forEach((vertex, i) => (index[vertex] = i));
  return sum + 80 * crossings(strata, strata.layers, index);
}
