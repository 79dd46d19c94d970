import type { CancelToken } from "../lifetime";
import { never } from "../lifetime";
import type { Problem } from "../model/problem";
import type { Dashboard } from "./dashboard";
import { ANNOTATION, type DeploymentPlan, type FunctionPlan } from "./function-plan";
import { type DeployedFunction, isFinal } from "./function-state";
import { type Json, type JsonObject, isObject, objectOf, textOf } from "./json";

/** What is known of a cluster before anything is sent. */
export interface ClusterFacts {
  readonly version: string;
  /** `local` (docker) or `kube`; empty where it is not told. */
  readonly platform: string;
  /** The platform's defaults for a function: what a form is filled with. */
  readonly defaults: JsonObject;
  readonly frontend: JsonObject;
}

export interface Preflight {
  readonly facts: ClusterFacts;
  /** The project exists; else it can be made. */
  readonly hasProject: boolean;
  /** What there is under the names of the functions already. */
  readonly existing: ReadonlyMap<string, DeployedFunction>;
  /** Problems of the deployment and of this cluster with it; an error means that a push would fail. */
  readonly problems: readonly Problem[];
}

/** Bytes that the local platform takes on a command line for the whole configuration. */
const LOCAL_LIMIT = 90 * 1024;
/** Bytes of an object in Kubernetes. */
const KUBE_LIMIT = 1024 * 1024;

/** Looks at the cluster and the deployment before anything is sent. Rejects with `ClusterError` where it can't. */
export async function preflight(
  dashboard: Dashboard,
  plan: DeploymentPlan,
  cancel: CancelToken = never,
): Promise<Preflight> {
  const facts = await clusterFacts(dashboard, cancel);
  const hasProject = await dashboard.hasProject(plan.project, cancel);
  const existing = new Map<string, DeployedFunction>();
  for (const { name } of plan.functions) {
    const found = await dashboard.function(name, cancel);
    if (found !== null) existing.set(name, found);
  }
  const problems = [
    ...plan.problems,
    ...(hasProject ? [] : [noProject(plan.project)]),
    ...plan.functions.flatMap((fn) => functionProblems(fn, plan, facts, existing.get(fn.name) ?? null)),
    ...(await addressProblems(dashboard, plan, cancel)),
  ];
  return { facts, hasProject, existing, problems };
}

/** Version, platform and defaults of a cluster. */
export async function clusterFacts(dashboard: Dashboard, cancel: CancelToken = never): Promise<ClusterFacts> {
  const version = await dashboard.version(cancel);
  const frontend = await dashboard.frontendSpec(cancel);
  const attributes = objectOf(objectOf(frontend["defaultFunctionConfig"])["attributes"]);
  return {
    version,
    platform: textOf(frontend["platformKind"]) ?? "",
    defaults: objectOf(attributes["spec"]),
    frontend,
  };
}

function problem(severity: Problem["severity"], code: string, message: string, remedy: string): Problem {
  return { code, severity, step: null, message, remedy, range: null };
}

function noProject(project: string): Problem {
  return problem(
    "error",
    "deploy-no-project",
    `There is no project "${project}" in the cluster.`,
    "Make it: graphcell deploy --create-project does.",
  );
}

function functionProblems(
  fn: FunctionPlan,
  plan: DeploymentPlan,
  facts: ClusterFacts,
  existing: DeployedFunction | null,
): readonly Problem[] {
  return [
    ...sizeProblems(fn, facts),
    ...platformProblems(fn, facts),
    ...(existing === null ? [] : existingProblems(fn, plan, existing)),
  ];
}

function sizeProblems(fn: FunctionPlan, facts: ClusterFacts): readonly Problem[] {
  const bytes = JSON.stringify(fn.config).length;
  const local = facts.platform === "local";
  const limit = local ? LOCAL_LIMIT : KUBE_LIMIT;
  if (bytes <= limit) return [];
  const kib = (n: number): string => `${Math.round(n / 1024)} KiB`;
  return [
    problem(
      "error",
      "deploy-too-large",
      `Function "${fn.name}" has a configuration of ${kib(bytes)}; this cluster takes about ${kib(limit)}.`,
      local
        ? "Make source and environment smaller, or deploy to a Kubernetes cluster."
        : "Put large parts of the source into a package, and data into a volume.",
    ),
  ];
}

