import type { Scenario } from "../host";
import { screenshot } from "../screenshot";
import { Sidebar } from "../sidebar";
import { until, untilEqual } from "../wait";
import { ranSmall } from "./small";

/** Saved events: run from the sidebar, edited, kept in the notebook. */
export const events: readonly Scenario[] = [
  {
    name: "simulates from the sidebar, with an error that leads to its line",
    async run(host) {
      const { notebook, sidebar } = await ranSmall(host);
      await until("the bad event has failed", async () =>
        (await sidebar.result("minus one")).startsWith("4"),
      );
      await sidebar.event("minus one").click();
      await sidebar.step("guard").click();
      await sidebar.untilText(/n must not be negative/);
      await screenshot(host, "error");
      await notebook.sidebar
        .getByRole("button", { name: /cell 3, line 15/ })
        .first()
        .click();
      await untilEqual("the active cell", 2, () => notebook.active());
    },
  },
  {
    name: "verifies the saved events against MLRun's own mock server",
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.showSidebar();
      for (const cell of [1, 2, 3]) await notebook.run(cell);
      await notebook.command("verify");
      await new Sidebar(notebook.sidebar).untilText(/Agrees with MLRun \d+\.\d+\.\d+ in all \d+ operations/);
      await screenshot(host, "verified");
    },
  },
  {
    name: "keeps an edited event in the notebook",
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      const editor = await sidebar.edit("two");
      await editor.getByLabel("Body (JSON)").fill('{"n": 20}');
      await editor.getByRole("button", { name: "Done" }).click();
      await until("the body is in the list", async () => (await sidebar.body("two")) === '{"n": 20}');
      await notebook.save();
      const kept = JSON.stringify((await notebook.saved()).metadata.graphcell);
      await untilEqual("the saved body is the typed one", true, () => kept.includes('{\\"n\\": 20}'));
      await notebook.reload();
      await notebook.showSidebar();
      await until(
        "the body is there after a reload",
        async () => (await sidebar.body("two")) === '{"n": 20}',
      );
    },
  },
  {
    name: "shows where an event is not JSON, and keeps what was typed",
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      const editor = await sidebar.edit("two");
      await editor.getByLabel("Body (JSON)").fill('{"n": 2,}');
      await editor.getByText(/line 1, column/).waitFor();
      await screenshot(host, "bad-json", notebook.sidebar);
      await until("the text is saved as it is", async () => {
        await notebook.save();
        return JSON.stringify((await notebook.saved()).metadata.graphcell).includes('{\\"n\\": 2,}');
      });
    },
  },
  {
    name: "adds, duplicates, moves and deletes events",
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      const names = async () => notebook.sidebar.locator(".gc-event .gc-event-name").allInnerTexts();
      await notebook.command("new-event", { name: "third", body: '{"n": 3}' });
      await untilEqual("the events", ["two", "minus one", "third"], names);
      await sidebar.event("third").focus();
      await sidebar.event("third").press("Alt+ArrowUp");
      await untilEqual("the events", ["two", "third", "minus one"], names);
      await sidebar.event("minus one").focus();
      await sidebar.event("minus one").press("Delete");
      await untilEqual("the events", ["two", "third"], names);
    },
  },
];
