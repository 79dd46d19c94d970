import type { Scenario } from "../host";
import { screenshot } from "../screenshot";

/** That the extension is there at all. */
export const smoke: readonly Scenario[] = [
  {
    name: "shows the sidebar",
    hosts: ["lab", "notebook", "code"],
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.showSidebar();
      await notebook.sidebar.locator(".gc-root").waitFor();
      await screenshot(host, "smoke");
    },
  },
];
