import type { Host, OpenNotebook, Scenario } from "../host";
import { screenshot } from "../screenshot";
import { Sidebar } from "../sidebar";
import { ranSmall } from "./small";
import { check, until, untilEqual } from "../wait";

interface Opened {
  readonly notebook: OpenNotebook;
  readonly sidebar: Sidebar;
}

/** Opens a notebook beside the sidebar and runs these cells. */
async function open(host: Host, name: string, cells: readonly number[]): Promise<Opened> {
  const notebook = await host.open(name);
  await notebook.showSidebar();
  for (const cell of cells) await notebook.run(cell);
  return { notebook, sidebar: new Sidebar(notebook.sidebar) };
}

async function runOne(sidebar: Sidebar, name: string): Promise<void> {
  await sidebar
    .event(name)
    .getByRole("button", { name: `Run “${name}”` })
    .click();
}

/** An event whose step never returns is on its way. */
async function openForever(host: Host): Promise<Opened> {
  const opened = await open(host, "trouble.ipynb", [0, 1, 2]);
  await runOne(opened.sidebar, "forever");
  await opened.notebook.sidebar.getByRole("button", { name: "Cancel the run" }).waitFor();
  return opened;
}

async function fine(sidebar: Sidebar): Promise<void> {
  await runOne(sidebar, "fine");
  await sidebar.untilResult("fine", "200");
}

/** JupyterLab's own dialog about its kernel, when there is one. */
async function closeDialogs(host: Host): Promise<void> {
  const dialog = host.page.locator(".jp-Dialog");
  while ((await dialog.count()) > 0) await host.page.keyboard.press("Escape");
}

/** What goes wrong around a notebook: it is said where one looks, nothing is lost, and no reload is needed. */
export const faults: readonly Scenario[] = [
  {
    name: "faults-closed: a notebook that is closed during an endless step ends it; opened again it simulates",
    async run(host) {
      const { notebook } = await openForever(host);
      await notebook.reopen();
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      await fine(sidebar);
      const cell = await notebook.append(
        "import threading, time\n" +
          "def working(): return [t for t in threading.enumerate() if t.name == 'graphcell-leave']\n" +
          "while working(): time.sleep(0.05)\n" +
          "print('ended')",
      );
      await notebook.run(cell);
      await notebook.output(cell).getByText("ended").waitFor();
    },
  },
  {
    name: "faults-reload: a page that is loaded anew during an endless step simulates at once",
    async run(host) {
      const { notebook } = await openForever(host);
      await notebook.save();
      await notebook.reload();
      await notebook.showSidebar();
      await fine(new Sidebar(notebook.sidebar));
    },
  },
  {
    name: "faults-event: an event that is not JSON is left out and named, the others run, and all stay",
    async run(host) {
      const { notebook, sidebar } = await ranSmall(host);
      const editor = await sidebar.edit("minus one");
      await editor.locator(".cm-content, textarea").first().fill('{"n": oops}');
      await host.page.keyboard.press("Escape");
      await sidebar.runAll();
      await sidebar.untilText(/"minus one" was left out: the body is not JSON/);
      await sidebar.untilResult("two", "200");
      await notebook.save();
      const text = JSON.stringify((await notebook.saved()).metadata.graphcell);
      check(text.includes("oops"), `the text stays as typed: ${text}`);
    },
  },
  {
    name: "faults-parse: a cell that does not parse leaves the picture and the events, and says so",
    async run(host) {
      const { notebook, sidebar } = await ranSmall(host);
      await notebook.type(3, ".to(");
      await sidebar.untilText(/half typed/);
      await sidebar.untilSteps(["guard", "enrich", "total"]);
      await sidebar.runAll();
      await sidebar.untilResult("two", "200");
    },
  },
  {
    name: "faults-metadata: what stands oddly under our key in a notebook stays there",
    async run(host) {
      const cells = [
        "import mlrun",
        'fn = mlrun.new_function("odd", kind="serving")\ngraph = fn.set_topology("flow")\ngraph.to(name="a", handler="f")',
      ];
      const notebook = await host.openCells("odd.ipynb", cells, { metadata: ["odd", 1], kernel: false });
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      await sidebar.untilSteps(["a"]);
      await notebook.sidebar
        .getByRole("button", { name: /Add an event/ })
        .first()
        .click();
      await notebook.save();
      const kept = (await notebook.saved()).metadata.graphcell as { unread?: unknown; graphs?: unknown };
      check(JSON.stringify(kept.unread) === '["odd",1]', `it is kept: ${JSON.stringify(kept)}`);
      check(kept.graphs !== undefined, "the event is saved");
    },
  },
  {
    name: "faults-restart: a kernel restarted in the middle of a run is told at once; the events stay",
    async run(host) {
      const { notebook, sidebar } = await openForever(host);
      await notebook.restartKernel();
      await sidebar.untilText(/kernel was restarted/i);
      await until("the run is over", async () => {
        return (await notebook.sidebar.getByRole("button", { name: "Cancel the run" }).count()) === 0;
      });
      for (const cell of [0, 1, 2]) await notebook.run(cell);
      await fine(sidebar);
    },
  },
  {
    name: "faults-interrupt: the interrupt of the kernel ends a run",
    async run(host) {
      const { notebook, sidebar } = await openForever(host);
      await notebook.activate();
      await host.page.evaluate(() =>
        window.jupyterapp.commands.execute("notebook:interrupt-kernel").then(() => undefined),
      );
      await sidebar.untilText(/cancelled|interrupted/i);
      await fine(sidebar);
    },
  },
  {
    name: "faults-shutdown: a kernel that was shut down is no dead one",
    async run(host) {
      const { notebook, sidebar } = await ranSmall(host);
      await notebook.shutdownKernel();
      await notebook.sidebar.getByRole("button", { name: "Start a kernel" }).waitFor();
      await notebook.sidebar.getByRole("button", { name: "Start a kernel" }).click();
      await untilEqual("the kernel", "idle", () => notebook.kernelStatus(), 60_000);
      for (const cell of [1, 2, 3]) await notebook.run(cell);
      await sidebar.runAll();
      await sidebar.untilResult("two", "200");
    },
  },
  {
    name: "faults-server: a server that goes is told, its dead kernel as soon as it is back; no reload is needed",
    async run(host) {
      if (!host.stopServer || !host.startServer) return;
      const { notebook, sidebar } = await ranSmall(host);
      await notebook.save();
      await host.stopServer();
      await sidebar.untilText(/connection to the kernel is lost/);
      await sidebar.untilResult("two", "200");
      await screenshot(host, "faults-server-gone");
      await host.startServer();
      const again = notebook.sidebar.getByRole("button", { name: "Start it again" });
      await until("the kernel is told to be dead soon", async () => (await again.count()) > 0, 20_000);
      await screenshot(host, "faults-server-back");
      await closeDialogs(host);
      await again.first().click();
      await untilEqual("the kernel", "idle", () => notebook.kernelStatus(), 60_000);
      for (const cell of [1, 2, 3]) await notebook.run(cell);
      await sidebar.runAll();
      await sidebar.untilResult("two", "200");
    },
  },
];
