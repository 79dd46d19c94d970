import * as vscode from "vscode";
import { Disposables, type Disposable } from "@graphcell/core";
import { CodeActions } from "./codeActions";
import { Completions } from "./completions";
import { DefinitionsAndNames } from "./definitions";
import { Diagnostics } from "./diagnostics";
import { Hovers } from "./hovers";
import { Lenses } from "./lenses";
import { Sources } from "./source";
import type { GraphFiles } from "../graphFile/graphFiles";
import { NOTEBOOK_TYPE } from "../notebookType";
import type { Sessions } from "../sessions";
import type { GraphView } from "../views/graphView";

export interface LanguageParts {
  readonly sessions: Sessions;
  readonly files: GraphFiles;
  readonly view: GraphView;
}

/** Cells of notebooks, and Python files. */
const PYTHON: readonly vscode.DocumentFilter[] = [
  { notebookType: NOTEBOOK_TYPE, language: "python" },
  { language: "python", scheme: "file" },
  { language: "python", scheme: "untitled" },
  { language: "python", scheme: "vscode-vfs" },
];
const GRAPH_FILES: readonly vscode.DocumentFilter[] = ["yaml", "json", "jsonc"].map((language) => ({
  language,
  pattern: "**/*{.graph.yaml,.graph.yml,.graph.json,function.yaml,function.yml}",
}));

/** What Graphcell adds to the text editor: one file a feature, each over core's language functions. */
export function registerLanguage({ sessions, files, view }: LanguageParts): Disposable {
  const owned = new Disposables();
  const sources = new Sources(sessions, files);
  const both = [...PYTHON, ...GRAPH_FILES];
  const completions = new Completions(sources);
  const names = new DefinitionsAndNames(sources);
  const lenses = owned.add(new Lenses(sessions, files, sources, view));
  const { languages } = vscode;
  owned.add(new Diagnostics(sessions, files, sources));
  owned.add(languages.registerCodeActionsProvider(both, new CodeActions(sources), CodeActions.metadata));
  owned.add(languages.registerCodeLensProvider(both, lenses));
  owned.add(languages.registerHoverProvider(both, new Hovers(sources)));
  owned.add(languages.registerDefinitionProvider(both, names));
  owned.add(languages.registerReferenceProvider(both, names));
  owned.add(languages.registerRenameProvider(both, names));
  owned.add(languages.registerCompletionItemProvider(PYTHON, completions, '"', "'", ".", "(", ",", " ", "["));
  owned.add(languages.registerCompletionItemProvider(GRAPH_FILES, completions, '"', " ", ":", "[", "-"));
  return owned;
}
