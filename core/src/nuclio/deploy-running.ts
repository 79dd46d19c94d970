/** What is done with functions that are in the cluster already: they are called, read, started again, taken back. */
import type { MockEvent } from "../engine/event";
import { GraphcellError } from "../errors";
import type { CancelToken } from "../lifetime";
import { encodeUtf8 } from "../value/bytes";
import { dumpJson } from "../value/json";
import { addressesOf, callFunction } from "./call";
import { cleanLog, textOfBytes } from "./clean-log";
import type { Dashboard } from "./dashboard";
import type { DeployAnswer, ListedFunction } from "./deploy-state";
import { type VersionStore, configOf } from "./earlier";
import { explainAnswer } from "./explain";
import { ANNOTATION, type FunctionPlan } from "./function-plan";
import type { DeployedFunction } from "./function-state";
import type { HttpPort } from "./http";

/** A cluster, and how it is reached. */
export interface Cluster {
  readonly dashboard: Dashboard;
  readonly http: HttpPort;
}

/** Lines of a log that are shown. */
export const LOG_LINES = 200;

/** Sends an event to a function. Rejects with `GraphcellError` where the function is not in the cluster. */
export async function callDeployed(
  { dashboard, http }: Cluster,
  parent: FunctionPlan | undefined,
  { name, event }: { readonly name: string; readonly event: MockEvent },
  cancel: CancelToken,
): Promise<DeployAnswer> {
  const deployed = parent === undefined ? null : await dashboard.function(parent.name, cancel);
  if (parent === undefined || deployed === null) throw notThere();
  const body = event.body ?? null;
  const text = typeof body === "string" ? body : dumpJson(body);
  const type = event.contentType ?? (typeof body === "string" ? "text/plain" : "application/json");
  const began = dashboard.clock.now();
  const answer = await callFunction(
    dashboard,
    http,
    deployed,
    {
      method: event.method ?? "POST",
      path: event.path ?? "/",
      headers: { "content-type": type },
      body: encodeUtf8(text),
    },
    cancel,
  );
  const said = textOfBytes(answer.body);
  const explained = answer.status < 400 ? null : explainAnswer(answer.status, said, parent);
  return {
    event: name,
    status: answer.status,
    body: said,
    ms: dashboard.clock.now() - began,
    explanation: explained === null ? "" : `${explained.sentence} ${explained.remedy}`,
    simulated: null,
  };
}

/** The last lines of all replicas' logs, one replica after the other. */
export async function readLog(dashboard: Dashboard, name: string, cancel: CancelToken): Promise<string> {
  const texts: string[] = [];
  for (const replica of await dashboard.replicas(name, cancel)) {
    texts.push(cleanLog(await dashboard.log(name, replica, LOG_LINES, cancel)));
  }
  return texts.join("\n");
}

/** Functions of a project, by name. */
export async function listFunctions(
  dashboard: Dashboard,
  project: string,
  cancel: CancelToken,
): Promise<readonly ListedFunction[]> {
  const functions = await dashboard.functions(project, cancel);
  return functions.map((fn) => ({
    name: fn.name,
    state: fn.state,
    graph: fn.annotations[ANNOTATION.graph] ?? null,
    urls: addressesOf(fn, dashboard),
  }));
}

/** Sends what a function was before the push at `at`; what it is now is kept. */
export async function sendEarlier(
  dashboard: Dashboard,
  history: VersionStore | null,
  { name, at }: { readonly name: string; readonly at: string },
  cancel: CancelToken,
): Promise<void> {
  const version = (await history?.versions(name))?.find((one) => one.at === at);
  const old: DeployedFunction | null = (await version?.read()) ?? null;
  if (!history || !old) {
    throw new GraphcellError(
      "GC_NO_VERSION",
      `The version of "${name}" that was replaced at ${at} is not on this machine any more.`,
      "An earlier notebook can be pushed from git.",
    );
  }
  const now = await dashboard.function(name, cancel);
  if (now !== null) await history.save(now);
  await dashboard.deploy(configOf(old), now === null ? "create" : "update", cancel);
}

/** The graph is not in the cluster. */
export function notThere(): GraphcellError {
  return new GraphcellError("GC_CLUSTER_NOT_FOUND", "The graph is not in the cluster yet.", "Push it first.");
}
