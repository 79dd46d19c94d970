import { type Frame, type Link, shiftFrom, shiftTo } from "./frame";
import type { Memory } from "./memory";
import type { Spacing } from "./spacing";

/**
 * A part of a frame in layers. Vertices 0 to `units.length - 1` are its units; the ones after them are bends, where an
 * edge passes a layer. Segments connect neighbouring layers only. Columns of numbers, for speed.
 */
export interface Strata {
  readonly units: readonly number[];
  readonly count: number;
  readonly layerOf: readonly number[];
  /** Room on the cross axis. */
  readonly size: readonly number[];
  readonly margin: readonly number[];
  /** Order on the cross axis, layer by layer. */
  layers: number[][];
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly shiftFrom: readonly number[];
  readonly shiftTo: readonly number[];
  readonly weight: readonly number[];
  /** Segments that leave and enter each vertex. */
  readonly down: readonly (readonly number[])[];
  readonly up: readonly (readonly number[])[];
  /** Vertices of each forward link, from its source to its target. */
  readonly chains: readonly { readonly link: Link; readonly vertices: readonly number[] }[];
  /** Centre of each vertex on the cross axis. */
  readonly u: Float64Array;
  /** Where each vertex stood in the placement before; null when it is new. */
  readonly before: readonly (number | null)[];
}

/** Pull of an error edge: it follows, it does not bend the flow. */
const ERROR_WEIGHT = 1e-4;

/** Cuts the links of a part into segments from layer to layer. */
export function stratify(
  frame: Frame,
  part: readonly number[],
  links: readonly Link[],
  memory: Memory | null,
): Strata {
  const local = new Map(part.map((unit, i) => [unit, i]));
  const columns = {
    layerOf: part.map((i) => frame.units[i].layer),
    size: part.map((i) => frame.units[i].cross),
    margin: part.map((i) => frame.units[i].margin),
    before: part.map((i) => frame.units[i].before),
    from: [] as number[],
    to: [] as number[],
    shiftFrom: [] as number[],
    shiftTo: [] as number[],
    weight: [] as number[],
  };
  const chains: { link: Link; vertices: number[] }[] = [];
  for (const link of links) {
    if (link.reversed || link.from === link.to) continue;
    const source = local.get(link.from);
    const target = local.get(link.to);
    if (source === undefined || target === undefined) continue;
    const vertices = [source];
    for (let layer = columns.layerOf[source] + 1; layer < columns.layerOf[target]; layer++) {
      vertices.push(columns.layerOf.push(layer) - 1);
      columns.size.push(0);
      columns.margin.push(0);
    }
    const bends = memory?.bends(frame, link, vertices.length - 1);
    for (let i = 1; i < vertices.length; i++) columns.before.push(bends?.[i - 1] ?? null);
    vertices.push(target);
    chains.push({ link, vertices });
    const pull = link.kind === "error" ? ERROR_WEIGHT : 1;
    for (let i = 1; i < vertices.length; i++) {
      const bends = Number(i > 1) + Number(i < vertices.length - 1);
      columns.from.push(vertices[i - 1]);
      columns.to.push(vertices[i]);
      columns.shiftFrom.push(i === 1 ? shiftFrom(frame, link) : 0);
      columns.shiftTo.push(i === vertices.length - 1 ? shiftTo(frame, link) : 0);
      // Long edges are to be straight: the middle of an edge pulls hardest.
      columns.weight.push(pull * [1, 2, 8][bends]);
    }
  }
  const count = columns.layerOf.length;
  const down: number[][] = Array.from({ length: count }, () => []);
  const up: number[][] = Array.from({ length: count }, () => []);
  columns.from.forEach((vertex, segment) => down[vertex].push(segment));
  columns.to.forEach((vertex, segment) => up[vertex].push(segment));
  const strata = { ...columns, units: part, count, down, up, chains, layers: [], u: new Float64Array(count) };
  return { ...strata, layers: initialOrder(strata) };
}

/** Depth first from the first layer: children stay together, in the order in which they are written. */
function initialOrder(
  strata: Pick<Strata, "count" | "units" | "layerOf" | "down" | "to" | "weight">,
): number[][] {
  const layers: number[][] = [];
  const seen = new Uint8Array(strata.count);
  for (let i = 0; i < strata.count; i++) (layers[strata.layerOf[i]] ??= []).push(i);
  const roots = layers.flat().filter((i) => i < strata.units.length);
  const result: number[][] = layers.map(() => []);
  for (const root of roots) {
    const stack = [root];
    while (stack.length > 0) {
      const vertex = stack.pop()!;
      if (seen[vertex]) continue;
      seen[vertex] = 1;
      result[strata.layerOf[vertex]].push(vertex);
      // Error handlers come last, beside what follows the step that they guard.
      const next = [...strata.down[vertex]].sort(
        (a, b) => Number(strata.weight[b] >= 1) - Number(strata.weight[a] >= 1),
      );
      for (let k = next.length - 1; k >= 0; k--) stack.push(strata.to[next[k]]);
    }
  }
  return result.map((layer) => layer ?? []);
}

/** Least distance of the centres of two neighbours in a layer, the first standing before the second. */
export function separation(strata: Strata, a: number, b: number, spacing: Spacing): number {
  const boxes = Number(strata.size[a] > 0) + Number(strata.size[b] > 0);
  const gap = boxes === 2 ? spacing.boxGap : spacing.edgeGap + 2 * boxes;
  return strata.size[a] / 2 + strata.margin[a] + gap + strata.size[b] / 2;
}
