import type { Box, Overlay } from "@graphcell/core";
import { type BoxLook, BoxLayer, type Motion } from "./boxes";
import { DotLayer } from "./dots";
import { EdgeLayer } from "./edges";
import { FrameLayer } from "./frames";
import { type Scene, type SceneItem, grown, touches } from "./scene";
import { svg } from "./svg";

/** From so many boxes on only what is in sight is drawn: what nobody sees costs time with every frame. */
export const CULLED_FROM = 40;
/** From so many on a graph from afar is drawn as dots, and nothing glides. */
const DOTS_FROM = 800;

/** How a scene is drawn now. */
export interface LayersLook extends BoxLook {
  readonly overlay: Overlay | null;
  /** What is in sight, in the placement's coordinates. */
  readonly sight: Box;
  /** Seen from so far that no name can be read. */
  readonly far: boolean;
  readonly motion: Motion;
}

/** The layers of a picture, from the back to the front: dots, frames, edges, titles, boxes. */
export class Layers {
  private readonly boxes: BoxLayer;
  private readonly frames: FrameLayer;
  private readonly edges: EdgeLayer;
  private readonly dots: DotLayer;

  constructor(world: SVGGElement) {
    const layers = ["dots", "frames", "edges", "titles", "nodes"].map((name) =>
      svg("g", { class: `gc-layer-${name}` }),
    );
    const [dots, frames, edges, titles, nodes] = layers;
    world.append(...layers);
    this.boxes = new BoxLayer(nodes);
    this.frames = new FrameLayer(frames, titles);
    this.edges = new EdgeLayer(edges);
    this.dots = new DotLayer(dots);
  }

  draw(scene: Scene, look: LayersLook): void {
    const large = scene.boxes.length >= DOTS_FROM;
    const culled = scene.boxes.length >= CULLED_FROM;
    const dots = large && look.far;
    const motion = large ? "none" : look.motion;
    const sight = grown(look.sight, 0.25);
    const seen = <T>(all: readonly T[], holds: (one: T) => boolean) =>
      dots ? [] : culled ? all.filter(holds) : all;
    // What has the keyboard keeps its element, or the keyboard would be lost.
    const inSight = (item: SceneItem) => touches(item.box, sight) || item.id === look.focus;
    if (dots) this.dots.update(scene, (item) => dotClass(item, look), dotSignature(look), look.offset);
    else this.dots.clear();
    this.frames.update(dots ? scene.frames : seen(scene.frames, inSight), scene, look, motion);
    this.edges.update(
      seen(scene.edges, (edge) => touches(edge.bounds, sight)),
      look.overlay,
      { offset: look.offset, topDown: scene.placement.direction === "TB" },
      motion,
    );
    this.boxes.update(seen(scene.boxes, inSight), look, motion);
  }
}

function dotClass(item: SceneItem, look: BoxLook): string {
  const path = look.onPath(item.id);
  const state = look.step(item)?.state ?? "idle";
  return `gc-kind-${item.node.kind} gc-state-${state}${look.selection === item.id ? " gc-selected" : ""}${path === false ? " gc-off-path" : ""}`;
}

/** Changes when the class of any dot does. */
function dotSignature({ overlay, selection }: LayersLook): string {
  const states = overlay ? [...overlay.steps].map(([id, step]) => id + step.state).join() : "";
  return `${selection}\n${states}\n${[...(overlay?.path?.nodes ?? [])].join()}`;
}
