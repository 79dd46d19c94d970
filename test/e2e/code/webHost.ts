import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Browser, Page } from "playwright-core";
import { PageErrors, launchChromium } from "../browser";
import type { CellOptions, Host, OpenNotebook, Theme } from "../host";
import { notebookPath, notebookText } from "../notebookText";
import { CodeNotebookPage } from "./notebook";
import { SETTINGS } from "./server";
import { startWebServer, type WebServer } from "./webServer";

export interface WebCodeHostOptions {
  readonly root: string;
  readonly chromium: string;
  /** Script of code-server. */
  readonly server: string;
}

/** VS Code in a browser alone, whose workspace is no folder of a machine. */
export async function createWebCodeHost(options: WebCodeHostOptions): Promise<WebCodeHost> {
  const server = await startWebServer({ ...options, settings: SETTINGS });
  const browser = await launchChromium(options.chromium);
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  return new WebCodeHost(options, server, browser, page);
}

export class WebCodeHost implements Host {
  readonly name = "code-web";
  readonly scheme = "memory";
  private readonly errors: PageErrors;
  private started = false;

  constructor(
    private readonly options: WebCodeHostOptions,
    readonly server: WebServer,
    private readonly browser: Browser,
    readonly page: Page,
  ) {
    page.setDefaultTimeout(20_000);
    // An extension in a web worker throws on the console.
    this.errors = new PageErrors(page, (message) =>
      message.type() === "error" && /graphcell/i.test(message.text()) ? message.text() : null,
    );
  }

  async open(notebook: string): Promise<OpenNotebook> {
    const from = notebookPath(this.options.root, notebook);
    return this.openText(basename(notebook), await readFile(from, "utf8"));
  }

  openCells(name: string, cells: readonly string[], options: CellOptions = {}): Promise<OpenNotebook> {
    return this.openText(name, notebookText(cells, options));
  }

  private async openText(name: string, text: string): Promise<OpenNotebook> {
    await this.begin();
    const path = `/notebooks/${name}`;
    await this.server.driver.call(
      async (vscode, file) => {
        const uri = vscode.Uri.from({ scheme: "memory", path: file.path });
        await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(file.text));
      },
      { path, text },
    );
    const opened = new CodeNotebookPage(this, name, path);
    // In a browser VS Code asks before the first notebook is drawn.
    const trust = this.page.getByRole("button", { name: "Open Notebook" });
    await Promise.all([opened.show(), trust.click({ timeout: 10_000 }).catch(() => undefined)]);
    await opened.ready(false);
    return opened;
  }

  async reset(): Promise<void> {
    if (!this.started) return;
    await this.server.driver.call(async (vscode) => {
      await vscode.workspace.saveAll(false);
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    }, null);
  }

  setTheme(_theme: Theme): Promise<void> {
    return Promise.resolve();
  }

  takeErrors(): readonly string[] {
    return this.errors.take();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.loaded();
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
  }

  private async begin(): Promise<void> {
    if (this.started) return;
    await this.page.goto(this.server.url, { waitUntil: "domcontentloaded", timeout: 60_000 });
    await this.loaded();
    this.started = true;
  }

  private async loaded(): Promise<void> {
    await this.page.locator(".monaco-workbench .activitybar").waitFor({ timeout: 60_000 });
    await this.server.driver.call(() => true, null);
  }
}
