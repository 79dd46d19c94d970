import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Locator, Page } from "playwright-core";
import type * as VsCode from "vscode";
import type { OpenNotebook, SavedNotebook, SavedOutput } from "../host";
import { until } from "../wait";
import type { Driver } from "./server";

type Api = typeof VsCode;

/** The part of the extension's exports that is used here. */
interface GraphcellApi {
  stateOf(notebook: VsCode.Uri): { readonly kernel: { readonly status: string } } | null;
  send(notebook: VsCode.Uri, intent: object): void;
}

/** The window that a notebook is open in. */
export interface Workbench {
  readonly page: Page;
  readonly server: { readonly driver: Driver };
  /** What the addresses of its files begin with. */
  readonly scheme: string;
  reload(): Promise<void>;
}

/** A notebook open in VS Code. */
export class CodeNotebookPage implements OpenNotebook {
  readonly sidebar: Locator;
  readonly tab: Locator;
  readonly deployment: Locator;

  constructor(
    private readonly host: Workbench,
    public file: string,
    private path: string,
  ) {
    const views = host.page.locator('iframe[src*="purpose=webviewView"]');
    this.sidebar = views.first().contentFrame().frameLocator("#active-frame").locator("#graphcell");
    // Nobody opens it before the graph.
    this.deployment = views.last().contentFrame().frameLocator("#active-frame").locator(".gc-deploy");
    this.tab = host.page
      .frameLocator('iframe[src*="extensionId=graphcell.graphcell-vscode"]:not([src*="purpose=webviewView"])')
      .frameLocator("#active-frame")
      .locator("#graphcell");
  }

  get page() {
    return this.host.page;
  }

  async show(): Promise<void> {
    await this.call(async (vscode, { path }, scheme) => {
      const document = await vscode.workspace.openNotebookDocument(vscode.Uri.from({ scheme, path }));
      await vscode.window.showNotebookDocument(document, { preview: false, viewColumn: 1 });
    }, this.host.scheme);
  }

  /** Waits until the notebook is drawn and, with `kernel`, until its kernel is idle. */
  async ready(kernel: boolean, controller = "graphcell-python"): Promise<void> {
    await this.page.locator(".notebook-editor .code-cell-row").first().waitFor();
    if (!kernel) return;
    await this.call(async (vscode, _, id) => {
      const extension = "graphcell.graphcell-vscode";
      await vscode.commands.executeCommand("notebook.selectKernel", { id, extension });
    }, controller);
    if ((await this.kernelStatus()) !== "idle") await this.send({ type: "start-kernel" });
    await this.idle();
  }

  async showSidebar(): Promise<void> {
    await this.call((vscode) => vscode.commands.executeCommand("graphcell.graph.focus"), null);
    await this.sidebar.locator(".gc-root").waitFor();
  }

  /** Drags the border between side bar and editor, as a person does. */
  async setSidebarWidth(pixels: number): Promise<void> {
    const part = this.page.locator(".part.sidebar");
    await until(`the side bar is ${pixels} px wide`, async () => {
      const box = await part.boundingBox();
      if (!box) return false;
      const missing = pixels - box.width;
      if (Math.abs(missing) < 8) return true;
      const [x, y] = [box.x + box.width + 1, box.y + 300];
      await this.page.mouse.move(x, y);
      await this.page.mouse.down();
      await this.page.mouse.move(x + missing, y, { steps: 4 });
      await this.page.mouse.up();
      return false;
    });
  }

  source(cell: number): Promise<string> {
    return this.call((_, { document }, n) => document.cellAt(n).document.getText(), cell);
  }

  async type(cell: number, text: string): Promise<void> {
    await this.call(async (vscode, { document }, n) => {
      const { uri, lineCount, lineAt } = document.cellAt(n).document;
      const end = lineAt(lineCount - 1).range.end;
      await vscode.commands.executeCommand("vscode.open", uri, { selection: new vscode.Range(end, end) });
    }, cell);
    await this.page.locator(".notebook-editor .monaco-list-row .monaco-editor.focused").waitFor();
    await this.page.keyboard.type(text);
    await this.page.keyboard.press("Escape");
  }

