import type { Host, OpenNotebook, Scenario } from "../host";
import { screenshot } from "../screenshot";
import { Sidebar } from "../sidebar";
import { check, until } from "../wait";

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

const PAYLOADS = [
  '<img src=x onerror="window.hacked=1">',
  "<script>window.hacked=1</script>",
  '"><svg onload=window.hacked=1>',
  "</pre><iframe srcdoc='<script>top.hacked=1</script>'>",
  "[x](command:workbench.action.closeAllEditors) $(alert) `x`",
];

/** A graph whose names, events, results, prints and errors would run as code where they were taken for markup. */
function hostileCells(): readonly string[] {
  const [image, script, svg, frame, command] = PAYLOADS.map((text) => JSON.stringify(text));
  return [
    "import mlrun",
    `def wrap(x):\n    return {"wrapped": x}\n\ndef echo(x):\n    print(${script})\n    if x == ${image}:\n        raise ValueError(${frame})\n    return {x: [x, ${command}]}`,
    `fn = mlrun.new_function("hostile", kind="serving")\ngraph = fn.set_topology("flow", engine="sync")\n` +
      `graph.to(name=${image}, handler="echo").to(name=${svg}, handler="wrap")`,
    `%%simulate\n${svg}`,
  ];
}

/** Steps that misbehave, and broken input. */
export const trouble: readonly Scenario[] = [
  {
    name: "shows hostile text as text: in names, events, results, prints, errors and cards",
    async run(host) {
      const events = PAYLOADS.map((text, i) => ({ id: `e${i}`, name: text, bodyText: JSON.stringify(text) }));
      const notebook = await host.openCells("hostile.ipynb", hostileCells(), {
        metadata: { version: 1, graphs: { hostile: { events } } },
      });
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      for (const cell of [0, 1, 2]) await notebook.run(cell);
      await sidebar.runAll();
      await sidebar.untilText(/1 failed/);
      await notebook.sidebar.locator(".gc-dag .gc-node").nth(1).click();
      await sidebar.event(PAYLOADS[0]).click();
      await sidebar.untilText(PAYLOADS[3]);
      await notebook.run(3);
      await notebook.output(3).locator(".gc-card").waitFor();
      await screenshot(host, "hostile");
      for (const frame of host.page.frames()) {
        const hacked = await frame.evaluate(() => "hacked" in window).catch(() => false);
        check(!hacked, `nothing of it has run in ${frame.url().slice(0, 80)}`);
      }
    },
  },
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
