import { type Frame, type FramePoint, type Link, shiftFrom, shiftTo } from "./frame";
import { type Spacing, TRACK, TRUNK } from "./spacing";
import type { Strata } from "./strata";

/** Start and end of each layer along the flow. */
export interface Bands {
  readonly start: readonly number[];
  readonly end: readonly number[];
}

/** Collects cubic segments. Straight pieces that go on in the same line are made one. */
class Pen {
  readonly points: FramePoint[];

  constructor(start: FramePoint) {
    this.points = [start];
  }

  private get last(): FramePoint {
    return this.points[this.points.length - 1];
  }

  lineTo(u: number, v: number): this {
    const { u: a, v: b } = this.last;
    if (Math.abs(u - a) < 0.01 && Math.abs(v - b) < 0.01) return this;
    const n = this.points.length;
    if (n >= 4 && straight([this.points[n - 4], this.points[n - 3], this.last, { u, v }])) {
      const from = this.points[n - 4];
      this.points.length = n - 3;
      return this.lineFrom(from, u, v);
    }
    return this.lineFrom({ u: a, v: b }, u, v);
  }

  private lineFrom(from: FramePoint, u: number, v: number): this {
    const part = (t: number) => ({ u: from.u + (u - from.u) * t, v: from.v + (v - from.v) * t });
    this.points.push(part(1 / 3), part(2 / 3), { u, v });
    return this;
  }

  /** A curve that leaves and arrives along the flow. */
  curveTo(u: number, v: number): this {
    const { u: a, v: b } = this.last;
    if (Math.abs(u - a) < 0.5) return this.lineTo(u, v);
    const half = (v - b) * 0.55;
    this.points.push({ u: a, v: b + half }, { u, v: v - half }, { u, v });
    return this;
  }

  /** A quarter round to a corner's other side. */
  corner(corner: FramePoint, to: FramePoint): this {
    const { u, v } = this.last;
    const bend = (from: number, by: number) => from + (by - from) * 0.55;
    this.points.push(
      { u: bend(u, corner.u), v: bend(v, corner.v) },
      { u: bend(to.u, corner.u), v: bend(to.v, corner.v) },
      to,
    );
    return this;
  }
}

function straight(points: readonly FramePoint[]): boolean {
  const same = (f: (p: FramePoint) => number) => points.every((p) => Math.abs(f(p) - f(points[0])) < 0.01);
  return same((p) => p.u) || same((p) => p.v);
}

/** Leads a forward link through the bends of its layers. Between two layers it curves, in a layer it goes straight. */
export function routeForward(
  frame: Frame,
  strata: Strata,
  chain: { readonly link: Link; readonly vertices: readonly number[] },
  bands: Bands,
  fans: ReadonlySet<string>,
): FramePoint[] {
  const { link, vertices } = chain;
  const source = frame.units[link.from];
  const target = frame.units[link.to];
  const start = { u: source.u + shiftFrom(frame, link), v: source.v + source.along };
  const pen = new Pen(start).lineTo(start.u, Math.max(start.v, bands.end[source.layer]));
  if (fans.has(fanKey(link)) && source.role === "box") {
    pen.lineTo(start.u, Math.max(bands.end[source.layer], start.v + TRUNK));
  }
  for (const vertex of vertices.slice(1, -1)) {
    const layer = strata.layerOf[vertex];
    pen.curveTo(strata.u[vertex], bands.start[layer]);
    pen.lineTo(strata.u[vertex], bands.end[layer]);
  }
  const endU = target.u + shiftTo(frame, link);
  return pen.curveTo(endU, target.v).points;
}

/** Same key for links that leave a unit at the same point. */
export function fanKey(link: Link): string {
  return `${link.from}/${link.fromPort?.id ?? ""}/${link.kind === "error" ? "!" : ""}`;
}

/** A loop at the end side of a unit, for an edge from a step to itself. */
export function routeLoop(frame: Frame, link: Link): FramePoint[] {
  const unit = frame.units[link.from];
  const u = unit.u + unit.cross / 2;
  const [a, b] = [unit.v + unit.along * 0.75, unit.v + unit.along * 0.25];
  return [
    { u, v: a },
    { u: u + 18, v: a + 6 },
    { u: u + 18, v: b - 6 },
    { u, v: b },
  ];
}

/** Leads reversed links around the outside of a part, those to one target on one track; returns the room they take. */
export function routeAround(
  frame: Frame,
  links: readonly Link[],
  bands: Bands,
  edge: number,
  spacing: Spacing,
): number {
  const tracks = new Map<string, number>();
  for (const link of links) {
    const key = `${link.to}/${link.toPort?.id ?? ""}/${link.kind === "error"}`;
    let track = tracks.get(key);
    if (track === undefined) tracks.set(key, (track = tracks.size));
    link.points = around(frame, link, bands, edge + spacing.boxGap + track * TRACK, track % 3);
  }
  return tracks.size === 0 ? edge : edge + spacing.boxGap + (tracks.size - 1) * TRACK;
}

function around(frame: Frame, link: Link, bands: Bands, track: number, step: number): FramePoint[] {
  const source = frame.units[link.from];
  const target = frame.units[link.to];
  const start = { u: source.u + shiftFrom(frame, link), v: source.v + source.along };
  const end = { u: target.u + shiftTo(frame, link), v: target.v };
  // Both turns lie in the gaps between layers, where there are no boxes.
  const out = Math.max(bands.end[source.layer], start.v) + 7 + step * 2;
  const back = bands.start[target.layer] - 9 - step * 2;
  const r = 5;
  return new Pen(start)
    .lineTo(start.u, out - r)
    .corner({ u: start.u, v: out }, { u: start.u + r, v: out })
    .lineTo(track - r, out)
    .corner({ u: track, v: out }, { u: track, v: out - r })
    .lineTo(track, back + r)
    .corner({ u: track, v: back }, { u: track - r, v: back })
    .lineTo(end.u + r, back)
    .corner({ u: end.u, v: back }, { u: end.u, v: back + Math.min(r, end.v - back) })
    .lineTo(end.u, end.v).points;
}
