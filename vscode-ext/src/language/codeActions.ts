import * as vscode from "vscode";
import { diagnosticsOf, fixesOf, type TextEdit } from "@graphcell/core";
import { SOURCE, placeOf } from "./diagnostics";
import type { Source, Sources } from "./source";

/** Quick fixes for the problems that have a mechanical remedy. */
export class CodeActions implements vscode.CodeActionProvider {
  static readonly metadata: vscode.CodeActionProviderMetadata = {
    providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
  };

  constructor(private readonly sources: Sources) {}

  provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const ours = diagnostics.filter((d) => d.source === SOURCE);
    const source = ours.length > 0 ? this.sources.of(document) : null;
    if (!source) return [];
    return ours.flatMap((shown) => this.actions(document, source, shown));
  }

  private actions(
    document: vscode.TextDocument,
    source: Source,
    shown: vscode.Diagnostic,
  ): vscode.CodeAction[] {
    const found = diagnosticsOf(source.context).filter(({ problem }) => problem.code === shown.code);
    const here = found.find((diagnostic) => {
      const place = placeOf(diagnostic, source);
      return place?.uri.toString() === document.uri.toString() && place.range.isEqual(shown.range);
    });
    return fixesOf(source.context, here ?? { graph: null, problem: NOTHING }).flatMap((fix, i) => {
      const edit = editOf(source, [fix]);
      if (!edit) return [];
      const action = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
      action.diagnostics = [shown];
      action.isPreferred = i === 0;
      action.edit = edit;
      return [action];
    });
  }
}

const NOTHING = { code: "", severity: "info", step: null, message: "", remedy: "", range: null } as const;

/** Edits of core as VS Code's; null when one of their documents is not to be had. */
export function editOf(source: Source, edits: readonly TextEdit[]): vscode.WorkspaceEdit | null {
  const edit = new vscode.WorkspaceEdit();
  for (const { range, text } of edits) {
    const location = source.location(range);
    if (!location) return null;
    edit.replace(location.uri, location.range, text);
  }
  return edit;
}
