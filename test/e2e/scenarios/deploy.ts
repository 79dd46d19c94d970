import type { Locator } from "playwright-core";
import { StandInDashboard } from "../../support/dashboard";
import type { Host, OpenNotebook, Scenario } from "../host";
import { nothingSerious } from "../axe";
import { screenshot } from "../screenshot";
import { until, untilEqual } from "../wait";

const TOKEN = "token-of-the-scenario";
const STEPS =
  "import json\n\n\nclass Clean:\n    def do(self, event):\n        return json.loads(json.dumps(event))";
const GRAPH =
  'import mlrun\nfn = mlrun.new_function("words", kind="serving")\n' +
  'graph = fn.set_topology("flow", engine="async")\ngraph.to("Clean", name="clean").respond()';
const METADATA = {
  version: 1,
  graphs: { words: { events: [{ id: "event-1", name: "first", bodyText: '{"a": 1}' }] } },
};

/** The deploy panel, against a stand-in for a dashboard: through the Jupyter server, or from the extension host. */
export class DeployPanel {
  readonly root: Locator;

  constructor(private readonly notebook: OpenNotebook) {
    this.root = notebook.deployment;
  }

  async open(): Promise<void> {
    await this.notebook.command("show-deployment");
    await this.root.waitFor();
  }

  press(name: string): Promise<void> {
    return this.root.getByRole("button", { name, exact: true }).click();
  }

  phase(name: string): Promise<string | null> {
    return this.root.locator(`[data-function="${name}"]`).getAttribute("data-phase", { timeout: 10_000 });
  }

  text(): Promise<string> {
    return this.root.innerText();
  }

  shows(text: string): Promise<void> {
    return until(`the panel shows "${text}"`, async () => (await this.text()).includes(text));
  }
}

export async function withCluster(
  host: Host,
  notebook: OpenNotebook,
  work: (cluster: StandInDashboard, panel: DeployPanel) => Promise<void>,
): Promise<void> {
  const cluster = await StandInDashboard.start({
    requires: (headers) => headers["authorization"] === `Bearer ${TOKEN}`,
  });
  try {
    const connection = {
      url: cluster.url,
      authentication: { kind: "bearer" },
      secret: { command: ["echo", TOKEN] },
    };
    await host.setConnections?.(JSON.stringify({ connections: { dev: connection } }));
    const panel = new DeployPanel(notebook);
    await panel.open();
    await work(cluster, panel);
  } finally {
    await cluster.stop();
  }
}

async function openWords(host: Host): Promise<OpenNotebook> {
  const notebook = await host.openCells("words.ipynb", [STEPS, GRAPH], { kernel: false, metadata: METADATA });
  await notebook.showSidebar();
  return notebook;
}

/** Gives the step an argument, and waits until the panel knows of it. */
async function changeGraph(notebook: OpenNotebook, panel: DeployPanel): Promise<void> {
  await notebook.replace(1, GRAPH.replace('name="clean"', 'name="clean", factor=3'));
  await until("the change is seen", async () => {
    await panel.press("Compare");
    return (await panel.text()).includes("class_args");
  });
}

