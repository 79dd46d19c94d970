import type { Host, OpenNotebook, Scenario } from "../host";
import { screenshot } from "../screenshot";
import { Sidebar } from "../sidebar";
import { check, until, untilEqual } from "../wait";
import { ranSmall } from "./small";

/** What a cell printed and showed, as text. */
async function shown(notebook: OpenNotebook, cell: number): Promise<string> {
  return JSON.stringify(await notebook.outputs(cell));
}

async function untilShown(notebook: OpenNotebook, cell: number, text: RegExp): Promise<void> {
  let last = "";
  await until(`cell ${cell} shows ${text}`, async () =>
    text.test((last = await shown(notebook, cell))),
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${last.slice(0, 500)}`);
  });
}

async function palette(host: Host, typed: string): Promise<void> {
  await host.page.keyboard.press("F1");
  await host.page.locator(".quick-input-widget input").waitFor();
  await host.page.keyboard.type(typed);
}

/** What is VS Code's own: its palette and lenses, and notebooks that run without the Jupyter extension. */
export const workbench: readonly Scenario[] = [
  {
    name: "leads a newcomer from the walkthrough to the graph of the sample notebook",
    async run(host) {
      const notebook = await host.openCells("empty.ipynb", ["1"], { kernel: false });
      await notebook.showSidebar();
      await notebook.workbench?.(
        "workbench.action.openWalkthrough",
        "graphcell.graphcell-vscode#graphcell.start",
      );
      const { page } = host;
      await page.getByText("Get started with Graphcell").first().waitFor();
      await screenshot(host, "walkthrough");
      for (const title of ["See its graph", "Simulate its events", "Keep a result in the notebook"])
        await page.locator(".gettingStarted").getByText(title).first().waitFor();
      await page.locator(".gettingStarted").getByText("Open the sample notebook").first().click();
      await page
        .locator(".gettingStarted")
        .getByRole("button", { name: "Open the sample", exact: true })
        .click();
      await page.locator(".notebook-editor .code-cell-row").first().waitFor();
      await new Sidebar(notebook.sidebar).step("scale").waitFor();
      await screenshot(host, "walkthrough-sample");
      // It has no file: nothing is to be saved.
      await notebook.workbench?.("workbench.action.revertAndCloseActiveEditor");
    },
  },
  {
    name: "offers to install what a Python lacks to run notebooks, and does",
    async run(host) {
      await host.bareEnvironment?.();
      const notebook = await host.openCells("bare.ipynb", ["import sys\nprint(sys.prefix)"], {
        kernel: false,
      });
      const { page } = host;
      const dialog = page.locator(".monaco-dialog-box");
      await notebook.run(0, false);
      await dialog.getByText(/can't run notebooks: it has no jupyter_server, ipykernel/).waitFor();
      await screenshot(host, "pip-offer");
      await dialog.getByRole("button", { name: "Cancel" }).click();
      await untilShown(notebook, 0, /No kernel was started/);
      check((await notebook.kernelStatus()) === "none", "nothing is installed or started against one's will");
      await notebook.run(0, false);
      await dialog.getByRole("button", { name: "Install" }).click();
      await page
        .getByText(/Installing jupyter_server, ipykernel/)
        .first()
        .waitFor();
      await screenshot(host, "pip-progress");
      const printed = async () => /bare/.test(await shown(notebook, 0));
      await until("the cell has run in that environment", printed, 180_000);
    },
  },
  {
    name: "runs cells with its own kernel: streams, rich outputs, errors with links, numbers, an input",
    async run(host) {
      const notebook = await host.openCells("own.ipynb", [
        "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('more')",
        "from IPython.display import HTML, display\ndisplay(HTML('<b>bold</b>'))\n{'a': 1}",
        "def wrong():\n    raise ValueError('this way')\nwrong()",
        "name = input('Who? ')\nprint('hello', name)",
        "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')",
      ]);
      await notebook.run(0);
      check(/out/.test(await shown(notebook, 0)), "what was printed is shown");
      check(/err/.test(await shown(notebook, 0)), "what went to stderr is shown");
      await notebook.run(1);
      check(/<b>bold<\/b>/.test(await shown(notebook, 1)), "HTML is shown");
      check(/'a': 1/.test(await shown(notebook, 1)), "the cell's value is shown");
      await notebook.run(2);
      check(/ValueError/.test(await shown(notebook, 2)), "the error is shown");
      const order = host.page.locator(".execution-count-label", { hasText: "[3]" });
      await order.first().waitFor();
      await notebook.run(3, false);
      const box = host.page.locator(".quick-input-widget input");
      await box.waitFor();
      await host.page.keyboard.type("Ada");
      await host.page.keyboard.press("Enter");
      await untilShown(notebook, 3, /hello Ada/);
      await notebook.run(4);
      await untilShown(notebook, 4, /stays/);
      check(!/gone/.test(await shown(notebook, 4)), "what was cleared is gone");
      await screenshot(host, "own-kernel");
    },
  },
  {
    name: "interrupts and restarts its own kernel, which outlives a reload of the window",
    async run(host) {
      const notebook = await host.openCells("life.ipynb", [
        "kept = 42",
        "import time\nwhile True: time.sleep(0.05)",
        "print('kept' in globals())",
      ]);
      await notebook.run(0);
      await notebook.run(1, false);
      await until("the cell runs", async () => (await notebook.kernelStatus()) === "busy");
      await notebook.interruptKernel();
      await untilShown(notebook, 1, /KeyboardInterrupt/);
      await notebook.run(2);
      await untilShown(notebook, 2, /True/);
      await notebook.save();
      await notebook.reload();
      await notebook.run(2);
      await untilShown(notebook, 2, /True/);
      await notebook.restartKernel();
      await notebook.run(2);
      await untilShown(notebook, 2, /False/);
    },
  },
  {
    name: "has its commands in the palette, and none where it makes no sense",
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.showSidebar();
      await new Sidebar(notebook.sidebar).untilSteps(["guard", "enrich", "total"]);
      const entry = (label: string) =>
        host.page.locator(".quick-input-widget .monaco-list-row", { hasText: `Graphcell: ${label}` });
      await palette(host, "Graphcell: ");
      for (const label of [
        "Show Graph",
        "Simulate All Events",
        "Simulate from Here",
        "New Event",
        "Edit Event",
        "Reveal Step",
        "Check Graph",
        "Verify against MLRun",
        "Export Graph",
        "Choose Kernel Connection",
        "Show Logs",
      ]) {
        await host.page.keyboard.press("ControlOrMeta+A");
        await host.page.keyboard.type(`>Graphcell: ${label}`);
        await entry(label).first().waitFor();
      }
      await screenshot(host, "palette");
      await host.page.keyboard.press("ControlOrMeta+A");
      await host.page.keyboard.type(">Graphcell: Cancel");
      await until("the list is another one", async () => (await entry("Show Logs").count()) === 0);
      check((await entry("Cancel Simulation").count()) === 0, "nothing runs that could be cancelled");
      await host.page.keyboard.press("Escape");
      // From the palette alone: all that it needs it asks for.
      for (const cell of [1, 2, 3]) await notebook.run(cell);
      await palette(host, "Graphcell: Simulate All Events");
      await entry("Simulate All Events").first().click();
      await new Sidebar(notebook.sidebar).untilResult("two", "200");
    },
  },
  {
    name: "simulates by the lens above the graph, which tells the last result",
    async run(host) {
      const notebook = await host.open("small.ipynb");
      for (const cell of [1, 2, 3]) await notebook.run(cell);
      const lens = (text: RegExp) => host.page.locator(".codelens-decoration a", { hasText: text }).first();
      await lens(/Simulate 2 events/).click();
      await host.page
        .locator(".codelens-decoration", { hasText: /last run: 1 of 2 ok/ })
        .first()
        .waitFor();
      await lens(/last output|last error/).waitFor();
    },
  },
  ...editedWhileItRuns(),
  {
    name: "keeps the kernel of a notebook that is renamed",
    async run(host) {
      const notebook = await host.openCells("before.ipynb", ["kept = 42", "print('kept' in globals())"]);
      await notebook.run(0);
      await notebook.save();
      await notebook.rename("after.ipynb");
      await notebook.run(1);
      await untilShown(notebook, 1, /True/);
    },
  },
  {
    name: "runs cells and simulates on a Jupyter server that is named by its address",
    async run(host) {
      const server = await host.jupyterServer?.();
      if (!server) throw new Error("there is no server to join");
      try {
        const notebook = await host.open("small.ipynb", { kernel: false });
        await notebook.showSidebar();
        const box = host.page.locator(".quick-input-widget input").filter({ visible: true });
        const asked = (title: string) =>
          host.page.locator(".quick-input-widget").filter({ visible: true }).getByText(title).waitFor();
        await notebook.command("choose-kernel-connection");
        await host.page
          .locator(".quick-input-widget .monaco-list-row", { hasText: "A running Jupyter server" })
          .click();
        await asked("Address of a running Jupyter server");
        await box.fill(`${server.url}/`);
        await host.page.keyboard.press("Enter");
        await asked("Token of");
        await box.fill(server.token);
        await screenshot(host, "remote-token");
        await host.page.keyboard.press("Enter");
        const controller = host.page.getByText("Jupyter server (Graphcell)").first();
        await controller.waitFor();
        for (const cell of [1, 2, 3]) await notebook.run(cell);
        const sidebar = new Sidebar(notebook.sidebar);
        await sidebar.runAll();
        await sidebar.untilResult("two", "200");
        const kernels = await fetch(`${server.url}/api/kernels?token=${server.token}`);
        check(((await kernels.json()) as unknown[]).length === 1, "the kernel runs on that server");
        const settings = await host.settingsText?.();
        check(settings?.includes(server.url) === true, "the address is a setting");
        check(settings?.includes(server.token) === false, "the token is none");
      } finally {
        await server.stop();
      }
    },
  },
  {
    name: "keeps the results of a notebook that is renamed",
    async run(host) {
      const { notebook, sidebar } = await ranSmall(host);
      await notebook.save();
      await notebook.rename("other-name.ipynb");
      await notebook.activate();
      await sidebar.untilResult("two", "200");
      await until("the kernel is found again", async () => (await notebook.kernelStatus()) === "idle");
      await sidebar.untilResult("two", "200");
      check(!(await notebook.sidebar.innerText()).includes("has changed since"), "the results still hold");
      await sidebar.runAll();
      await sidebar.untilResult("two", "200");
    },
  },
  {
    name: "goes on with a run while its view is hidden, and shows it all when it comes back",
    async run(host) {
      const { notebook, sidebar } = await openSlow(host);
      await sidebar.runAll();
      await notebook.sidebar.getByRole("button", { name: "Cancel the run" }).waitFor();
      await notebook.workbench?.("workbench.view.explorer");
      await notebook.sidebar.waitFor({ state: "hidden" });
      await notebook.command("show-graph");
      try {
        // VS Code makes the page anew, and no longer tells of it that it is a view.
        const again = new Sidebar(notebook.tab);
        await again.untilSteps(["slow"]);
        await again.untilResult("event 4", "200");
      } finally {
        // The scenarios after this one look for a view.
        await notebook.save();
        await notebook.reload();
      }
    },
  },
  {
    name: "simulates in a notebook that was closed during a run and opened again",
    async run(host) {
      const { notebook, sidebar } = await openSlow(host);
      await notebook.save();
      await sidebar.runAll();
      await notebook.sidebar.getByRole("button", { name: "Cancel the run" }).waitFor();
      await notebook.reopen();
      await sidebar.untilSteps(["slow"]);
      for (const cell of [0, 1, 2]) await notebook.run(cell);
      await sidebar.runAll();
      await sidebar.untilResult("event 4", "200");
    },
  },
  {
    name: "saves a graph beside its notebook, in every format",
    async run(host) {
      const notebook = await host.open("small.ipynb", { kernel: false });
      await notebook.showSidebar();
      await new Sidebar(notebook.sidebar).untilSteps(["guard", "enrich", "total"]);
      const files = {
        svg: ["small.svg", "<svg"],
        mermaid: ["small.mmd", "flowchart"],
        dot: ["small.dot", "digraph"],
        yaml: ["small.graph.yaml", "steps:"],
        json: ["small.graph.json", '"enrich"'],
      } as const;
      for (const [format, [name, text]] of Object.entries(files)) {
        await notebook.activate();
        await notebook.command("export-graph", { format });
        const path = host.page.locator(".quick-input-widget input");
        await until(`${name} is offered`, async () => (await path.inputValue()).endsWith(name));
        await path.press("Enter");
        const written = async () => ((await notebook.beside?.(name)) ?? "").includes(text);
        await until(`${name} is written`, written);
      }
    },
  },
  {
    name: "goes on with the same kernel when the extension host has crashed",
    async run(host) {
      const { notebook, sidebar } = await ranSmall(host);
      await notebook.save();
      await host.restartExtensions?.();
      await notebook.activate();
      await notebook.showSidebar();
      await sidebar.untilSteps(["guard", "enrich", "total"]);
      await until(
        "the kernel is found again",
        async () => (await notebook.kernelStatus()) === "idle",
        60_000,
      );
      await sidebar.runAll();
      await sidebar.untilResult("two", "200");
    },
  },
];

/** A run goes on, and the notebook changes under it: the run ends, what it gave is there, nothing is lost. */
function editedWhileItRuns(): readonly Scenario[] {
  const changes: Readonly<Record<string, (notebook: OpenNotebook) => Promise<void> | undefined>> = {
    "edited in a cell that builds the graph": async (notebook) =>
      notebook.replace(2, `# changed\n${await notebook.source(2)}`),
    "cut into more cells": async (notebook) => void (await notebook.append("other = 1")),
    saved: (notebook) => notebook.save(),
    "opened in a second editor": (notebook) => notebook.workbench?.("workbench.action.splitEditor"),
    "written by another program": async (notebook) => {
      await notebook.save();
      await notebook.writeFile?.((text) => text.replace("ready = True", "ready = 'from elsewhere'"));
      await untilEqual("the cell is as the file", "ready = 'from elsewhere'", () => notebook.source(1));
    },
  };
  return Object.entries(changes).map(([what, change]) => ({
    name: `goes on with a run while the notebook is ${what}`,
    async run(host: Host) {
      const { notebook, sidebar } = await openSlow(host);
      await sidebar.runAll();
      await notebook.sidebar.getByRole("button", { name: "Cancel the run" }).waitFor();
      await change(notebook);
      await sidebar.untilResult("event 4", "200");
      await untilEqual("the events", 4, () => notebook.sidebar.locator(".gc-event").count());
    },
  }));
}

/** Opens a graph whose four events take half a second each. */
async function openSlow(host: Host): Promise<{ readonly notebook: OpenNotebook; readonly sidebar: Sidebar }> {
  const cells = [
    "import time, mlrun\ndef slow(x):\n    time.sleep(0.5)\n    return x + 1",
    "ready = True",
    'fn = mlrun.new_function("slow", kind="serving")\ngraph = fn.set_topology("flow", engine="sync")\ngraph.to(name="slow", handler="slow")',
  ];
  const events = [1, 2, 3, 4].map((n) => ({ id: `e${n}`, name: `event ${n}`, bodyText: String(n) }));
  const notebook = await host.openCells("slow.ipynb", cells, {
    metadata: { version: 1, graphs: { slow: { events } } },
  });
  await notebook.showSidebar();
  const sidebar = new Sidebar(notebook.sidebar);
  for (const cell of [0, 1, 2]) await notebook.run(cell);
  return { notebook, sidebar };
}
