import { DETAIL_FONT, LABEL_FONT, labelWidth, middleEllipsis } from "../layout/measure";
import { groupAsNode } from "../layout/nest";
import type { Box, PlacedEdge, PlacedGroup, Placement } from "../layout/placement";
import {
  type Overlay,
  type Picture,
  type PictureEdge,
  type PictureGroup,
  type PictureNode,
  type StepOverlay,
  edgeId,
} from "./picture";
import {
  RESPONDER_PATH,
  SOURCE_PATH,
  arrowPath,
  countText,
  edgeLabelPoint,
  edgePath,
  iconPath,
  iconX,
  nodeSentence,
  num,
  outlinePath,
  shortCount,
  stripX,
} from "./svg-shapes";
import { edgeMembers } from "./edgeMembers";
import { laneTitle } from "./laneTitle";
import { type SvgTheme, svgStyle } from "./svg-style";

/** How a saved picture looks and what it is called. */
export interface SvgOptions {
  readonly theme: SvgTheme;
  /** Its accessible name. */
  readonly title: string;
}

/**
 * A picture as the text of a standalone SVG file: it needs nothing around it, reads on light and dark ground, and says
 * in words what it shows. Every text of the graph is escaped. `overlay` is what a run did, or null.
 */
export function svgOf(
  picture: Picture,
  placement: Placement,
  overlay: Overlay | null,
  options: SvgOptions,
): string {
  return new SvgText(picture, placement, overlay).document(options);
}

/** Escapes text for element content and attributes, and leaves out what XML does not allow. */
export function escapeXml(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/'/g, "&#39;");
}

class SvgText {
  private readonly members: ReadonlyMap<string, readonly PictureEdge[]>;
  private readonly groups: ReadonlyMap<string, PictureGroup>;

  constructor(
    private readonly picture: Picture,
    private readonly placement: Placement,
    private readonly overlay: Overlay | null,
  ) {
    this.members = edgeMembers(picture, placement);
    this.groups = new Map(picture.groups.map((group) => [group.id, group]));
  }