  async replace(cell: number, source: string): Promise<void> {
    await this.call(
      async (vscode, { document }, { n, text }) => {
        const { uri, lineCount, lineAt } = document.cellAt(n).document;
        const edit = new vscode.WorkspaceEdit();
        edit.replace(uri, new vscode.Range(new vscode.Position(0, 0), lineAt(lineCount - 1).range.end), text);
        await vscode.workspace.applyEdit(edit);
      },
      { n: cell, text: source },
    );
  }

  append(source: string): Promise<number> {
    return this.call(async (vscode, { document }, text) => {
      const edit = new vscode.WorkspaceEdit();
      const data = new vscode.NotebookCellData(2, text, "python");
      edit.set(document.uri, [vscode.NotebookEdit.insertCells(document.cellCount, [data])]);
      await vscode.workspace.applyEdit(edit);
      return document.cellCount - 1;
    }, source);
  }

  async select(cell: number): Promise<void> {
    await this.call(async (vscode, { document }, n) => {
      const selections = [new vscode.NotebookRange(n, n + 1)];
      const editor = await vscode.window.showNotebookDocument(document, { selections, viewColumn: 1 });
      editor.revealRange(selections[0], 2);
    }, cell);
    await until(`cell ${cell} is selected`, async () => (await this.active()) === cell);
  }

  active(): Promise<number> {
    return this.call((vscode, { document }) => {
      const editor = vscode.window.visibleNotebookEditors.find((e) => e.notebook === document);
      return editor?.selection.start ?? -1;
    }, null);
  }

  async run(cell: number, wait = true): Promise<void> {
    await this.select(cell);
    const before = await this.call(
      (_, { document }, n) => document.cellAt(n).executionSummary?.timing?.endTime ?? 0,
      cell,
    );
    await this.call(async (vscode, { document }, n) => {
      const ranges = [{ start: n, end: n + 1 }];
      void vscode.commands.executeCommand("notebook.cell.execute", { ranges, document: document.uri });
    }, cell);
    if (!wait) return;
    const ended = () =>
      this.call((_, { document }, n) => document.cellAt(n).executionSummary?.timing?.endTime ?? 0, cell);
    await until(`cell ${cell} has run`, async () => (await ended()) > before, 60_000);
  }

  async runAll(): Promise<void> {
    await this.show();
    const ended = () =>
      this.call(
        (_, { document }) =>
          document
            .getCells()
            .filter((cell) => cell.kind === 2 && cell.document.getText().trim() !== "")
            .every((cell) => cell.executionSummary?.timing !== undefined),
        null,
      );
    await this.call((vscode) => void vscode.commands.executeCommand("notebook.execute"), null);
    await until("all cells have run", ended, 120_000);
    await this.idle();
  }

  async restartAndRunAll(): Promise<void> {
    await this.restartKernel();
    await this.show();
    await this.call((vscode) => void vscode.commands.executeCommand("notebook.execute"), null);
  }

  outputs(cell: number): Promise<readonly SavedOutput[]> {
    return this.call((_, { document }, n) => {
      const text = (data: Uint8Array) => new TextDecoder().decode(data);
      return document.cellAt(n).outputs.map(({ items, metadata }) => ({
        output_type: String(metadata?.outputType ?? "display_data"),
        data: Object.fromEntries(
          items.map(({ mime, data }) => [mime, mime.endsWith("+json") ? JSON.parse(text(data)) : text(data)]),
        ) as Record<string, unknown>,
      }));
    }, cell);
  }

  /** All outputs of the notebook stand in one page; the scenarios have a card in one cell at a time. */
  output(_cell: number): Locator {
    return this.page
      .frameLocator('iframe[src*="purpose=notebookRenderer"]')
      .frameLocator("#active-frame")
      .locator("#container");
  }

