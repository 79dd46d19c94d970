import type { Point } from "../layout/placement";
import type { NodeKind, PictureNode, StepOverlay, StepState, Truth } from "./picture";

/** Strokes on a 12 by 12 grid, one for each kind and for a few steps that everybody knows. */
const ICONS = {
  start: "",
  task: "M1 3h10v6.5H1z",
  model: "M2.5 2.5h7v7h-7zM4.5 2.5V.8M7.5 2.5V.8M4.5 9.5v1.7M7.5 9.5v1.7",
  router: "M1 6h4l4.5-4M5 6l4.5 4M5 6h6",
  queue: "M1 2.5h10M1 6h10M1 9.5h10",
  remote: "M3.4 9.5a2.3 2.3 0 0 1-.1-4.6 3 3 0 0 1 5.7.5 2.05 2.05 0 0 1-.2 4.1z",
  error_step: "M6 1.2v6M6 9.7v.6",
  flow: "M1 1.5h3.5V5H1zM7.5 7H11v3.5H7.5zM2.7 5v3.7h4.8",
  choice: "M6 1 11 6 6 11 1 6z",
  model_runner: "M1.2 4h6.5v6.5H1.2zM4 4V1.5h6.5V8H7.7",
  monitoring_application: "M.8 7h2.2L4.7 2.5 7.3 10 8.8 6h2.4",
  source: "M2 1.8 10 6 2 10.2z",
  target: "M2 3c0-2.2 8-2.2 8 0v6c0 2.2-8 2.2-8 0zM2 3c0 2.2 8 2.2 8 0",
  filter: "M1 1.8h10L7.2 6.4v4.3L4.8 9.3V6.4z",
  batch: "M1.5 6.5h9v4h-9zM2.5 4.2h7M3.5 2h5",
} as const;

/** The icon of a node, as a path on a 12 by 12 grid to be stroked. */
export function iconPath(node: Pick<PictureNode, "kind" | "detail">): string {
  if (node.kind === "task" && /\bFilter\b/.test(node.detail)) return ICONS.filter;
  if (node.kind === "task" && /\b(Batch|AggregateByKey|SampleWindow)\b/.test(node.detail)) return ICONS.batch;
  return ICONS[node.kind];
}

/** Outline of a node's box: kinds differ by it as well as by their icon. */
export function outlinePath(kind: NodeKind, width: number, height: number): string {
  const [w, h] = [num(width), num(height)];
  const half = num(height / 2);
  switch (kind) {
    case "start":
      return circlePath(width / 2);
    case "queue":
      return `M${half} 0H${num(width - height / 2)}A${half} ${half} 0 0 1 ${num(width - height / 2)} ${h}H${half}A${half} ${half} 0 0 1 ${half} 0z`;
    case "target":
      return `M5 0H${num(width - height / 2)}A${half} ${half} 0 0 1 ${num(width - height / 2)} ${h}H5A5 5 0 0 1 0 ${num(height - 5)}V5A5 5 0 0 1 5 0z`;
    case "choice":
      return `M8 0H${num(width - 8)}L${w} ${half}L${num(width - 8)} ${h}H8L0 ${half}z`;
    case "remote":
      // The corner is a cloud.
      return `M5 0H${num(width - 17)}A6.5 6.5 0 0 1 ${num(width - 6)} 2A5.5 5.5 0 0 1 ${w} 10V${num(height - 5)}A5 5 0 0 1 ${num(width - 5)} ${h}H5A5 5 0 0 1 0 ${num(height - 5)}V5A5 5 0 0 1 5 0z`;
    default:
      return boxPath(width, height, 5);
  }
}

/** A rectangle with round corners. */
export function boxPath(width: number, height: number, r: number): string {
  const [w, h] = [num(width), num(height)];
  return `M${r} 0H${num(width - r)}A${r} ${r} 0 0 1 ${w} ${r}V${num(height - r)}A${r} ${r} 0 0 1 ${num(width - r)} ${h}H${r}A${r} ${r} 0 0 1 0 ${num(height - r)}V${r}A${r} ${r} 0 0 1 ${r} 0z`;
}

function circlePath(r: number): string {
  const inner = r - 1;
  return `M1 ${num(r)}A${inner} ${inner} 0 0 1 ${num(2 * r - 1)} ${num(r)}A${inner} ${inner} 0 0 1 1 ${num(r)}z`;
}

/** Where a node's strip stands, from its left edge. */
export function stripX(kind: NodeKind): number {
  return kind === "queue" ? 9 : kind === "choice" ? 8 : 3.5;
}

/** Where a node's icon begins, from its left edge. */
export function iconX(kind: NodeKind): number {
  return kind === "queue" || kind === "choice" ? 15 : 11;
}

/** The hooked arrow of a step that responds, from the right edge at the middle of its box. */
export const RESPONDER_PATH = "M3 1h5a4.5 4.5 0 0 1 0 9H5m3-3-3 3 3 3";
/** The small triangle of a step where events come in from outside, at the left edge. */
export const SOURCE_PATH = "M-5-4 1 0l-6 4z";

/** Length and half width of an arrowhead. */
const HEAD = 6;
const HEAD_HALF = 3.2;

/** An edge's line, ending where its arrowhead begins. */
export function edgePath(points: readonly Point[]): string {
  if (points.length < 4) return "";
  const n = points.length;
  const { x, y } = headDirection(points);
  const by = Math.min(HEAD - 1, distance(points[n - 1], points[n - 4]) / 2);
  const back = (p: Point): Point => ({ x: p.x - x * by, y: p.y - y * by });
  let text = `M${at(points[0])}`;
  for (let i = 1; i + 2 < n; i += 3) {
    const last = i + 3 === n;
    text += `C${at(points[i])} ${at(last ? back(points[i + 1]) : points[i + 1])} ${at(last ? back(points[i + 2]) : points[i + 2])}`;
  }
  return text;
}

