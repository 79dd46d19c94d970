/** A function of the graph in a cluster, for the picture. */
export interface DeployedMark {
  readonly name: string;
  readonly state: "up" | "busy" | "failed" | "absent";
  /** The cluster's or the push's word for it. */
  readonly word: string;
  /** Full names of its steps. */
  readonly steps: readonly string[];
}
