import * as vscode from "vscode";
import {
  GRAPH_FILE_CELL,
  type GraphFile,
  type LanguageContext,
  type ParsedNotebook,
  type Position,
  type SourceRange,
  parseNotebook,
  readNotebook,
} from "@graphcell/core";
import { cellIdOf } from "../notebook/cells";
import { rangeOf, shifted } from "../notebook/notebook";
import type { Sessions } from "../sessions";
import type { OpenGraphFile } from "../graphFile/graphFile";
import type { GraphFiles } from "../graphFile/graphFiles";

/** A text document as core's language features see it: a notebook's cell, a Python file, or a graph file. */
export interface Source {
  readonly context: LanguageContext;
  /** The graph file that it is; null for Python. */
  readonly graphFile: GraphFile | null;
  position(at: vscode.Position): Position | null;
  /** The document that a range stands in; null when that is not open and unknown. */
  location(range: SourceRange): vscode.Location | null;
}

/** Files that may build a graph: others are left alone. */
const BUILDS_GRAPHS = /\b(set_topology|storey|mlrun)\b/;

interface PythonFile {
  readonly version: number;
  readonly context: LanguageContext;
  readonly linesBefore: readonly number[];
}

/** Finds the source of a document; what was read is kept until the document changes. */
export class Sources {
  private readonly python = new WeakMap<vscode.TextDocument, PythonFile>();

  constructor(
    private readonly sessions: Sessions,
    private readonly files: GraphFiles,
  ) {}

  of(document: vscode.TextDocument): Source | null {
    if (document.uri.scheme === "vscode-notebook-cell") return this.ofCell(document);
    const file = this.files.of(document);
    if (file) return sourceOf(file);
    return document.languageId === "python" ? this.ofPython(document) : null;
  }

  private ofCell(document: vscode.TextDocument): Source | null {
    const session = this.sessions.ofCell(document);
    const cell = session?.document.getCells().find((c) => c.document === document);
    if (!session || !cell) return null;
    const cellId = cellIdOf(cell);
    return {
      context: session.session.language(),
      graphFile: null,
      position: (at) => ({ cellId, line: at.line + 1, column: at.character + 1 }),
      location: (range) => {
        const found = session.notebook.cell(range.cellId);
        return found && new vscode.Location(found.document.uri, rangeOf(range));
      },
    };
  }

  private ofPython(document: vscode.TextDocument): Source | null {
    const file = this.read(document);
    if (!file) return null;
    const { context, linesBefore } = file;
    return {
      context,
      graphFile: null,
      position: (at) => placeIn(context, linesBefore, at),
      location: (range) => new vscode.Location(document.uri, shifted(range, linesBefore[range.cell] ?? 0)),
    };
  }

  private read(document: vscode.TextDocument): PythonFile | null {
    const before = this.python.get(document);
    if (before?.version === document.version) return before;
    const text = document.getText();
    if (!BUILDS_GRAPHS.test(text)) return null;
    const { cells, linesBefore } = readNotebook(text, "python");
    const parsed: ParsedNotebook = parseNotebook(cells, before?.context.parsed);
    const made = { version: document.version, context: { cells, parsed }, linesBefore: linesBefore ?? [] };
    this.python.set(document, made);
    return made;
  }
}

function sourceOf(file: OpenGraphFile): Source {
  const context = file.hasSession ? file.session.language() : { cells: file.cells, parsed: file.file.parsed };
  return {
    context,
    graphFile: file.file,
    position: (at) => ({ cellId: GRAPH_FILE_CELL, line: at.line + 1, column: at.character + 1 }),
    location: (range) => file.location(range),
  };
}

/** The cell of a Python file that a line belongs to. */
function placeIn(
  { cells }: LanguageContext,
  linesBefore: readonly number[],
  { line, character }: vscode.Position,
): Position | null {
  let index = -1;
  while (index + 1 < cells.length && (linesBefore[index + 1] ?? Infinity) <= line) index++;
  const cell = cells[index];
  return cell ? { cellId: cell.id, line: line - linesBefore[index] + 1, column: character + 1 } : null;
}
