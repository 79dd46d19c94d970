/** The editor's providers over a Python file, whose cells begin at other lines than the file. */
import * as vscode from "vscode";
import { diagnosticsOf } from "@graphcell/core";
import { CodeActions } from "@graphcell/vscode-ext/language/codeActions";
import { Completions } from "@graphcell/vscode-ext/language/completions";
import { DefinitionsAndNames } from "@graphcell/vscode-ext/language/definitions";
import { SOURCE, placeOf } from "@graphcell/vscode-ext/language/diagnostics";
import { Hovers } from "@graphcell/vscode-ext/language/hovers";
import { Sources } from "@graphcell/vscode-ext/language/source";

const TEXT = `# %%
import mlrun


class Enrich:
    def do(self, event):
        return event


# %% graph
fn = mlrun.new_function("f", kind="serving")
graph = fn.set_topology("flow")
graph.to("Enrch", "a").to("Enrich", "b")
graph.add_step("Enrich", "c", after="b").respond()
`;

function python(text: string): vscode.TextDocument {
  const lines = text.split("\n");
  return {
    uri: vscode.Uri.file("/project/flow.py"),
    languageId: "python",
    version: 1,
    getText: () => text,
    lineAt: (line: number) => ({ text: lines[line] }),
  } as unknown as vscode.TextDocument;
}

/** Where a text stands: behind its first letters up to `¦`. */
function at(part: string): vscode.Position {
  const index = TEXT.indexOf(part.replace("¦", "")) + part.indexOf("¦");
  const before = TEXT.slice(0, index).split("\n");
  return new vscode.Position(before.length - 1, (before.at(-1) ?? "").length);
}

const document = python(TEXT);
const nothing = { ofCell: () => null, of: () => null };
const sources = new Sources(nothing as never, nothing as never);

function place(range: vscode.Range | undefined): string {
  return range ? `${range.start.line}:${range.start.character}-${range.end.character}` : "";
}

test("definitions of strings are places in the file", () => {
  const names = new DefinitionsAndNames(sources);
  const step = names.provideDefinition(document, at('after="¦b"'));
  expect([step?.uri.path, place(step?.range)]).toEqual(["/project/flow.py", "12:37-38"]);
  const cls = names.provideDefinition(document, at('.to("En¦rich", "b")'));
  expect(place(cls?.range)).toBe("4:6-12");
});

test("names outside of strings are left to Python's own tools", () => {
  const names = new DefinitionsAndNames(sources);
  expect(names.provideDefinition(document, at("class En¦rich"))).toBeNull();
});

test("a rename changes definition and strings; a refusal is an error with its reason", () => {
  const names = new DefinitionsAndNames(sources);
  expect(names.prepareRename(document, at("class En¦rich"))).toMatchObject({ placeholder: "Enrich" });
  const edit = names.provideRenameEdits(document, at("class En¦rich"), "Add") as unknown as {
    texts: { range: vscode.Range; text: string }[];
  };
  expect(edit.texts.map(({ range, text }) => `${place(range)} ${text}`)).toEqual([
    "4:6-12 Add",
    "12:27-33 Add",
    "13:16-22 Add",
  ]);
  expect(() => names.provideRenameEdits(document, at('after="¦b"'), "a")).toThrow(
    'There is already a step "a".',
  );
  expect(names.prepareRename(document, at("# %% gr¦aph"))).toBeNull();
});

test("completions stand in their order and replace what stands there", () => {
  const items = new Completions(sources).provideCompletionItems(document, at('after="¦b"'));
  expect(items.map((i) => [(i.label as { label: string }).label, i.insertText, i.sortText])).toEqual([
    ["a", "a", "!0000"],
    ["b", "b", "!0001"],
  ]);
  expect(place(items[0].range as vscode.Range)).toBe("13:37-38");
});

test("a hover is Markdown that nobody trusts", () => {
  const hover = new Hovers(sources).provideHover(document, at('"¦b")'));
  const text = hover?.contents as unknown as vscode.MarkdownString;
  expect(text.value).toContain("`b` of the graph `f`: `Enrich`");
  expect([text.isTrusted, text.supportHtml]).toEqual([false, false]);
});

test("quick fixes belong to the problem that is shown, the likeliest preferred", () => {
  const source = sources.of(document);
  if (!source) throw new Error("the file has no source");
  const [found] = diagnosticsOf(source.context).filter(({ problem }) => problem.code === "unknown-class");
  const range = placeOf(found, source)?.range ?? new vscode.Range(0, 0, 0, 0);
  const shown = new vscode.Diagnostic(range, "", 0);
  shown.source = SOURCE;
  shown.code = "unknown-class";
  const actions = new CodeActions(sources).provideCodeActions(document, range, {
    diagnostics: [shown],
  } as never);
  expect(actions.map((a) => [a.title, a.isPreferred])).toEqual([
    ['Change it to "Enrich"', true],
    ['Define the class "Enrch"', false],
  ]);
  expect(place(range)).toBe("12:9-16");
});

test("a file that builds no graph is not read", () => {
  expect(sources.of(python("print(1)"))).toBeNull();
});
