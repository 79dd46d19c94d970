import type { GraphcellError } from "@graphcell/core";
import { parseNotebook } from "@graphcell/core";
import {
  type DeployRequest,
  type DeploySettings,
  type DeploymentPlan,
  type FunctionSettings,
  planDeployment,
} from "@graphcell/core/nuclio";
import { readScripts } from "@graphcell/core/script";

const notebook = (body: string): string =>
  `import mlrun\nfn = mlrun.new_function("words", kind="serving")\n` +
  `graph = fn.set_topology("flow", engine="async")\n${body}`;

const TWO = notebook(
  `fn.add_child_function("child", "", "")\ngraph.to("Clean", name="c")` +
    `.to("$queue", name="q", path="kafka://b:1/t").to(name="s", handler="score", function="child")`,
);

function plan(code: string, settings: DeploySettings, more: Partial<DeployRequest>): DeploymentPlan {
  const cells = [{ id: "c0", kind: "code" as const, source: code }];
  const [parsed] = parseNotebook(cells).graphs;
  const { graph, spec, name, variables } = parsed;
  return planDeployment({ graph, spec, name, cells, graphNames: variables, settings, ...more });
}

const errors = ({ problems }: DeploymentPlan): readonly string[] =>
  problems.filter(({ severity }) => severity === "error").map(({ code }) => code);

const source = "steps.ts";
const bundle = { code: "exports.handler = 1" };
const settings = { functions: { words: { source } } };
const scriptsOf = async (text: string | null) => {
  const read = (path: string) => Promise.resolve(path === source ? text : null);
  const found = await readScripts(source, read).catch((error: unknown) => error as GraphcellError);
  return new Map([[source, found]]);
};
const STEPS = notebook(`graph.to("Clean", name="c").to(name="s", handler="score").respond()`);
const GOOD = "export class Clean {}\nexport const score = 1;";

test("become a nodejs function, which is what is shown of it", async () => {
  const scripts = await scriptsOf(GOOD);
  const made = plan(STEPS, settings, { bundle, scripts });
  expect(errors(made)).toEqual([]);
  const [fn] = made.functions;
  expect(fn).toMatchObject({ runtime: "nodejs", steps: ["c", "s"] });
  expect(fn.own).toContain("class Clean {}");
  expect(fn.source).toBe(`${fn.own}exports.handler = 1`);
});

test.each<[string, string | null, string, DeploySettings]>([
  ["a name that is not exported", "export class Clean {}", '"score", which steps.ts does not export', {}],
  ["a file that is missing", null, "steps.ts can't be read", {}],
  ["a file that can't be parsed", "\nexport const a = ;", "steps.ts:2:18 can't be parsed", {}],
  ["native: false", GOOD, "the settings say native: false", { native: false }],
  ["an error stream", GOOD, "it has an error stream", { errorStream: "kafka://b:9092/e" }],
])("are refused with %s", async (_, text, why, more) => {
  const scripts = await scriptsOf(text);
  const made = plan(STEPS, { ...settings, ...more }, { bundle, scripts });
  expect(errors(made)).toEqual(["deploy-script"]);
  expect(made.problems.find(({ code }) => code === "deploy-script")?.message).toContain(why);
});

test("are refused where there is no engine, and in a graph of several functions", async () => {
  const scripts = await scriptsOf(GOOD);
  expect(errors(plan(STEPS, settings, { scripts }))).toEqual(["deploy-script"]);
  const child = { functions: { child: { source } } };
  expect(errors(plan(TWO, child, { bundle, scripts }))).toContain("deploy-script");
});

test("need packages that somebody installs", async () => {
  const scripts = await scriptsOf(`import "left-pad"; import "./gone"; ${GOOD}`);
  const problems = (more: FunctionSettings) =>
    plan(STEPS, { functions: { words: { source, ...more } } }, { bundle, scripts }).problems.filter(
      ({ code }) => code === "deploy-missing-requirement",
    );
  expect(problems({}).map(({ severity }) => severity)).toEqual(["error", "error"]);
  expect(problems({ requirements: ["left-pad@1.3.0"] }).map(({ message }) => message)).toEqual([
    'steps.ts imports "./gone", which is not there.',
  ]);
  expect(problems({ commands: ["npm i -g left-pad"] })).toHaveLength(1);
  const [fn] = plan(
    STEPS,
    { functions: { words: { source, requirements: ["left-pad@1.3.0"] } } },
    {
      bundle,
      scripts,
    },
  ).functions;
  expect(fn.config.spec).toMatchObject({ build: { commands: ["npm install --global left-pad@1.3.0"] } });
});
