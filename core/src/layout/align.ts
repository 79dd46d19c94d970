import type { Spacing } from "./spacing";
import { type Strata, separation } from "./strata";

/**
 * Gives every vertex its place on the cross axis: near its neighbours, in the order of its layer, with room between.
 * Each pass solves one layer exactly (least squares under the order, by merging blocks); passes go down and up until
 * parents stand over their children, then chains are pulled straight.
 */
export function alignLayers(strata: Strata, spacing: Spacing): void {
  const { layers } = strata;
  const scratch = new Scratch(strata);
  for (const layer of layers) pack(strata, layer, spacing);
  const rounds = strata.count <= 600 ? 6 : strata.count <= 3000 ? 3 : 2;
  for (let round = 0; round < rounds; round++) {
    for (let k = 1; k < layers.length; k++) settle(strata, layers[k], spacing, scratch, true, false);
    for (let k = layers.length - 2; k >= 0; k--) settle(strata, layers[k], spacing, scratch, false, true);
  }
  for (let round = 0; round < rounds; round++) {
    for (const layer of layers) settle(strata, layer, spacing, scratch, true, true);
  }
  straighten(strata, spacing);
  straightenBends(strata, spacing);
}

/** Boxes that nothing connects, as a grid: each column is as wide as its widest box, rows begin at the same place. */
export function alignGrid(strata: Strata, spacing: Spacing): void {
  const columns: number[] = [];
  for (const layer of strata.layers) {
    layer.forEach((vertex, i) => {
      columns[i] = Math.max(columns[i] ?? 0, strata.size[vertex] + strata.margin[vertex]);
    });
  }
  for (const layer of strata.layers) {
    let at = 0;
    layer.forEach((vertex, i) => {
      strata.u[vertex] = at + strata.size[vertex] / 2;
      at += columns[i] + spacing.boxGap;
    });
  }
}

/** One beside the other, around zero. */
function pack(strata: Strata, layer: readonly number[], spacing: Spacing): void {
  let at = 0;
  layer.forEach((vertex, i) => {
    if (i > 0) at += separation(strata, layer[i - 1], vertex, spacing);
    strata.u[vertex] = at;
  });
  for (const vertex of layer) strata.u[vertex] -= at / 2;
}

/** Columns that every pass over a layer uses anew: a large part has thousands of such passes. */
export class Scratch {
  readonly wanted: Float64Array;
  readonly weight: Float64Array;
  readonly offset: Float64Array;
  readonly mean: Float64Array;
  readonly total: Float64Array;
  readonly start: Int32Array;

  constructor(strata: Strata) {
    let longest = 0;
    for (const layer of strata.layers) longest = Math.max(longest, layer.length);
    this.wanted = new Float64Array(longest);
    this.weight = new Float64Array(longest);
    this.offset = new Float64Array(longest);
    this.mean = new Float64Array(longest);
    this.total = new Float64Array(longest);
    this.start = new Int32Array(longest);
  }
}

function settle(
  strata: Strata,
  layer: readonly number[],
  spacing: Spacing,
  scratch: Scratch,
  byUp: boolean,
  byDown: boolean,
): void {
  const { wanted, weight } = scratch;
  for (let i = 0; i < layer.length; i++) pullOf(strata, layer[i], byUp, byDown, wanted, weight, i);
  fitOrder(strata, layer, scratch, spacing);
}

/** Where the neighbours of a vertex want it, and how strongly: into `wanted[i]` and `weight[i]`. */
function pullOf(
  strata: Strata,
  vertex: number,
  byUp: boolean,
  byDown: boolean,
  wanted: Float64Array,
  weight: Float64Array,
  i: number,
): void {
  const { u, from, to, shiftFrom, shiftTo } = strata;
  let sum = 0;
  let total = 0;
  if (byUp) {
    for (const s of strata.up[vertex]) {
      sum += (u[from[s]] + shiftFrom[s] - shiftTo[s]) * strata.weight[s];
      total += strata.weight[s];
    }
  }
  if (byDown) {
    for (const s of strata.down[vertex]) {
      sum += (u[to[s]] + shiftTo[s] - shiftFrom[s]) * strata.weight[s];
      total += strata.weight[s];
    }
  }
  // Without neighbours on that side it stays, and yields to all others.
  wanted[i] = total > 0 ? sum / total : u[vertex];
  weight[i] = total > 0 ? total : 1e-3;
}

/**
 * Least squares under the layer's order and separations: neighbours that would come too close are merged into blocks,
 * which move as one. Takes what each vertex wants, and how strongly, from `scratch`.
 */