export const deploy: readonly Scenario[] = [
  {
    name: "deploys a graph, calls it, reads its log and deletes it",
    async run(host) {
      const notebook = await openWords(host);
      await withCluster(host, notebook, async (cluster, panel) => {
        await panel.shows("Graph: words");
        await panel.root.getByLabel("Project").fill("demo");
        await panel.press("Check");
        await panel.shows('There is no project "demo" in the cluster.');
        await screenshot(host, "deploy-preflight");
        await panel.press("Make project demo");
        await panel.shows("not in the cluster");
        await panel.press("Deploy");
        await untilEqual("the function is ready", "ready", () => panel.phase("words"), 30_000);
        await panel.shows('Ready: "words".');
        await notebook.sidebar
          .locator(".gc-deployed-function.gc-is-up", { hasText: "words ready" })
          .waitFor();
        cluster.answerCall = (call) => ({
          status: 200,
          body: { got: JSON.parse(call.body) as unknown, proof: call.headers["authorization"] ?? null },
        });
        await panel.press("Send event");
        await panel.shows('{"got":{"a":1},"proof":null}');
        await panel.press("List functions");
        await panel.shows("ready, graph words");
        await panel.press("Export");
        await panel.shows("words-nuclio");
        cluster.log = "hello from a replica\n";
        await panel.press("Show log");
        await panel.shows("hello from a replica");
        await panel.press("Follow log");
        cluster.log += "and one more line\n";
        await panel.shows("and one more line");
        await panel.press("Stop following");
        cluster.answerCall = (call) =>
          call.headers["x-graphcell-stats"] === undefined
            ? { status: 400 }
            : { status: 200, body: { replica: "r", counts: { "": [37, 2, 0.37], clean: [37, 2, 0.2] } } };
        await panel.press("Watch");
        await panel.shows("37 calls, 2 errors, 10 ms");
        await notebook.sidebar
          .locator(".gc-deployed-function", { hasText: "words ready, 37 calls" })
          .waitFor();
        await notebook.sidebar.locator(".gc-node.gc-state-failed", { hasText: "clean" }).waitFor();
        await screenshot(host, "deploy-watching");
        await panel.press("Stop watching");
        await notebook.sidebar.locator(".gc-node.gc-state-idle", { hasText: "clean" }).waitFor();
        await panel.press("Compare");
        await panel.shows("The cluster has this very graph.");
        await changeGraph(notebook, panel);
        await screenshot(host, "deploy-ready");
        const changes = () => cluster.seen.filter(({ method }) => method === "PATCH").length;
        const before = changes();
        await panel.press("Redeploy");
        // It is ready before it is sent, too.
        await until("the cluster is asked for it", () => Promise.resolve(changes() > before));
        await untilEqual("the function is ready again", "ready", () => panel.phase("words"), 30_000);
        const remove = panel.root.getByRole("button", { name: "Delete", exact: true });
        if (await remove.isEnabled()) throw new Error("a function can be deleted without its name");
        // The field is gone while the function starts, which the panel may hear of only now.
        await until("the name is typed", async () => {
          await panel.root.getByLabel("Type words to delete it").fill("words");
          return remove.isEnabled();
        });
        await remove.click();
        await panel.shows('Deleted "words".');
        if (cluster.functions.records.size > 0) throw new Error("the function is still in the cluster");
        const page = await notebook.page.content();
        if (page.includes(TOKEN)) throw new Error("the secret got into the page");
      });
    },
  },
  {
    name: "goes back to what a function was before a push",
    async run(host) {
      const notebook = await openWords(host);
      await withCluster(host, notebook, async (cluster, panel) => {
        await panel.shows("Graph: words");
        await panel.press("Deploy");
        await panel.shows('Ready: "words".');
        const spec = () => JSON.stringify(cluster.functions.records.get("words")?.spec["env"]);
        const first = spec();
        await changeGraph(notebook, panel);
        await panel.press("Deploy");
        await until("another graph is in the cluster", () => Promise.resolve(spec() !== first));
        await untilEqual("the function is ready", "ready", () => panel.phase("words"), 30_000);
        await panel.press("Check");
        await panel.press("Roll back");
        await until("the first graph is back", () => Promise.resolve(spec() === first));
        await untilEqual("the function is ready again", "ready", () => panel.phase("words"), 30_000);
      });
    },
  },
  {
    name: "shows what is sent, takes changes of it and of its settings, and draws what differs",
    async run(host) {
      const notebook = await openWords(host);
      await withCluster(host, notebook, async (cluster, panel) => {
        await panel.shows("Graph: words");
        await panel.press("Check");
        await panel.shows("not in the cluster");
        await panel.press("Settings");
        const replicas = panel.root.getByLabel("At most");
        await panel.root.locator("summary", { hasText: "Scaling" }).click();
        await untilEqual("the cluster's default is there", "1", () => replicas.getAttribute("placeholder"));
        await replicas.fill("many");
        await replicas.press("Tab");
        await panel.shows('maxReplicas" is not a whole number');
        await screenshot(host, "deploy-settings");
        await replicas.fill("3");
        await replicas.press("Tab");
        await until(
          "the value is taken",
          async () => !(await panel.text()).includes("is not a whole number"),
        );
        await panel.root
          .getByRole("region", { name: "Settings" })
          .getByRole("button", { name: "Close" })
          .click();
        await panel.press("Show source");
        const source = panel.root.getByLabel("Source of words");
        const own = await source.inputValue();
        if (!own.includes("class Clean:")) throw new Error(`the source is ${own}`);
        await source.fill(`${own}\n# seen by a person\n`);
        await panel.press("Save as words.py");
        await panel.shows("words.py is written");
        await screenshot(host, "deploy-source");
        await panel.root
          .getByRole("region", { name: "Source" })
          .getByRole("button", { name: "Close" })
          .click();
        await panel.press("Deploy");
        await panel.shows('Ready: "words".');
        const spec = cluster.functions.records.get("words")?.spec ?? {};
        const { functionSourceCode } = spec["build"] as { readonly functionSourceCode: string };
        const sent = Buffer.from(functionSourceCode, "base64").toString();
        if (!sent.includes("# seen by a person") || spec["maxReplicas"] !== 3)
          throw new Error(`was sent: ${String(spec["maxReplicas"])} ${sent}`);
        await notebook.replace(1, `${GRAPH}\ngraph.add_step("Clean", name="again", after="clean")`);
        await until("the difference is drawn", async () => {
          await panel.press("Compare");
          return (await panel.root.locator(".gc-deploy-picture .gc-truth-written").count()) > 0;
        });
        await screenshot(host, "deploy-compare");
        // With settings, a picture and a source: all that the panel has.
        await panel.press("Settings");
        await panel.press("Show source");
        await panel.root.getByLabel("Source of words").waitFor();
        if (host.name === "lab") await nothingSerious(host, "#graphcell-deploy");
      });
    },
  },
  {
    name: "sends an event to the cluster and to the simulation, and marks what differs",
    async run(host) {
      const notebook = await host.openCells("words.ipynb", [STEPS, GRAPH], { metadata: METADATA });
      await notebook.showSidebar();
      await notebook.run(0);
      await notebook.run(1);
      await withCluster(host, notebook, async (cluster, panel) => {
        await panel.shows("Graph: words");
        await panel.press("Deploy");
        await panel.shows('Ready: "words".');
        cluster.answerCall = (call) => ({ status: 200, body: JSON.parse(call.body) as unknown });
        await panel.press("Send and compare");
        await panel.shows("The simulation answers the same.");
        cluster.answerCall = () => ({ status: 200, body: { a: 2 } });
        await panel.press("Send and compare");
        await panel.shows("The simulation answers otherwise.");
        await screenshot(host, "deploy-differs");
      });
    },
  },
  {
    name: "explains a deployment that failed, by its cell",
    async run(host) {
      const notebook = await openWords(host);
      await withCluster(host, notebook, async (cluster, panel) => {
        cluster.functions.endings.set("words", "075-import-fails-poll");
        await panel.shows("Graph: words");
        await panel.press("Deploy");
        await untilEqual("the function failed", "failed", () => panel.phase("words"), 30_000);
        await panel.shows('its image has no module "no_such_module"');
        await screenshot(host, "deploy-failed");
        await panel.root.getByRole("button", { name: "cell 1, line 1" }).click();
        await untilEqual("its cell is shown", 0, () => notebook.active());
      });
    },
  },
];
