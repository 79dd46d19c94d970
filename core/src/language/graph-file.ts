import { rangeAt } from "./position";
import { GraphcellError } from "../errors";
import { type FunctionFile, parseText, readFunction } from "../model/file";
import type { Step } from "../model/graph";
import type { Problem } from "../model/problem";
import { type TextNode, entry, graphNode, textTree } from "../model/text-tree";
import { TextError } from "../model/yaml";
import { parseNotebook } from "../notebook/parse";
import type { Mention, ParsedGraph, ParsedNotebook, StepOrigin } from "../notebook/parsed";
import { readPython } from "../notebook/python-file";
import { GRAPH_FILE_CELL, type Cell, type SourceRange } from "../source";

/** Every code that reading a graph file can give; each is explained in docs/problems.md. */
export const GRAPH_FILE_PROBLEM_CODES: readonly string[] = ["file-not-readable", "file-without-graph"];

/**
 * A graph file (`function.yaml`, `*.graph.yaml`, `*.graph.json`) read as a notebook whose first cell is the file, and
 * whose other cells are the Python file with its handlers: so that views, session and language features need to know
 * of nothing else.
 */
export interface GraphFile {
  readonly cells: readonly Cell[];
  readonly parsed: ParsedNotebook;
  /** null while the file can't be read. */
  readonly file: FunctionFile | null;
}

export interface GraphFileCode {
  readonly name: string;
  readonly text: string;
}

/**
 * Reads a graph file. Never throws: what is wrong is a problem with its place.
 *
 * @param name of the graph when the file gives none: the file's name without its ending.
 * @param code the Python file that defines its classes and handlers; without one they are not checked.
 * @param previous the graph that is kept (`stale`) while the text can't be read.
 */
export function readGraphFile(
  text: string,
  name: string,
  code: GraphFileCode | null = null,
  previous?: GraphFile,
): GraphFile {
  const own: Cell = { id: GRAPH_FILE_CELL, kind: "raw", source: text };
  const cells = [own, ...(code === null ? [] : codeCells(code, previous))];
  const python = parseNotebook(cells, previous?.parsed);
  const names = {
    definitions: python.definitions,
    openNamespace: code === null || python.openNamespace,
  };
  const tree = textTree(text);
  try {
    const file = readFunction(parseText(text));
    const graph = graphOf(file, tree, text, name);
    return { cells, file, parsed: { graphs: [graph], ...names, problems: [], stale: false } };
  } catch (error) {
    if (!(error instanceof GraphcellError)) throw error;
    const kept = previous?.parsed.graphs ?? [];
    const problems = [fileProblem(error, text)];
    return { cells, file: null, parsed: { graphs: kept, ...names, problems, stale: kept.length > 0 } };
  }
}

/** The cells of the Python file, the same objects while it stays the same; their ids are not those of a notebook. */
function codeCells({ name, text }: GraphFileCode, previous: GraphFile | undefined): readonly Cell[] {
  const before = previous?.cells.slice(1) ?? [];
  return readPython(text).cells.map((cell, i) => {
    const made = { ...cell, id: `${name}:${cell.id}` };
    const old = before[i];
    return old?.id === made.id && old.source === made.source ? old : made;
  });
}

function fileProblem(error: GraphcellError, text: string): Problem {
  const at = error instanceof TextError ? Math.min(error.offset, text.length) : 0;
  const line = /^[^\n]*/.exec(text.slice(at))?.[0].length ?? 0;
  return {
    code: error.code === "GC_NO_GRAPH" ? "file-without-graph" : "file-not-readable",
    severity: "error",
    step: null,
    message: error.message,
    remedy: error.remedy,
    range: rangeIn(text, at, at + (error instanceof TextError ? Math.max(1, line) : line)),
  };
}

function rangeIn(text: string, from: number, to: number): SourceRange {
  return rangeAt({ id: GRAPH_FILE_CELL, index: 0, text }, from, Math.min(to, text.length));
}

