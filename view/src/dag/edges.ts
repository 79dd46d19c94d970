import { type Overlay, type Point, arrowPath, edgeLabelPoint, edgePath } from "@graphcell/core";
import * as d3 from "d3";
import { type Motion, edgeCountText } from "./boxes";
import { type SceneEdge, edgeCount, onPath } from "./scene";
import { differs, svg } from "./svg";

export interface EdgeLook {
  readonly offset: Point;
  readonly topDown: boolean;
}

/** Edges, joined by key, and their counts in front of them. */
export class EdgeLayer {
  private readonly layer: d3.Selection<SVGGElement, unknown, null, undefined>;
  private chosen = "";

  constructor(parent: SVGGElement) {
    this.layer = d3.select(parent);
  }

  /** `look` tells where the placement's origin is drawn, and which way the graph flows. */
  update(edges: readonly SceneEdge[], overlay: Overlay | null, look: EdgeLook, motion: Motion): void {
    const groups = this.layer
      .selectAll<SVGGElement, SceneEdge>("g.gc-edge")
      .data(edges, (edge) => edge.key)
      .join((enter) => {
        const g = enter.append("g").attr("class", motion === "glide" ? "gc-edge gc-new" : "gc-edge");
        g.append("path").attr("class", "gc-line");
        g.append("path").attr("class", "gc-head");
        return g;
      });
    groups.each(function (edge) {
      paint(this, edge, overlay, look, motion);
    });
    this.trace(groups, overlay, motion);
  }

  /** The path of a newly chosen event draws itself once. */
  private trace(
    groups: d3.Selection<SVGGElement, SceneEdge, SVGGElement, unknown>,
    overlay: Overlay | null,
    motion: Motion,
  ): void {
    const chosen = overlay?.path ? [...overlay.path.edges].join("\n") : "";
    if (chosen === this.chosen) return;
    this.chosen = chosen;
    if (chosen === "" || motion === "none") return;
    groups
      .filter((edge) => onPath(edge, overlay) === true)
      .each(function () {
        const line = this.querySelector(".gc-line");
        if (!line) return;
        line.setAttribute("pathLength", "1");
        line.classList.add("gc-drawing");
        const done = () => {
          line.removeAttribute("pathLength");
          line.classList.remove("gc-drawing");
        };
        line.addEventListener("animationend", done, { once: true });
        line.addEventListener("animationcancel", done, { once: true });
      });
  }
}

function paint(
  g: SVGGElement,
  edge: SceneEdge,
  overlay: Overlay | null,
  { offset, topDown }: EdgeLook,
  motion: Motion,
): void {
  const path = onPath(edge, overlay);
  const count = edgeCountText(edgeCount(edge, overlay));
  const points = edge.placed.points.map(({ x, y }) => ({ x: x + offset.x, y: y + offset.y }));
  const line = edgePath(points);
  const names = [
    "gc-edge",
    `gc-edge-${edge.placed.kind}`,
    `gc-truth-${edge.truth}`,
    ...(path === true ? ["gc-on-path"] : path === false ? ["gc-off-path"] : []),
    ...["gc-new", "gc-dim"].filter((name) => g.classList.contains(name)),
  ].join(" ");
  if (!differs(g, `${edge.id}\n${names}\n${line}\n${count}`)) return;
  g.setAttribute("class", names);
  g.setAttribute("data-from", edge.placed.from);
  g.setAttribute("data-to", edge.placed.to);
  const [stroke, head] = [g.children[0], g.children[1]];
  bend(stroke, line, motion);
  bend(head, arrowPath(points), motion);
  while (g.children.length > 2) g.children[2].remove();
  if (!count) return;
  const at = edgeLabelPoint(points, topDown);
  g.append(svg("text", { class: "gc-edge-count", x: at.x, y: at.y, "text-anchor": at.anchor }, count));
}

/** Takes a path to its new form: by gliding where both forms have the same pieces. */
function bend(path: Element, to: string, motion: Motion): void {
  const from = path.getAttribute("d");
  if (from === to) return;
  const pieces = (text: string) => text.replace(/[^A-Za-z]/g, "");
  const selection = d3.select(path);
  if (from && motion === "glide" && pieces(from) === pieces(to)) {
    selection.transition().duration(150).ease(d3.easeCubicOut).attr("d", to);
  } else selection.interrupt().attr("d", to);
}
