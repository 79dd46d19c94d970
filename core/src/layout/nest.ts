import { type Picture, type PictureGroup, type PictureNode, edgeId } from "../draw/picture";
import type { Frame, Link, Route, Unit } from "./frame";

/** Width and height of a node's box, in CSS pixels. */
export type Sizes = (node: PictureNode) => { readonly width: number; readonly height: number };

/** The picture as frames in frames, with each edge cut where it passes through a frame's border. */
export interface Nest {
  readonly root: Frame;
  readonly routes: readonly Route[];
  /** Picture group of each frame or folded box, outer ones first. */
  readonly groups: readonly {
    readonly group: PictureGroup;
    readonly collapsed: boolean;
    readonly unit: Unit;
  }[];
}

interface Place {
  readonly frame: Frame;
  readonly index: number;
}

/**
 * What stands for a node or group when groups are folded: itself, or the outermost folded group around it.
 * `undefined` for names that the picture has not.
 */
export function visibleEnds(
  picture: Picture,
  collapsed: ReadonlySet<string>,
): (id: string) => string | undefined {
  const groups = new Map(picture.groups.map((group) => [group.id, group]));
  const parents = new Map<string, string | null>(picture.groups.map((g) => [g.id, g.parent]));
  for (const node of picture.nodes) parents.set(node.id, node.group);
  const known = new Map<string, string>();
  return (id) => {
    if (!parents.has(id)) return undefined;
    let visible = known.get(id);
    if (visible !== undefined) return visible;
    visible = id;
    const seen = new Set<string>();
    // A group of the same name as a node is not the node's own parent: `seen` ends any ring.
    for (let at = id as string | null; at !== null && !seen.has(at); at = parents.get(at) ?? null) {
      seen.add(at);
      if (collapsed.has(at) && groups.has(at)) visible = at;
    }
    known.set(id, visible);
    return visible;
  };
}

/** A group as the box that stands for it when it is folded or empty, so that `sizes` can be asked for its size. */
export function groupAsNode(group: PictureGroup, steps: number): PictureNode {
  return {
    id: group.id,
    label: group.label,
    detail: steps === 1 ? "1 step" : `${steps} steps`,
    kind: group.kind === "router" ? "router" : "flow",
    responder: false,
    group: group.parent,
    truth: "agreed",
    unknown: [],
    problems: null,
  };
}

/** Number of nodes in each group, those of inner groups too. */
export function groupCounts(picture: Picture): ReadonlyMap<string, number> {
  const parents = new Map(picture.groups.map((group) => [group.id, group.parent]));
  const counts = new Map<string, number>(picture.groups.map((group) => [group.id, 0]));
  for (const node of picture.nodes) {
    const seen = new Set<string>();
    for (let at = node.group; at !== null && counts.has(at) && !seen.has(at); at = parents.get(at) ?? null) {
      seen.add(at);
      counts.set(at, (counts.get(at) ?? 0) + 1);
    }
  }
  return counts;
}

/** Builds the frames. Nothing is placed yet; boxes of steps have their sizes. */
export function nest(picture: Picture, collapsed: ReadonlySet<string>, sizes: Sizes, topDown: boolean): Nest {
  const builder = new NestBuilder(picture, collapsed, sizes, topDown);
  return builder.build();
}

class NestBuilder {
  private readonly root: Frame = emptyFrame(null);
  private readonly places = new Map<string, Place>();
  private readonly frames = new Map<string, Frame>();
  private readonly parents = new Map<Frame, Place>();
  private readonly ports = new Map<Unit, Map<string, number>>();
  private readonly inner = new Map<string, Link>();
  private readonly groups: { group: PictureGroup; collapsed: boolean; unit: Unit }[] = [];
  private readonly counts: ReadonlyMap<string, number>;
  private readonly visible: (id: string) => string | undefined;

  constructor(
    private readonly picture: Picture,
    private readonly collapsed: ReadonlySet<string>,
    private readonly sizes: Sizes,
    private readonly topDown: boolean,
  ) {
    this.counts = groupCounts(picture);
    this.visible = visibleEnds(picture, collapsed);
  }

  build(): Nest {
    const groups = new Map(this.picture.groups.map((group) => [group.id, group]));
    const nodeIds = new Set(this.picture.nodes.map((node) => node.id));
    for (const node of this.picture.nodes) {
      if (this.visible(node.id) !== node.id || this.places.has(node.id)) {
        if (node.group !== null) this.frameOf(node.group, groups, new Set());
        continue;
      }
      const frame = this.frameOf(node.group, groups, new Set());
      this.put(frame, this.box(node, null));
    }
    for (const group of this.picture.groups) {
      if (!nodeIds.has(group.id)) this.frameOf(group.id, groups, new Set());
    }
    const routes = this.picture.edges.length > 0 ? this.cutEdges() : [];
    return { root: this.root, routes, groups: this.groups };
  }

  /** The frame of a group, made with the frames around it when it is first needed. */
  private frameOf(id: string | null, groups: ReadonlyMap<string, PictureGroup>, within: Set<string>): Frame {
    if (id === null || within.has(id)) return this.root;
    const known = this.frames.get(id);
    if (known) return known;
    const group = groups.get(id);
    if (!group) return this.root;
    const outer = this.frameOf(group.parent, groups, within.add(id));
    if (this.visible(id) !== id) return outer;
    const steps = this.counts.get(id) ?? 0;
    const folded = this.collapsed.has(id);
    const open = !folded && steps > 0;
    const frame = open ? emptyFrame(group) : outer;
    const unit = this.box(groupAsNode(group, steps), open ? frame : null);
    const place = this.put(outer, unit);
    if (open) {
      this.frames.set(id, frame);
      this.parents.set(frame, place);
    } else this.frames.set(id, outer);
    this.groups.push({ group, collapsed: folded, unit });
    return frame;
  }

