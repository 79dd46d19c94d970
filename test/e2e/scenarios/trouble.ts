import type { Host, OpenNotebook, Scenario } from "../host";
import { Sidebar } from "../sidebar";
import { until } from "../wait";

/** Opens the notebook of bad steps and builds its graph. */
async function openTrouble(host: Host): Promise<{ notebook: OpenNotebook; sidebar: Sidebar }> {
  const notebook = await host.open("trouble.ipynb");
  await notebook.showSidebar();
  const sidebar = new Sidebar(notebook.sidebar);
  for (const cell of [0, 1, 2]) await notebook.run(cell);
  await sidebar.untilMark("trouble", "gc-truth-written", false);
  return { notebook, sidebar };
}

async function runOne(sidebar: Sidebar, name: string): Promise<void> {
  await sidebar
    .event(name)
    .getByRole("button", { name: `Run “${name}”` })
    .click();
}

/** The kernel works on: an event that gives no trouble comes through. */
async function fine(sidebar: Sidebar): Promise<void> {
  await runOne(sidebar, "fine");
  await sidebar.untilResult("fine", "200");
}

/** Steps that misbehave, and broken input. */
export const trouble: readonly Scenario[] = [
  ...["print", "large"].map((name): Scenario => ({
    name: `survives a step that gives too much: ${name}`,
    async run(host) {
      const { sidebar } = await openTrouble(host);
      await runOne(sidebar, name);
      await sidebar.untilResult(name, "200");
      await fine(sidebar);
    },
  })),
  {
    name: "cancels a step that never returns",
    async run(host) {
      const { notebook, sidebar } = await openTrouble(host);
      await runOne(sidebar, "forever");
      const cancel = notebook.sidebar.getByRole("button", { name: "Cancel the run" });
      await cancel.click();
      await sidebar.untilText(/cancelled/i);
      await fine(sidebar);
      await notebook.run(0);
    },
  },
  {
    name: "survives a step that calls sys.exit",
    async run(host) {
      const { sidebar } = await openTrouble(host);
      await runOne(sidebar, "exit");
      await until("the event has failed", async () => (await sidebar.result("exit")) !== "");
      await fine(sidebar);
    },
  },
  {
    name: "tells of a step that kills the kernel, and goes on with a new one",
    async run(host) {
      const { notebook, sidebar } = await openTrouble(host);
      await runOne(sidebar, "kill");
      await sidebar.untilText(/kernel/i);
      await until("the kernel is back", async () => (await notebook.kernelStatus()) === "idle", 60_000);
      const dialog = host.page.locator(".jp-Dialog");
      if ((await dialog.count()) > 0) await host.page.keyboard.press("Escape");
      for (const cell of [0, 1, 2]) await notebook.run(cell);
      await fine(sidebar);
    },
  },
  {
    name: "says that a notebook file is broken, and goes on",
    hosts: ["lab"],
    async run(host) {
      const notebook = await host.open("broken.ipynb", { kernel: false });
      const dialog = host.page.locator(".jp-Dialog");
      await dialog.getByText(/Unreadable Notebook/).waitFor();
      await dialog.getByRole("button", { name: "Close" }).click();
      await notebook.showSidebar();
      await notebook.sidebar.getByText(/Open a notebook/).waitFor();
    },
  },
];
