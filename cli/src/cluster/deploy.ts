import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CancelSource, type Problem } from "@graphcell/core";
import {
  type DeploymentPlan,
  type FunctionResult,
  type Preflight,
  type PushResult,
  addressesOf,
  engineGoes,
  planDeployment,
  preflight,
  pushDeployment,
  queuePath,
} from "@graphcell/core/nuclio";
import { History, brokerTakesCommits } from "@graphcell/kernel-bridge/node";
import { Exit, type ExitCode } from "../exit";
import { problemLine } from "../problems";
import type { Terminal } from "../terminal";
import { type Cluster, openCluster } from "./connection";
import { type PreparedDeployment, prepare } from "./deployment";
import { setGateway } from "./gateway";
import type { ClusterOptions } from "./options";
import { printJson, problemJson } from "./output";
import { PushTerminal } from "./progress";

/** `graphcell deploy`. */
export async function deployFile(
  path: string,
  options: ClusterOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const prepared = await prepare(path, options, terminal);
  const cluster = await openCluster(options, prepared.settings.connection ?? null);
  const project = prepared.settings.project ?? cluster.connection.project ?? "default";
  const planWith =
    (bundle: boolean) =>
    (addresses: ReadonlyMap<string, string>): DeploymentPlan =>
      planDeployment({
        ...prepared.request,
        settings: { ...prepared.settings, project },
        addresses,
        bundle: bundle ? prepared.request.bundle : null,
      });
  let plan = planWith(true);
  let looked = await look(cluster, plan(new Map()), options);
  // The engine alone is more than the local platform's command line holds.
  if (!engineGoes(prepared.settings, prepared.request.name, looked.facts.platform)) {
    plan = planWith(false);
    looked = { ...looked, problems: (await preflight(cluster.dashboard, plan(new Map()))).problems };
  }
  const problems = [...prepared.problems, ...looked.problems, ...(await brokerProblems(plan(new Map())))];
  const failing = problems.some((p) => p.severity === "error");
  if (options.saveSource) await saveSources(path, plan(new Map()));
  if (options.dryRun || failing) return tellPlan(prepared, plan(new Map()), problems, options, terminal);
  tellProblems(prepared, problems, options, terminal);
  const result = await push(cluster, plan, options, terminal);
  if (result.ok && prepared.settings.gateway) {
    await setGateway(cluster, prepared.settings.gateway, project, plan(new Map()));
  }
  return tellResult(cluster, prepared, plan(new Map()), problems, result, options, terminal);
}

/** A warning for each broker that is reached from here and does not take the commits of Nuclio's trigger. */
async function brokerProblems(plan: DeploymentPlan): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const [key, step] of plan.graph.steps) {
    const path = step.kind === "queue" ? queuePath(step) : null;
    const broker = path?.kind === "kafka" ? path.brokers[0] : undefined;
    if (broker === undefined || (await brokerTakesCommits(broker)) !== false) continue;
    problems.push({
      code: "deploy-kafka-4",
      severity: "warning",
      step: key,
      message: `The broker ${broker} of queue "${key}" is Kafka 4 or newer: Nuclio's trigger can't commit to it.`,
      remedy: "Every restart of the function would read the whole topic again; take a broker before 4.",
      range: null,
    });
  }
  return problems;
}

/** Preflight; with `--create-project` the project is made when it is missing. */
async function look(cluster: Cluster, plan: DeploymentPlan, options: ClusterOptions): Promise<Preflight> {
  const found = await preflight(cluster.dashboard, plan);
  if (found.hasProject || !options.createProject || options.dryRun) return found;
  await cluster.dashboard.createProject(plan.project, "Made by Graphcell");
  return {
    ...found,
    hasProject: true,
    problems: found.problems.filter((p) => p.code !== "deploy-no-project"),
  };
}