  document(options: SvgOptions): string {
    const { width, height, groups, edges } = this.placement;
    const [w, h] = [num(Math.max(width, 1)), num(Math.max(height, 1))];
    const open = groups.filter((group) => !group.collapsed && this.isOpen(group));
    const folded = groups.filter((group) => group.collapsed || !this.isOpen(group));
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}">`,
      `<title>${escapeXml(options.title)}</title><desc>${escapeXml(this.description())}</desc>`,
      `<style>${svgStyle(options.theme)}</style>`,
      `<rect class="bg" width="${w}" height="${h}" rx="6"/>`,
      ...open.map((group) => this.frame(group)),
      ...edges.map((edge) => this.edge(edge)),
      ...open.map((group) => this.frameTitle(group)),
      ...folded.map((group) => this.folded(group)),
      ...this.picture.nodes.map((node) => this.node(node)),
      ...edges.map((edge) => this.edgeCount(edge)),
      "</svg>",
    ].join("\n");
  }

  /** A group that holds nothing is drawn as a box. */
  private isOpen(group: PlacedGroup): boolean {
    for (const node of this.placement.nodes.values()) if (node.parent === group.id) return true;
    return this.placement.groups.some((other) => other.parent === group.id);
  }

  private description(): string {
    const steps = this.picture.nodes.filter((node) => node.kind !== "start");
    const named = steps.slice(0, 40).map((node) => nodeSentence(node, this.step(node.id)));
    const more = steps.length > 40 ? `; and ${steps.length - 40} more` : "";
    return steps.length === 0 ? "A graph without steps." : `Steps: ${named.join("; ")}${more}.`;
  }

  private step(id: string): StepOverlay | undefined {
    return this.overlay?.steps.get(id);
  }

  private fading(on: boolean): string {
    return this.overlay?.path && !on ? " faded" : "";
  }

  private frame(group: PlacedGroup): string {
    const name = group.kind === "function" ? "lane" : "frame";
    const truth = truthClass(this.groups.get(group.id)?.step?.truth ?? "agreed");
    const strip = stripText(this.step(group.id), 3.5, group.height, 8);
    return (
      `<g class="group${truth}" transform="translate(${num(group.x)} ${num(group.y)})">` +
      `<rect class="${name}" width="${num(group.width)}" height="${num(group.height)}" rx="8"/>${strip}</g>`
    );
  }

  private frameTitle(group: PlacedGroup): string {
    if (group.kind === "function") return this.laneTitle(group);
    const label = middleEllipsis(group.label, group.width - 24, 11);
    const [x, y] = [num(group.x + 12), num(group.y + 4)];
    const step = this.groups.get(group.id)?.step;
    const count = countText(this.step(group.id));
    const inLane = group.parent?.startsWith("function:") ? "lane" : "bg";
    const plate = `<rect class="${inLane}" x="${num(group.x + 9)}" y="${num(group.y - 6)}" width="${num(labelWidth(label, 11) + 6)}" height="12"/>`;
    return (
      plate +
      `<text class="dim halo" x="${x}" y="${y}" font-size="11">${escapeXml(label)}</text>` +
      (count
        ? `<text class="dim halo count" x="${num(group.x + group.width - 12)}" y="${y}" font-size="10.5" text-anchor="end">${count}</text>`
        : "") +
      (step ? problemText(step.problems, group) : "")
    );
  }

  private laneTitle(group: PlacedGroup): string {
    const { text, x, anchor } = laneTitle(group.label, group, this.placement.edges);
    const end = anchor === "end" ? ' text-anchor="end"' : "";
    const at = `x="${num(group.x + x)}" y="${num(group.y + 16)}"${end}`;
    return `<text class="dim" ${at} font-size="11">${escapeXml(text)}</text>`;
  }

  private folded(group: PlacedGroup): string {
    const source = this.groups.get(group.id) ?? group;
    const inside = this.picture.nodes.filter((node) => node.group === group.id).length;
    const node = { ...groupAsNode(source, inside), ...this.groups.get(group.id)?.step };
    return this.boxOf(node, group);
  }

  private node(node: PictureNode): string {
    const box = this.placement.nodes.get(node.id);
    return box ? this.boxOf(node, box) : "";
  }

  private boxOf(node: PictureNode, box: Box): string {
    const step = this.step(node.id);
    const faded = this.fading(this.overlay?.path?.nodes.has(node.id) ?? true);
    const outline = outlinePath(node.kind, box.width, box.height);
    const place = `transform="translate(${num(box.x)} ${num(box.y)})"`;
    const title = `<title>${escapeXml(nodeSentence(node, step))}</title>`;
    if (node.kind === "start") {
      return `<g class="node${faded}" ${place}>${title}<path class="accent" stroke-width="2" d="${outline}"/></g>`;
    }
    const handler = node.kind === "error_step" ? " handler" : "";
    return (
      `<g class="node${faded}${truthClass(node.truth)}" ${place}>${title}` +
      `<path class="box${handler}" d="${outline}"/>` +
      stripText(step, stripX(node.kind), box.height, 5) +
      `<path class="icon" transform="translate(${iconX(node.kind)} ${num(box.height / 2 - 6)})" d="${iconPath(node)}"/>` +
      labelText(node, box, countText(step)) +
      markText(node, box) +
      problemText(node.problems, { x: 0, y: 0, width: box.width, height: box.height }) +
      "</g>"
    );
  }

  private edge(edge: PlacedEdge): string {
    const members = this.members.get(edge.id) ?? [];
    const onPath = members.some((member) => this.overlay?.path?.edges.has(edgeId(member)));
    const written = members.length > 0 && members.every((member) => member.truth === "written");
    const ghost = members.length > 0 && members.every((member) => member.truth === "kernel-only");
    const names = [
      "edge",
      ...(edge.kind === "error" ? ["error"] : []),
      ...(onPath ? ["path"] : this.overlay?.path ? ["faded"] : []),
      ...(written ? ["written"] : ghost ? ["ghost"] : []),
    ];
    const { points } = edge;
    return (
      `<g class="${names.join(" ")}"><path class="line" d="${edgePath(points)}"/>` +
      `<path class="head" d="${arrowPath(points)}"/></g>`
    );
  }

  private edgeCount(edge: PlacedEdge): string {
    let count = 0;
    for (const member of this.members.get(edge.id) ?? [])
      count += this.overlay?.edges.get(edgeId(member)) ?? 0;
    if (count <= 1) return "";
    const topDown = this.placement.direction === "TB";
    const { x, y, anchor } = edgeLabelPoint(edge.points, topDown);
    return `<text class="dim count" x="${num(x)}" y="${num(y)}" font-size="10" text-anchor="${anchor}">${shortCount(count)}</text>`;
  }
}

