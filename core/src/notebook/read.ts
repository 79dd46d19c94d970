import type { Problem } from "../model/problem";
import type { Cell } from "../source";
import { JsonError, dumpJson, parseJson } from "../value/json";
import { type PyMap, type PyValue, isMap } from "../value/value";
import { readPython } from "./python-file";

/** A notebook or Python file as cells. */
export interface NotebookText {
  readonly cells: readonly Cell[];
  /** Value of the notebook's metadata key `graphcell`, as plain JSON; undefined when there is none. */
  readonly metadata: unknown;
  /** Language of the code cells in lower case, `python` when the file does not say. */
  readonly language: string;
  /** What is wrong with the file; the cells are what could be read all the same. */
  readonly problems: readonly Problem[];
  /** Number of lines of the file before each cell's text; null for a notebook, where a cell's lines are its own. */
  readonly linesBefore: readonly number[] | null;
}

const KEY = "graphcell";

/**
 * Reads a notebook file (nbformat 3 or 4) or a Python file (`# %%` cells, or all of it one cell). Never throws.
 *
 * @param kind taken from the text when it is not given: a notebook begins with `{`.
 */
export function readNotebook(text: string, kind?: "notebook" | "python"): NotebookText {
  const isNotebook = kind ? kind === "notebook" : /^\uFEFF?\s*\{/.test(text);
  return isNotebook ? readIpynb(text.replace(/^\uFEFF/, "")) : readPython(text);
}

function problem(
  code: string,
  message: string,
  remedy: string,
  severity: Problem["severity"] = "error",
): Problem {
  return { code, severity, step: null, message, remedy, range: null };
}

function empty(problems: readonly Problem[]): NotebookText {
  return { cells: [], metadata: undefined, language: "python", problems, linesBefore: null };
}

const RESTORE =
  "Open it in Jupyter to see whether it can be repaired, or take an earlier version of the file.";

function readIpynb(text: string): NotebookText {
  if (text.trim() === "") {
    return empty([
      problem("notebook-empty", "The notebook file is empty.", "Write a cell in Jupyter and save it."),
    ]);
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return empty([brokenJson(text)]);
  }
  const document = record(data);
  const lists = document ? cellLists(document) : null;
  if (!document || !lists) {
    return empty([
      problem("notebook-no-cells", "The file is JSON, but no notebook: it has no list of cells.", RESTORE),
    ]);
  }
  const problems: Problem[] = [];
  const cells: Cell[] = [];
  lists.forEach((raw, index) => {
    const cell = readCell(raw, index, problems);
    if (cell) cells.push(cell);
  });
  const metadata = record(document["metadata"]);
  return {
    cells: unique(cells),
    metadata: metadata?.[KEY],
    language: languageOf(metadata),
    problems,
    linesBefore: null,
  };
}

function brokenJson(text: string): Problem {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) {
      const before = text.slice(0, error.offset);
      const line = before.split("\n").length;
      const column = error.offset - before.lastIndexOf("\n");
      const cut = error.offset >= text.trimEnd().length || error.what.startsWith("Unterminated");
      const what = cut ? "it ends too early" : `line ${line}, column ${column} is wrong`;
      return problem("notebook-not-json", `The notebook file is no valid JSON: ${what}.`, RESTORE);
    }
  }
  const remedy = "Save the notebook again: values such as NaN are not allowed in a notebook file.";
  return problem("notebook-not-json", "The notebook file is no valid JSON.", remedy);
}

function record(value: unknown): Readonly<Record<string, unknown>> | null {
  // JSON gives plain objects: that is all that is asked of them here.
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}

/** The cells of nbformat 4, or of all worksheets of nbformat 3. */
function cellLists(document: Readonly<Record<string, unknown>>): readonly unknown[] | null {
  if (Array.isArray(document["cells"])) return document["cells"];
  const sheets = document["worksheets"];
  if (!Array.isArray(sheets)) return null;
  return sheets.flatMap((sheet): readonly unknown[] => {
    const cells = record(sheet)?.["cells"];
    return Array.isArray(cells) ? cells : [];
  });
}

