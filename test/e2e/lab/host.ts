import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { PageErrors, launchChromium } from "../browser";
import type { CellOptions, Host, KernelSpec, OpenNotebook, OpenOptions, Theme } from "../host";
import { notebookPath, notebookText, writeFiles } from "../notebookText";
import { until } from "../wait";
import { LabNotebookPage } from "./notebook";
import { startServer, type JupyterServer } from "./server";
import "./app";

const THEMES: Record<Theme, string> = {
  light: "JupyterLab Light",
  dark: "JupyterLab Dark",
  "high-contrast": "JupyterLab Dark High Contrast",
};

interface Options {
  readonly root: string;
  readonly chromium: string;
  readonly app: "jupyterlab" | "notebook";
  /** False for an application without Graphcell; true when absent. */
  readonly extension?: boolean;
  /** Further arguments of the browser. */
  readonly browserArgs?: readonly string[];
}

/** JupyterLab (or Notebook 7) in Chromium: one server and one page for a whole suite. */
export async function createLabHost(options: Options): Promise<Host> {
  const server = await startServer(options);
  const browser = await launchChromium(options.chromium, options.browserArgs);
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, acceptDownloads: true });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  return new LabHost(options, server, browser, page);
}

class LabHost implements Host {
  readonly name: string;
  private readonly errors: PageErrors;
  private started = false;
  private opened = 0;

  constructor(
    private readonly options: Options,
    private readonly server: JupyterServer,
    private readonly browser: Browser,
    readonly page: Page,
  ) {
    this.name = options.app === "notebook" ? "notebook" : "lab";
    page.setDefaultTimeout(20_000);
    this.errors = new PageErrors(page);
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
    if (options.readOnly) await this.makeReadOnly(file);
    const opened = new LabNotebookPage(this.page, file, to, (path) => this.go(path), this.name);
    if (this.name === "notebook") await this.go(file);
    else {
      await this.begin();
      await this.page.evaluate(
        (path) => window.jupyterapp.commands.execute("docmanager:open", { path }),
        file,
      );
    }
    this.started = true;
    await opened.ready(options.kernel ?? true);
    return opened;
  }

  /** The tests may run as a user who can write every file: so the server's answer is changed on its way. */
  private async makeReadOnly(file: string): Promise<void> {
    await this.page.route(
      (url) => url.pathname.endsWith(`/api/contents/${file}`),
      async (route) => {
        const response = await route.fetch();
        const model = (await response.json()) as object;
        await route.fulfill({ response, json: { ...model, writable: false } });
      },
    );
  }

  async addKernel(id: string, { argv, name, language }: KernelSpec): Promise<void> {
    const { kernels, python } = this.server;
    const folder = join(kernels, id);
    await mkdir(folder, { recursive: true });
    const filled = argv.map((arg) => arg.replace("{python}", python).replace("{home}", folder));
    const spec = { argv: filled, display_name: name, language, interrupt_mode: "signal" };
    await writeFile(join(folder, "kernel.json"), JSON.stringify(spec));
    await this.begin();
    await this.page.evaluate(() => window.jupyterapp.serviceManager.kernelspecs.refreshSpecs());
  }

  setConnections(text: string): Promise<void> {
    return writeFile(join(dirname(this.server.workspace), "connections.yaml"), text);
  }

  async reset(): Promise<void> {
    if (!this.started) return;
    if (this.name === "notebook") {
      await this.page.evaluate(() => window.jupyterapp.serviceManager.sessions.shutdownAll());
      return;
    }
    await this.page.evaluate(async () => {
      for (const panel of [...window.jupyterapp.shell.widgets("main")]) {
        if (panel.context) panel.context.model.dirty = false;
        panel.dispose();
      }
      await window.jupyterapp.serviceManager.sessions.shutdownAll();
    });
    const dialog = this.page.locator(".jp-Dialog");
    while ((await dialog.count()) > 0) await this.page.keyboard.press("Escape");
  }

  async setTheme(theme: Theme): Promise<void> {
    await this.page.evaluate(
      (name) => window.jupyterapp.commands.execute("apputils:change-theme", { theme: name }),
      THEMES[theme],
    );
    await until(`the theme is ${theme}`, () =>
      this.page.evaluate((name) => document.body.dataset.jpThemeName === name, THEMES[theme]),
    );
  }

  takeErrors(): readonly string[] {
    return this.errors.take();
  }

  restartServer(): Promise<void> {
    return this.server.restart();
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
  }

  stopServer(): Promise<void> {
    return this.server.pause();
  }

  startServer(): Promise<void> {
    return this.server.start();
  }

  /** Loads JupyterLab, unless that is done. */
  private async begin(): Promise<void> {
    if (!this.started) await this.go(null);
    this.started = true;
  }

  /** Loads the application, with a notebook or without one. */
  private async go(path: string | null): Promise<void> {
    const { page, server } = this;
    const where =
      this.name === "notebook"
        ? `/notebooks/${path}?`
        : path === null
          ? "/lab?reset&"
          : `/lab/tree/${path}?reset&`;
    await page.goto(`${server.url}${where}token=${server.token}`);
    await page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
    await page.waitForFunction(() => window.jupyterapp !== undefined);
    await page.evaluate(() => window.jupyterapp.restored);
  }
}
