import {
  type Point,
  RESPONDER_PATH,
  SOURCE_PATH,
  type StepOverlay,
  countText,
  iconPath,
  iconX,
  labelWidth,
  middleEllipsis,
  nodeSentence,
  outlinePath,
  shortCount,
  stripX,
} from "@graphcell/core";
import * as d3 from "d3";
import { formatMs } from "../format";
import type { SceneItem } from "./scene";
import { differs, placed, svg } from "./svg";

/** What a box, besides its item, depends on. */
export interface BoxLook {
  readonly step: (item: SceneItem) => StepOverlay | undefined;
  readonly onPath: (id: string) => boolean | null;
  readonly selection: string | null;
  readonly focus: string | null;
  /** Where the placement's origin is drawn. */
  readonly offset: Point;
  /** Words behind the count and the time for people who listen. */
  readonly sentence: (item: SceneItem, step: StepOverlay | undefined) => string;
}

/** How a change is shown: `glide` moves what moves in 150 ms and fades in what is new. */
export type Motion = "none" | "glide";

const LABEL_FONT = 12;
const SMALL_FONT = 10.5;

/** The boxes of steps and folded groups, joined by id. */
export class BoxLayer {
  private readonly layer: d3.Selection<SVGGElement, unknown, null, undefined>;
  private readonly places = new WeakMap<Element, Place>();

  constructor(parent: SVGGElement) {
    this.layer = d3.select(parent);
  }

  update(items: readonly SceneItem[], look: BoxLook, motion: Motion): void {
    const boxes = this.layer
      .selectAll<SVGGElement, SceneItem>("g.gc-node")
      .data(items, (item) => item.key)
      .join(
        (enter) =>
          enter
            .append("g")
            .attr("class", motion === "glide" ? "gc-node gc-new" : "gc-node")
            .attr("role", "button"),
        (update) => update,
        (exit) => exit.remove(),
      );
    const { places } = this;
    boxes.each(function (item) {
      move(this, placeOf(item, look.offset), places, motion);
      paint(this, item, look);
    });
  }
}

/** Where a box is drawn: its corner as a transform, and its centre. */
interface Place {
  readonly transform: string;
  readonly x: number;
  readonly y: number;
}

function placeOf({ box }: SceneItem, offset: Point): Place {
  const [x, y] = [box.x + offset.x, box.y + offset.y];
  return { transform: placed(x, y), x: x + box.width / 2, y: y + box.height / 2 };
}

/** Puts a box where it belongs. One that only grows or shrinks about its centre does not glide. */
function move(g: SVGGElement, to: Place, places: WeakMap<Element, Place>, motion: Motion): void {
  const from = places.get(g);
  if (from?.transform === to.transform) return;
  places.set(g, to);
  const still = !from || (Math.abs(from.x - to.x) < 0.6 && Math.abs(from.y - to.y) < 0.6);
  if (motion === "glide" && !still) {
    d3.select(g).transition().duration(150).ease(d3.easeCubicOut).attr("transform", to.transform);
  } else d3.select(g).interrupt().attr("transform", to.transform);
}

/** Draws one box anew when anything that it shows has changed. */
function paint(g: SVGGElement, item: SceneItem, look: BoxLook): void {
  const { node, box } = item;
  const step = look.step(item);
  const path = look.onPath(item.id);
  const selected = look.selection === item.id;
  g.setAttribute("tabindex", look.focus === item.id ? "0" : "-1");
  const signature = JSON.stringify([node, box.width, box.height, item.role, step, path, selected]);
  if (!differs(g, signature)) return;
  const known = ["gc-new", "gc-dim", "gc-hover"].filter((name) => g.classList.contains(name));
  const names = [
    "gc-node",
    `gc-kind-${node.kind}`,
    `gc-truth-${node.truth}`,
    `gc-state-${step?.state ?? "idle"}`,
    ...(item.role === "folded" ? ["gc-folded"] : []),
    ...(selected ? ["gc-selected"] : []),
    ...(path === true ? ["gc-on-path"] : path === false ? ["gc-off-path"] : []),
    ...(step?.changed ? ["gc-changed"] : []),
    ...known,
  ];
  g.setAttribute("class", names.join(" "));
  g.setAttribute("data-id", item.id);
  g.setAttribute("aria-label", look.sentence(item, step));
  if (selected) g.setAttribute("aria-current", "true");
  else g.removeAttribute("aria-current");
  g.replaceChildren(...(node.kind === "start" ? startParts(item) : boxParts(item, step)));
}

function startParts({ node, box }: SceneItem): Node[] {
  const r = box.width / 2;
  return [
    svg("title", {}, node.label),
    svg("circle", { class: "gc-start", cx: r, cy: r, r: r - 2 }),
    svg("circle", { class: "gc-ring", cx: r, cy: r, r: r + 3 }),
  ];
}

