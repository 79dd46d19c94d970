import { type Graph, type Problem, type PyValue, check, dict } from "@graphcell/core";
import type { Document, DocumentGraph } from "./document";

/** All problems of one graph of a document, those of the file first. */
export function problemsOf(
  document: Document,
  graph: DocumentGraph,
  names: ReadonlySet<string> | null,
  scriptNames: ReadonlySet<string> | null = null,
): readonly Problem[] {
  return [...document.problems, ...checkGraph(graph.graph, document, graph, names, scriptNames)];
}

function checkGraph(
  graph: Graph,
  document: Document,
  from: DocumentGraph,
  kernelNames: ReadonlySet<string> | null,
  scriptNames: ReadonlySet<string> | null,
): readonly Problem[] {
  return check(graph, { parsed: from.parsed, notebook: document.parsed, kernelNames, scriptNames });
}

/** `file:cell 3:4:1: error: message remedy [code]`, or `file:40:1: ...` for a Python file: one line a problem. */
export function problemLine(document: Document, problem: Problem): string {
  const { range } = problem;
  const { path, linesBefore } = document;
  let place = path;
  if (range && linesBefore) place = `${path}:${linesBefore[range.cell] + range.line}:${range.column}`;
  else if (range) place = `${path}:cell ${range.cell + 1}:${range.line}:${range.column}`;
  const remedy = problem.remedy === "" ? "" : ` ${problem.remedy}`;
  return `${place}: ${problem.severity}: ${problem.message}${remedy} [${problem.code}]`;
}

/** The form of a problem in `--json`. Cells, lines and columns count from 1; null where the place is not known. */
export function problemValue(problem: Problem): PyValue {
  const { range } = problem;
  return dict({
    code: problem.code,
    severity: problem.severity,
    step: problem.step,
    message: problem.message,
    remedy: problem.remedy,
    cell: range ? range.cell + 1 : null,
    line: range?.line ?? null,
    column: range?.column ?? null,
  });
}