  async command(name: string, args: Record<string, string> = {}): Promise<void> {
    // Some commands ask the person something, and end only then.
    await this.call((vscode, _, { id, given }) => void vscode.commands.executeCommand(id, given), {
      id: `graphcell:${name}`,
      given: args,
    });
  }

  beside(name: string): Promise<string | null> {
    return readFile(join(dirname(this.path), name), "utf8").catch(() => null);
  }

  async writeFile(change: (text: string) => string): Promise<void> {
    await writeFile(this.path, change(await readFile(this.path, "utf8")));
  }

  async workbench(id: string, argument?: string): Promise<void> {
    await this.call(
      (vscode, _, given) => vscode.commands.executeCommand(given.id, given.argument).then(() => undefined),
      { id, argument },
    );
  }

  async save(): Promise<void> {
    await this.call((_, { document }) => document.save(), null);
  }

  async saved(): Promise<SavedNotebook> {
    return JSON.parse(await readFile(this.path, "utf8")) as SavedNotebook;
  }

  async reload(): Promise<void> {
    await this.host.reload();
    await this.show();
    await this.ready(true);
  }

  async restartKernel(): Promise<void> {
    await this.send({ type: "restart-kernel" });
    await until("the kernel restarts", async () => (await this.kernelStatus()) !== "idle");
    await this.idle();
  }

  async shutdownKernel(): Promise<void> {
    await this.replace(0, "import os, signal; os.kill(os.getpid(), signal.SIGTERM)");
    await this.run(0, false);
  }

  async rename(to: string): Promise<void> {
    const path = join(dirname(this.path), to);
    await this.call(async (vscode, { document }, target) => {
      const edit = new vscode.WorkspaceEdit();
      edit.renameFile(document.uri, vscode.Uri.file(target));
      await vscode.workspace.applyEdit(edit);
    }, path);
    this.path = path;
    this.file = to;
  }

  async close(): Promise<void> {
    await this.show();
    await this.call(
      (vscode) => vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor"),
      null,
    );
  }

  async reopen(): Promise<void> {
    await this.close();
    await this.show();
    await this.ready(true);
  }

  async activate(): Promise<void> {
    await this.show();
  }

  async interruptKernel(): Promise<void> {
    await this.send({ type: "interrupt-kernel" });
  }

  kernelStatus(): Promise<string> {
    return this.call(async (vscode, { document }) => {
      const extension = vscode.extensions.getExtension<GraphcellApi>("graphcell.graphcell-vscode");
      const api = await extension?.activate();
      return api?.stateOf(document.uri)?.kernel.status ?? "none";
    }, null);
  }

  private send(intent: object): Promise<void> {
    return this.call(async (vscode, { document }, given) => {
      const extension = vscode.extensions.getExtension<GraphcellApi>("graphcell.graphcell-vscode");
      (await extension?.activate())?.send(document.uri, given);
    }, intent);
  }

  private idle(): Promise<void> {
    return until("the kernel is idle", async () => (await this.kernelStatus()) === "idle", 60_000);
  }

  /** Calls a function in the extension host with this notebook; it may use nothing from outside but its arguments. */
  private call<R, A>(
    work: (
      vscode: Api,
      notebook: { document: VsCode.NotebookDocument; path: string },
      argument: A,
    ) => R | PromiseLike<R>,
    argument: A,
  ): Promise<R> {
    return this.host.server.driver.call(
      new Function(
        "vscode",
        "given",
        `const document = vscode.workspace.notebookDocuments.find((d) => d.uri.fsPath === given.path);
         return (${String(work)})(vscode, { document, path: given.path }, given.argument);`,
      ) as (vscode: Api, given: object) => R | PromiseLike<R>,
      { path: this.path, argument } as object,
    );
  }
}
