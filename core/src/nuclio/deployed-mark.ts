import type { LiveCounts } from "./live-numbers";

/** A function of the graph in a cluster, for the picture. */
export interface DeployedMark {
  readonly name: string;
  readonly state: "up" | "busy" | "failed" | "absent";
  /** The cluster's or the push's word for it. */
  readonly word: string;
  /** Numbers of its steps by full name, while it is watched. */
  readonly numbers?: Readonly<Record<string, LiveCounts>>;
  /** Full names of its steps. */
  readonly steps: readonly string[];
}