function graphOf(file: FunctionFile, tree: TextNode | null, text: string, name: string): ParsedGraph {
  const node = graphNode(tree);
  const places = new Places(text);
  const { root } = file.graph;
  const rootPath = root.kind === "router" ? root.name : "";
  places.root(node, root, rootPath);
  return {
    name: file.name ?? name,
    variable: null,
    variables: [],
    functionName: file.name,
    kind: "serving",
    graph: file.graph,
    spec: file.spec,
    range: node ? rangeIn(text, node.from, firstLine(text, node.from, node.to)) : null,
    origins: places.origins,
    mentions: places.mentions,
    fieldRanges: places.fields,
    unknowns: [],
    replaced: [],
    cells: [GRAPH_FILE_CELL],
  };
}

/** A map's place is its first line: a problem is not to underline a page. */
function firstLine(text: string, from: number, to: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? to : Math.min(end, to);
}

/** Entries that name steps beside the one that they belong to. */
const STEP_FIELDS = ["after", "before", "cycle_from", "on_error", "base_step"];

/** Where the steps of a graph file stand, and what they name. */
class Places {
  readonly origins = new Map<string, StepOrigin>();
  readonly mentions: Mention[] = [];
  readonly fields = new Map<string, ReadonlyMap<string, SourceRange>>();

  constructor(private readonly text: string) {}

  root(node: TextNode | null, root: Step, path: string): void {
    const within = path === "" ? "" : `${path}/`;
    this.note(node, path);
    for (const field of ["on_error", "final_step"]) this.names(entry(node, field), path, within);
    this.code(node, path);
    this.children(node, root, within);
  }

  private children(node: TextNode | null, of: Step, within: string): void {
    const holder = entry(node, of.kind === "router" ? "routes" : "steps");
    for (const { key, value } of holder?.entries ?? []) {
      const step = of.children.get(key.text ?? "");
      if (step) this.step(key, value, step, within);
    }
  }

  private step(key: TextNode, node: TextNode, step: Step, within: string): void {
    const path = within + step.key;
    const reference = entry(node, "class_name") ?? entry(node, "handler");
    const nameRange = this.range(key);
    this.origins.set(path, {
      created: nameRange,
      definition: null,
      reference: reference && this.range(reference),
      nameRange,
    });
    this.mention("step", key, path, path, true);
    const name = entry(node, "name");
    if (name?.text === step.key) this.mention("step", name, path, path, true);
    this.note(node, path);
    for (const field of STEP_FIELDS) this.names(entry(node, field), path, within);
    this.code(node, path);
    this.children(node, step, `${path}/`);
  }

  /** Steps that an entry names, beside the step or in the graph. */
  private names(node: TextNode | null, owner: string, within: string): void {
    for (const one of node?.kind === "list" ? node.items : node ? [node] : []) {
      if (one.text !== null && one.text !== "") this.mention("step", one, within + one.text, owner, false);
    }
  }

  /** Classes and functions that a step names. */
  private code(node: TextNode | null, path: string): void {
    this.codeName("class", entry(node, "class_name"), path);
    this.codeName("handler", entry(node, "handler"), path);
    for (const { key, value } of entry(node, "class_args")?.entries ?? []) {
      if (/^_[a-z]\w*$/.test(key.text ?? "")) this.codeName("function", value, path);
    }
  }

  private codeName(role: Mention["role"], node: TextNode | null, path: string): void {
    if (node?.text != null && /^[A-Za-z_][\w.]*$/.test(node.text))
      this.mention(role, node, path, path, false);
  }

  private mention(
    role: Mention["role"],
    node: TextNode,
    step: string,
    owner: string,
    defines: boolean,
  ): void {
    const { text, exact } = node;
    if (text === null) return;
    this.mentions.push({ role, name: text, step, owner, defines, exact, range: this.range(node) });
  }

  private note(node: TextNode | null, path: string): void {
    const ranges = new Map(
      (node?.entries ?? []).map(({ key, value }) => [key.text ?? "", this.range(value)]),
    );
    this.fields.set(path, ranges);
  }

  private range({ from, to, kind }: TextNode): SourceRange {
    const end = kind === "scalar" ? to : firstLine(this.text, from, to);
    return rangeIn(this.text, from, end);
  }
}