function boxParts(item: SceneItem, step: StepOverlay | undefined): Node[] {
  const { node, box } = item;
  const outline = outlinePath(node.kind, box.width, box.height);
  const icon = svg("path", {
    class: "gc-kind-icon",
    d: iconPath(node),
    transform: placed(iconX(node.kind), box.height / 2 - 6),
  });
  return [
    svg("title", {}, tooltip(item, step)),
    svg("rect", { class: "gc-ring", x: -3, y: -3, width: box.width + 6, height: box.height + 6, rx: 7 }),
    ...(item.role === "folded"
      ? [svg("path", { class: "gc-box gc-behind", d: outline, transform: placed(3, 3) })]
      : []),
    svg("path", { class: "gc-box", d: outline }),
    ...stripParts(step, stripX(node.kind), box.height, 5),
    icon,
    ...labelParts(item, step),
    ...markParts(item),
    ...timeParts(item, step),
  ];
}

function tooltip({ node }: SceneItem, step: StepOverlay | undefined): string {
  const time = step && step.in > 0 ? `, ${formatMs(step.ms)}` : "";
  return nodeSentence(node, step) + time + (node.detail ? `\n${node.detail}` : "");
}

/** The strip at the left edge that tells the state; its form tells it too. */
export function stripParts(step: StepOverlay | undefined, x: number, height: number, inset: number): Node[] {
  if (!step || step.state === "idle") return [];
  const [top, bottom] = [inset, height - inset];
  if (step.state === "dropped") {
    const attrs = {
      class: "gc-strip",
      x: x - 1.6,
      y: top - 1,
      width: 3.2,
      height: bottom - top + 2,
      rx: 1.6,
    };
    return [svg("rect", attrs)];
  }
  return [svg("path", { class: "gc-strip", d: `M${x} ${top}V${bottom}` })];
}

function labelParts({ node, box }: SceneItem, step: StepOverlay | undefined): Node[] {
  const count = countText(step);
  const x = iconX(node.kind) + 19;
  const round = node.kind === "queue" || node.kind === "target" || node.kind === "choice";
  const end = box.width - (round ? 14 : 9);
  const room = end - x - (count ? labelWidth(count, SMALL_FONT) + 6 : 0);
  const two = box.height >= 34 && node.detail !== "";
  const y = two ? 15.5 : box.height / 2 + 4.2;
  const parts: Node[] = [
    svg("text", { class: "gc-name", x, y }, middleEllipsis(node.label, room, LABEL_FONT)),
  ];
  if (two)
    parts.push(
      svg("text", { class: "gc-detail", x, y: 28.5 }, middleEllipsis(node.detail, end - x, SMALL_FONT)),
    );
  if (count) parts.push(svg("text", { class: "gc-count", x: end, y, "text-anchor": "end" }, count));
  return parts;
}

function markParts({ node, box }: SceneItem): Node[] {
  const parts: Node[] = [];
  const at = placed(box.width, box.height / 2 + 1);
  if (node.responder) parts.push(svg("path", { class: "gc-responder", d: RESPONDER_PATH, transform: at }));
  if (node.kind === "source") {
    parts.push(svg("path", { class: "gc-source", d: SOURCE_PATH, transform: placed(0, box.height / 2) }));
  }
  if (node.unknown.length > 0) {
    // A question mark on the lower edge: something of this step is known only by running.
    const mark = svg("g", { class: "gc-unknown", transform: placed(box.width - 14, box.height) });
    mark.append(svg("circle", { r: 5.5 }), svg("text", { y: 3.2, "text-anchor": "middle" }, "?"));
    parts.push(mark);
  }
  const corner = { cx: box.width - (node.problems ? 20 : 1), cy: 1 };
  if (node.truth === "edited") parts.push(svg("circle", { class: "gc-edited", r: 4, ...corner }));
  if (node.truth === "kernel-only") parts.push(svg("circle", { class: "gc-ghost-dot", r: 3.5, ...corner }));
  parts.push(...problemParts(node.problems, box.width));
  return parts;
}

/** The corner that counts problems. */
export function problemParts(problems: SceneItem["node"]["problems"], width: number): Node[] {
  if (!problems) return [];
  const mark = svg("g", {
    class: `gc-problem gc-problem-${problems.worst}`,
    transform: placed(width - 13, -6),
  });
  const count = problems.count > 9 ? "9+" : String(problems.count);
  mark.append(
    svg("rect", { width: 16, height: 13, rx: 3 }),
    svg("text", { x: 8, y: 9.8, "text-anchor": "middle" }, count),
  );
  return [mark];
}

/** The time below the box; a triangle before it says that the output differs from the last run. */
function timeParts({ box }: SceneItem, step: StepOverlay | undefined): Node[] {
  if (!step || step.in === 0) return [];
  const mark = svg("g", { class: "gc-time", transform: placed(4, box.height + 10) });
  if (step.changed) mark.append(svg("path", { class: "gc-delta", d: "M0 0h8l-4-7z" }));
  mark.append(svg("text", { x: step.changed ? 11 : 0 }, formatMs(step.ms)));
  return [mark];
}

/** A count on an edge. */
export function edgeCountText(count: number): string {
  return count > 1 ? shortCount(count) : "";
}
