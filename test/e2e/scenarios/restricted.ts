import type { Scenario } from "../host";
import { screenshot } from "../screenshot";
import { Sidebar } from "../sidebar";
import { check, untilEqual } from "../wait";

/** A folder that the person has not trusted: what can be known without running anything is there, nothing else is. */
export const restricted: readonly Scenario[] = [
  {
    name: "draws and checks in Restricted Mode, starts nothing, and works as soon as the folder is trusted",
    hosts: ["code-restricted"],
    async run(host) {
      const notebook = await host.open("small.ipynb", { kernel: false });
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      await sidebar.untilSteps(["guard", "enrich", "total"]);
      await sidebar.untilText(/Restricted Mode: graphs are drawn and checked/);
      await screenshot(host, "restricted");
      await sidebar.runAll();
      await sidebar.untilText(/In Restricted Mode/);
      await screenshot(host, "restricted-run");
      check((await notebook.kernelStatus()) === "none", "no kernel is started");
      await notebook.replace(3, (await notebook.source(3)).replace('handler="total"', 'handler="totals"'));
      const marked = sidebar.step("total").locator("title", { hasText: "1 problem" });
      await marked.waitFor({ state: "attached" });
      await notebook.sidebar.getByRole("button", { name: "Trust this folder" }).click();
      const trust = host.page
        .locator(".workspace-trust-editor")
        .getByRole("button", { name: /^Trust/ })
        .first();
      await trust.click();
      await untilEqual("the sentence", 0, () => notebook.sidebar.getByText(/Restricted Mode/).count());
      await host.page.keyboard.press("Escape");
      await notebook.replace(3, (await notebook.source(3)).replace('handler="totals"', 'handler="total"'));
      await notebook.runAll();
      await sidebar.runAll();
      await sidebar.untilResult("two", "200");
    },
  },
];
