import { GraphcellError } from "../errors";
import type { Problem } from "../model/problem";
import { isScript } from "../script/source";
import type { PyMap, PyValue } from "../value/value";
import { cutGraph, functionReferences } from "./children";
import { deliveryProblems } from "./delivery";
import type { DeployRequest, DeploymentContext, DeploymentPlan, FunctionPlan } from "./function-plan";
import { deployName, nameProblems } from "./names";
import { nativeFunction, nativeProblems, nativeReason, scriptProblem } from "./native";
import { pythonFunction } from "./python-function";
import { fromJson } from "./python-value";
import { overrideQueues, resolveAddresses } from "./queue-settings";
import { servingSpec } from "./serving-spec";
import type { DeploySettings } from "./deploy-settings";
import { settingsOf } from "./settings";
import { DEFAULT_MLRUN, mlrunVersion } from "./versions";

/** Makes all functions of a graph. Never throws for what a graph or its settings may hold: see `problems`. */
export function planDeployment(request: DeployRequest): DeploymentPlan {
  const { settings } = request;
  const problems: Problem[] = [];
  const overridden = overrideQueues(request.graph, settings.queues ?? {}, problems);
  const { graph, unresolved } = resolveAddresses(overridden, request.addresses ?? new Map());
  const cut = cutGraph(graph, functionReferences(request.spec));
  problems.push(...cut.problems);
  const parent = settingsOf(settings, request.name).name ?? deployName(request.name);
  const names = new Map<string, string>([["", parent]]);
  for (const { name } of cut.children) {
    names.set(name, settingsOf(settings, name).name ?? `${parent}-${deployName(name)}`);
  }
  for (const name of names.values()) problems.push(...nameProblems(name));
  const project = settings.project ?? "default";
  const context: DeploymentContext = {
    request,
    settings,
    project,
    graph,
    children: cut.children,
    names,
    servingSpec: servingSpec({
      graph,
      spec: request.spec,
      functionName: request.name,
      project,
      children: new Map([...names].filter(([key]) => key !== "")),
      errorStream: settings.errorStream ?? null,
      parameters: parametersOf(settings),
    }),
  };
  const functions = functionPlans(context, problems);
  problems.push(...deliveryProblems(graph, cut.children));
  return { project, functions, graph, unresolved, problems: distinct(problems) };
}

function functionPlans(context: DeploymentContext, problems: Problem[]): readonly FunctionPlan[] {
  const { settings, request } = context;
  const source = settingsOf(settings, request.name).source ?? "";
  if (isScript(source)) return scriptFunction(context, source, problems);
  const why = nativeReason(context);
  if (settings.native === true && why !== null) problems.push(...nativeProblems(why));
  if (why === null && settings.native !== false && request.bundle) {
    return [nativeFunction(context, request.bundle, null, problems)];
  }
  const version = mlrunVersion(settings.mlrun ?? DEFAULT_MLRUN);
  if (version === null) {
    problems.push({
      code: "deploy-mlrun-version",
      severity: "error",
      step: null,
      message: `"${settings.mlrun ?? ""}" is no version of mlrun.`,
      remedy: `Write for example mlrun: ${DEFAULT_MLRUN} in graphcell.deploy.yaml.`,
      range: null,
    });
    return [];
  }
  const children = context.children.map((child) => pythonFunction(context, child, version, problems));
  return [...children, pythonFunction(context, null, version, problems)];
}

/** The function of a graph whose steps are in TypeScript or JavaScript; none where that can't be. */
function scriptFunction(
  context: DeploymentContext,
  source: string,
  problems: Problem[],
): readonly FunctionPlan[] {
  const { request, settings } = context;
  const scripts = request.scripts?.get(source);
  const refuse = (why: string): readonly FunctionPlan[] => {
    problems.push(scriptProblem(source, why));
    return [];
  };
  if (scripts === undefined) return refuse("the file can't be read");
  if (scripts instanceof GraphcellError) return refuse(scripts.message.replace(/\.$/, ""));
  if (settings.native === false) return refuse("the settings say native: false");
  const why = nativeReason(context, scripts);
  if (why !== null) return refuse(why);
  if (!request.bundle) return refuse("the engine is not at hand here");
  return [nativeFunction(context, request.bundle, scripts, problems)];
}

function parametersOf(settings: DeploySettings): PyMap {
  const parameters = new Map<PyValue, PyValue>();
  for (const [name, value] of Object.entries(settings.parameters ?? {})) {
    if (value !== undefined) parameters.set(name, fromJson(value));
  }
  if (settings.sourceArgs) parameters.set("source_args", fromJson(settings.sourceArgs));
  return parameters;
}

/** Each problem once, though several functions have it. */
function distinct(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = `${problem.code}\n${problem.step ?? ""}\n${problem.message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
