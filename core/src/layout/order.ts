import type { Strata } from "./strata";

/** Orders the vertices of each layer so that few edges cross. Deterministic; more rounds for small parts. */
export function orderLayers(strata: Strata): void {
  const index = new Int32Array(strata.count);
  const keys = new Float64Array(strata.count);
  let best = strata.layers;
  takeIndex(best, index);
  let least = crossings(strata, best, index);
  const rounds = strata.count <= 400 ? 12 : strata.count <= 2500 ? 6 : 4;
  const layers = best.map((layer) => [...layer]);
  // Rounds that bring nothing come in pairs, one down and one up.
  for (let round = 0, idle = 0; round < rounds && least > 0 && idle < 3; round++) {
    const downwards = round % 2 === 0;
    for (let k = 1; k < layers.length; k++) {
      sortByNeighbours(strata, layers[downwards ? k : layers.length - 1 - k], index, keys, downwards);
    }
    const now = crossings(strata, layers, index);
    if (now >= least) idle++;
    else {
      least = now;
      best = layers.map((layer) => [...layer]);
      idle = 0;
    }
  }
  takeIndex(best, index);
  if (least > 0 && strata.count <= 400) swapNeighbours(strata, best, index);
  strata.layers = best;
}

function takeIndex(layers: readonly (readonly number[])[], index: Int32Array): void {
  for (const layer of layers) for (let i = 0; i < layer.length; i++) index[layer[i]] = i;
}

/** Place of the end of a segment among the vertices of its layer, so that two ports of one box tell apart. */
function endIndex(strata: Strata, vertex: number, shift: number, index: Int32Array): number {
  return strata.size[vertex] > 0 ? index[vertex] + (shift / strata.size[vertex]) * 0.9 : index[vertex];
}

/** Sorts a layer by the mean place of its neighbours above (or below). Vertices without any stay where they are. */
function sortByNeighbours(
  strata: Strata,
  layer: number[],
  index: Int32Array,
  keys: Float64Array,
  downwards: boolean,
): void {
  const movable: number[] = [];
  let sorted = true;
  for (const vertex of layer) {
    const key = meanOfNeighbours(strata, vertex, index, downwards);
    keys[vertex] = key;
    if (Number.isNaN(key)) continue;
    if (movable.length > 0 && keys[movable[movable.length - 1]] > key) sorted = false;
    movable.push(vertex);
  }
  if (sorted) return;
  movable.sort((a, b) => keys[a] - keys[b] || index[a] - index[b]);
  let next = 0;
  for (let i = 0; i < layer.length; i++) {
    if (!Number.isNaN(keys[layer[i]])) layer[i] = movable[next++];
  }
  for (let i = 0; i < layer.length; i++) index[layer[i]] = i;
}

/** NaN for a vertex that has no neighbours on that side. */
function meanOfNeighbours(strata: Strata, vertex: number, index: Int32Array, downwards: boolean): number {
  const { from, to, shiftFrom, shiftTo, weight } = strata;
  let sum = 0;
  let total = 0;
  for (const s of downwards ? strata.up[vertex] : strata.down[vertex]) {
    const at = downwards
      ? endIndex(strata, from[s], shiftFrom[s], index) - ownShift(strata, vertex, shiftTo[s])
      : endIndex(strata, to[s], shiftTo[s], index) - ownShift(strata, vertex, shiftFrom[s]);
    // An error edge alone decides as any other; beside others it hardly counts.
    sum += at * weight[s];
    total += weight[s];
  }
  return sum / total;
}

function ownShift(strata: Strata, vertex: number, shift: number): number {
  return strata.size[vertex] > 0 ? (shift / strata.size[vertex]) * 0.9 : 0;
}

/** Swaps neighbours in a layer as long as that takes crossings away. */
function swapNeighbours(strata: Strata, layers: number[][], index: Int32Array): void {
  for (let pass = 0; pass < 3; pass++) {
    let better = false;
    for (const layer of layers) {
      for (let i = 1; i < layer.length; i++) {
        const a = layer[i - 1];
        const b = layer[i];
        if (pairCrossings(strata, a, b, index) <= pairCrossings(strata, b, a, index)) continue;
        layer[i - 1] = b;
        layer[i] = a;
        index[a] = i;
        index[b] = i - 1;
        better = true;
      }
    }
    if (!better) return;
  }
}

/** Crossings of the segments of two neighbours when `a` stands before `b`. */
function pairCrossings(strata: Strata, a: number, b: number, index: Int32Array): number {
  const { from, to, shiftFrom, shiftTo } = strata;
  let sum = 0;
  for (const s of strata.up[a]) {
    const at = endIndex(strata, from[s], shiftFrom[s], index);
    for (const t of strata.up[b]) if (at > endIndex(strata, from[t], shiftFrom[t], index)) sum++;
  }
  for (const s of strata.down[a]) {
    const at = endIndex(strata, to[s], shiftTo[s], index);
    for (const t of strata.down[b]) if (at > endIndex(strata, to[t], shiftTo[t], index)) sum++;
  }
  return sum;
}

/** Number of crossings of all segments, by counting inversions layer by layer. */
export function crossings(strata: Strata, layers: readonly (readonly number[])[], index: Int32Array): number {
  let sum = 0;
  for (let k = 0; k + 1 < layers.length; k++) {
    const ends: number[] = [];
    for (const vertex of layers[k]) {
      const segments = strata.down[vertex];
      if (segments.length === 1) ends.push(index[strata.to[segments[0]]]);
      else if (segments.length > 1) ends.push(...segmentEnds(strata, segments, index));
    }
    sum += inversions(ends, layers[k + 1].length);
  }
  return sum;
}

function segmentEnds(strata: Strata, segments: readonly number[], index: Int32Array): number[] {
  const sorted = [...segments].sort(
    (s, t) => strata.shiftFrom[s] - strata.shiftFrom[t] || index[strata.to[s]] - index[strata.to[t]],
  );
  return sorted.map((s) => index[strata.to[s]]);
}

/** Pairs that stand in the wrong order, by a tree of partial sums. */
function inversions(values: readonly number[], size: number): number {
  let sorted = true;
  for (let i = 1; i < values.length && sorted; i++) sorted = values[i - 1] <= values[i];
  if (sorted) return 0;
  const tree = new Int32Array(size + 1);
  let sum = 0;
  for (let i = values.length - 1; i >= 0; i--) {
    for (let at = values[i]; at > 0; at -= at & -at) sum += tree[at];
    for (let at = values[i] + 1; at <= size; at += at & -at) tree[at]++;
  }
  return sum;
}
