import * as vscode from "vscode";
import { completionsAt, graphFileCompletionsAt, type Completion } from "@graphcell/core";
import type { Source, Sources } from "./source";

const KINDS: Readonly<Record<Completion["kind"], vscode.CompletionItemKind>> = {
  class: vscode.CompletionItemKind.Class,
  function: vscode.CompletionItemKind.Function,
  method: vscode.CompletionItemKind.Method,
  step: vscode.CompletionItemKind.Reference,
  argument: vscode.CompletionItemKind.Field,
  value: vscode.CompletionItemKind.EnumMember,
};

/** Step classes and their arguments, step names, handlers; in graph files also the entries. */
export class Completions implements vscode.CompletionItemProvider {
  constructor(private readonly sources: Sources) {}

  provideCompletionItems(document: vscode.TextDocument, at: vscode.Position): vscode.CompletionItem[] {
    const source = this.sources.of(document);
    const position = source?.position(at);
    if (!source || !position) return [];
    const language = document.languageId === "yaml" ? "yaml" : "json";
    const found = source.graphFile
      ? graphFileCompletionsAt(source.graphFile, position, language)
      : completionsAt(source.context, position);
    return found.map((completion, i) => item(source, completion, i));
  }
}

function item(source: Source, completion: Completion, i: number): vscode.CompletionItem {
  const { label, kind, detail, documentation, insert, range } = completion;
  const made = new vscode.CompletionItem({ label, description: detail }, KINDS[kind]);
  if (documentation !== "") made.documentation = new vscode.MarkdownString(documentation);
  made.insertText = insert;
  // Ours know the graph: they go before what others guess, in their order.
  made.sortText = `!${String(i).padStart(4, "0")}`;
  made.filterText = insert.replace(/^"|"$/g, "");
  const at = source.location(range);
  if (at) made.range = at.range;
  return made;
}
