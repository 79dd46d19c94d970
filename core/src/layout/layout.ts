import { laneWidthBesideEdge } from "../draw/laneTitle";
import type { Picture } from "../draw/picture";
import type { Frame, FramePoint, Route, Unit } from "./frame";
import { type Nest, type Sizes, nest } from "./nest";
import { type Part, arrangePart, partsOf, roomAround, routePart, shiftPart } from "./part";
import type { Box, Direction, PlacedEdge, PlacedGroup, PlacedNode, Placement, Point } from "./placement";
import { FRAME_TITLE, type Spacing, TRACK, spacingOf } from "./spacing";
import { labelWidth } from "./measure";
import { type Memory, MemoryWriter, recall } from "./memory";

/** What a layout depends on besides the picture. */
export interface LayoutOptions {
  /** `LR` left to right, `TB` top to bottom. */
  readonly direction: Direction;
  /** Box of a node in CSS pixels; also asked for folded and empty groups, as nodes of kind `router` or `flow`. */
  readonly sizes: Sizes;
  /** Ids of folded groups: each is one box, edges to what is in it end at it. */
  readonly collapsed: ReadonlySet<string>;
  /** Longest row of boxes that nothing connects (a router's routes); chosen by their number when absent. */
  readonly rowLength?: number;
  /** The placement before a change: what did not change keeps its place where that is possible. */
  readonly previous?: Placement;
}

/**
 * Places a picture: in layers along the direction, groups as frames around what they hold. A function of its arguments
 * alone. Every visible node is placed once, boxes don't overlap, each lies in the frame of its group. Edges to names
 * that the picture has not are left out.
 */
export function layout(picture: Picture, options: LayoutOptions): Placement {
  const topDown = options.direction === "TB";
  const spacing = spacingOf(options.direction, options.rowLength);
  const nested = nest(picture, options.collapsed, options.sizes, topDown);
  const previous = options.previous?.direction === options.direction ? options.previous : undefined;
  const writer = new MemoryWriter();
  const memory = previous ? recall(previous, topDown) : null;
  arrange(nested.root, { spacing, topDown, memory, writer });
  const measured = new Measured(nested, topDown).placement(options.direction);
  const placement = { ...measured, width: Math.max(measured.width, rightEnd(picture, measured)) };
  writer.keep(placement);
  return placement;
}

/** Room behind the arrow of a step that responds, which stands out at the right edge of its box. */
const RESPONDER = 20;

function rightEnd(picture: Picture, { nodes }: Placement): number {
  let end = 0;
  for (const { id, responder } of picture.nodes) {
    const box = responder ? nodes.get(id) : undefined;
    if (box) end = Math.max(end, box.x + box.width + RESPONDER);
  }
  return end;
}

/** What every frame of one layout is arranged with. */
interface Plan {
  readonly spacing: Spacing;
  readonly topDown: boolean;
  readonly memory: Memory | null;
  readonly writer: MemoryWriter;
}

/** Arranges a frame and, first, the frames in it. */
function arrange(frame: Frame, plan: Plan): void {
  const { spacing, memory } = plan;
  for (const unit of frame.units) {
    if (unit.inner) {
      arrange(unit.inner, plan);
      unit.cross = unit.inner.cross;
      unit.along = unit.inner.along;
    }
    if (unit.role !== "box") unit.before = memory?.port(frame, unit.id) ?? null;
    else {
      const known = memory?.box(frame, unit.id);
      // A frame that grows does so at its end, so that what is in it stays.
      unit.before = known ? (unit.inner ? known.start + unit.cross / 2 : known.centre) : null;
    }
  }
  const root = frame.group === null;
  const first = root ? spacing.margin : spacing.frameBefore;
  const parts = partsOf(frame);
  for (const part of parts) arrangePart(frame, part, spacing, first, memory);
  if (root) packRows(frame, parts, spacing);
  else packBeside(frame, parts, spacing, plan.topDown);
  for (const part of parts) routePart(frame, part, spacing);
  plan.writer.frame(
    frame,
    parts.map((part) => part.strata),
  );
}

/** A part that stays where it was may leave so much room unused before it. */
const SLACK = 160;

/** How far a part has to be moved so that it begins at `start`: not at all where it was before, if that is near. */
function wayTo(part: Part, start: number): number {
  const gap = part.low - start;
  return part.stayed && gap > -0.01 && gap < SLACK ? 0 : -gap;
}

/** Parts of a frame stand side by side; exits lie on the frame's border. */
function packBeside(frame: Frame, parts: readonly Part[], spacing: Spacing, topDown: boolean): void {
  let at = spacing.frameStart;
  let end = 0;
  for (const part of parts) {
    shiftPart(frame, part, wayTo(part, at), 0);
    at = part.high + roomAround(part, spacing, TRACK) + spacing.boxGap;
    end = Math.max(end, part.end);
  }
  frame.cross = at - spacing.boxGap + spacing.frameEnd;
  frame.along = end + spacing.frameAfter;
  // The title stands on the top edge: a frame is never narrower than it.
  const title = titleRoom(frame, topDown);
  if (topDown && frame.cross < title) {
    // What stayed stands in the middle from before.
    const more = parts.some((part) => part.stayed) ? 0 : (title - frame.cross) / 2;
    for (const part of parts) shiftPart(frame, part, more, 0);
    frame.cross = title;
  } else if (!topDown && frame.along < title) frame.along = title;
  for (const unit of frame.units) if (unit.role === "exit") unit.v = frame.along;
}

