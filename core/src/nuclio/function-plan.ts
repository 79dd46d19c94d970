import type { GraphcellError } from "../errors";
import type { Graph, Step } from "../model/graph";
import type { Problem } from "../model/problem";
import type { Cell } from "../source";
import type { ScriptModules } from "../script/source";
import { sha1Hex } from "../steps/sha1";
import type { PyMap } from "../value/value";
import type { ChildFunction } from "./children";
import type { FunctionConfig } from "./function-spec";
import type { DeploySettings, FunctionSettings } from "./deploy-settings";
import type { SourceLine } from "./source";

/** Graphcell's engine as one JavaScript file that Nuclio's nodejs runtime loads. */
export interface NativeBundle {
  readonly code: string;
}

/** A graph that is to be deployed, and all that its functions are made from. */
export interface DeployRequest {
  readonly graph: Graph;
  /** The function's spec beside the graph. */
  readonly spec: PyMap;
  /** The graph's name in the notebook. */
  readonly name: string;
  readonly cells: readonly Cell[];
  /** Variables that hold the function or its graph. */
  readonly graphNames: readonly string[];
  readonly settings: DeploySettings;
  /** Texts of files that settings or child functions name, by the path as it is written there. */
  readonly files?: ReadonlyMap<string, string>;
  /** Sources in TypeScript or JavaScript, by the path as settings name it: what was read, or why it can't be. */
  readonly scripts?: ReadonlyMap<string, ScriptModules | GraphcellError>;
  /** Modules that are files beside the notebook: they do not go with the function. */
  readonly localModules?: ReadonlySet<string>;
  /** Name of the notebook's file, for people who look at the function in the cluster. */
  readonly notebook?: string | null;
  /** Source that a person has edited, by the function's key; takes the place of what would be made. */
  readonly edited?: ReadonlyMap<string, string>;
  /** Addresses (`http://host:port`) of functions that `function://NAME` stands for, by name. */
  readonly addresses?: ReadonlyMap<string, string>;
  /** The engine as a nodejs function; without it graphs go to Python. */
  readonly bundle?: NativeBundle | null;
}

/** One Nuclio function of a deployment. */
export interface FunctionPlan {
  /** "" for the parent, else the child's name in the graph. */
  readonly key: string;
  /** Its name in the cluster. */
  readonly name: string;
  readonly runtime: "python" | "nodejs";
  readonly config: FunctionConfig;
  /** The source without the entry points that are added to it. */
  readonly own: string;
  /** The source as it is sent, entry points included, and where its lines come from. */
  readonly source: string;
  readonly lines: readonly (SourceLine | null)[];
  /** Full names of the steps that run in it. */
  readonly steps: readonly string[];
  /** What each of these steps calls: the name of its class, else of its handler. */
  readonly calls: ReadonlyMap<string, string>;
  /** The queue that it reads; null for one that is only called. */
  readonly queue: string | null;
}

export interface DeploymentPlan {
  readonly project: string;
  /** Children first: in the order in which they are deployed. */
  readonly functions: readonly FunctionPlan[];
  /** The graph as it is deployed, with the settings' queue paths. */
  readonly graph: Graph;
  /** Functions that `function://NAME` refers to and whose address is not known yet. */
  readonly unresolved: readonly string[];
  readonly problems: readonly Problem[];
}

/** What the parts of a deployment have in common while it is made. */
export interface DeploymentContext {
  readonly request: DeployRequest;
  readonly settings: DeploySettings;
  readonly project: string;
  readonly graph: Graph;
  readonly servingSpec: PyMap;
  readonly children: readonly ChildFunction[];
  readonly names: ReadonlyMap<string, string>;
}

/** Steps that run in a function ("" is the parent), by full name, and what each calls; routes follow their router. */
export function stepsIn(graph: Graph, current: string): Pick<FunctionPlan, "steps" | "calls"> {
  const found: string[] = [];
  const calls = new Map<string, string>();
  const take = (name: string, step: Step): void => {
    found.push(name);
    const called = step.className ?? step.handler;
    if (called !== null) calls.set(name, called);
  };
  const walk = (parent: Step, prefix: string, above: string | null): void => {
    for (const [key, step] of parent.children) {
      const own = step.function ?? above;
      if (step.kind === "queue" ? current === "" : own === "*" || (own ?? "") === current)
        take(prefix + key, step);
      walk(step, `${prefix}${key}/`, own);
    }
  };
  const { root } = graph;
  if (root.kind === "router" && (root.function ?? "") === current) take(root.name, root);
  walk(root, root.kind === "router" ? `${root.name}/` : "", root.function);
  return { steps: found, calls };
}

/** Annotations that let Graphcell find again what it deployed. */
export const ANNOTATION = {
  graph: "graphcell.io/graph",
  notebook: "graphcell.io/notebook",
  /** Which function of the graph: "" is written as `*parent`. */
  function: "graphcell.io/function",
  fingerprint: "graphcell.io/fingerprint",
  push: "graphcell.io/push",
} as const;

/** The function as the dashboard takes it: its spec with a name, the project and what tells it apart. */
export function functionConfig(
  context: DeploymentContext,
  key: string,
  settings: FunctionSettings,
  spec: FunctionConfig["spec"],
): FunctionConfig {
  return {
    metadata: {
      name: context.names.get(key) ?? key,
      ...(context.settings.namespace ? { namespace: context.settings.namespace } : {}),
      labels: {
        ...settings.labels,
        "nuclio.io/project-name": context.project,
        "mlrun/class": "serving",
        ...(key === "" ? {} : { "mlrun/parent-function": context.names.get("") ?? "" }),
      },
      annotations: { ...settings.annotations, ...annotationsOf(context, key, spec) },
    },
    spec,
  };
}

/** Annotations of one function; `spec` is what the fingerprint is of. */
function annotationsOf(
  context: DeploymentContext,
  key: string,
  spec: FunctionConfig["spec"],
): Readonly<Record<string, string>> {
  const { request } = context;
  return {
    [ANNOTATION.graph]: request.name,
    [ANNOTATION.function]: key === "" ? "*parent" : key,
    ...(request.notebook ? { [ANNOTATION.notebook]: request.notebook } : {}),
    [ANNOTATION.fingerprint]: sha1Hex(JSON.stringify(spec)),
  };
}
