import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import {
  type Cell,
  type Graph,
  GraphcellError,
  type MockEvent,
  type ParsedGraph,
  type ParsedNotebook,
  type Problem,
  type PyMap,
  decodeMetadata,
  type NotebookMetadata,
  parseNotebook,
  readFunctionText,
  readNotebook,
  runItem,
} from "@graphcell/core";
import { CommandError, Exit } from "./exit";

/** FILE, read but not run. */
export interface Document {
  readonly path: string;
  readonly kind: "notebook" | "python" | "graph";
  /** Cells of a notebook or of a Python file; none for a graph file. */
  readonly cells: readonly Cell[];
  readonly parsed: ParsedNotebook | null;
  /** Graphs to choose from, as far as the text says. */
  readonly graphs: readonly DocumentGraph[];
  readonly problems: readonly Problem[];
  readonly metadata: NotebookMetadata;
  /** Lines of a Python file before each cell's text; null for a notebook, whose lines count in their cell. */
  readonly linesBefore: readonly number[] | null;
}

export interface DocumentGraph {
  readonly name: string;
  readonly variable: string | null;
  readonly variables: readonly string[];
  readonly graph: Graph;
  readonly spec: PyMap;
  readonly parsed: ParsedGraph | null;
}

/** Reads FILE; throws `CommandError` when it is missing or nothing that Graphcell knows. */
export async function readDocument(path: string): Promise<Document> {
  const text = await readText(path);
  const kind = kindOf(path);
  try {
    return kind === "graph" ? graphDocument(path, text) : cellDocument(path, kind, text);
  } catch (error) {
    if (error instanceof GraphcellError)
      throw new CommandError(Exit.usage, `${path}: ${error.message}`, error.remedy);
    throw error;
  }
}

/** The text of a file, or `CommandError` saying why it can't be read. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = typeof error === "object" && error !== null && "code" in error ? error.code : "";
    const why =
      code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : String(code);
    throw new CommandError(
      Exit.usage,
      `${path} can't be read: ${why}.`,
      "Give the path of an existing file.",
    );
  }
}

function kindOf(path: string): Document["kind"] {
  const extension = extname(path).toLowerCase();
  if (extension === ".ipynb") return "notebook";
  if (extension === ".py") return "python";
  if ([".yaml", ".yml", ".json"].includes(extension)) return "graph";
  throw new CommandError(
    Exit.usage,
    `${path} is of no kind that Graphcell reads.`,
    "It reads notebooks (.ipynb), Python files (.py), and functions or graphs as .yaml or .json.",
  );
}

function graphDocument(path: string, text: string): Document {
  const { name, graph, spec, problems } = readFunctionText(text);
  return {
    path,
    kind: "graph",
    cells: [],
    parsed: null,
    graphs: [{ name: name ?? "graph", variable: null, variables: [], graph, spec, parsed: null }],
    problems,
    metadata: decodeMetadata(undefined),
    linesBefore: null,
  };
}

function cellDocument(path: string, kind: "notebook" | "python", text: string): Document {
  const { cells, metadata, problems, linesBefore } = readNotebook(text, kind);
  const broken = problems.find((p) => p.severity === "error");
  if (broken && cells.length === 0) {
    throw new CommandError(Exit.usage, `${path}: ${broken.message}`, broken.remedy);
  }
  const parsed = parseNotebook(cells);
  return {
    path,
    kind,
    cells,
    parsed,
    graphs: parsed.graphs.map((p) => ({
      name: p.name,
      variable: p.variable,
      variables: p.variables,
      graph: p.graph,
      spec: p.spec,
      parsed: p,
    })),
    problems: [...problems, ...parsed.problems],
    metadata: decodeMetadata(metadata),
    linesBefore,
  };
}

/** The graph that `--graph` names, or the only one; throws `CommandError` with the names that there are. */
export function chooseGraph<T extends { readonly name: string; readonly variables: readonly string[] }>(
  graphs: readonly T[],
  wanted: string | null,
  path: string,
): T {
  if (graphs.length === 0) {
    throw new CommandError(
      Exit.usage,
      `${path} builds no graph that can be read from its text.`,
      "Where the graph is made by code that only runs, add --run.",
    );
  }
  const names = graphs.map((g) => g.name).join(", ");
  const found = wanted === null ? graphs : graphs.filter((g) => g.name === wanted);
  const matches =
    found.length > 0 ? found : graphs.filter((g) => wanted !== null && g.variables.includes(wanted));
  if (matches.length === 1) return matches[0];
  if (matches.length === 0) {
    throw new CommandError(Exit.usage, `${path} has no graph "${wanted}".`, `Its graphs: ${names}.`);
  }
  throw new CommandError(
    Exit.usage,
    `${path} builds ${matches.length} graphs: ${names}.`,
    "Choose one with --graph NAME (the function's or the variable's name).",
  );
}

/** The events that are saved with a graph. */
export function savedEvents(document: Document, graph: string): readonly MockEvent[] {
  const saved = document.metadata.graphs.get(graph)?.events ?? [];
  return saved.map((event) => runItem(event).event);
}
