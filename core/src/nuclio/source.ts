import type { Graph } from "../model/graph";
import type { Problem } from "../model/problem";
import type { Cell, SourceRange } from "../source";
import { type CodePart, readMarks } from "./marks";
import { type MissingName, type PlacedStatement, neededStatements, placeStatements } from "./needs";
import { stepNeeds } from "./step-names";

/** The Python module of a function, without its entry points. */
export interface FunctionSource {
  readonly text: string;
  /** For each line of `text`, from 0: the cell (index from 0) and line (from 1) that it is, null for none. */
  readonly lines: readonly (SourceLine | null)[];
  /** `marks`: what start-code and end-code enclose; `needs`: what the steps need; `file`: a file as it is. */
  readonly how: "marks" | "needs" | "file";
  /** Names that its top level binds. */
  readonly binds: ReadonlySet<string>;
  /** Modules that it imports, and where it does. */
  readonly modules: readonly ImportedModule[];
  /** Build commands and environment from `%nuclio` magics. */
  readonly commands: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

export interface SourceLine {
  readonly cellId: string;
  /** Index of the cell in the notebook, from 0. */
  readonly cell: number;
  /** Line in the cell, from 1. */
  readonly line: number;
}

export interface ImportedModule {
  /** As written: `sklearn.tree`, `.local`. */
  readonly module: string;
  readonly range: SourceRange | null;
}

/** What the source of one function is made from. */
export interface SourceRequest {
  readonly cells: readonly Cell[];
  readonly graph: Graph;
  /** The function's own name, as `start-code NAME` gives it. */
  readonly functionName: string;
  /** Child function whose steps count; "" for the parent, null for all. */
  readonly current: string | null;
  /** Variables that hold the function or its graph. */
  readonly graphNames: readonly string[];
  /** More names than the steps': `graph_initializer`, `default_class`. */
  readonly names?: readonly string[];
  /** Lines of a Python file before each cell's text; places in problems are the cells' all the same. */
}

/** The source of a function from a notebook's cells; never throws, what is wrong is among `problems`. */
export function notebookSource(request: SourceRequest): FunctionSource {
  const marks = readMarks(request.cells, request.functionName);
  const statements = placeStatements(marks.parts);
  if (marks.marked) {
    return assemble(marks.parts.flatMap(wholeLines), "marks", statements, marks, marks.problems);
  }
  const needs = stepNeeds(request.graph, request.current);
  const own = { step: "", names: new Set(request.names ?? []) };
  const { statements: needed, missing } = neededStatements(
    statements,
    own.names.size > 0 ? [...needs, own] : needs,
    request.graphNames,
  );
  const problems = [...marks.problems, ...missing.map((name) => missingProblem(name, request.cells))];
  return assemble(linesOf(needed), "needs", needed, marks, [...problems, ...localFiles(needed)]);
}

/** A Python file that is the function's code as a whole. */
export function fileSource(text: string): FunctionSource {
  const cell: Cell = { id: "file", kind: "code", source: text };
  const part: CodePart = { cell, index: 0, code: text };
  const statements = placeStatements([part]);
  return assemble(wholeLines(part), "file", statements, { commands: [], env: new Map() }, []);
}

interface Line {
  readonly text: string;
  readonly from: SourceLine | null;
}

function assemble(
  lines: readonly Line[],
  how: FunctionSource["how"],
  statements: readonly PlacedStatement[],
  { commands, env }: Pick<FunctionSource, "commands" | "env">,
  problems: readonly Problem[],
): FunctionSource {
  const kept = trimmed(lines);
  return {
    text: kept.map((line) => `${line.text}\n`).join(""),
    lines: kept.map((line) => line.from),
    how,
    binds: new Set(statements.flatMap((s) => [...s.binds])),
    modules: statements.flatMap((s) => s.modules.map((module) => ({ module, range: rangeOf(s) }))),
    commands,
    env,
    problems,
  };
}

/** At most two blank lines in a row, none at the start and the end. */
function trimmed(lines: readonly Line[]): readonly Line[] {
  const kept: Line[] = [];
  let blanks = 3;
  for (const { text, from } of lines) {
    const line = text.trimEnd();
    blanks = line === "" ? blanks + 1 : 0;
    if (blanks <= 2) kept.push({ text: line, from });
  }
  while (kept.length > 0 && kept[kept.length - 1]?.text === "") kept.pop();
  return kept;
}

function wholeLines(part: CodePart): readonly Line[] {
  return [
    ...part.code.split(/\r?\n/).map((text, i): Line => ({ text, from: placeOf(part, i + 1) })),
    { text: "", from: null },
  ];
}

function placeOf(part: CodePart, line: number): SourceLine {
  return { cellId: part.cell.id, cell: part.index, line };
}

/** The lines of chosen statements, each with the comments that stand right above it. */
function linesOf(statements: readonly PlacedStatement[]): readonly Line[] {
  const lines: Line[] = [];
  let before: PlacedStatement | null = null;
  for (const statement of statements) {
    const { part, from, to } = statement;
    const first = lineOf(part.code, from);
    const sameLine = before?.part === part && lineOf(part.code, before.to) === first;
    if (sameLine) {
      // Two statements on one line: what stood between them was `;`.
      lines.push({ text: part.code.slice(from, to), from: placeOf(part, first) });
    } else {
      lines.push(...gap(before, statement));
      const comments = commentLines(part.code, first);
      const start = lineStart(part.code, first - comments);
      const text = part.code.slice(start, to).split(/\r?\n/);
      // Something that is not taken may stand before it on its line.
      if (comments === 0)
        text[0] =
          part.code
            .slice(from)
            .split(/\r?\n/)[0]
            ?.slice(0, to - from) ?? "";
      lines.push(...text.map((line, i): Line => ({ text: line, from: placeOf(part, first - comments + i) })));
    }
    before = statement;
  }
  return lines;
}

/** Blank lines between statements: as they are written where they follow each other, two around definitions. */
function gap(before: PlacedStatement | null, after: PlacedStatement): readonly Line[] {
  if (before === null) return [];
  const blank: Line = { text: "", from: null };
  const follows = before.part === after.part && before.order + 1 === after.order;
  const definition = [before, after].some((s) => s.kind === "class" || s.kind === "function");
  if (definition) return [blank, blank];
  if (!follows) return before.kind === "import" && after.kind === "import" ? [] : [blank];
  const between = after.part.code.slice(before.to, after.from).split("\n").length - 1;
  return between > 1 && commentLines(after.part.code, lineOf(after.part.code, after.from)) < between - 1
    ? [blank]
    : [];
}

function lineOf(code: string, offset: number): number {
  let line = 1;
  for (let i = code.indexOf("\n"); i >= 0 && i < offset; i = code.indexOf("\n", i + 1)) line++;
  return line;
}

function lineStart(code: string, line: number): number {
  let at = 0;
  for (let i = 1; i < line; i++) at = code.indexOf("\n", at) + 1;
  return at;
}

/** Number of comment lines right above a line. */
function commentLines(code: string, line: number): number {
  const lines = code.split("\n");
  let count = 0;
  while (/^#(?!\s*%%)/.test(lines[line - 2 - count] ?? "")) count++;
  return count;
}

function rangeOf({ part, from, to }: PlacedStatement): SourceRange {
  const line = lineOf(part.code, from);
  const endLine = lineOf(part.code, to);
  return {
    cellId: part.cell.id,
    cell: part.index,
    line,
    column: from - lineStart(part.code, line) + 1,
    endLine,
    endColumn: to - lineStart(part.code, endLine) + 1,
  };
}

function missingProblem(missing: MissingName, cells: readonly Cell[]): Problem {
  const { name, step, via, why } = missing;
  const who = step === "" ? "The function" : `Step "${step}"`;
  const needs =
    via === null || via === name ? `${who} needs "${name}"` : `${who} needs "${via}", which reads "${name}"`;
  const place = cells.length === 0 ? "there is no source" : "no cell gives it a value";
  const text = {
    undefined: `${needs}, but ${place}.`,
    ipython: `${needs}, which only a notebook has.`,
    graph: `${needs}, which holds the graph: the deployed function has no such variable.`,
  }[why];
  const remedy = {
    undefined:
      "Define or import it in a cell, or say which code to take with # mlrun: start-code and end-code.",
    ipython: "Use print, or leave the call out where there is no notebook.",
    graph: "Give the step what it needs as an argument.",
  }[why];
  const severity = why === "undefined" ? "error" : "warning";
  return { code: "deploy-missing-name", severity, step: step || null, message: text, remedy, range: null };
}

const READS_FILE =
  /\b(?:open|read_csv|read_parquet|read_json|read_pickle|load|joblib\.load)\(\s*(["'])((?!\w+:\/\/)[^"'\n]+)\1/g;

/** A file of this machine that the code reads when it starts is not in the cluster. */
function localFiles(statements: readonly PlacedStatement[]): readonly Problem[] {
  return statements.flatMap((statement) => {
    if (statement.kind !== "other") return [];
    const text = statement.part.code.slice(statement.from, statement.to);
    return [...text.matchAll(READS_FILE)].map((match): Problem => ({
      code: "deploy-local-file",
      severity: "warning",
      step: null,
      message: `The function's source reads the file "${match[2] ?? ""}" when it starts; the cluster has no such file.`,
      remedy: "Load it from a URL or a mounted volume, or put it into the image with a build command.",
      range: rangeOf(statement),
    }));
  });
}
