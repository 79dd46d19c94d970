import { alignGrid, alignLayers } from "./align";
import type { Frame, Link } from "./frame";
import type { Memory } from "./memory";
import { orderLayers } from "./order";
import { rankUnits } from "./rank";
import { type Bands, fanKey, routeAround, routeForward, routeLoop } from "./route";
import type { Spacing } from "./spacing";
import { readingCost, stay } from "./stay";
import { type Strata, separation, stratify } from "./strata";

/** Units of a frame that edges connect, directly or not, with their links. */
export interface Part {
  readonly units: readonly number[];
  readonly links: readonly Link[];
  /** Extent after the layout, in the part's own coordinates. */
  low: number;
  high: number;
  /** Where its boxes end along the flow. */
  end: number;
  /** Layers along the flow. */
  bands: Bands;
  strata: Strata | null;
  /** It stands where it stood before. */
  stayed: boolean;
}

/** A part of at most so many vertices is compared with a fresh layout, so that it does not grow ugly bit by bit. */
const COMPARED = 400;

/** The connected parts of a frame, in the order of their first units. */
export function partsOf(frame: Frame): Part[] {
  const root = frame.units.map((_, i) => i);
  const find = (i: number): number => {
    while (root[i] !== i) i = root[i] = root[root[i]];
    return i;
  };
  const boxes = frame.units.map((unit) => unit.role === "box");
  for (const { from, to } of frame.links)
    root[Math.max(find(from), find(to))] = Math.min(find(from), find(to));
  // Boxes that nothing connects (a router's routes) are one part, which stands in rows.
  const lonely = frame.group !== null && frame.links.every(({ from, to }) => !boxes[from] || !boxes[to]);
  const parts = new Map<number, { units: number[]; links: Link[] }>();
  const partOf = (i: number) => {
    const key = lonely ? 0 : find(i);
    let part = parts.get(key);
    if (!part) parts.set(key, (part = { units: [], links: [] }));
    return part;
  };
  frame.units.forEach((_, i) => partOf(i).units.push(i));
  for (const link of frame.links) partOf(link.from).links.push(link);
  const none: Bands = { start: [], end: [] };
  return [...parts.values()].map((part) => ({
    ...part,
    low: 0,
    high: 0,
    end: 0,
    bands: none,
    strata: null,
    stayed: false,
  }));
}

/** Layers, orders and places the units of a part. Coordinates are the part's own; `before` gives the frame's first v. */
export function arrangePart(
  frame: Frame,
  part: Part,
  spacing: Spacing,
  before: number,
  memory: Memory | null,
): void {
  const { units, links } = part;
  for (const link of links) {
    if (link.from === link.to) frame.units[link.from].margin = Math.max(frame.units[link.from].margin, 16);
  }
  rankUnits(frame, units, links, spacing);
  const strata = stratify(frame, units, links, memory);
  part.stayed = settled(frame, strata, spacing);
  if (!part.stayed) {
    orderLayers(strata);
    if (strata.from.length > 0) alignLayers(strata, spacing);
    else alignGrid(strata, spacing);
  }
  if (!part.stayed) roundPlaces(strata, spacing);
  const gap = strata.from.length > 0 ? spacing.layerGap : spacing.boxGap;
  part.bands = bandsOf(frame, units, strata.layers.length, gap, before);
  part.low = Infinity;
  part.high = -Infinity;
  part.end = before;
  units.forEach((i, vertex) => {
    const unit = frame.units[i];
    unit.u = strata.u[vertex];
    unit.v = part.bands.start[unit.layer];
    if (unit.role !== "exit") part.end = Math.max(part.end, unit.v + unit.along);
  });
  for (let vertex = 0; vertex < strata.count; vertex++) {
    part.low = Math.min(part.low, strata.u[vertex] - strata.size[vertex] / 2);
    part.high = Math.max(part.high, strata.u[vertex] + strata.size[vertex] / 2 + strata.margin[vertex]);
  }
  part.strata = strata;
}

