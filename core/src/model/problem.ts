import type { SourceRange } from "../source";

export type Severity = "error" | "warning" | "info";

/** Something about a graph that its author should know. Never thrown: collected and shown at the step. */
export interface Problem {
  /** Stable, lower case with dashes: `unknown-after`, `missing-handler`, ... Listed in docs/problems.md. */
  readonly code: string;
  readonly severity: Severity;
  /** Full name of the step (`router/route` for a route), or null when it is about the whole graph. */
  readonly step: string | null;
  /** Entry of the step's dictionary that it is about, when it is about one. */
  readonly field?: string;
  /** One plain sentence: what is wrong. */
  readonly message: string;
  /** One plain sentence: what to do. */
  readonly remedy: string;
  /** Where in the notebook, when that is known. */
  readonly range: SourceRange | null;
  /** A mechanical edit that solves it, when there is one. */
  readonly fix?: TextFix;
}

/** Replaces the text of `range` in its cell by `text`. */
export interface TextFix {
  readonly title: string;
  readonly range: SourceRange;
  readonly text: string;
}
