import type { Scenario } from "../host";
import { screenshot } from "../screenshot";
import { Sidebar } from "../sidebar";
import { check, until, untilEqual } from "../wait";

const EXAMPLES = ["quick-start.ipynb", "iris-ensemble.ipynb", "stream.ipynb", "three-hundred-steps.ipynb"];

/** The picture beside the notebook. */
export const live: readonly Scenario[] = [
  ...EXAMPLES.map((example): Scenario => ({
    name: `draws the example ${example}`,
    async run(host) {
      const notebook = await host.open(example, { kernel: false });
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      await until("steps are drawn", async () => (await sidebar.steps()).length > 2);
      await screenshot(host, `example-${example}`);
    },
  })),
  ...EXAMPLES.map((example): Scenario => ({
    name: `runs the example ${example} and its events`,
    async run(host) {
      const notebook = await host.open(example);
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      await notebook.runAll();
      await until("nothing drawn is only written", async () => {
        const written = notebook.sidebar.locator(".gc-dag .gc-node.gc-truth-written");
        return (await sidebar.steps()).length > 2 && (await written.count()) === 0;
      });
      await sidebar.runAll();
      await until(
        "every event has a result",
        async () => {
          const results = await notebook.sidebar.locator(".gc-event .gc-event-status").allInnerTexts();
          return results.length > 0 && results.every((text) => text.trim() !== "");
        },
        120_000,
      );
      await screenshot(host, `ran-${example}`);
    },
  })),
  {
    name: "draws a step while it is typed, dashed until it runs",
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      await sidebar.untilSteps(["guard", "enrich", "total"]);
      for (const cell of [1, 2, 3]) await notebook.run(cell);
      await sidebar.untilMark("total", "gc-truth-written", false);
      await notebook.type(3, '.to(name="late", handler="total")');
      await sidebar.untilSteps(["guard", "enrich", "total", "late"]);
      await sidebar.untilMark("late", "gc-truth-written");
      await screenshot(host, "typed-step");
      await notebook.run(3);
      await sidebar.untilMark("late", "gc-truth-written", false);
    },
  },
  {
    name: "keeps the last good picture while a cell is half typed",
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      await sidebar.untilSteps(["guard", "enrich", "total"]);
      await notebook.type(3, ".to(name=");
      await sidebar.untilText(/half typed/);
      await sidebar.untilSteps(["guard", "enrich", "total"]);
    },
  },
  {
    name: "reveals a step's line and shows what it is",
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      await sidebar.step("enrich").click();
      await sidebar.untilText("Enrich");
      await untilEqual("the active cell", 3, () => notebook.active());
    },
  },
  {
    name: "opens the graph in a tab",
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.select(3);
      await notebook.command("open-tab");
      const tab = new Sidebar(notebook.tab);
      await tab.untilSteps(["guard", "enrich", "total"]);
      await screenshot(host, "tab");
    },
  },
  {
    name: "offers an example in a notebook without a graph",
    async run(host) {
      const notebook = await host.open("no-graph.ipynb");
      await notebook.showSidebar();
      await screenshot(host, "no-graph", notebook.sidebar);
      await notebook.sidebar.getByRole("button", { name: /insert/i }).click();
      const sidebar = new Sidebar(notebook.sidebar);
      await sidebar.untilSteps(["scale"]);
      check((await notebook.source(1)).includes("class Scale"), "the example's cells are in the notebook");
    },
  },
];