/** Least size of a frame on the axis on which its title runs. */
function titleRoom({ group, units }: Frame, topDown: boolean): number {
  const label = group?.label ?? "";
  // Edges come into a lane from above, past its title.
  if (group?.kind === "function" && topDown && units.some((unit) => unit.role === "entry"))
    return Math.min(Math.ceil(laneWidthBesideEdge(label)), 260);
  return Math.min(
    Math.ceil(labelWidth(group?.kind === "function" ? `function: ${label}` : label, 11)) + 44,
    200,
  );
}

/** Parts of the whole picture stand in rows, as wide as the widest part or as a square of the same area. */
function packRows(frame: Frame, parts: readonly Part[], spacing: Spacing): void {
  let area = 0;
  let widest = 0;
  const crossOf = (part: Part) => part.high - part.low + roomAround(part, spacing, TRACK);
  for (const part of parts) {
    area += (crossOf(part) + spacing.partGap) * (part.end - spacing.margin + spacing.partGap);
    widest = Math.max(widest, crossOf(part));
  }
  const limit = Math.max(widest, Math.sqrt(area) * 1.3);
  let [at, row, end] = [0, 0, 0];
  for (const part of parts) {
    const size = crossOf(part);
    if (at > 0 && at + size > limit) [at, row] = [0, end + spacing.partGap - spacing.margin];
    shiftPart(frame, part, wayTo(part, spacing.margin + at), row);
    at = part.low + size - spacing.margin + spacing.partGap;
    end = Math.max(end, part.end);
    frame.cross = Math.max(frame.cross, spacing.margin * 2 + at - spacing.partGap);
  }
  frame.cross = Math.max(frame.cross, spacing.margin * 2);
  frame.along = Math.max(end, spacing.margin) + spacing.margin;
}

/** Turns what the frames hold into coordinates of the whole picture. */
class Measured {
  private readonly origins = new Map<Frame, FramePoint>();
  private readonly nodes = new Map<string, PlacedNode>();
  private readonly boxes = new Map<Unit, Box>();

  constructor(
    private readonly nested: Nest,
    private readonly topDown: boolean,
  ) {}

  placement(direction: Direction): Placement {
    const { root, routes, groups } = this.nested;
    const asGroup = new Set(groups.map(({ unit }) => unit));
    this.visit(root, { u: 0, v: 0 }, asGroup);
    const placed: PlacedGroup[] = groups.map(({ group, collapsed, unit }) => {
      const { id, kind, label, parent } = group;
      return { id, kind, label, parent, collapsed, ...this.boxOf(unit) };
    });
    const [width, height] = this.topDown ? [root.cross, root.along] : [root.along, root.cross];
    const edges = routes.map((route) => this.edge(route));
    return { direction, width, height, nodes: this.nodes, groups: placed, edges };
  }

  private boxOf(unit: Unit): Box {
    return this.boxes.get(unit) ?? { x: 0, y: 0, width: 0, height: 0 };
  }

  private visit(frame: Frame, origin: FramePoint, asGroup: ReadonlySet<Unit>): void {
    this.origins.set(frame, origin);
    for (const unit of frame.units) {
      if (unit.role !== "box") continue;
      const start = { u: origin.u + unit.u - unit.cross / 2, v: origin.v + unit.v };
      const box = this.box(start, unit);
      this.boxes.set(unit, box);
      if (unit.inner) this.visit(unit.inner, start, asGroup);
      else if (!asGroup.has(unit)) {
        this.nodes.set(unit.id, { id: unit.id, layer: unit.layer, parent: frame.group?.id ?? null, ...box });
      }
    }
  }

  private box(start: FramePoint, unit: Unit): Box {
    return this.topDown
      ? { x: start.u, y: start.v, width: unit.cross, height: unit.along }
      : { x: start.v, y: start.u, width: unit.along, height: unit.cross };
  }

  private edge(route: Route): PlacedEdge {
    const points: Point[] = [];
    let back = route.kind === "back";
    for (const { frame, link } of route.pieces) {
      const origin = this.origins.get(frame) ?? { u: 0, v: 0 };
      back ||= link.reversed;
      // A piece begins where the one before it ended.
      for (let i = points.length === 0 ? 0 : 1; i < link.points.length; i++) {
        const u = link.points[i].u + origin.u;
        const v = link.points[i].v + origin.v;
        points.push(this.topDown ? { x: u, y: v } : { x: v, y: u });
      }
    }
    const kind = route.kind === "flow" && back ? "back" : route.kind;
    return { id: route.id, from: route.from, to: route.to, kind, points };
  }
}

/** Height of a frame's title, for those who draw it. */
export { FRAME_TITLE };
