import type { Box, Point } from "@graphcell/core";
import type { Scene, SceneItem } from "./scene";
import { placed, svg } from "./svg";

/** One path for many boxes: what a large graph is from afar. */
export function boxesPath(boxes: readonly Box[]): string {
  let d = "";
  for (const { x, y, width, height } of boxes)
    d += `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${round(-width)}z`;
  return d;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A large graph from afar: one path for each look of boxes, one for all edges, so that 4,500 steps cost a few elements. */
export class DotLayer {
  private shown: { scene: Scene; look: string } | null = null;

  constructor(private readonly layer: SVGGElement) {}

  /**
   * `looks` gives the class names of a box; `signature` changes when any of them does; `offset` is where the
   * placement's origin is drawn.
   */
  update(scene: Scene, looks: (item: SceneItem) => string, signature: string, offset: Point): void {
    this.layer.setAttribute("transform", placed(offset.x, offset.y));
    if (this.shown?.scene === scene && this.shown.look === signature) return;
    this.shown = { scene, look: signature };
    const groups = new Map<string, Box[]>();
    for (const item of scene.boxes) {
      const names = looks(item);
      const known = groups.get(names);
      if (known) known.push(item.box);
      else groups.set(names, [item.box]);
    }
    let lines = "";
    for (const { placed } of scene.edges) lines += polyline(placed.points);
    this.layer.replaceChildren(
      svg("path", { class: "gc-dot-edges", d: lines }),
      ...[...groups].map(([names, boxes]) => svg("path", { class: `gc-dot ${names}`, d: boxesPath(boxes) })),
    );
  }

  clear(): void {
    if (!this.shown) return;
    this.shown = null;
    this.layer.replaceChildren();
  }
}

/** From afar a curve is as good as the line between its ends. */
function polyline(points: readonly { readonly x: number; readonly y: number }[]): string {
  let d = "";
  for (let i = 0; i < points.length; i += 3)
    d += `${i === 0 ? "M" : "L"}${round(points[i].x)} ${round(points[i].y)}`;
  return d;
}
