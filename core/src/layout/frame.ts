import type { PictureGroup } from "../draw/picture";

/** A point in a frame: `u` on the cross axis, `v` along the flow, from the frame's first corner. */
export interface FramePoint {
  readonly u: number;
  readonly v: number;
}

/**
 * Something that a frame holds: a box (a step or a frame of its own), or a port, where an edge passes through the
 * frame's border. Sizes and places are filled in by the layout.
 */
export interface Unit {
  readonly id: string;
  readonly role: "box" | "entry" | "exit";
  /** The frame that this box shows, when it is an open group. */
  readonly inner: Frame | null;
  /** Sizes on both axes. */
  cross: number;
  along: number;
  /** Free room that it needs after its box on the cross axis, for a loop or a mark. */
  margin: number;
  /** Centre on the cross axis and start along the flow, in the frame. */
  u: number;
  v: number;
  layer: number;
  /** Where `u` was in the placement before; null when it is new. */
  before: number | null;
}

/** An edge, or the part of an edge that lies in one frame. Ends are indices of units. */
export interface Link {
  readonly from: number;
  readonly to: number;
  /** Ports of the inner frames at the ends: the link then starts or ends there, not in the middle. */
  readonly fromPort: Unit | null;
  readonly toPort: Unit | null;
  readonly kind: "flow" | "error" | "back";
  /** Led against the flow, around the outside. */
  reversed: boolean;
  /** A start point, then triples of control, control, end. */
  points: FramePoint[];
}

/** A group (or, with null, the whole picture): units, and the links between them. */
export interface Frame {
  readonly group: PictureGroup | null;
  readonly units: Unit[];
  readonly links: Link[];
  /** Sizes with borders, filled in by the layout. */
  cross: number;
  along: number;
}

/** An edge as the pieces of it that each frame on its way holds, from its start to its end. */
export interface Route {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly kind: "flow" | "error" | "back";
  readonly pieces: readonly { readonly frame: Frame; readonly link: Link }[];
}

/** Where on the cross axis a link leaves its source, from the source's centre. */
export function shiftFrom(frame: Frame, link: Link): number {
  const unit = frame.units[link.from];
  if (link.fromPort) return link.fromPort.u - unit.cross / 2;
  // Error edges leave beside the middle, so that they don't cover the edge that goes on.
  return link.kind === "error" && unit.role === "box" ? Math.min(unit.cross / 4, 32) : 0;
}

/** Where on the cross axis a link enters its target, from the target's centre. */
export function shiftTo(frame: Frame, link: Link): number {
  const unit = frame.units[link.to];
  return link.toPort ? link.toPort.u - unit.cross / 2 : 0;
}
