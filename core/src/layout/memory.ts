import type { Frame, Link } from "./frame";
import type { Box, Placement } from "./placement";
import type { Strata } from "./strata";

/**
 * Where everything was, by frame: boxes as the placement tells them, and what it does not tell (ports, and the bends of
 * edges) as long as the placement is the very object that this program made.
 */
export interface Memory {
  /** Start and centre of a box on the cross axis, from the frame that held it. */
  box(frame: Frame, id: string): { readonly start: number; readonly centre: number } | undefined;
  /** Place of a port in its frame. */
  port(frame: Frame, id: string): number | undefined;
  /** Places of a link's bends in its frame, from its source on; undefined when it has another number of them now. */
  bends(frame: Frame, link: Link, count: number): readonly number[] | undefined;
}

type Bends = Map<string, number | readonly number[]>;

const known = new WeakMap<Placement, Bends>();

/** What is known of a placement. */
export function recall(previous: Placement, topDown: boolean): Memory {
  const startOf = (box: Box) => (topDown ? box.x : box.y);
  const groups = new Map(previous.groups.map((group) => [group.id, group]));
  const hidden = known.get(previous);
  return {
    box(frame, id) {
      const box = previous.nodes.get(id) ?? groups.get(id);
      if (!box || box.parent !== (frame.group?.id ?? null)) return undefined;
      const parent = box.parent === null ? undefined : groups.get(box.parent);
      const start = startOf(box) - (parent ? startOf(parent) : 0);
      return { start, centre: start + (topDown ? box.width : box.height) / 2 };
    },
    port(frame, id) {
      const place = hidden?.get(portKey(frame, id));
      return typeof place === "number" ? place : undefined;
    },
    bends(frame, link, count) {
      const places = hidden?.get(linkKey(frame, link));
      return typeof places === "object" && places.length === count ? places : undefined;
    },
  };
}

/** Takes note of what a placement does not tell. */
export class MemoryWriter {
  private readonly places: Bends = new Map();

  frame(frame: Frame, strata: readonly (Strata | null)[]): void {
    for (const unit of frame.units) if (unit.role !== "box") this.places.set(portKey(frame, unit.id), unit.u);
    for (const part of strata) {
      for (const { link, vertices } of part?.chains ?? []) {
        if (!part || vertices.length < 3) continue;
        this.places.set(
          linkKey(frame, link),
          vertices.slice(1, -1).map((vertex) => part.u[vertex]),
        );
      }
    }
  }

  keep(placement: Placement): void {
    known.set(placement, this.places);
  }
}

function portKey(frame: Frame, id: string): string {
  return `${frame.group?.id ?? ""}\n${id}`;
}

function linkKey(frame: Frame, link: Link): string {
  const [from, to] = [frame.units[link.from].id, frame.units[link.to].id];
  return `${frame.group?.id ?? ""}\n${from}\n${to}\n${link.kind}\n${link.fromPort?.id ?? ""}\n${link.toPort?.id ?? ""}`;
}
