import type * as vscode from "vscode";
import { definitionAt, prepareRename, referencesAt, rename } from "@graphcell/core";
import { editOf } from "./codeActions";
import type { Source, Sources } from "./source";

/** Definitions of what strings of a graph name, all that name the same, and renames that keep them in step. */
export class DefinitionsAndNames
  implements vscode.DefinitionProvider, vscode.ReferenceProvider, vscode.RenameProvider
{
  constructor(private readonly sources: Sources) {}

  provideDefinition(document: vscode.TextDocument, at: vscode.Position): vscode.Location | null {
    const { source, position } = this.place(document, at);
    // Names of Python are the Python extension's; strings it knows nothing of.
    if (!source || !position || (source.graphFile === null && !inString(document, at))) return null;
    const range = definitionAt(source.context, position);
    return range && source.location(range);
  }

  provideReferences(document: vscode.TextDocument, at: vscode.Position): vscode.Location[] {
    const { source, position } = this.place(document, at);
    if (!source || !position) return [];
    return referencesAt(source.context, position).flatMap((range) => source.location(range) ?? []);
  }

  prepareRename(
    document: vscode.TextDocument,
    at: vscode.Position,
  ): { range: vscode.Range; placeholder: string } | null {
    const { source, position } = this.place(document, at);
    const ready = source && position ? prepareRename(source.context, position) : null;
    if (!source || !ready) return null;
    if ("refused" in ready) throw new Error(ready.refused);
    const range = source.location(ready.range)?.range;
    return range ? { range, placeholder: ready.name } : null;
  }

  provideRenameEdits(
    document: vscode.TextDocument,
    at: vscode.Position,
    newName: string,
  ): vscode.WorkspaceEdit | null {
    const { source, position } = this.place(document, at);
    if (!source || !position) return null;
    const edits = rename(source.context, position, newName);
    if ("refused" in edits) throw new Error(edits.refused);
    return editOf(source, edits);
  }

  private place(document: vscode.TextDocument, at: vscode.Position) {
    const source: Source | null = this.sources.of(document);
    return { source, position: source?.position(at) ?? null };
  }
}

/** The word at a place stands right behind a quote, or behind the star of a router's class. */
function inString(document: vscode.TextDocument, at: vscode.Position): boolean {
  const before = document.lineAt(at.line).text.slice(0, at.character);
  return /["'][^"']*$/.test(before) && (before.match(/["']/g) ?? []).length % 2 === 1;
}
