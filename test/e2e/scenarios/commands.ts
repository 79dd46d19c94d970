import { readFile } from "node:fs/promises";
import type { Scenario } from "../host";
import { screenshot } from "../screenshot";
import { Sidebar } from "../sidebar";
import { check, until, untilEqual } from "../wait";
import { openSmall } from "./small";

const FORMATS: Readonly<Record<string, { readonly file: string; readonly has: string }>> = {
  svg: { file: "small.svg", has: "<svg" },
  mermaid: { file: "small.mmd", has: "enrich" },
  dot: { file: "small.dot", has: "digraph" },
  yaml: { file: "small.graph.yaml", has: "class_name: Enrich" },
  json: { file: "small.graph.json", has: '"class_name": "Enrich"' },
};

/** Ways to ask for things: palette, buttons, menus, keys, settings. */
export const commands: readonly Scenario[] = [
  {
    name: "lists its commands in the palette",
    hosts: ["lab"],
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.select(3);
      await host.page.keyboard.press("ControlOrMeta+Shift+C");
      await host.page.locator("#modal-command-palette input").first().waitFor();
      await host.page.keyboard.type("graphcell");
      for (const label of [
        "Show Graph",
        "Simulate All Events",
        "New Event",
        "Check Graph",
        "Export Graph as SVG",
      ]) {
        await host.page.locator(".lm-CommandPalette-itemLabel", { hasText: label }).first().waitFor();
      }
      await screenshot(host, "palette");
      await host.page.keyboard.press("Escape");
    },
  },
  {
    name: "exports the graph in every format",
    hosts: ["lab"],
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.showSidebar();
      await new Sidebar(notebook.sidebar).untilSteps(["guard", "enrich", "total"]);
      for (const [format, { file, has }] of Object.entries(FORMATS)) {
        const downloading = host.page.waitForEvent("download");
        await notebook.command("export-graph", { format });
        const download = await downloading;
        check(
          download.suggestedFilename() === file,
          `${format} is saved as ${file}, not ${download.suggestedFilename()}`,
        );
        const text = await readFile(await download.path(), "utf8");
        check(text.includes(has), `the ${format} file has ${has}: ${text.slice(0, 300)}`);
      }
    },
  },
  {
    name: "simulates by the button of the cell that builds the graph, and of no other cell",
    hosts: ["lab"],
    async run(host) {
      const notebook = await host.open("small.ipynb");
      const button = host.page.locator('.jp-cell-toolbar [data-command="graphcell:simulate-cell"]');
      for (const cell of [1, 2, 3]) await notebook.run(cell);
      await notebook.select(1);
      await until("cell 2 has no button", async () => !(await button.first().isVisible()));
      await notebook.select(3);
      await until("cell 4 has a button", async () => await button.first().isVisible());
      await button.first().click();
      await notebook.output(3).locator(".gc-card").waitFor();
    },
  },
  {
    name: "simulates by a key in the cell",
    hosts: ["lab"],
    async run(host) {
      const notebook = await host.open("small.ipynb");
      for (const cell of [1, 2, 3]) await notebook.run(cell);
      await notebook.select(3);
      await host.page.locator(".jp-Notebook .jp-Cell.jp-mod-active .jp-InputPrompt").click();
      await host.page.keyboard.press("ControlOrMeta+Alt+Enter");
      await notebook.output(3).locator(".gc-card").waitFor();
    },
  },
  {
    name: "offers the graph's commands in the sidebar's context menu",
    hosts: ["lab"],
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      await sidebar.step("enrich").click({ button: "right" });
      await sidebar.untilText("Enrich");
      await host.page.locator(".lm-Menu").getByText("Export Graph").waitFor();
      await screenshot(host, "context-menu");
      await host.page.keyboard.press("Escape");
    },
  },
  {
    name: "simulates no more than the way to the selected step",
    async run(host) {
      const { notebook, sidebar } = await openSmall(host);
      await sidebar.step("enrich").click();
      // The choice has come back from where commands see it.
      await sidebar.untilText("Run them up to here");
      const asked = notebook.command("simulate-to-step", {});
      const picker = host.page.locator(".jp-Dialog-content, .quick-input-widget").filter({ visible: true });
      await picker.getByText("guard").first().waitFor({ state: "attached" });
      await screenshot(host, "simulate-to-step");
      await host.page.keyboard.press("Enter");
      await asked;
      await sidebar.untilText("Only the part up to “enrich” ran.");
      await sidebar.untilResult("two", "200");
      await sidebar.untilMark("enrich", "gc-state-ok");
      await sidebar.step("total").click();
      await sidebar.untilText("No event has come through this step yet.");
      // An event that enters further on needs nothing of the steps before.
      await notebook.command("simulate-to-step", { step: "enrich", from: "enrich" });
      await sidebar.untilText("Only the part from “enrich” to “enrich” ran");
      await sidebar.untilResult("minus one", "200");
      await notebook.sidebar.getByRole("button", { name: "Run all of it" }).click();
      await sidebar.untilMark("total", "gc-state-ok");
    },
  },
  {
    name: "opens an event's editor by command",
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.command("edit-event", { event: "minus" });
      await notebook.sidebar.getByLabel("Name", { exact: true }).waitFor();
      await untilEqual("the edited event", "minus one", () =>
        notebook.sidebar.getByLabel("Name", { exact: true }).inputValue(),
      );
    },
  },
  {
    name: "runs the events again when a step has changed, if the user wants that",
    async run(host) {
      const { notebook, sidebar } = await openSmall(host);
      const toggle = async () => {
        await notebook.sidebar.getByRole("button", { name: "More actions" }).click();
        await notebook.sidebar.getByText("Run events when a step changes").click();
      };
      await toggle();
      await notebook.replace(2, (await notebook.source(2)).replace("n must not be negative", "too small"));
      for (const cell of [2, 3]) await notebook.run(cell);
      await sidebar.untilResult("two", "200");
      await sidebar.event("minus one").click();
      await sidebar.step("guard").click();
      await sidebar.untilText(/too small/);
      // The setting outlives the notebook: the next scenario starts without it.
      await toggle();
    },
  },
  {
    name: "shows its settings in the settings editor",
    hosts: ["lab"],
    async run(host) {
      await host.open("small.ipynb");
      await host.page.evaluate(() =>
        window.jupyterapp.commands
          .execute("settingeditor:open", { query: "Graphcell" })
          .then(() => undefined),
      );
      await host.page.getByText("Simulate after a change").first().waitFor();
      await screenshot(host, "settings");
    },
  },
];