/** What Nuclio's local platform can't do, and says too late or never. */
function platformProblems(fn: FunctionPlan, facts: ClusterFacts): readonly Problem[] {
  if (facts.platform !== "local") return [];
  const problems: Problem[] = [];
  const env = listOf(fn.config.spec["env"]);
  for (const entry of env) {
    const name = textOf(entry["name"]) ?? "";
    if (entry["valueFrom"] !== undefined) {
      problems.push(
        problem(
          "warning",
          "deploy-secret-local",
          `Variable "${name}" comes from a secret, which Nuclio's local platform passes as an empty text.`,
          "Use a Kubernetes cluster for secrets.",
        ),
      );
    }
    if (String(entry["value"] ?? "").includes("'")) {
      problems.push(
        problem(
          "error",
          "deploy-quote",
          `Variable "${name}" has a single quote in it, which breaks Nuclio's local platform.`,
          "Leave the quote out.",
        ),
      );
    }
  }
  const ignored = [
    "scaleToZero",
    "autoScaleMetrics",
    "nodeSelector",
    "affinity",
    "tolerations",
    "serviceType",
  ].filter((name) => fn.config.spec[name] !== undefined);
  if (ignored.length > 0) {
    problems.push(
      problem(
        "warning",
        "deploy-kube-only",
        `This cluster is not Kubernetes: ${ignored.join(", ")} of function "${fn.name}" has no effect.`,
        "Leave it out for this cluster.",
      ),
    );
  }
  return problems;
}

function existingProblems(
  fn: FunctionPlan,
  plan: DeploymentPlan,
  existing: DeployedFunction,
): readonly Problem[] {
  const problems: Problem[] = [];
  if (existing.project !== null && existing.project !== plan.project) {
    problems.push(
      problem(
        "error",
        "deploy-name-taken",
        `The name "${fn.name}" is taken by a function of project "${existing.project}".`,
        "Give the function another name in graphcell.deploy.yaml (functions, name).",
      ),
    );
  }
  if (!isFinal(existing.state)) {
    problems.push(
      problem(
        "warning",
        "deploy-busy",
        `Function "${fn.name}" is being deployed right now (${existing.state || "just made"}).`,
        "The push waits until that has ended.",
      ),
    );
  }
  const graph = existing.annotations[ANNOTATION.graph];
  const ours = fn.config.metadata.annotations?.[ANNOTATION.graph];
  if (graph === undefined) {
    problems.push(
      problem(
        "warning",
        "deploy-foreign",
        `Function "${fn.name}" is in the cluster already, and was not deployed with Graphcell.`,
        "See the difference with graphcell diff; a push replaces it.",
      ),
    );
  } else if (graph !== ours) {
    problems.push(
      problem(
        "warning",
        "deploy-foreign",
        `Function "${fn.name}" holds another graph at present, "${graph}".`,
        "See the difference with graphcell diff; a push replaces it.",
      ),
    );
  }
  return problems;
}

async function addressProblems(
  dashboard: Dashboard,
  plan: DeploymentPlan,
  cancel: CancelToken,
): Promise<readonly Problem[]> {
  const own = new Set(plan.functions.map((fn) => fn.key));
  const problems: Problem[] = [];
  for (const name of plan.unresolved) {
    if (own.has(name)) continue;
    const found = await dashboard.function(name, cancel);
    if (found !== null && found.internalUrls.length + found.externalUrls.length > 0) continue;
    const what = found === null ? "which the cluster does not have" : "which has no address";
    problems.push(
      problem(
        "error",
        "deploy-unknown-function",
        `The graph calls function "${name}" by name, ${what}.`,
        "Deploy that function first, or correct the name.",
      ),
    );
  }
  return problems;
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
