import type { CompletionHandler, ICompletionContext, ICompletionProvider } from "@jupyterlab/completer";
import { NotebookPanel } from "@jupyterlab/notebook";
import { type Completion, loadCompletions } from "@graphcell/core";
import type { IGraphcellSessions } from "./tokens";

/** JupyterLab's names of the icons beside completions. */
const TYPES: Readonly<Record<Completion["kind"], string>> = {
  class: "class",
  function: "function",
  method: "method",
  step: "reference",
  argument: "param",
  value: "enum",
};

/** Step classes and their arguments, step names and handlers, in the cells of notebooks. */
export class GraphCompletions implements ICompletionProvider {
  readonly identifier = "graphcell:completions";
  /** They know the graph: before what the kernel guesses. */
  readonly rank = 700;

  constructor(private readonly sessions: IGraphcellSessions) {}

  isApplicable({ widget }: ICompletionContext): Promise<boolean> {
    return Promise.resolve(widget instanceof NotebookPanel);
  }

  async fetch(
    { text, offset }: CompletionHandler.IRequest,
    { widget }: ICompletionContext,
  ): Promise<CompletionHandler.ICompletionItemsReply> {
    const nothing = { start: offset, end: offset, items: [] };
    const cell = widget instanceof NotebookPanel ? widget.content.activeCell : null;
    const session = widget instanceof NotebookPanel ? this.sessions.of(widget) : null;
    if (!session || cell?.model.type !== "code") return nothing;
    const before = text.slice(0, offset).split("\n");
    const position = {
      cellId: cell.model.id,
      line: before.length,
      column: (before[before.length - 1] ?? "").length + 1,
    };
    const { completionsAt } = await loadCompletions();
    const found = completionsAt(session.session.language(), position);
    const [first] = found;
    if (!first) return nothing;
    const start = offset - (position.column - first.range.column);
    const end = start + (first.range.endColumn - first.range.column);
    return { start, end, items: found.map(itemOf) };
  }
}

function itemOf({
  label,
  insert,
  kind,
  detail,
  documentation,
}: Completion): CompletionHandler.ICompletionItem {
  return {
    label,
    insertText: insert,
    type: TYPES[kind],
    documentation: `${detail}\n\n${documentation}`.trim(),
  };
}
