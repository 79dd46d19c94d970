/** Functions of model-monitoring applications: MLRun builds their graph, not the notebook. Facts from MLRun 1.12. */
import { check, encodeGraph } from "@graphcell/core";
import { onlyGraph, parseCells, sketch, textOf } from "../../support/notebook";

const STEPS = "mlrun.model_monitoring.applications._application_steps.";

const APP = [
  "from mlrun.model_monitoring.applications import ModelMonitoringApplicationBase",
  "class App(ModelMonitoringApplicationBase):",
  "    def __init__(self, threshold=1):",
  "        self.threshold = threshold",
].join("\n");

function made(call: string, before = "") {
  const sources = ['project = mlrun.get_or_create_project("tutorial")', before, call].map(
    (text) => `import mlrun\n${text}`,
  );
  const notebook = parseCells(...sources);
  return { sources, notebook };
}

/** Classes and arguments of a graph's steps. */
function steps(call: string, before?: string) {
  const { notebook } = made(call, before);
  const graph = onlyGraph(notebook);
  expect([...notebook.problems, ...check(graph.graph, { parsed: graph, notebook })]).toEqual([]);
  const dict = encodeGraph(graph.graph) as ReadonlyMap<string, unknown>;
  const entries = dict.get("steps") as ReadonlyMap<string, ReadonlyMap<string, unknown>>;
  return [...entries].map(([name, step]) => [
    name,
    step.get("kind"),
    step.get("class_name"),
    Object.fromEntries((step.get("class_args") as ReadonlyMap<string, unknown> | undefined) ?? []),
  ]);
}

test("the graph around an application is drawn as MLRun builds it", () => {
  const call = 'app = project.set_model_monitoring_function("myApp", application_class="Demo", threshold=3)';
  expect(sketch(onlyGraph(made(call).notebook).graph)).toBe(
    "PrepareMonitoringEvent Demo<PrepareMonitoringEvent PushToMonitoringWriter<Demo ApplicationErrorHandler",
  );
  expect(steps(call, APP.replace("App(", "Demo("))).toEqual([
    ["PrepareMonitoringEvent", "task", `${STEPS}_PrepareMonitoringEvent`, { application_name: "myApp" }],
    ["Demo", "monitoring_application", "Demo", { threshold: 3 }],
    ["PushToMonitoringWriter", "task", `${STEPS}_PushToMonitoringWriter`, { project: "tutorial" }],
    [
      "ApplicationErrorHandler",
      "error_step",
      `${STEPS}_ApplicationErrorHandler`,
      { project: "tutorial", application_name: "myApp", user_step_name: "Demo" },
    ],
  ]);
});

test("an application may be an object, its class in another module", () => {
  const call = 'project.create_model_monitoring_function(name="a", application_class=App(threshold=2))';
  expect(steps(call, APP)[1]).toEqual(["App", "monitoring_application", "App", { threshold: 2 }]);
  const named = 'project.set_model_monitoring_function(name="a", application_class="pkg.mod.App")';
  expect(steps(named)[1]).toEqual(["App", "monitoring_application", "pkg.mod.App", {}]);
});

test("telemetry stands beside the writer", () => {
  const call =
    'project.set_model_monitoring_function(name="a", application_class="App", otlp_enabled=True, func="app.py")';
  expect(sketch(onlyGraph(made(call).notebook).graph)).toBe(
    "PrepareMonitoringEvent App<PrepareMonitoringEvent PushToMonitoringWriter<App PrepareOTelEvent<App " +
      "OTelMetricsExporter<PrepareOTelEvent ApplicationErrorHandler",
  );
});

test("names that MLRun refuses are told where they are given", () => {
  for (const name of ["model-monitoring-writer", "x-batch"]) {
    const { sources, notebook } = made(
      `project.set_model_monitoring_function(name="${name}", application_class="App")`,
    );
    expect(notebook.graphs).toEqual([]);
    const [problem] = notebook.problems;
    expect(problem?.message).toMatch(/^This call raises MLRunValueError: (An|Model monitoring) application/);
    expect(textOf(sources, problem?.range)).toContain("set_model_monitoring_function");
  }
});

test("without an application's class it is an ordinary function", () => {
  expect(made('project.set_model_monitoring_function(name="a", func="app.py")').notebook.graphs).toEqual([]);
});
