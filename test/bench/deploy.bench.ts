/** What a deployment costs us, from the command to the request that is sent. */
import { readNotebook, parseNotebook } from "@graphcell/core";
import { planDeployment } from "@graphcell/core/nuclio";
import { median } from "./measure";

const ROUNDS = 15;
const STEPS = 100;

/** A notebook with a class a step, and a graph of all of them. */
function notebook(): string {
  const steps = Array.from({ length: STEPS }, (_, i) => i);
  const classes = steps.map(
    (i) =>
      `class Step${i}:\n    def __init__(self, n=${i}):\n        self.n = n\n\n    def do(self, event):\n        event["v"] = helper(event["v"], self.n)\n        return event`,
  );
  const chain = steps.map((i) => `last = last.to("Step${i}", name="s${i}", n=${i})`);
  const sources = [
    "import mlrun\nimport math\n\n\ndef helper(a, b):\n    return math.fsum([a, b])",
    ...classes,
    `fn = mlrun.new_function("hundred", kind="serving")\ngraph = fn.set_topology("flow", engine="async")\nlast = graph\n${chain.join("\n")}\nlast.respond()`,
  ];
  return JSON.stringify({
    cells: sources.map((source, i) => ({ cell_type: "code", id: `c${i}`, metadata: {}, source })),
    metadata: {},
    nbformat: 4,
    nbformat_minor: 5,
  });
}

export async function run(): Promise<Record<string, number>> {
  const text = notebook();
  const times: number[] = [];
  let kilobytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    const { cells } = readNotebook(text);
    const [parsed] = parseNotebook(cells).graphs;
    const { graph, spec, name, variables } = parsed;
    const plan = planDeployment({ graph, spec, name, cells, graphNames: variables, settings: {} });
    new TextEncoder().encode(JSON.stringify(plan.functions[0].config));
    times.push(performance.now() - began);
    kilobytes = plan.functions[0].source.length / 1024;
  }
  return { "deploy.overhead_ms": median(times), "deploy.source_kb": kilobytes };
}
