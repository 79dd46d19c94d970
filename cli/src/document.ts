import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import {
  type Cell,
  type FunctionFile,
  type Graph,
  type GraphFileCode,
  GraphcellError,
  type MockEvent,
  type ParsedGraph,
  type ParsedNotebook,
  type Problem,
  type PyMap,
  type PyValue,
  decodeMetadata,
  mockedResults,
  type NotebookMetadata,
  graphFileStem,
  handlerSource,
  parseNotebook,
  readFunctionText,
  readGraphFile,
  readNotebook,
  runItem,
} from "@graphcell/core";
import { CommandError, Exit } from "./exit";

/** FILE, read but not run. */
export interface Document {
  readonly path: string;
  readonly kind: "notebook" | "python" | "graph";
  /** Cells of a notebook or of a Python file; of a graph file itself and the Python file with its handlers. */
  readonly cells: readonly Cell[];
  readonly parsed: ParsedNotebook | null;
  /** Graphs to choose from, as far as the text says. */
  readonly graphs: readonly DocumentGraph[];
  readonly problems: readonly Problem[];
  readonly metadata: NotebookMetadata;
  /** Lines of the file before each cell's text; null for a notebook, whose lines count in their cell. */
  readonly linesBefore: readonly number[] | null;
  /** The file that holds a graph file's handlers; null where the cells are those of FILE, or none was found. */
  readonly code: string | null;
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
    return kind === "graph" ? await graphDocument(path, text) : cellDocument(path, kind, text);
  } catch (error) {
    if (error instanceof GraphcellError)
      throw new CommandError(Exit.usage, `${path}: ${error.message}`, error.remedy);
    throw error;
  }
}

/** Whether an error of the file system says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT";
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

async function graphDocument(path: string, text: string): Promise<Document> {
  // What can't be read is an error of use here; an editor tells it as a problem.
  const file = readFunctionText(text);
  const code = await handlersOf(file, path);
  const stem = graphFileStem(basename(path));
  const { cells, parsed } = readGraphFile(text, stem, code);
  return {
    path,
    kind: "graph",
    cells,
    parsed,
    graphs: parsed.graphs.map(documentGraph),
    problems: parsed.problems,
    metadata: decodeMetadata(await savedWith(join(dirname(path), `${stem}.graphcell.json`))),
    linesBefore: [0],
    code: code?.name ?? null,
  };
}

function documentGraph(parsed: ParsedGraph): DocumentGraph {
  const { name, variable, variables, graph, spec } = parsed;
  return { name, variable, variables, graph, spec, parsed };
}

/** The Python that defines the classes and handlers of a graph file: its own, or that of a file beside it. */
async function handlersOf(file: FunctionFile, path: string): Promise<GraphFileCode | null> {
  const { embedded, files } = handlerSource(file, basename(path));
  if (embedded !== null) return { name: `the code of ${basename(path)}`, text: embedded };
  for (const name of files) {
    const text = await readFile(join(dirname(path), name), "utf8").catch(() => null);
    if (text !== null) return { name, text };
  }
  return null;
}

/** What is saved beside a graph file, in the form of a notebook's metadata. */
async function savedWith(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(
      Exit.usage,
      `${path} is no JSON.`,
      "Mend it, or delete it: it holds the saved events.",
    );
  }
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
    graphs: parsed.graphs.map(documentGraph),
    problems: [...problems, ...parsed.problems],
    metadata: decodeMetadata(metadata),
    linesBefore,
    code: null,
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

/** The mocked results that are saved with a graph. */
export function savedMocks(document: Document, graph: string): ReadonlyMap<string, PyValue> {
  const saved = document.metadata.graphs.get(graph);
  return saved ? mockedResults(saved) : new Map();
}

/** The events that are saved with a graph. */
export function savedEvents(document: Document, graph: string): readonly MockEvent[] {
  const saved = document.metadata.graphs.get(graph)?.events ?? [];
  return saved.map((event) => runItem(event).event);
}
