import type { Problem } from "../model/problem";
import type { Cell } from "../source";
import { collectGraphs } from "./collect";
import { Definitions } from "./definitions";
import { Interpreter } from "./interpreter";
import { ServingLibrary } from "./library";
import type { ParsedNotebook } from "./parsed";
import { CellText } from "./place";
import { parseCell } from "./statement";
import type { CellSyntax } from "./syntax";

/** Every code that reading a file and its cells can give; each is explained in docs/problems.md. */
export const NOTEBOOK_PROBLEM_CODES: readonly string[] = [
  "cell-does-not-parse",
  "call-raises",
  "module-not-imported",
  "notebook-empty",
  "notebook-not-json",
  "notebook-no-cells",
  "notebook-bad-cell",
];

/** What is kept from one reading of a notebook for the next. */
interface Memory {
  readonly cells: readonly Cell[];
  /** Syntax by cell text. */
  readonly syntax: ReadonlyMap<string, CellSyntax>;
  /** The last text of each cell that parsed, by cell id. */
  readonly good: ReadonlyMap<string, CellSyntax>;
}

const memories = new WeakMap<ParsedNotebook, Memory>();

/**
 * Reads the graphs that a notebook's cells build, by their text only: nothing is executed. Never throws. What can't
 * be known without running is marked as such; what MLRun would raise is a problem at its call.
 *
 * @param previous the result for an earlier state of the same notebook: cells whose text is the same are not parsed
 *   again, and a cell that does not parse now keeps what it last built (`stale`).
 */
export function parseNotebook(cells: readonly Cell[], previous?: ParsedNotebook): ParsedNotebook {
  const memory = previous ? memories.get(previous) : undefined;
  if (previous && memory && sameCells(cells, memory.cells)) return previous;
  const state = new Reading(memory);
  const parsed = state.read(cells);
  memories.set(parsed, { cells, syntax: state.syntax, good: state.good });
  return parsed;
}

function sameCells(a: readonly Cell[], b: readonly Cell[]): boolean {
  return (
    a.length === b.length &&
    a.every((cell, i) => {
      const other = b[i];
      return other?.id === cell.id && other.kind === cell.kind && other.source === cell.source;
    })
  );
}

class Reading {
  readonly syntax = new Map<string, CellSyntax>();
  readonly good = new Map<string, CellSyntax>();
  private readonly problems: Problem[] = [];
  private readonly definitions = new Definitions();
  private readonly staleCells = new Set<string>();

  constructor(private readonly memory: Memory | undefined) {}

  read(cells: readonly Cell[]): ParsedNotebook {
    // The library asks for the interpreter only while cells are read.
    let interpreter: Interpreter | null = null;
    const library = new ServingLibrary(() => interpreter ?? never());
    const reader = new Interpreter(library, new CellText("", 0, ""));
    interpreter = reader;
    cells.forEach((cell, index) => {
      if (cell.kind !== "code") return;
      const { syntax, text } = this.cell(cell, index);
      if (syntax.opensNamespace) this.definitions.open = true;
      if (syntax.file) this.definitions.readFile(text, syntax.file);
      this.definitions.read(text, syntax.body);
      reader.read(text, syntax);
    });
    const graphs = collectGraphs(library, reader.globals, this.definitions);
    for (const r of reader.reports) {
      const { severity, code, message, remedy, at } = r;
      this.problems.push({
        code,
        severity,
        step: null,
        message,
        remedy,
        range: at ? at.cell.range(at) : null,
      });
    }
    return {
      graphs,
      definitions: this.definitions.found,
      openNamespace: this.definitions.open,
      problems: this.problems,
      stale: graphs.some((g) => g.cells.some((id) => this.staleCells.has(id))),
    };
  }

  private cell(cell: Cell, index: number): { syntax: CellSyntax; text: CellText } {
    const syntax =
      this.syntax.get(cell.source) ?? this.memory?.syntax.get(cell.source) ?? parseCell(cell.source);
    this.syntax.set(cell.source, syntax);
    const text = new CellText(cell.id, index, cell.source);
    if (!syntax.broken) {
      this.good.set(cell.id, syntax);
      return { syntax, text };
    }
    const last = this.memory?.good.get(cell.id);
    this.problems.push({
      code: "cell-does-not-parse",
      severity: "error",
      step: null,
      message: `Cell ${index + 1} is not Python at line ${text.range(syntax.broken).line}.`,
      remedy: last
        ? "Finish or correct this line; until then the cell counts as it was when it last parsed."
        : "Finish or correct this line; what stands around it is read as far as it goes.",
      range: text.range(syntax.broken),
    });
    if (!last) return { syntax, text };
    this.good.set(cell.id, last);
    this.staleCells.add(cell.id);
    return { syntax: last, text: new CellText(cell.id, index, cell.source, last.text) };
  }
}

function never(): never {
  throw new Error("the interpreter is asked for before it exists");
}
