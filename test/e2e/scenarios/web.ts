import type { Scenario } from "../host";
import { screenshot } from "../screenshot";
import { Sidebar } from "../sidebar";
import { check } from "../wait";

const NATIVE = [
  'import mlrun\n\nfn = mlrun.new_function("native", kind="serving")\ngraph = fn.set_topology("flow", engine="async")',
  'graph.to("storey.Filter", "positive", _fn="(event > 0)").to("storey.Map", "double", _fn="(event * 2)").respond()',
];
const EVENTS = {
  version: 1,
  graphs: { native: { events: [{ id: "a", name: "four", bodyText: "4", bodyError: null }] } },
};

/** A browser alone, in which no kernel can be: what needs none works, what needs one says so. */
export const web: readonly Scenario[] = [
  {
    name: "draws, checks and simulates built-in steps in a browser alone",
    hosts: ["code-web"],
    async run(host) {
      const notebook = await host.openCells("native.ipynb", NATIVE, { metadata: EVENTS });
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      await sidebar.untilSteps(["positive", "double"]);
      await sidebar.runAll();
      await sidebar.untilResult("four", "200");
      await sidebar.step("double").click();
      await sidebar.untilText("8");
      await screenshot(host, "native");
      const source = await notebook.source(1);
      await notebook.replace(
        1,
        source.replace('"storey.Map", "double", _fn="(event * 2)"', 'name="double", handler="twice"'),
      );
      const marked = sidebar.step("double").locator("title", { hasText: "1 problem" });
      await marked.waitFor({ state: "attached" });
      await notebook.replace(1, source.replace(".respond()", '.to("storey.Map", "last", _fn="(event)")'));
      await sidebar.untilSteps(["positive", "double", "last"]);
    },
  },
  {
    name: "says in a browser alone what steps of one's own need",
    hosts: ["code-web"],
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      await sidebar.untilSteps(["guard", "enrich", "total"]);
      await sidebar.runAll();
      await sidebar.untilText(/needs? (a|Python|one)/i);
      await screenshot(host, "own-steps");
      check((await notebook.kernelStatus()) === "none", "there is no kernel");
      await notebook.sidebar.getByRole("button", { name: "Start a kernel" }).click();
      await sidebar.untilText(/In a browser alone VS Code has no kernel of its own/);
      await screenshot(host, "start-kernel");
    },
  },
];
