import { execFile } from "node:child_process";
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { PageErrors, launchChromium } from "../browser";
import type { CellOptions, Host, OpenNotebook, OpenOptions, Theme } from "../host";
import { notebookPath, notebookText, writeFiles } from "../notebookText";
import { until } from "../wait";
import { CodeNotebookPage } from "./notebook";
import { startServer } from "../lab/server";
import { startCodeServer, type CodeServer, type CodeServerOptions } from "./server";

const THEMES: Record<Theme, readonly [setting: string, mark: string]> = {
  light: ["Default Light Modern", "vs"],
  dark: ["Default Dark Modern", "vs-dark"],
  "high-contrast": ["Default High Contrast", "hc-black"],
};

export interface CodeHostOptions extends CodeServerOptions {
  readonly chromium: string;
  /** By which scenarios name it, when not by its trust. */
  readonly name?: string;
}

/** VS Code (code-server) in Chromium: one server and one page for a whole suite. */
export async function createCodeHost(options: CodeHostOptions): Promise<CodeHost> {
  const server = await startCodeServer(options);
  const browser = await launchChromium(options.chromium);
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  return new CodeHost(options, server, browser, await context.newPage());
}

export class CodeHost implements Host {
  readonly name: string;
  readonly scheme = "file";
  private readonly errors: PageErrors;
  private started = false;
  private opened = 0;

  constructor(
    private readonly options: CodeHostOptions,
    readonly server: CodeServer,
    private readonly browser: Browser,
    readonly page: Page,
  ) {
    this.name = options.name ?? (options.trust ? "code-restricted" : "code");
    page.setDefaultTimeout(20_000);
    // A page of ours that breaks its own policy says so on the console only.
    this.errors = new PageErrors(page, (message) => {
      const ours = /graphcell/i.test(message.location().url);
      return ours && /Content Security Policy/.test(message.text()) ? message.text() : null;
    });
  }

  async jupyterServer() {
    return startServer({ root: this.options.root, app: "jupyterlab", extension: false });
  }

  /** The user's own settings and those of this machine. */
  async settingsText(): Promise<string> {
    const folder = dirname(dirname(this.server.settings));
    const texts = ["User", "Machine"].map((part) =>
      readFile(join(folder, part, "settings.json"), "utf8").catch(() => ""),
    );
    return (await Promise.all(texts)).join("\n");
  }

  setConnections(text: string): Promise<void> {
    return writeFile(this.server.connections, text);
  }

  async open(notebook: string, options: OpenOptions = {}): Promise<OpenNotebook> {
    const from = notebookPath(this.options.root, notebook);
    return this.openText(basename(notebook), await readFile(from, "utf8"), options);
  }

  openCells(name: string, cells: readonly string[], options: CellOptions = {}): Promise<OpenNotebook> {
    return this.openText(name, notebookText(cells, options), options);
  }

  private async openText(name: string, text: string, options: CellOptions): Promise<OpenNotebook> {
    const file = `${++this.opened}-${name}`;
    const to = join(this.server.workspace, file);
    await writeFiles(dirname(to), { [basename(to)]: text, ...options.files });
    await this.begin();
    const opened = new CodeNotebookPage(this, file, to);
    await opened.show();
    await opened.ready(options.kernel ?? true, options.controller);
    return opened;
  }

  async bareEnvironment(): Promise<string> {
    const folder = join(dirname(this.server.workspace), "bare");
    const python = process.env.GRAPHCELL_E2E_PYTHON || join(this.options.root, ".venv/bin/python");
    await promisify(execFile)(python, ["-m", "venv", folder]);
    const path = join(folder, "bin/python");
    await this.begin();
    await this.server.driver.call(
      (vscode, given) => vscode.workspace.getConfiguration("graphcell").update("python", given, true),
      path,
    );
    return path;
  }

  async reset(): Promise<void> {
    if (!this.started) return;
    await this.page.keyboard.press("Escape");
    await this.server.driver.call(async (vscode) => {
      // What is saved is closed without a question; the files are the test's own.
      for (const document of vscode.workspace.notebookDocuments) if (document.isDirty) await document.save();
      await vscode.workspace.saveAll(false);
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
      await vscode.commands.executeCommand("notifications.clearAll");
      const settings = vscode.workspace.getConfiguration("graphcell");
      for (const name of ["jupyterServer", "python"]) await settings.update(name, undefined, true);
    }, null);
    for (const file of await readdir(this.server.workspace)) {
      await rm(join(this.server.workspace, file), { recursive: true, force: true });
    }
  }

  async setTheme(theme: Theme): Promise<void> {
    const [setting, mark] = THEMES[theme];
    await this.server.driver.call(
      (vscode, name) => vscode.workspace.getConfiguration("workbench").update("colorTheme", name, 1),
      setting,
    );
    await this.page.locator(`.monaco-workbench.${mark}`).waitFor();
  }

  takeErrors(): readonly string[] {
    return this.errors.take();
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
  }

  /** Loads the workbench, unless that is done. */
  async begin(): Promise<void> {
    if (this.started) return;
    await this.page.goto(this.server.url, { waitUntil: "domcontentloaded", timeout: 60_000 });
    await this.loaded();
    this.started = true;
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.loaded();
  }

  async restartExtensions(): Promise<void> {
    const pid = () => this.server.driver.call(() => process.pid, null).catch(() => null);
    const before = await pid();
    // As when it crashes: VS Code starts another one by itself.
    await this.server.driver.call(
      () => void setTimeout(() => process.kill(process.pid, "SIGKILL"), 50),
      null,
    );
    const again = async () => {
      const now = await pid();
      return now !== null && now !== before;
    };
    await until("the extension host is another one", again, 60_000);
  }

  private async loaded(): Promise<void> {
    await this.page.locator(".monaco-workbench .activitybar").waitFor({ timeout: 60_000 });
    const answers = () => this.server.driver.call(() => true, null).catch(() => false);
    await until("the extension host answers", answers, 60_000);
  }
}