function truthClass(truth: PictureNode["truth"]): string {
  return truth === "written" ? " written" : truth === "kernel-only" ? " ghost" : "";
}

function stripText(step: StepOverlay | undefined, x: number, height: number, inset: number): string {
  if (!step || step.state === "idle") return "";
  if (step.state === "dropped") {
    return `<rect class="strip dropped" x="${num(x - 1.5)}" y="${inset - 1}" width="3.2" height="${num(height - 2 * inset + 2)}" rx="1.6"/>`;
  }
  return `<path class="strip ${step.state}" d="M${num(x)} ${inset}V${num(height - inset)}"/>`;
}

function labelText(node: PictureNode, box: Box, count: string): string {
  const x = iconX(node.kind) + 19;
  const end =
    box.width - (node.kind === "queue" || node.kind === "target" || node.kind === "choice" ? 14 : 9);
  const room = end - x - (count ? labelWidth(count, 10.5) + 6 : 0);
  const two = box.height >= 34 && node.detail !== "";
  const y = two ? 15.5 : box.height / 2 + 4.2;
  const name = middleEllipsis(node.label, room, LABEL_FONT);
  const detail = middleEllipsis(node.detail, end - x, DETAIL_FONT);
  return (
    `<text class="name" x="${x}" y="${num(y)}" font-size="${LABEL_FONT}">${escapeXml(name)}</text>` +
    (two
      ? `<text class="dim" x="${x}" y="28.5" font-size="${DETAIL_FONT}">${escapeXml(detail)}</text>`
      : "") +
    (count
      ? `<text class="dim count" x="${num(end)}" y="${num(y)}" font-size="10.5" text-anchor="end">${escapeXml(count)}</text>`
      : "")
  );
}

function markText(node: PictureNode, box: Box): string {
  const [right, middle] = [num(box.width), num(box.height / 2)];
  const responder = node.responder
    ? `<path class="accent" stroke-width="1.5" transform="translate(${right} ${num(box.height / 2 + 1)})" d="${RESPONDER_PATH}"/>`
    : "";
  const source =
    node.kind === "source"
      ? `<path class="head" transform="translate(0 ${middle})" d="${SOURCE_PATH}"/>`
      : "";
  const dot = num(box.width - 1);
  if (node.truth === "edited") return `${responder}${source}<circle class="amber" cx="${dot}" cy="1" r="4"/>`;
  if (node.truth !== "kernel-only") return responder + source;
  return `${responder}${source}<circle class="box" cx="${dot}" cy="1" r="3.5"/>`;
}

function problemText(problems: PictureNode["problems"], box: Box): string {
  if (!problems) return "";
  const colour = problems.worst === "error" ? "red" : "amber";
  const count = problems.count > 9 ? "9+" : String(problems.count);
  return (
    `<g transform="translate(${num(box.x + box.width - 13)} ${num(box.y - 6)})">` +
    `<rect class="${colour}" width="16" height="13" rx="3"/>` +
    `<text class="onmark count" x="8" y="9.8" font-size="9" font-weight="600" text-anchor="middle">${count}</text></g>`
  );
}
