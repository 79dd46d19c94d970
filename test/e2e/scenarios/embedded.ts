import type { Scenario } from "../host";
import { screenshot } from "../screenshot";
import { Sidebar } from "../sidebar";
import { until } from "../wait";

const CELLS = [
  "class Double:\n    def do(self, x):\n        print('doubling')\n        return x * 2",
  'import mlrun\nfn = mlrun.new_function("plain", kind="serving")\ngraph = fn.set_topology("flow", engine="sync")\n' +
    'graph.to("Double", name="double")',
];
const EVENTS = {
  version: 1,
  graphs: { plain: { events: [{ id: "a", name: "four", bodyText: "4", bodyError: null }] } },
};

/** No Python on the machine is needed: that of the extension runs cells, and steps of a graph that is read from its text. */
export const embedded: readonly Scenario[] = [
  {
    name: "runs cells and simulates with the extension's own Python, without mlrun",
    hosts: ["code-embedded"],
    async run(host) {
      const notebook = await host.openCells("plain.ipynb", CELLS, {
        metadata: EVENTS,
        controller: "graphcell-embedded",
      });
      await notebook.showSidebar();
      const sidebar = new Sidebar(notebook.sidebar);
      await sidebar.untilSteps(["double"]);
      await notebook.run(0);
      await sidebar.runAll();
      await sidebar.untilResult("four", "200");
      await sidebar.step("double").click();
      await sidebar.untilText("doubling");
      await screenshot(host, "ran");
      await notebook.replace(0, "import sys\nprint(sys.platform)");
      await notebook.run(0);
      const printed = async () => JSON.stringify(await notebook.outputs(0)).includes("emscripten");
      await until("the cell has run in it", printed);
    },
  },
];
