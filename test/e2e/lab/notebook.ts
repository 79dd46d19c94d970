import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Locator, Page } from "playwright-core";
import type { OpenNotebook, SavedNotebook, SavedOutput } from "../host";
import { until } from "../wait";
import type { LabPanel } from "./app";

/** A notebook open in JupyterLab or Notebook 7. */
export class LabNotebookPage implements OpenNotebook {
  readonly sidebar: Locator;
  readonly tab: Locator;
  readonly deployment: Locator;

  constructor(
    readonly page: Page,
    public file: string,
    private onDisk: string,
    private readonly go: (path: string) => Promise<void>,
    private readonly host: string,
  ) {
    this.sidebar = page.locator("#graphcell-sidebar");
    this.deployment = page.locator("#graphcell-deploy .gc-deploy");
    this.tab = page.locator(".gc-lab-panel:not(#graphcell-sidebar)");
  }

  /** Waits until the notebook is drawn and, with `kernel`, until its kernel is idle. */
  async ready(kernel: boolean): Promise<void> {
    const isOpen = (path: string) => {
      const panel = [...window.jupyterapp.shell.widgets("main")].find((p) => p.context?.path === path);
      return (panel?.content?.widgets.length ?? 0) > 0;
    };
    await until(`${this.file} is open`, () => this.page.evaluate(isOpen, this.file));
    await this.page.locator(".jp-Notebook .jp-Cell").first().waitFor();
    if (kernel) await this.idle();
  }

  async showSidebar(): Promise<void> {
    await this.page.evaluate(() => window.jupyterapp.shell.activateById("graphcell-sidebar"));
    await this.sidebar.waitFor();
  }

  /** Drags the border between sidebar and notebook, as a person does; JupyterLab allows no less than 250 px. */
  async setSidebarWidth(pixels: number): Promise<void> {
    const width = async () => (await this.sidebar.boundingBox())?.width ?? 0;
    const handle = this.page
      .locator("#jp-main-split-panel > .lm-SplitPanel-handle:not(.lm-mod-hidden)")
      .first();
    // A drag that begins while JupyterLab still lays itself out is lost: then drag again.
    await until(`the sidebar is ${pixels} px wide`, async () => {
      const missing = pixels - (await width());
      if (Math.abs(missing) < 8) return true;
      const grip = await handle.boundingBox();
      if (!grip) return false;
      const [x, y] = [grip.x + grip.width / 2, grip.y + 200];
      await this.page.mouse.move(x, y);
      await this.page.mouse.down();
      await this.page.mouse.move(x + missing, y, { steps: 4 });
      await this.page.mouse.up();
      return false;
    });
  }

  source(cell: number): Promise<string> {
    return this.inPanel((panel, n) => panel.content?.model?.sharedModel.cells[n]?.getSource() ?? "", cell);
  }

  async type(cell: number, text: string): Promise<void> {
    await this.select(cell);
    await this.inPanel((panel, n) => {
      const { editor } = panel.content?.widgets[n] ?? {};
      const length = panel.content?.model?.sharedModel.cells[n]?.getSource().length ?? 0;
      editor?.focus();
      editor?.setCursorPosition(editor.getPositionAt(length));
    }, cell);
    await this.page.keyboard.type(text);
    await this.page.keyboard.press("Escape");
  }

  async replace(cell: number, source: string): Promise<void> {
    await this.inPanel((panel, [n, text]) => panel.content?.model?.sharedModel.cells[n]?.setSource(text), [
      cell,
      source,
    ] as const);
  }

  append(source: string): Promise<number> {
    return this.inPanel((panel, text) => {
      const shared = panel.content?.model?.sharedModel;
      if (!shared) return -1;
      shared.insertCell(shared.cells.length, {
        cell_type: "code",
        source: text,
        metadata: { trusted: true },
      });
      return shared.cells.length - 1;
    }, source);
  }

  async select(cell: number): Promise<void> {
    await this.inPanel(async (panel, n) => {
      if (!panel.content) return;
      panel.content.activeCellIndex = n;
      await panel.content.scrollToItem(n);
    }, cell);
  }

  active(): Promise<number> {
    return this.inPanel((panel) => panel.content?.activeCellIndex ?? -1, null);
  }

