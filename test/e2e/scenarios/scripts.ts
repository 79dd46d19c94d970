import type { Host, OpenNotebook, Scenario } from "../host";
import { screenshot } from "../screenshot";
import { Sidebar } from "../sidebar";
import { until, untilEqual } from "../wait";
import { withCluster } from "./deploy";

const GRAPH =
  'import mlrun\nfn = mlrun.new_function("shop", kind="serving")\n' +
  'graph = fn.set_topology("flow", engine="async")\n' +
  'graph.to("Discount", name="discount", percent=10).to(name="tax", handler="addTax").respond()';
const FILES = {
  "graphcell.deploy.yaml": "functions:\n  shop:\n    source: steps.ts\n",
  "steps.ts": `import { VAT } from "./lib/tax";

interface Order { readonly price: number }

export class Discount {
  constructor(private readonly args: { readonly percent: number }) {}
  do(order: Order): Order {
    if (order.price < 0) throw new RangeError("a price below nothing");
    console.log("discount of", this.args.percent);
    return { ...order, price: order.price * (1 - this.args.percent / 100) };
  }
}

export async function addTax(order: Order) {
  return { ...order, tax: order.price * VAT };
}
`,
  "lib/tax.ts": "export const VAT = 0.25;\n",
};
const METADATA = {
  version: 1,
  graphs: {
    shop: {
      events: [
        { id: "event-1", name: "order", bodyText: '{"price": 200}' },
        { id: "event-2", name: "wrong", bodyText: '{"price": -1}' },
      ],
    },
  },
};

async function openShop(host: Host): Promise<{ notebook: OpenNotebook; sidebar: Sidebar }> {
  const notebook = await host.openCells("shop/shop.ipynb", [GRAPH], {
    kernel: false,
    metadata: METADATA,
    files: FILES,
  });
  await notebook.showSidebar();
  return { notebook, sidebar: new Sidebar(notebook.sidebar) };
}

/** Steps in TypeScript, in a file beside the notebook. */
export const scripts: readonly Scenario[] = [
  {
    name: "simulates steps in TypeScript, and deploys them as a nodejs function",
    async run(host) {
      const { notebook, sidebar } = await openShop(host);
      await sidebar.untilSteps(["discount", "tax"]);
      const marks = notebook.sidebar.locator(".gc-dag .gc-problem");
      await until("the file's names are known", async () => (await marks.count()) === 0);
      await sidebar.runAll();
      await sidebar.untilResult("order", "200");
      await sidebar.untilResult("wrong", "400");
      await sidebar.step("discount").click();
      await until("the error's place is shown", async () =>
        (await notebook.sidebar.innerText()).includes("steps.ts, line 8 in Discount.do"),
      );
      await sidebar.event("order").click();
      await until("what the step printed is shown", async () =>
        (await notebook.sidebar.innerText()).includes("discount of 10"),
      );
      await screenshot(host, "scripts");
      await withCluster(host, notebook, async (cluster, panel) => {
        await panel.shows("Graph: shop");
        // The engine is more than docker's command line holds.
        cluster.frontend = { ...cluster.frontend, platformKind: "kube" };
        await panel.press("Check");
        await panel.shows("not in the cluster");
        await panel.press("Show source");
        await panel.shows("This is sent as JavaScript");
        const source = await panel.root.getByLabel("Source of shop").inputValue();
        if (!source.includes("class Discount") || source.includes("interface Order"))
          throw new Error(`the source is ${source}`);
        await screenshot(host, "scripts-source");
        await panel.press("Deploy");
        await untilEqual("the function is ready", "ready", () => panel.phase("shop"), 30_000);
        const runtime = cluster.functions.records.get("shop")?.spec["runtime"];
        if (runtime !== "nodejs") throw new Error(`the runtime is ${String(runtime)}`);
        cluster.answerCall = () => ({ status: 200, body: { price: 180, tax: 45 } });
        await panel.press("Send and compare");
        await panel.shows("The simulation answers the same.");
      });
    },
  },
];
