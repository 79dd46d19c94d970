import type { Scenario } from "../host";
import { screenshot } from "../screenshot";
import { Sidebar } from "../sidebar";
import { until, untilEqual } from "../wait";

const CELLS = [
  "import mlrun\n\nclass Enrich:\n    def __init__(self, factor=1):\n        self.factor = factor\n\n    def do(self, event):\n        return event",
  'fn = mlrun.new_function("f", kind="serving")\ngraph = fn.set_topology("flow")\ngraph.to("Enrich", "first").to("Enrich", "second")',
  'graph.add_step("Enrich", "third", after="',
];

/** What the editor knows of graphs. */
export const language: readonly Scenario[] = [
  {
    name: "completes the names of steps, classes and their arguments while the cell does not parse",
    hosts: ["lab"],
    async run(host) {
      const notebook = await host.openCells("completion.ipynb", CELLS, { kernel: false });
      const { page } = host;
      const items = page.locator(".jp-Completer-item .jp-Completer-match");
      const shown = async () => (await items.allInnerTexts()).map((text) => text.trim());
      const edit = async () => {
        await page.locator(".jp-NotebookPanel:visible .jp-Cell").nth(2).locator(".cm-content").click();
        await page.keyboard.press("End");
      };
      await notebook.showSidebar();
      await new Sidebar(notebook.sidebar).untilSteps(["first", "second", "third"]);
      await edit();
      await page.keyboard.press("Tab");
      await until("the steps are offered", async () => (await shown()).slice(0, 2).join() === "first,second");
      await screenshot(host, "complete-step");
      await page.keyboard.type("se");
      await until("the step of that name comes first", async () => (await shown())[0] === "second");
      await page.keyboard.press("Enter");
      await untilEqual("the cell's text", `${CELLS[2]}second`, () => notebook.source(2));
      await notebook.replace(2, 'graph.to("Enrich", "third", fac');
      await edit();
      await page.keyboard.press("Tab");
      // The only thing to choose is written at once; else it is the first.
      await until("the argument is written", async () => {
        if ((await shown())[0]?.startsWith("factor")) await page.keyboard.press("Enter");
        return (await notebook.source(2)) === 'graph.to("Enrich", "third", factor=';
      });
    },
  },
  {
    name: "mends a problem by its button: the last step responds",
    hosts: ["lab"],
    async run(host) {
      const notebook = await host.openCells("fix.ipynb", CELLS.slice(0, 2), { kernel: false });
      await notebook.showSidebar();
      await new Sidebar(notebook.sidebar).untilSteps(["first", "second"]);
      const problem = notebook.sidebar.locator(".gc-problem", { hasText: "No step answers the request" });
      await problem.getByRole("button", { name: /fix/i }).click();
      await untilEqual("the cell's text", `${CELLS[1]}.respond()`, () => notebook.source(1));
      await until("the problem is gone", async () => (await problem.count()) === 0);
    },
  },
];
