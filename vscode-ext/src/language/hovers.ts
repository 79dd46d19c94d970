import * as vscode from "vscode";
import { hoverAt } from "@graphcell/core";
import type { Sources } from "./source";

/** What a step, class or function is, with its last input and output. */
export class Hovers implements vscode.HoverProvider {
  constructor(private readonly sources: Sources) {}

  provideHover(document: vscode.TextDocument, at: vscode.Position): vscode.Hover | null {
    const source = this.sources.of(document);
    const position = source?.position(at);
    const hover = source && position ? hoverAt(source.context, position) : null;
    if (!source || !hover) return null;
    const text = new vscode.MarkdownString(hover.markdown);
    text.isTrusted = false;
    text.supportHtml = false;
    const range = source.location(hover.range)?.range;
    return new vscode.Hover(text, range);
  }
}
