import {
  type LaneTitle,
  type StepOverlay,
  countText,
  labelWidth,
  laneTitle,
  middleEllipsis,
} from "@graphcell/core";
import * as d3 from "d3";
import { type BoxLook, type Motion, problemParts, stripParts } from "./boxes";
import type { Scene, SceneItem } from "./scene";
import { differs, placed, svg } from "./svg";

/** Frames of routers and flows, and the lanes of functions: behind everything, their titles in front of edges. */
export class FrameLayer {
  private readonly back: d3.Selection<SVGGElement, unknown, null, undefined>;
  private readonly front: d3.Selection<SVGGElement, unknown, null, undefined>;

  constructor(back: SVGGElement, front: SVGGElement) {
    this.back = d3.select(back);
    this.front = d3.select(front);
  }

  update(frames: readonly SceneItem[], scene: Scene, look: BoxLook, motion: Motion): void {
    this.back
      .selectAll<SVGGElement, SceneItem>("g.gc-frame")
      .data(frames, (item) => item.key)
      .join((enter) => enter.append("g"))
      .order()
      .each(function (item) {
        paintFrame(this, item, look, motion);
      });
    this.front
      .selectAll<SVGGElement, SceneItem>("g.gc-frame-title")
      .data(frames, (item) => item.key)
      .join((enter) => enter.append("g").attr("role", "button"))
      .each(function (item) {
        paintTitle(this, item, scene, look);
      });
  }
}

function classes(base: string, item: SceneItem, look: BoxLook): string {
  const path = item.role === "lane" ? null : look.onPath(item.id);
  return [
    base,
    `gc-${item.role}`,
    `gc-truth-${item.node.truth}`,
    `gc-state-${look.step(item)?.state ?? "idle"}`,
    ...(look.selection === item.id ? ["gc-selected"] : []),
    ...(path === false ? ["gc-off-path"] : []),
    ...(item.parent?.startsWith("function:") ? ["gc-in-lane"] : []),
  ].join(" ");
}

function paintFrame(g: SVGGElement, item: SceneItem, look: BoxLook, motion: Motion): void {
  const { box } = item;
  const before = g.getAttribute("transform");
  const to = placed(box.x + look.offset.x, box.y + look.offset.y);
  if (before !== null && before !== to && motion === "glide") {
    d3.select(g).transition().duration(150).ease(d3.easeCubicOut).attr("transform", to);
  } else if (before !== to) d3.select(g).interrupt().attr("transform", to);
  const names = classes("gc-frame", item, look);
  if (!differs(g, JSON.stringify([names, box.width, box.height]))) return;
  g.setAttribute("class", names);
  g.setAttribute("data-id", item.id);
  const strip = item.role === "lane" ? [] : stripParts(look.step(item), 3.5, box.height, 8);
  const ring = { class: "gc-ring", x: -3, y: -3, width: box.width + 6, height: box.height + 6, rx: 10 };
  g.replaceChildren(
    svg("rect", { class: "gc-frame-box", width: box.width, height: box.height, rx: 8 }),
    svg("rect", ring),
    ...strip,
  );
}

/** The title stands on the frame's upper edge, a lane's inside it. */
function paintTitle(g: SVGGElement, item: SceneItem, scene: Scene, look: BoxLook): void {
  const { node, box } = item;
  const lane = item.role === "lane";
  const step = look.step(item);
  g.setAttribute("transform", placed(box.x + look.offset.x, box.y + look.offset.y));
  g.setAttribute("tabindex", look.focus === item.id ? "0" : "-1");
  const names = classes("gc-frame-title", item, look);
  const title = lane ? laneTitle(node.label, box, scene.placement.edges) : frameTitle(item, step);
  if (!differs(g, JSON.stringify([names, node, box.width, step, title]))) return;
  g.setAttribute("class", names);
  g.setAttribute("data-id", item.id);
  g.setAttribute("aria-label", look.sentence(item, step));
  g.setAttribute("aria-expanded", "true");
  const y = lane ? 16 : 4;
  const count = lane ? "" : countText(step);
  const { text } = title;
  // The frame's line is not to run through the words.
  const plate = { class: "gc-plate", x: 9, y: -6, width: labelWidth(text, 11) + 6, height: 12 };
  g.replaceChildren(
    svg("title", {}, look.sentence(item, step)),
    ...(lane ? [] : [svg("rect", plate)]),
    svg("text", { class: "gc-title", x: title.x, y, "text-anchor": title.anchor }, text),
    ...(count ? [svg("text", { class: "gc-count", x: box.width - 12, y, "text-anchor": "end" }, count)] : []),
    ...problemParts(node.problems, box.width),
  );
}

function frameTitle({ node, box }: SceneItem, step: StepOverlay | undefined): LaneTitle {
  const text = middleEllipsis(node.label, box.width - (countText(step) ? 60 : 28), 11);
  return { text, x: 12, anchor: "start" };
}