export function fitOrder(strata: Strata, layer: readonly number[], scratch: Scratch, spacing: Spacing): void {
  const { wanted, weight, offset, mean, total, start } = scratch;
  let blocks = 0;
  for (let i = 0; i < layer.length; i++) {
    offset[i] = i > 0 ? offset[i - 1] + separation(strata, layer[i - 1], layer[i], spacing) : 0;
    let at = wanted[i] - offset[i];
    let sum = weight[i];
    let first = i;
    while (blocks > 0 && mean[blocks - 1] > at) {
      blocks--;
      at = (mean[blocks] * total[blocks] + at * sum) / (total[blocks] + sum);
      sum += total[blocks];
      first = start[blocks];
    }
    start[blocks] = first;
    mean[blocks] = at;
    total[blocks] = sum;
    blocks++;
  }
  for (let b = 0; b < blocks; b++) {
    const end = b + 1 < blocks ? start[b + 1] : layer.length;
    for (let i = start[b]; i < end; i++) strata.u[layer[i]] = mean[b] + offset[i];
  }
}

/** The only segment of the flow among `segments`; -1 when there is none, -2 when there are several. */
function onlyFlow(strata: Strata, segments: readonly number[]): number {
  let only = -1;
  for (const s of segments) {
    if (strata.weight[s] < 1) continue;
    if (only !== -1) return -2;
    only = s;
  }
  return only;
}

/** Puts each vertex that has one neighbour above, which has no other below, right under it, where there is room. */
function straighten(strata: Strata, spacing: Spacing): void {
  const { layers, up, down, from, to, shiftFrom, shiftTo, u } = strata;
  for (let pass = 0; pass < 2; pass++) {
    for (const layer of layers) {
      for (let i = 0; i < layer.length; i++) {
        const s = onlyFlow(strata, up[layer[i]]);
        if (s < 0) continue;
        // Ports of a frame lie apart: each of them has what follows it to itself.
        const ported = strata.size[from[s]] > 0 && shiftFrom[s] !== 0;
        if (!ported && onlyFlow(strata, down[from[s]]) < 0) continue;
        nudge(strata, layer, i, u[from[s]] + shiftFrom[s] - shiftTo[s], spacing);
      }
    }
    for (let k = layers.length - 2; k >= 0; k--) {
      const layer = layers[k];
      for (let i = 0; i < layer.length; i++) {
        const s = onlyFlow(strata, down[layer[i]]);
        if (s < 0 || onlyFlow(strata, up[to[s]]) < 0 || onlyFlow(strata, up[layer[i]]) !== -1) continue;
        nudge(strata, layer, i, u[to[s]] + shiftTo[s] - shiftFrom[s], spacing);
      }
    }
  }
}

/** Puts all bends of an edge on one line, where the layers that it passes have room for that. */
function straightenBends(strata: Strata, spacing: Spacing): void {
  const place = new Int32Array(strata.count);
  for (const layer of strata.layers) layer.forEach((vertex, i) => (place[vertex] = i));
  for (const { vertices } of strata.chains) {
    if (vertices.length < 4) continue;
    let [low, high, sum] = [-Infinity, Infinity, 0];
    for (const vertex of vertices.slice(1, -1)) {
      const layer = strata.layers[strata.layerOf[vertex]];
      const [before, after] = [layer[place[vertex] - 1], layer[place[vertex] + 1]];
      if (before !== undefined)
        low = Math.max(low, strata.u[before] + separation(strata, before, vertex, spacing));
      if (after !== undefined)
        high = Math.min(high, strata.u[after] - separation(strata, vertex, after, spacing));
      sum += strata.u[vertex];
    }
    if (low > high) continue;
    const u = Math.min(Math.max(sum / (vertices.length - 2), low), high);
    for (const vertex of vertices.slice(1, -1)) strata.u[vertex] = u;
  }
}

/** Moves a vertex to a place, if its neighbours in the layer leave room. */
function nudge(strata: Strata, layer: readonly number[], i: number, to: number, spacing: Spacing): void {
  const vertex = layer[i];
  const least =
    i > 0 ? strata.u[layer[i - 1]] + separation(strata, layer[i - 1], vertex, spacing) : -Infinity;
  const most =
    i + 1 < layer.length
      ? strata.u[layer[i + 1]] - separation(strata, vertex, layer[i + 1], spacing)
      : Infinity;
  if (to >= least && to <= most) strata.u[vertex] = to;
}
