import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type * as VsCode from "vscode";
import { CodeHost } from "../code/host";
import type { Host, Scenario } from "../host";
import { screenshot } from "../screenshot";
import { check, until, untilEqual } from "../wait";

const STEPS = "import mlrun\n\nclass Enrich:\n    def do(self, event):\n        return event";
const GRAPH =
  'fn = mlrun.new_function("f", kind="serving")\ngraph = fn.set_topology("flow")\ngraph.to("Enrch", "a").to("Enrich", "b")\ngraph.add_step("Enrich", "c", after="b").respond()';
const YAML =
  "steps:\n  enrich:\n    class_name: Enrich\n    class_args: {factor: 3}\n  late:\n    handler: double\n    after: [enrch]\n    responder: true\n";
const HANDLERS =
  "class Enrich:\n    def __init__(self, factor=1):\n        self.factor = factor\n\n    def do(self, event):\n        return event * self.factor\n\n\ndef double(event):\n    return 2 * event\n";
const EVENTS = {
  version: 1,
  graphs: { score: { events: [{ id: "event-1", name: "five", bodyText: "5" }] } },
};

/** What VS Code's own commands ask providers for, at a place of a document: as plain data. */
interface Asked {
  readonly uri: string;
  readonly line: number;
  readonly column: number;
}

function codeHost(host: Host): CodeHost {
  if (!(host instanceof CodeHost)) throw new Error("this scenario is VS Code's");
  return host;
}

function problemsOf(host: CodeHost, part: string): Promise<readonly string[]> {
  return host.server.driver.call(
    (vscode, wanted) =>
      vscode.languages
        .getDiagnostics()
        .filter(([uri]) => uri.path.includes(wanted))
        .flatMap(([, list]) =>
          list.map((d) => `${String(d.code)} ${d.range.start.line}:${d.range.start.character}`),
        ),
    part,
  );
}

/** Address of a cell's document. */
function cellUri(host: CodeHost, cell: number): Promise<string> {
  return host.server.driver.call(
    (vscode, index) =>
      vscode.window.activeNotebookEditor?.notebook.cellAt(index).document.uri.toString() ?? "",
    cell,
  );
}

function completions(host: CodeHost, at: Asked): Promise<readonly string[]> {
  return host.server.driver.call(async (vscode, { uri, line, column }) => {
    const list = await vscode.commands.executeCommand<VsCode.CompletionList>(
      "vscode.executeCompletionItemProvider",
      vscode.Uri.parse(uri),
      new vscode.Position(line, column),
    );
    const ours = list.items.filter((item) => item.sortText?.startsWith("!"));
    return ours.map(({ label }) => (typeof label === "string" ? label : label.label));
  }, at);
}

function hover(host: CodeHost, at: Asked): Promise<string> {
  return host.server.driver.call(async (vscode, { uri, line, column }) => {
    const found = await vscode.commands.executeCommand<VsCode.Hover[]>(
      "vscode.executeHoverProvider",
      vscode.Uri.parse(uri),
      new vscode.Position(line, column),
    );
    const texts = found.flatMap(({ contents }) => contents);
    return texts.map((text) => (typeof text === "string" ? text : text.value)).join("\n");
  }, at);
}

function lenses(host: CodeHost, uri: string): Promise<readonly string[]> {
  return host.server.driver.call(async (vscode, address) => {
    const found = await vscode.commands.executeCommand<VsCode.CodeLens[]>(
      "vscode.executeCodeLensProvider",
      vscode.Uri.parse(address),
      50,
    );
    return found.map(({ range, command }) => `${range.start.line} ${command?.title ?? ""}`);
  }, uri);
}