  async run(cell: number, wait = true): Promise<void> {
    await this.select(cell);
    await this.activate();
    const done = this.page.evaluate(() =>
      window.jupyterapp.commands.execute("notebook:run-cell").then(() => undefined),
    );
    if (!wait) {
      done.catch(() => undefined);
      return;
    }
    await done;
  }

  async runAll(): Promise<void> {
    await this.activate();
    await this.page.evaluate(() =>
      window.jupyterapp.commands.execute("notebook:run-all-cells").then(() => undefined),
    );
    await this.idle();
  }

  async restartAndRunAll(): Promise<void> {
    await this.activate();
    const done = this.page.evaluate(() =>
      window.jupyterapp.commands.execute("notebook:restart-run-all").then(() => undefined),
    );
    done.catch(() => undefined);
    await this.page.locator(".jp-Dialog .jp-mod-accept").click();
  }

  async outputs(cell: number): Promise<readonly SavedOutput[]> {
    const outputs = await this.inPanel(
      (panel, n) => panel.content?.model?.sharedModel.cells[n]?.toJSON().outputs ?? [],
      cell,
    );
    return outputs as readonly SavedOutput[];
  }

  output(cell: number): Locator {
    return this.page.locator(`.jp-Notebook .jp-Cell[data-windowed-list-index="${cell}"] .jp-OutputArea`);
  }

  async command(name: string, args: Record<string, string> = {}): Promise<void> {
    await this.page.evaluate(
      ([id, given]) => window.jupyterapp.commands.execute(id, given).then(() => undefined),
      [`graphcell:${name}`, args] as const,
    );
  }

  async save(): Promise<void> {
    await this.inPanel((panel) => panel.context?.save(), null);
  }

  async saved(): Promise<SavedNotebook> {
    return JSON.parse(await readFile(this.onDisk, "utf8")) as SavedNotebook;
  }

  async reload(): Promise<void> {
    await this.inPanel((panel) => {
      if (panel.context) panel.context.model.dirty = false;
    }, null);
    await this.go(this.file);
    await this.ready(true);
  }

  async restartKernel(): Promise<void> {
    await this.inPanel((panel) => panel.sessionContext?.restartKernel(), null);
    await this.idle();
  }

  async shutdownKernel(): Promise<void> {
    await this.inPanel((panel) => panel.sessionContext?.shutdown(), null);
  }

  async rename(to: string): Promise<void> {
    await this.inPanel((panel, name) => panel.context?.rename(name), to);
    this.file = to;
    this.onDisk = join(dirname(this.onDisk), to);
  }

  async close(): Promise<void> {
    await this.inPanel((panel) => {
      if (panel.context) panel.context.model.dirty = false;
      panel.dispose();
    }, null);
  }

  async reopen(): Promise<void> {
    await this.close();
    await this.page.evaluate(
      (path) => window.jupyterapp.commands.execute("docmanager:open", { path }).then(() => undefined),
      this.file,
    );
    await this.ready(true);
  }

  async interruptKernel(): Promise<void> {
    await this.inPanel((panel) => panel.sessionContext?.session?.kernel?.interrupt(), null);
  }

  kernelStatus(): Promise<string> {
    return this.inPanel((panel) => panel.sessionContext?.session?.kernel?.status ?? "none", null);
  }

  private idle(): Promise<void> {
    return until("the kernel is idle", async () => (await this.kernelStatus()) === "idle", 60_000);
  }

  async activate(): Promise<void> {
    if (this.host === "notebook") return;
    await this.inPanel((panel) => window.jupyterapp.shell.activateById(panel.id), null);
  }

  /** Calls a function in the page with the notebook's panel; it may use nothing from outside but its argument. */
  private async inPanel<R, A>(work: (panel: LabPanel, arg: A) => R | Promise<R>, arg: A): Promise<R> {
    const handle = await this.page.evaluateHandle((path) => {
      for (const panel of window.jupyterapp.shell.widgets("main"))
        if (panel.context?.path === path) return panel;
      throw new Error(`${path} is not open`);
    }, this.file);
    try {
      // Playwright's own type would unbox handles in `arg`; ours holds plain data only.
      return (await handle.evaluate(work as never, arg)) as R;
    } finally {
      await handle.dispose();
    }
  }
}
