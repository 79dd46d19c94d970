import type { Scenario } from "../host";
import { screenshot } from "../screenshot";
import { Sidebar } from "../sidebar";
import { check, until, untilEqual } from "../wait";

/** The picture by the keyboard, and what does not move in it. */
export const walk: readonly Scenario[] = [
  {
    name: "walks along the edges by the keyboard, folds a router and shows a step's code",
    async run(host) {
      const notebook = await host.open("iris-ensemble.ipynb", { kernel: false });
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      // The picture may stand in a frame of its own.
      const focused = async () =>
        (await notebook.sidebar
          .locator(":focus")
          .evaluateAll(([element]) => element?.getAttribute("data-id") ?? null)) ?? "nothing of the picture";
      await sidebar.step("prepare").focus();
      await host.page.keyboard.press("ArrowDown");
      await untilEqual("the item behind prepare", "voting", focused);
      await host.page.keyboard.press("f");
      await notebook.sidebar.locator('.gc-node.gc-folded[data-id="voting"]').waitFor();
      await screenshot(host, "folded-router", notebook.sidebar);
      await host.page.keyboard.press("f");
      await sidebar.step("voting/forest").waitFor();
      await host.page.keyboard.press("ArrowDown");
      await until("a route has the focus", async () => (await focused()).startsWith("voting/"));
      await host.page.keyboard.press("Enter");
      await sidebar.untilText(/model · IrisModel/);
      await untilEqual("the active cell", 4, () => notebook.active());
    },
  },
  {
    name: "shows a small map of a large graph and goes where a search leads",
    async run(host) {
      const notebook = await host.open("three-hundred-steps.ipynb", { kernel: false });
      await notebook.showSidebar();
      await notebook.setSidebarWidth(420);
      const sidebar = new Sidebar(notebook.sidebar);
      await until("steps are drawn", async () => (await sidebar.steps()).length > 2);
      await notebook.sidebar.locator(".gc-minimap").waitFor();
      await notebook.sidebar.getByRole("button", { name: "Find a step" }).click();
      const last = "lane8-29";
      await host.page.keyboard.type(last);
      await host.page.keyboard.press("Enter");
      await until("what was found is drawn", async () =>
        (await sidebar.steps()).some((name) => name.includes(last)),
      );
      await screenshot(host, "found-in-large-graph");
    },
  },
  {
    name: "keeps the picture still while a name is typed",
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      await sidebar.untilSteps(["guard", "enrich", "total"]);
      const places = () =>
        notebook.sidebar
          .locator('.gc-dag .gc-node[data-id="guard"], .gc-dag .gc-world')
          .evaluateAll((all) => all.map((el) => el.getAttribute("transform")));
      const element = await sidebar.step("total").elementHandle();
      const before = await places();
      const source = await notebook.source(3);
      await notebook.replace(3, source.replace('name="total"', 'name="total_of_all_that_came"'));
      await sidebar.step("total_of_all_that_came").waitFor();
      check(
        (await element?.getAttribute("data-id")) === "total_of_all_that_came",
        "the renamed step is the same element",
      );
      await untilEqual("the places of picture and other steps", before, places);
    },
  },
];
