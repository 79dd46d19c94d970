import type { Severity } from "../model/problem";

/** What is to be drawn, before it is placed: derived from a graph, from the text and the kernel at once. */
export interface Picture {
  readonly nodes: readonly PictureNode[];
  readonly edges: readonly PictureEdge[];
  readonly groups: readonly PictureGroup[];
}

export type NodeKind =
  | "start"
  | "task"
  | "model"
  | "router"
  | "queue"
  | "remote"
  | "error_step"
  | "flow"
  | "choice"
  | "model_runner"
  | "monitoring_application"
  | "source"
  | "target";

/** How far the picture can be trusted here. `agreed`: text and kernel say the same, or there is no kernel. */
export type Truth = "agreed" | "written" | "kernel-only" | "edited";

export interface PictureNode {
  /** Full step name. */
  readonly id: string;
  readonly label: string;
  /** Class or handler, as the second line in a tab. */
  readonly detail: string;
  readonly kind: NodeKind;
  readonly responder: boolean;
  readonly group: string | null;
  readonly truth: Truth;
  /** What is not known of it without running; empty when all is. */
  readonly unknown: readonly string[];
  readonly problems: { readonly worst: Severity; readonly count: number } | null;
}

export interface PictureEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: "flow" | "error" | "back";
  readonly truth: Truth;
}

export interface PictureGroup {
  /** Full name of the router or flow, or `function:NAME`. */
  readonly id: string;
  readonly kind: "router" | "flow" | "function";
  readonly label: string;
  readonly parent: string | null;
  /** What a node says of a step, for routers and flows that are drawn as frames; absent on lanes. */
  readonly step?: Pick<PictureNode, "detail" | "responder" | "truth" | "unknown" | "problems">;
}

/** What a run did, on the picture. Keys are node ids. */
export interface Overlay {
  readonly steps: ReadonlyMap<string, StepOverlay>;
  /** Events that went along an edge, by edge id. */
  readonly edges: ReadonlyMap<string, number>;
  /** Nodes and edges on the chosen event's path; null when none is chosen. */
  readonly path: { readonly nodes: ReadonlySet<string>; readonly edges: ReadonlySet<string> } | null;
  /** The result belongs to an older version of the graph. */
  readonly outdated: boolean;
}

export type StepState = "idle" | "waiting" | "running" | "ok" | "dropped" | "failed" | "handled";

export interface StepOverlay {
  readonly state: StepState;
  readonly in: number;
  readonly out: number;
  readonly ms: number;
  /** Output differs from the run before. */
  readonly changed: boolean;
}

/** Id of an edge: `from>to`, `from!to` for an error edge. */
export function edgeId(edge: { from: string; to: string; kind: PictureEdge["kind"] }): string {
  return `${edge.from}${edge.kind === "error" ? "!" : ">"}${edge.to}`;
}