async function push(
  cluster: Cluster,
  plan: (addresses: ReadonlyMap<string, string>) => DeploymentPlan,
  options: ClusterOptions,
  terminal: Terminal,
): Promise<PushResult> {
  const shown = new PushTerminal(terminal, options.verbose);
  const cancel = new CancelSource();
  const stop = (): void => cancel.cancel();
  process.once("SIGINT", stop);
  try {
    return await pushDeployment({
      dashboard: cluster.dashboard,
      plan,
      id: randomUUID(),
      cancel,
      history: new History(cluster.connection.name, cluster.connection.namespace),
      only: options.only.length === 0 ? null : options.only.map((key) => (key === "parent" ? "" : key)),
      force: options.force || options.only.length > 0,
      overwrite: options.overwrite,
      wait: options.wait,
      ...(options.timeoutMs === null ? {} : { deadlineMs: options.timeoutMs }),
      onProgress: (progress) => shown.show(progress),
    });
  } finally {
    process.removeListener("SIGINT", stop);
    shown.end();
  }
}

function tellProblems(
  prepared: PreparedDeployment,
  problems: readonly Problem[],
  options: ClusterOptions,
  terminal: Terminal,
): void {
  if (options.json) return;
  for (const problem of problems) terminal.err(`${problemLine(prepared.document, problem)}\n`);
}

/** What would be sent, or what stands against it; nothing is sent. */
function tellPlan(
  prepared: PreparedDeployment,
  plan: DeploymentPlan,
  problems: readonly Problem[],
  options: ClusterOptions,
  terminal: Terminal,
): ExitCode {
  const failing = problems.some((p) => p.severity === "error");
  if (options.json) {
    printJson(terminal, {
      ok: !failing,
      dryRun: options.dryRun,
      project: plan.project,
      functions: plan.functions.map((fn) => ({
        key: fn.key,
        name: fn.name,
        runtime: fn.runtime,
        steps: fn.steps,
        queue: fn.queue,
        config: fn.config as never,
        source: fn.source,
      })),
      problems: problems.map(problemJson),
    });
  } else {
    tellProblems(prepared, problems, options, terminal);
    if (failing) terminal.err("graphcell: nothing was sent, because of the errors above.\n");
    else for (const fn of plan.functions) terminal.out(`${fn.name}  ${fn.runtime}  ${fn.steps.join(", ")}\n`);
  }
  return failing ? Exit.wrong : Exit.done;
}

function tellResult(
  cluster: Cluster,
  prepared: PreparedDeployment,
  plan: DeploymentPlan,
  problems: readonly Problem[],
  result: PushResult,
  options: ClusterOptions,
  terminal: Terminal,
): ExitCode {
  const url = (fn: FunctionResult): readonly string[] =>
    fn.deployed === null ? [] : addressesOf(fn.deployed, cluster.dashboard);
  if (options.json) {
    printJson(terminal, {
      ok: result.ok,
      dryRun: false,
      cancelled: result.cancelled,
      project: plan.project,
      summary: result.summary,
      functions: result.functions.map((fn) => ({
        key: fn.key,
        name: fn.name,
        phase: fn.phase,
        state: fn.deployed?.state ?? "",
        urls: url(fn),
        explanation: fn.explanation as never,
      })),
      problems: problems.map(problemJson),
    });
  } else {
    for (const fn of result.functions)
      terminal.out(`${fn.name}  ${fn.phase}  ${url(fn).join(" ")}`.trimEnd() + "\n");
    terminal.out(`${result.summary}\n`);
    for (const fn of result.functions) if (fn.explanation) terminal.err(explanationText(fn, prepared));
  }
  if (result.ok) return Exit.done;
  return result.functions.some((fn) => fn.phase === "failed" && fn.deployed !== null)
    ? Exit.wrong
    : Exit.outside;
}

function explanationText(fn: FunctionResult, prepared: PreparedDeployment): string {
  const { explanation } = fn;
  if (explanation === null) return "";
  const { place } = explanation;
  const line =
    place === null
      ? ""
      : prepared.document.linesBefore === null
        ? `${prepared.document.path}:cell ${place.cell + 1}:${place.line}: `
        : `${prepared.document.path}:${(prepared.document.linesBefore[place.cell] ?? 0) + place.line}: `;
  const raw = explanation.raw === "" ? "" : `${explanation.raw.split("\n").slice(-40).join("\n")}\n`;
  return `${raw}graphcell: ${line}${explanation.sentence} ${explanation.remedy}\n`;
}

async function saveSources(path: string, plan: DeploymentPlan): Promise<void> {
  for (const fn of plan.functions) {
    const extension = fn.runtime === "nodejs" ? "js" : "py";
    await writeFile(join(dirname(resolve(path)), `${fn.name}.${extension}`), fn.source);
  }
}