function readCell(raw: unknown, index: number, problems: Problem[]): Cell | null {
  const cell = record(raw);
  const source = sourceOf(cell?.["source"] ?? cell?.["input"]);
  if (!cell || source === null) {
    problems.push(
      problem(
        "notebook-bad-cell",
        `Cell ${index + 1} of the notebook has no text that can be read.`,
        "Delete the cell, or write it again in Jupyter.",
        "warning",
      ),
    );
    // The cell keeps its place, so that the numbers of the others stay.
    return { id: `cell-${index + 1}`, kind: "raw", source: "" };
  }
  const type = cell["cell_type"];
  const kind = type === "code" ? "code" : type === "raw" ? "raw" : "markdown";
  const count = cell["execution_count"] ?? cell["prompt_number"];
  const tags = record(cell["metadata"])?.["tags"];
  const id = cell["id"];
  return {
    id: typeof id === "string" && id !== "" ? id : `cell-${index + 1}`,
    kind,
    source,
    executionCount: typeof count === "number" ? count : null,
    ...(Array.isArray(tags) ? { tags: tags.filter((t): t is string => typeof t === "string") } : {}),
  };
}

function sourceOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  return Array.isArray(value) && value.every((line) => typeof line === "string") ? value.join("") : null;
}

/** A file may hold one id twice: the second gets another one, for the time of this reading. */
function unique(cells: readonly Cell[]): Cell[] {
  const taken = new Set<string>();
  return cells.map((cell, index) => {
    let id = cell.id;
    for (let n = 2; taken.has(id); n++) id = `${cell.id}-${index + 1}-${n}`;
    taken.add(id);
    return id === cell.id ? cell : { ...cell, id };
  });
}

function languageOf(metadata: Readonly<Record<string, unknown>> | null): string {
  const kernel = record(metadata?.["kernelspec"]);
  const info = record(metadata?.["language_info"]);
  const named = info?.["name"] ?? kernel?.["language"] ?? metadata?.["language"];
  if (typeof named === "string" && named !== "") return named.toLowerCase();
  const kernelName = kernel?.["name"];
  return typeof kernelName === "string" && !/python/i.test(kernelName) && kernelName !== ""
    ? kernelName
    : "python";
}

/**
 * The text of a notebook file with another value of its metadata key `graphcell`; all else stays as it is, numbers
 * and order included. `undefined` removes the key. Throws `JsonError` for a file that is no JSON.
 */
export function writeNotebookMetadata(text: string, value: unknown): string {
  const document = parseJson(text);
  if (!isMap(document)) throw new JsonError("Expecting an object", text, 0);
  const old = document.get("metadata");
  const metadata: PyMap = isMap(old) ? old : new Map<PyValue, PyValue>();
  const json = value === undefined ? undefined : JSON.stringify(value);
  document.set("metadata", withKey(metadata, json === undefined ? undefined : parseJson(json)));
  const indent = /^\s*\{\r?\n([ \t]*)\S/.exec(text)?.[1]?.length;
  const made = dumpJson(
    document,
    indent === undefined ? { ensureAscii: false } : { indent, ensureAscii: false },
  );
  const end = /\r?\n$/.test(text) ? "\n" : "";
  return made + end;
}

/** Jupyter writes keys in order: the new one goes where it belongs. */
function withKey(metadata: PyMap, value: PyValue | undefined): PyMap {
  if (metadata.has(KEY)) {
    if (value === undefined) metadata.delete(KEY);
    else metadata.set(KEY, value);
    return metadata;
  }
  if (value === undefined) return metadata;
  const made: PyMap = new Map<PyValue, PyValue>();
  for (const [key, entry] of metadata) {
    if (!made.has(KEY) && String(key) > KEY) made.set(KEY, value);
    made.set(key, entry);
  }
  return made.set(KEY, value);
}
