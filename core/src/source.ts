/** A notebook's cells as plain values, and places in them. */

export interface Cell {
  /** The notebook's own cell id; stable while the cell lives. */
  readonly id: string;
  readonly kind: "code" | "markdown" | "raw";
  readonly source: string;
  /** Number of the execution that the kernel gave it last, null when it has not run. */
  readonly executionCount?: number | null;
  readonly tags?: readonly string[];
}

/**
 * A place in a cell. `cell` is the index in the notebook counted from 0, lines and columns from 1; columns count
 * UTF-16 units; the end is exclusive. Shown to people as "cell 3, line 4", cells counted from 1.
 */
export interface SourceRange {
  readonly cellId: string;
  readonly cell: number;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** Id of the cell that stands for a graph file as a whole; see `readGraphFile`. */
export const GRAPH_FILE_CELL = "graph-file";