/** An edge's arrowhead, to be filled. */
export function arrowPath(points: readonly Point[]): string {
  if (points.length < 4) return "";
  const tip = points[points.length - 1];
  const { x, y } = headDirection(points);
  const [bx, by] = [tip.x - x * HEAD, tip.y - y * HEAD];
  const left = { x: bx - y * HEAD_HALF, y: by + x * HEAD_HALF };
  const right = { x: bx + y * HEAD_HALF, y: by - x * HEAD_HALF };
  return `M${at(tip)}L${at(left)}L${at(right)}z`;
}

/** Unit vector in which an edge arrives. */
function headDirection(points: readonly Point[]): Point {
  const tip = points[points.length - 1];
  for (let i = points.length - 2; i >= 0; i--) {
    const d = distance(tip, points[i]);
    if (d > 0.5) return { x: (tip.x - points[i].x) / d, y: (tip.y - points[i].y) / d };
  }
  return { x: 0, y: 1 };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/**
 * Where an edge's count is written: beside the middle of a straight piece, at the free side of a curve's arrow. `anchor`
 * says which end of the text stands there.
 */
export function edgeLabelPoint(
  points: readonly Point[],
  topDown: boolean,
): Point & { readonly anchor: "start" | "middle" | "end" } {
  const n = points.length;
  if (n < 4) return { x: 0, y: 0, anchor: "start" };
  const [start, end] = [points[n - 4], points[n - 1]];
  const bend = topDown ? end.x - start.x : end.y - start.y;
  if (Math.abs(bend) >= 4) {
    if (topDown) return { x: end.x + (bend > 0 ? 5 : -5), y: end.y - 3, anchor: bend > 0 ? "start" : "end" };
    return { x: end.x - 7, y: end.y + (bend > 0 ? 11 : -4), anchor: "end" };
  }
  const mid = cubicPoint(start, points[n - 3], points[n - 2], end, 0.5);
  return topDown
    ? { x: mid.x + 5, y: mid.y + 3.5, anchor: "start" }
    : { x: mid.x, y: mid.y - 4, anchor: "middle" };
}

function cubicPoint(a: Point, b: Point, c: Point, d: Point, t: number): Point {
  const s = 1 - t;
  const mix = (f: (p: Point) => number) =>
    s * s * s * f(a) + 3 * s * s * t * f(b) + 3 * s * t * t * f(c) + t * t * t * f(d);
  return { x: mix((p) => p.x), y: mix((p) => p.y) };
}

function at(p: Point): string {
  return `${num(p.x)} ${num(p.y)}`;
}

/** A number with at most two decimals. */
export function num(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** `120>37` when in and out differ, else the count; the empty text when nothing came. */
export function countText(step: StepOverlay | undefined): string {
  if (!step || (step.in === 0 && step.out === 0)) return "";
  if (step.in === step.out || step.state === "failed" || step.state === "handled") return shortCount(step.in);
  // A step that keeps its events is the end of the way: its count says all.
  return step.out === 0 && step.state === "ok"
    ? shortCount(step.in)
    : `${shortCount(step.in)}>${shortCount(step.out)}`;
}

/** A count in few letters: `950`, `12k`, `3.4M`. */
export function shortCount(n: number): string {
  if (n < 10_000) return String(n);
  if (n < 1_000_000) return `${Math.floor(n / 1000)}k`;
  return `${Math.floor(n / 100_000) / 10}M`;
}

/** Words for states and marks: a colour never stands alone. */
export const STATE_WORDS: Readonly<Record<StepState, string>> = {
  idle: "not run",
  waiting: "waiting",
  running: "running",
  ok: "ok",
  dropped: "dropped",
  failed: "failed",
  handled: "error handled",
};
export const TRUTH_WORDS: Readonly<Record<Truth, string>> = {
  agreed: "",
  written: "written, not run",
  "kernel-only": "in the kernel only",
  edited: "edited since it ran",
};
export const KIND_WORDS: Readonly<Record<NodeKind, string>> = {
  start: "start",
  task: "task",
  model: "model",
  router: "router",
  queue: "queue",
  remote: "remote",
  error_step: "error handler",
  flow: "flow",
  choice: "choice",
  model_runner: "model runner",
  monitoring_application: "monitoring application",
  source: "source",
  target: "target",
};

/** One sentence for people who can't see a node: "enrich, task, ok, 12 events, 1 problem". */
export function nodeSentence(
  node: Pick<PictureNode, "label" | "kind" | "truth" | "problems" | "responder" | "unknown">,
  step: StepOverlay | undefined,
): string {
  const parts = [node.label];
  if (node.kind !== "start" || node.label !== "start") parts.push(KIND_WORDS[node.kind]);
  if (node.responder) parts.push("responds");
  if (TRUTH_WORDS[node.truth]) parts.push(TRUTH_WORDS[node.truth]);
  if (node.unknown.length > 0) parts.push(`unknown without running: ${node.unknown.join(", ")}`);
  if (step && step.state !== "idle") parts.push(STATE_WORDS[step.state]);
  if (step && step.in > 0) parts.push(step.in === 1 ? "1 event" : `${step.in} events`);
  if (step && step.in > 0 && step.out !== step.in) parts.push(`${step.out} out`);
  if (step?.changed) parts.push("changed since the last run");
  if (node.problems) parts.push(node.problems.count === 1 ? "1 problem" : `${node.problems.count} problems`);
  return parts.join(", ");
}
