import { foreignRequests } from "../engine/live";
import type { LoadRequest } from "../engine/executor";
import type { Step } from "../model/graph";
import type { Problem } from "../model/problem";
import { stepClass } from "../steps/registry";
import { dumpJson } from "../value/json";
import { encodeUtf8, toBase64 } from "../value/bytes";
import {
  type DeploymentContext,
  type FunctionPlan,
  type NativeBundle,
  functionConfig,
  stepsIn,
} from "./function-plan";
import { type ScriptModules, isScript } from "../script/source";
import type { DeploySettings } from "./deploy-settings";
import { buildSpec, environment, settingsSpec, settingsTriggers } from "./function-spec";
import { compact } from "./json";
import { STATS_VARIABLE, statsKey } from "./entry-stats";
import { NATIVE_SPEC } from "./native-spec";
import { queuePath } from "./queue-path";
import { importProblems, npmCommand } from "./npm";
import { scriptText } from "./script-text";
import { settingsOf } from "./settings";

/** Nuclio's own default is Node 10; the engine needs the language of 2022. */
const NODE_IMAGE = "node:20-alpine";

/** Whether the engine goes to a cluster: its code alone is more than the local platform's command line holds. */
export function engineGoes(settings: DeploySettings, name: string, platform: string): boolean {
  return (
    platform !== "local" || settings.native === true || isScript(settingsOf(settings, name).source ?? "")
  );
}

/** Why a graph can't run in the engine as a function of its own, as half a sentence; null when it can. */
export function nativeReason(
  {
    graph,
    request,
    children,
    settings,
  }: Pick<DeploymentContext, "graph" | "request" | "children" | "settings">,
  scripts: ScriptModules | null = null,
): string | null {
  if (children.length > 0) return `it has a child function, "${children[0]?.name ?? ""}"`;
  if ((settings.errorStream ?? request.spec.get("error_stream") ?? null) !== null)
    return "it has an error stream";
  if (request.spec.get("track_models") === true) return "its models are tracked";
  const queue = [...graph.steps].find(([, s]) => s.kind === "queue" && queuePath(s).kind !== "memory");
  if (queue) return `queue "${queue[0]}" goes to a stream`;
  try {
    for (const foreign of foreignRequests(graph, { spec: request.spec })) {
      const why = foreignReason(foreign, scripts);
      if (why !== null) return why;
    }
  } catch (error) {
    return `it can't be started (${error instanceof Error ? error.message : String(error)})`;
  }
  const closed = closedStep(graph.root, "");
  return closed === null ? null : `step "${closed}" is of a class that only Python has`;
}

function foreignReason(
  { step, className, handler }: LoadRequest,
  scripts: ScriptModules | null,
): string | null {
  if (scripts === null) return `step "${step}" is written in Python`;
  const name = className ?? handler ?? "";
  if (name.startsWith("(")) return `step "${step}" has the expression ${name}, which only Python can run`;
  if (scripts.open || scripts.exports.has(name.split(".")[0] ?? "")) return null;
  return `step "${step}" runs "${name}", which ${scripts.entry} does not export`;
}

/** A step whose class is known and can't be run here. */
function closedStep(parent: Step, prefix: string): string | null {
  for (const [key, step] of parent.children) {
    const row = step.className === null ? undefined : stepClass(step.className);
    if (row !== undefined && row.make === undefined) return prefix + key;
    const below = closedStep(step, `${prefix}${key}/`);
    if (below !== null) return below;
  }
  return null;
}

export function nativeProblems(why: string): readonly Problem[] {
  return [
    {
      code: "deploy-not-native",
      severity: "error",
      step: null,
      message: `The graph can't be deployed without Python: ${why}.`,
      remedy: "Leave native out of graphcell.deploy.yaml: then it runs in MLRun's runtime.",
      range: null,
    },
  ];
}

/** Why a graph whose steps are in TypeScript or JavaScript can't be deployed. */
export function scriptProblem(source: string, why: string): Problem {
  return {
    code: "deploy-script",
    severity: "error",
    step: null,
    message: `The graph can't become a nodejs function with the steps of ${source}: ${why}.`,
    remedy: "All steps of such a function are built-in or exported by that file; others are for Python.",
    range: null,
  };
}

/**
 * The one function of a graph whose steps are all native or in JavaScript: those steps, the engine, and the serving
 * spec in its environment.
 */
export function nativeFunction(
  context: DeploymentContext,
  bundle: NativeBundle,
  scripts: ScriptModules | null,
  problems: Problem[],
): FunctionPlan {
  const settings = settingsOf(context.settings, context.request.name);
  const name = context.names.get("") ?? "";
  problems.push({
    code: "deploy-nodejs-body",
    severity: "info",
    step: null,
    message: "Nuclio's nodejs runtime ends when a request's body has more than about 48 KiB.",
    remedy:
      scripts === null
        ? "Set native: false in graphcell.deploy.yaml where events are larger: then the graph runs in Python."
        : "Keep events smaller, or write the steps in Python.",
    range: null,
  });
  if (scripts !== null) problems.push(...importProblems(scripts, settings));
  const own = scripts === null ? "" : scriptText(scripts);
  const source = own + bundle.code;
  const variables = new Map(Object.entries(settings.env ?? {}));
  variables.set(NATIVE_SPEC, dumpJson(context.servingSpec).replaceAll("'", "\\u0027"));
  if (settings.stats !== false) variables.set(STATS_VARIABLE, statsKey(context, ""));
  const spec = compact({
    ...settingsSpec(settings),
    runtime: settings.runtime ?? "nodejs",
    handler: "main:handler",
    build: compact({
      ...buildSpec(settings),
      functionSourceCode: toBase64(encodeUtf8(source)),
      codeEntryType: "sourceCode",
      baseImage: settings.baseImage ?? NODE_IMAGE,
      commands: [...(settings.commands ?? []), ...npmCommand(settings.requirements ?? [])],
    }),
    env: environment(variables),
    triggers: settingsTriggers(settings),
  });
  return {
    key: "",
    name,
    runtime: "nodejs",
    config: functionConfig(context, "", settings, spec),
    own,
    source,
    lines: [],
    ...stepsIn(context.graph, ""),
    queue: null,
  };
}