  private box(node: PictureNode, inner: Frame | null): Unit {
    const size = inner ? { width: 0, height: 0 } : this.sizes(node);
    const [cross, along] = this.topDown ? [size.width, size.height] : [size.height, size.width];
    // A responder's arrow stands out at the right edge of its box.
    const margin = node.responder && this.topDown ? 14 : 0;
    return { ...newUnit(node.id, "box", inner), cross, along, margin };
  }

  private put(frame: Frame, unit: Unit): Place {
    const place = { frame, index: frame.units.push(unit) - 1 };
    this.places.set(unit.id, place);
    return place;
  }

  private cutEdges(): Route[] {
    const routes = new Map<string, Route>();
    for (const edge of this.picture.edges) {
      const from = this.visible(edge.from);
      const to = this.visible(edge.to);
      if (from === undefined || to === undefined) continue;
      if (from === to && edge.from !== edge.to) continue;
      const id = edgeId({ from, to, kind: edge.kind });
      if (routes.has(id)) continue;
      const pieces = this.cut(from, to, edge.kind);
      if (pieces.length > 0) routes.set(id, { id, from, to, kind: edge.kind, pieces });
    }
    return [...routes.values()];
  }

  /** The pieces of one edge: out of the frames around its start, across, into the frames around its end. */
  private cut(from: string, to: string, kind: Link["kind"]): { frame: Frame; link: Link }[] {
    const a = this.places.get(from);
    const b = this.places.get(to);
    if (!a || !b) return [];
    const above = this.around(a);
    const below = this.around(b);
    const own = (place: Place) => place.frame.units[place.index].inner;
    // An edge between a frame and something in it lies inside that frame only.
    const fromFrame = own(a);
    if (fromFrame && below.includes(fromFrame))
      return this.descend(b, fromFrame, kind, true).pieces.reverse();
    const toFrame = own(b);
    if (toFrame && above.includes(toFrame)) return this.ascend(a, toFrame, kind, true).pieces;
    const common = above.find((frame) => below.includes(frame)) ?? this.root;
    const up = this.ascend(a, common, kind, false);
    const down = this.descend(b, common, kind, false);
    const link = newLink(up.place.index, down.place.index, kind, up.port, down.port);
    common.links.push(link);
    return [...up.pieces, { frame: common, link }, ...down.pieces.reverse()];
  }

  /** The frames around a place, inner ones first. */
  private around(place: Place): Frame[] {
    const frames: Frame[] = [];
    for (let at: Place | undefined = place; at; at = this.parents.get(at.frame)) frames.push(at.frame);
    return frames;
  }

  private ascend(start: Place, until: Frame, kind: Link["kind"], through: boolean) {
    return this.pass(start, until, kind, through, "exit");
  }

  private descend(end: Place, until: Frame, kind: Link["kind"], through: boolean) {
    return this.pass(end, until, kind, through, "entry");
  }

  /** From a place outwards, with a port in each frame on the way; `through` passes the border of `until` as well. */
  private pass(start: Place, until: Frame, kind: Link["kind"], through: boolean, role: "entry" | "exit") {
    const pieces: { frame: Frame; link: Link }[] = [];
    let place = start;
    let port: Unit | null = null;
    while (place.frame !== until || through) {
      const frame = place.frame;
      const index: number = this.portOf(frame, place.index, port, kind, role);
      pieces.push({ frame, link: this.portLink(frame, place.index, index, port, kind, role) });
      port = frame.units[index];
      const parent = this.parents.get(frame);
      if (frame === until || !parent) break;
      place = parent;
    }
    return { pieces, place, port };
  }

  /** One port for all that leaves (or enters) the same unit by the same inner port; errors have their own. */
  private portOf(
    frame: Frame,
    unit: number,
    by: Unit | null,
    kind: Link["kind"],
    role: "entry" | "exit",
  ): number {
    const owner = by ?? frame.units[unit];
    const key = `${role}${kind === "error" ? "!" : ">"}`;
    let ports = this.ports.get(owner);
    if (!ports) this.ports.set(owner, (ports = new Map()));
    let index = ports.get(key);
    if (index === undefined) {
      index = frame.units.push(newUnit(`${role}:${owner.id}:${key}`, role, null)) - 1;
      ports.set(key, index);
    }
    return index;
  }

  private portLink(
    frame: Frame,
    unit: number,
    port: number,
    by: Unit | null,
    kind: Link["kind"],
    role: "entry" | "exit",
  ): Link {
    const id = frame.units[port].id;
    const key = `${frame.group?.id ?? ""}\n${id}`;
    let link = this.inner.get(key);
    if (!link) {
      const sort = kind === "back" ? "flow" : kind;
      link = role === "exit" ? newLink(unit, port, sort, by, null) : newLink(port, unit, sort, null, by);
      frame.links.push(link);
      this.inner.set(key, link);
    }
    return link;
  }
}

function emptyFrame(group: PictureGroup | null): Frame {
  return { group, units: [], links: [], cross: 0, along: 0 };
}

function newUnit(id: string, role: Unit["role"], inner: Frame | null): Unit {
  return { id, role, inner, cross: 0, along: 0, margin: 0, u: 0, v: 0, layer: 0, before: null };
}

function newLink(
  from: number,
  to: number,
  kind: Link["kind"],
  fromPort: Unit | null,
  toPort: Unit | null,
): Link {
  return { from, to, kind, fromPort, toPort, reversed: false, points: [] };
}
