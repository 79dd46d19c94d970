import type { Scenario } from "../host";
import { until } from "../wait";
import { openSmall, ranSmall } from "./small";

/** Kernels come and go; the picture, the events and the results stay. */
export const kernel: readonly Scenario[] = [
  {
    name: "goes on after a restart of the kernel",
    async run(host) {
      const { notebook, sidebar } = await ranSmall(host);
      await notebook.restartKernel();
      await sidebar.untilMark("enrich", "gc-truth-written");
      for (const cell of [1, 2, 3]) await notebook.run(cell);
      await sidebar.untilMark("enrich", "gc-truth-written", false);
      await sidebar.runAll();
      await sidebar.untilResult("two", "200");
    },
  },
  {
    name: "simulates while a cell runs",
    async run(host) {
      const { notebook, sidebar } = await openSmall(host);
      const slow = await notebook.append(
        "import time\nprint('begun')\nfor _ in range(600): time.sleep(0.05)",
      );
      await notebook.run(slow, false);
      // The kernel's status won't do: the end of any other request makes it idle, too.
      await notebook.output(slow).getByText("begun").first().waitFor();
      await sidebar.runAll();
      await sidebar.untilResult("two", "200");
      await notebook.interruptKernel();
    },
  },
  {
    name: "comes back with the server",
    hosts: ["lab"],
    async run(host) {
      if (!host.restartServer) return;
      const { notebook, sidebar } = await openSmall(host);
      await notebook.save();
      await host.restartServer();
      const start = notebook.sidebar.getByRole("button", { name: "Start it again" });
      await until("the sidebar offers a kernel", async () => (await start.count()) === 1, 60_000);
      const dialog = host.page.locator(".jp-Dialog").getByRole("button", { name: "Close" });
      if ((await dialog.count()) > 0) await dialog.first().click();
      await sidebar.untilSteps(["guard", "enrich", "total"]);
      await start.click();
      await until("the kernel is there", async () => (await notebook.kernelStatus()) === "idle", 60_000);
      for (const cell of [1, 2, 3]) await notebook.run(cell);
      await sidebar.runAll();
      await sidebar.untilResult("two", "200");
    },
  },
];
