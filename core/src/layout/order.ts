import type { Strata } from "./strata";

/** Orders the vertices of each layer so that few edges cross. Deterministic; more rounds for small parts. */
export function orderLayers(strata: Strata): void {
  const index = new Int32Array(strata.count);
  const take = (layers: readonly (readonly number[])[]) => {
    for (const layer of layers) layer.forEach((vertex, i) => (index[vertex] = i));
  };
  take(strata.layers);
  let best = strata.layers.map((layer) => [...layer]);
  let least = crossings(strata, strata.layers, index);
  const rounds = strata.count <= 400 ? 10 : strata.count <= 2500 ? 4 : 2;
  const layers = strata.layers.map((layer) => [...layer]);
  for (let round = 0; round < rounds && least > 0; round++) {
    const downwards = round % 2 === 0;
    for (let k = 1; k < layers.length; k++) {
      sortByNeighbours(strata, layers[downwards ? k : layers.length - 1 - k], index, downwards);
    }
    if (strata.count <= 400) swapNeighbours(strata, layers, index);
    const now = crossings(strata, layers, index);
    if (now >= least) continue;
    least = now;
    best = layers.map((layer) => [...layer]);
  }
  strata.layers = best;
}

/** Place of the end of a segment among the vertices of its layer, so that two ports of one box tell apart. */
function endIndex(strata: Strata, vertex: number, shift: number, index: Int32Array): number {
  return strata.size[vertex] > 0 ? index[vertex] + (shift / strata.size[vertex]) * 0.9 : index[vertex];
}

/** Sorts a layer by the mean place of its neighbours above (or below). Vertices without any stay where they are. */
function sortByNeighbours(strata: Strata, layer: number[], index: Int32Array, downwards: boolean): void {
  const keys = new Map<number, number>();
  const movable: number[] = [];
  for (const vertex of layer) {
    const key = meanOfNeighbours(strata, vertex, index, downwards);
    if (key === null) continue;
    keys.set(vertex, key);
    movable.push(vertex);
  }
  movable.sort((a, b) => keys.get(a)! - keys.get(b)! || index[a] - index[b]);
  let next = 0;
  for (let i = 0; i < layer.length; i++) if (keys.has(layer[i])) layer[i] = movable[next++];
  layer.forEach((vertex, i) => (index[vertex] = i));
}

function meanOfNeighbours(
  strata: Strata,
  vertex: number,
  index: Int32Array,
  downwards: boolean,
): number | null {
  let sum = 0;
  let weight = 0;
  for (const s of downwards ? strata.up[vertex] : strata.down[vertex]) {
    const at = downwards
      ? endIndex(strata, strata.from[s], strata.shiftFrom[s], index) -
        ownShift(strata, vertex, strata.shiftTo[s])
      : endIndex(strata, strata.to[s], strata.shiftTo[s], index) -
        ownShift(strata, vertex, strata.shiftFrom[s]);
    // An error edge alone decides as any other; beside others it hardly counts.
    sum += at * strata.weight[s];
    weight += strata.weight[s];
  }
  return weight > 0 ? sum / weight : null;
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
        const [a, b] = [layer[i - 1], layer[i]];
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
  let sum = 0;
  for (const s of strata.up[a]) {
    for (const t of strata.up[b]) {
      const [x, y] = [strata.from[s], strata.from[t]];
      if (endIndex(strata, x, strata.shiftFrom[s], index) > endIndex(strata, y, strata.shiftFrom[t], index))
        sum++;
    }
  }
  for (const s of strata.down[a]) {
    for (const t of strata.down[b]) {
      const [x, y] = [strata.to[s], strata.to[t]];
      if (endIndex(strata, x, strata.shiftTo[s], index) > endIndex(strata, y, strata.shiftTo[t], index))
        sum++;
    }
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
