import type { Scenario, SavedOutput } from "../host";
import { screenshot } from "../screenshot";
import { check, until, untilEqual } from "../wait";

const CARD = "application/vnd.graphcell+json";

/** The card among a cell's outputs, as it would be saved. */
function cardOf(outputs: readonly SavedOutput[]): Record<string, unknown> | null {
  return outputs.find((output) => output.data && CARD in output.data)?.data ?? null;
}

/** Results in the cells. */
export const inline: readonly Scenario[] = [
  {
    name: "simulates inline with %%simulate",
    hosts: ["lab", "notebook", "code"],
    async run(host) {
      const notebook = await host.open("small.ipynb");
      for (const cell of [1, 2, 3]) await notebook.run(cell);
      await notebook.run(4);
      const card = notebook.output(4).locator(".gc-card");
      await card.waitFor();
      await card.getByText("total", { exact: true }).first().waitFor();
      await screenshot(host, "inline");
      const data = cardOf(await notebook.outputs(4));
      check(data !== null, "the cell's output has Graphcell's form");
      check(`${data["image/svg+xml"]}`.includes("<svg"), "the cell's output has a picture");
      check(`${data["text/plain"]}`.includes("8"), `the cell's text has the response: ${data["text/plain"]}`);
    },
  },
  {
    name: "finds %%simulate when all cells are run as soon as there is a kernel, and after a restart",
    hosts: ["lab"],
    async run(host) {
      const notebook = await host.open("small.ipynb", { kernel: false });
      // Without one JupyterLab starts a kernel for each cell that is run.
      await until("the notebook has a kernel", async () => (await notebook.kernelStatus()) !== "none");
      await notebook.runAll();
      await notebook.output(4).locator(".gc-card").waitFor();
      await notebook.replace(4, '%%simulate\n{"n": 7}');
      await notebook.restartAndRunAll();
      await notebook.output(4).locator(".gc-card").getByText(/28/).first().waitFor({ state: "attached" });
      await untilEqual("the kernel is idle", "idle", () => notebook.kernelStatus());
    },
  },
  {
    name: "fills the card of %%simulate when the kernel is free, where there is no way past a busy one",
    hosts: ["lab"],
    async run(host) {
      const code =
        "from ipykernel.kernelapp import IPKernelApp\n" +
        "from ipykernel.kernelbase import Kernel\n" +
        // As kernels before ipykernel 7 are.
        "Kernel._supports_kernel_subshells = property(lambda self: False)\n" +
        "IPKernelApp.launch_instance()";
      await host.addKernel?.("no-subshells", {
        argv: ["{python}", "-c", code, "-f", "{connection_file}"],
        name: "Without subshells",
        language: "python",
      });
      const cells = [
        "import mlrun\ndef double(x): return {'n': x['n'] * 2}",
        'fn = mlrun.new_function("doubling", kind="serving")\ngraph = fn.set_topology("flow", engine="sync")\n' +
          'graph.to(name="double", handler="double")',
        '%%simulate\n{"n": 21}',
      ];
      const options = { kernelId: "no-subshells", kernel: false };
      const notebook = await host.openCells("no-subshells.ipynb", cells, options);
      await until("the notebook has a kernel", async () => (await notebook.kernelStatus()) !== "none");
      await notebook.runAll();
      await notebook.output(2).locator(".gc-card").getByText(/42/).first().waitFor({ state: "attached" });
    },
  },
  {
    name: "fills the card of a long run while it goes on",
    async run(host) {
      const cells = [
        "import mlrun, time\ndef slow(x):\n    time.sleep(0.4)\n    return {'n': x['n'] * 2}",
        'fn = mlrun.new_function("slowly", kind="serving")\ngraph = fn.set_topology("flow", engine="sync")\n' +
          'graph.to(name="slow", handler="slow")',
        "%%simulate --events\n[{'n': i} for i in range(12)]",
      ];
      const notebook = await host.openCells("long-run.ipynb", cells);
      for (const cell of [0, 1]) await notebook.run(cell);
      const done = notebook.run(2);
      const card = notebook.output(2).locator(".gc-card");
      await card.getByText(/Simulating: [1-9]\d? of 12 events/).waitFor();
      // The first event's answer is there while the others run.
      await card.getByText("slow", { exact: true }).first().waitFor();
      await done;
      await card.getByText(/Simulating/).waitFor({ state: "detached" });
      check((await card.locator("option").count()) === 12, "the card has all events in the end");
      const data = cardOf(await notebook.outputs(2));
      check(`${data?.["image/svg+xml"]}`.includes("<svg"), "the card that stays has a picture");
    },
  },
  {
    name: "keeps an inline result over a reload of the page",
    async run(host) {
      const notebook = await host.open("small.ipynb");
      for (const cell of [1, 2, 3, 4]) await notebook.run(cell);
      await notebook.output(4).locator(".gc-card").waitFor();
      await notebook.save();
      await notebook.reload();
      await notebook.output(4).locator(".gc-card").waitFor();
    },
  },
  {
    name: "puts the card below the cell that builds the graph, and replaces it the next time",
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.replace(3, `${await notebook.source(3)}\nprint("built")`);
      for (const cell of [1, 2, 3]) await notebook.run(cell);
      for (let round = 0; round < 2; round++) {
        await notebook.select(3);
        await notebook.command("simulate-cell");
        await notebook.output(3).locator(".gc-card").waitFor();
        const kinds = (await notebook.outputs(3)).map((output) => output.output_type);
        check(kinds.join() === "stream,display_data", `outputs are the print and one card: ${kinds.join()}`);
      }
    },
  },
  {
    name: "says in the cell what %%simulate can't do",
    async run(host) {
      const notebook = await host.open("small.ipynb");
      await notebook.run(1);
      await notebook.replace(4, "%%simulate nowhere\n1");
      await notebook.run(4, false);
      await notebook
        .output(4)
        .getByText(/no graph "nowhere"/)
        .first()
        .waitFor();
      await notebook.replace(4, '%%simulate\n{"n": ');
      await notebook.run(4, false);
      await notebook
        .output(4)
        .getByText(/The event is not/)
        .first()
        .waitFor();
      await until("the kernel is idle again", async () => (await notebook.kernelStatus()) === "idle");
    },
  },
];