/** Rounds to halves of pixels: sums of them are exact, so that a second layout finds the very same places. */
function roundPlaces(strata: Strata, spacing: Spacing): void {
  const half = (value: number) => Math.round(value * 2) / 2;
  for (const layer of strata.layers) {
    for (let i = 0; i < layer.length; i++) {
      const u = half(strata.u[layer[i]]);
      const least = i > 0 ? strata.u[layer[i - 1]] + separation(strata, layer[i - 1], layer[i], spacing) : u;
      strata.u[layer[i]] = Math.max(u, Math.ceil(least * 2) / 2);
    }
  }
}

/** Keeps what was there before, unless a fresh layout reads much better. */
function settled(frame: Frame, strata: Strata, spacing: Spacing): boolean {
  const layers = strata.layers;
  if (!stay(strata, frame, spacing)) return false;
  if (strata.count > COMPARED) return true;
  const kept = { layers: strata.layers, u: strata.u.slice(), cost: readingCost(strata) };
  if (kept.cost < 600) return true;
  strata.layers = layers.map((layer) => [...layer]);
  orderLayers(strata);
  alignLayers(strata, spacing);
  if (kept.cost > readingCost(strata) * 1.8 + 600) return false;
  strata.layers = kept.layers;
  strata.u.set(kept.u);
  return true;
}

function bandsOf(frame: Frame, units: readonly number[], count: number, gap: number, before: number): Bands {
  const thickness = new Array<number>(count).fill(0);
  for (const i of units) {
    const unit = frame.units[i];
    thickness[unit.layer] = Math.max(thickness[unit.layer], unit.along);
  }
  const ported = units.some((i) => frame.units[i].role === "entry");
  const start: number[] = [];
  const end: number[] = [];
  for (let layer = 0; layer < count; layer++) {
    if (layer === 0) start.push(ported ? 0 : before);
    else if (layer === 1 && ported) start.push(before);
    else start.push(end[layer - 1] + gap);
    end.push(start[layer] + thickness[layer]);
  }
  return { start, end };
}

/** Draws the links of a part, after its frame has its size: exits then lie on the frame's border. */
export function routePart(frame: Frame, part: Part, spacing: Spacing): void {
  const strata = part.strata;
  if (!strata) return;
  const leaving = new Map<string, number>();
  for (const { link } of strata.chains) leaving.set(fanKey(link), (leaving.get(fanKey(link)) ?? 0) + 1);
  const fans = new Set([...leaving].filter(([, n]) => n > 1).map(([key]) => key));
  for (const chain of strata.chains) {
    chain.link.points = routeForward(frame, strata, chain, part.bands, fans);
  }
  for (const link of part.links) if (link.from === link.to) link.points = routeLoop(frame, link);
  const back = part.links.filter((link) => link.reversed);
  routeAround(frame, back, part.bands, part.high, spacing);
}

/** Room on the cross axis that the part's back edges will take beyond its boxes. */
export function roomAround(part: Part, spacing: Spacing, track: number): number {
  const targets = new Set<string>();
  for (const link of part.links) {
    if (link.reversed) targets.add(`${link.to}/${link.toPort?.id ?? ""}/${link.kind === "error"}`);
  }
  return targets.size === 0 ? 0 : spacing.boxGap + (targets.size - 1) * track + 2;
}

/** Moves all of a part. */
export function shiftPart(frame: Frame, part: Part, du: number, dv: number): void {
  for (const i of part.units) {
    frame.units[i].u += du;
    frame.units[i].v += dv;
  }
  part.low += du;
  part.high += du;
  part.end += dv;
  part.bands = { start: part.bands.start.map((v) => v + dv), end: part.bands.end.map((v) => v + dv) };
  if (part.strata) for (let i = 0; i < part.strata.count; i++) part.strata.u[i] += du;
}
