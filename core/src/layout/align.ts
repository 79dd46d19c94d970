import type { Spacing } from "./spacing";
import { type Strata, separation } from "./strata";

/**
 * Gives every vertex its place on the cross axis: near its neighbours, in the order of its layer, with room between.
 * Each pass solves one layer exactly (least squares under the order, by merging blocks); passes go down and up until
 * parents stand over their children, then chains are pulled straight.
 */
export function alignLayers(strata: Strata, spacing: Spacing): void {
  const { layers } = strata;
  for (const layer of layers) pack(strata, layer, spacing);
  const rounds = strata.count <= 600 ? 6 : strata.count <= 3000 ? 3 : 2;
  for (let round = 0; round < rounds; round++) {
    for (let k = 1; k < layers.length; k++) settle(strata, layers[k], spacing, true, false);
    for (let k = layers.length - 2; k >= 0; k--) settle(strata, layers[k], spacing, false, true);
  }
  for (let round = 0; round < rounds; round++) {
    for (const layer of layers) settle(strata, layer, spacing, true, true);
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

function settle(
  strata: Strata,
  layer: readonly number[],
  spacing: Spacing,
  byUp: boolean,
  byDown: boolean,
): void {
  const wanted = new Float64Array(layer.length);
  const weight = new Float64Array(layer.length);
  for (let i = 0; i < layer.length; i++) pullOf(strata, layer[i], byUp, byDown, wanted, weight, i);
  fitOrder(strata, layer, wanted, weight, spacing);
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
 * which move as one.
 */
export function fitOrder(
  strata: Strata,
  layer: readonly number[],
  wanted: Float64Array,
  weight: Float64Array,
  spacing: Spacing,
): void {
  const offsets = new Float64Array(layer.length);
  const starts: number[] = [];
  const means: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < layer.length; i++) {
    if (i > 0) offsets[i] = offsets[i - 1] + separation(strata, layer[i - 1], layer[i], spacing);
    let mean = wanted[i] - offsets[i];
    let total = weight[i];
    let start = i;
    while (means.length > 0 && means[means.length - 1] > mean) {
      const other = weights.pop()!;
      mean = (means.pop()! * other + mean * total) / (other + total);
      total += other;
      start = starts.pop()!;
    }
    starts.push(start);
    means.push(mean);
    weights.push(total);
  }
  for (let b = 0; b < starts.length; b++) {
    const end = b + 1 < starts.length ? starts[b + 1] : layer.length;
    for (let i = starts[b]; i < end; i++) strata.u[layer[i]] = means[b] + offsets[i];
  }
}

/** Puts each vertex that has one neighbour above, which has no other below, right under it, where there is room. */
function straighten(strata: Strata, spacing: Spacing): void {
  const flow = (segments: readonly number[]) => segments.filter((s) => strata.weight[s] >= 1);
  for (let pass = 0; pass < 2; pass++) {
    for (const layer of strata.layers) {
      layer.forEach((vertex, i) => {
        const up = flow(strata.up[vertex]);
        if (up.length !== 1) return;
        const s = up[0];
        const wide = strata.size[strata.from[s]] > 0 && strata.shiftFrom[s] !== 0;
        if (!wide && flow(strata.down[strata.from[s]]).length !== 1) return;
        nudge(strata, layer, i, strata.u[strata.from[s]] + strata.shiftFrom[s] - strata.shiftTo[s], spacing);
      });
    }
    for (let k = strata.layers.length - 2; k >= 0; k--) {
      const layer = strata.layers[k];
      layer.forEach((vertex, i) => {
        const down = flow(strata.down[vertex]);
        if (down.length !== 1) return;
        const s = down[0];
        if (flow(strata.up[strata.to[s]]).length !== 1 || flow(strata.up[vertex]).length > 0) return;
        nudge(strata, layer, i, strata.u[strata.to[s]] + strata.shiftTo[s] - strata.shiftFrom[s], spacing);
      });
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
