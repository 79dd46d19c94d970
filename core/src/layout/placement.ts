/** What the layout gives: numbers only, in CSS pixels, origin at the top left of the picture. */

export type Direction = "LR" | "TB";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** `x`, `y` are the top left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedNode extends Box {
  /** Full step name; `:start` for the source mark. */
  readonly id: string;
  readonly layer: number;
  /** The frame that holds it: the id of a group, or null. */
  readonly parent: string | null;
}

export interface PlacedGroup extends Box {
  /** Full name of the router or flow, or `function:NAME` for a function's lane. */
  readonly id: string;
  readonly kind: "router" | "flow" | "function";
  readonly label: string;
  readonly parent: string | null;
  readonly collapsed: boolean;
}

export interface PlacedEdge {
  /** `from>to`, with `!` instead of `>` for error edges. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** `back` closes a cycle and is led around the outside. */
  readonly kind: "flow" | "error" | "back";
  /** Cubic segments: a start point, then triples (control, control, end). */
  readonly points: readonly Point[];
}

export interface Placement {
  readonly direction: Direction;
  readonly width: number;
  readonly height: number;
  readonly nodes: ReadonlyMap<string, PlacedNode>;
  readonly groups: readonly PlacedGroup[];
  readonly edges: readonly PlacedEdge[];
}
