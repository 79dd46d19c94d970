import { type Cell, parseNotebook } from "@graphcell/core";
import { type DeploySettings, type DeploymentPlan, planDeployment } from "@graphcell/core/nuclio";

const STEPS = `import json


class Clean:
    def do(self, event):
        return json.loads(json.dumps(event))


class Score:
    def do(self, event):
        return json.loads(json.dumps(event))`;

const GRAPHS = {
  line: `graph.to("Clean", name="clean").to("Score", name="score").respond()`,
  two:
    `fn.add_child_function("scorer", "", "")\n` +
    `graph.to("Clean", name="clean").to("$queue", name="q", path="kafka://broker:9092/topic")` +
    `.to("Score", name="score", function="scorer")`,
};

/** A deployment of a small graph: `line` is one function, `two` has a child behind a Kafka queue. */
export function planOf(graph: keyof typeof GRAPHS, settings: DeploySettings = {}): DeploymentPlan {
  const build = `import mlrun\nfn = mlrun.new_function("words", kind="serving")\ngraph = fn.set_topology("flow", engine="async")\n${GRAPHS[graph]}`;
  const cells: Cell[] = [STEPS, build].map((source, i) => ({ id: `c${String(i)}`, kind: "code", source }));
  const [parsed] = parseNotebook(cells).graphs;
  if (!parsed) throw new Error("the cells build no graph");
  return planDeployment({
    graph: parsed.graph,
    spec: parsed.spec,
    name: parsed.name,
    cells,
    graphNames: parsed.variables,
    settings,
  });
}