/** Applies the first quick fix at a place, as a person does who chooses it. */
function fixAt(host: CodeHost, at: Asked): Promise<string> {
  return host.server.driver.call(async (vscode, { uri, line, column }) => {
    const found = await vscode.commands.executeCommand<VsCode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      vscode.Uri.parse(uri),
      new vscode.Range(line, column, line, column),
    );
    const fix = found.find(({ isPreferred }) => isPreferred);
    if (fix?.edit) await vscode.workspace.applyEdit(fix.edit);
    return fix?.title ?? "";
  }, at);
}

/** The frame of the graph's preview. */
/** The frame that shows the file's graph; the sidebar's may show another. */
async function preview(host: CodeHost) {
  for (const frame of host.page.frames()) {
    if (
      (await frame
        .locator('#graphcell .gc-dag [data-id="enrich"]')
        .count()
        .catch(() => 0)) > 0
    )
      return frame;
  }
  return null;
}

/** What VS Code's editor knows of graphs. */
export const editor: readonly Scenario[] = [
  {
    name: "shows problems at their text, mends them, and knows names in strings",
    hosts: ["code"],
    async run(given) {
      const host = codeHost(given);
      await host.openCells("editor.ipynb", [STEPS, GRAPH], { kernel: false });
      await untilEqual("the problems", ["unknown-class 2:9"], () => problemsOf(host, "editor.ipynb"));
      const uri = await cellUri(host, 1);
      await screenshot(host, "problem");
      check(
        (await hover(host, { uri, line: 2, column: 37 })).includes("`b` of the graph `f`"),
        "a hover tells of the step",
      );
      check(
        (await completions(host, { uri, line: 3, column: 37 })).slice(0, 2).join() === "a,b",
        "steps are offered",
      );
      check((await lenses(host, uri)).includes("1 Show graph"), "a lens stands above the graph");
      check(
        (await fixAt(host, { uri, line: 2, column: 11 })) === 'Change it to "Enrich"',
        "the fix is offered",
      );
      await untilEqual("the problems", [], () => problemsOf(host, "editor.ipynb"));
    },
  },
  {
    name: "previews a graph file, mends it, and simulates it with the handlers beside it",
    hosts: ["code"],
    async run(given) {
      const host = codeHost(given);
      const { server } = host;
      const files = {
        "score.graph.yaml": YAML,
        "score.py": HANDLERS,
        "score.graphcell.json": JSON.stringify(EVENTS),
      };
      for (const [name, text] of Object.entries(files)) await writeFile(join(server.workspace, name), text);
      await host.begin();
      const uri = await server.driver.call(
        async (vscode, path) => {
          const document = await vscode.workspace.openTextDocument(vscode.Uri.file(path));
          await vscode.window.showTextDocument(document);
          await vscode.commands.executeCommand("graphcell:preview-file");
          return document.uri.toString();
        },
        join(server.workspace, "score.graph.yaml"),
      );
      await until("the preview is drawn", async () => (await preview(host)) !== null);
      await untilEqual("the problems", ["unknown-after 6:12", "unreachable 5:13"], () =>
        problemsOf(host, "score.graph"),
      );
      check(
        (await completions(host, { uri, line: 6, column: 14 })).join() === "enrich",
        "the other step is offered",
      );
      check(
        (await fixAt(host, { uri, line: 6, column: 13 })) === 'Change it to "enrich"',
        "the fix is offered",
      );
      await untilEqual("the problems", [], () => problemsOf(host, "score.graph"));
      await server.driver.call(
        (vscode, address) =>
          vscode.commands.executeCommand("graphcell.lens", address, { type: "simulate", graph: "score" }),
        uri,
      );
      await until(
        "the event has its result",
        async () => {
          const frame = await preview(host);
          return (await frame?.locator(".gc-event").allInnerTexts())?.join(" ").includes("200") === true;
        },
        90_000,
      );
      await screenshot(host, "graph-file");
      check((await hover(host, { uri, line: 1, column: 4 })).includes("15"), "a hover tells the last output");
      check((await hover(host, { uri, line: 4, column: 4 })).includes("30"), "a hover tells the response");
    },
  },
];
