import { CancelSource, type CancelToken } from "@graphcell/core";
import {
  ClusterError,
  type DeployedFunction,
  addressesOf,
  cleanLog,
  configOf,
  followDeployment,
  namedFunction,
  planDeployment,
} from "@graphcell/core/nuclio";
import { History, connectionsPath, loadConnections, systemClock } from "@graphcell/kernel-bridge/node";
import { CommandError, Exit, type ExitCode } from "../exit";
import type { Terminal } from "../terminal";
import { type Cluster, openCluster } from "./connection";
import { prepare } from "./deployment";
import { type ClusterOptions, usage } from "./options";
import { printJson } from "./output";
import { PushTerminal } from "./progress";

/** The function that FILE or NAME means, and its cluster. */
export async function targetFunction(
  options: ClusterOptions,
  terminal: Terminal,
): Promise<{ readonly cluster: Cluster; readonly name: string }> {
  const target = options.target ?? "";
  if (!/\.(ipynb|py|ya?ml|json)$/i.test(target)) {
    return { cluster: await openCluster(options, null), name: target };
  }
  const prepared = await prepare(target, options, terminal);
  const plan = planDeployment(prepared.request);
  const parent = plan.functions.find((fn) => fn.key === "");
  if (!parent) throw usage(`${target} makes no function.`, "See graphcell deploy --dry-run.");
  return { cluster: await openCluster(options, prepared.settings.connection ?? null), name: parent.name };
}

export async function existing({ dashboard }: Cluster, name: string): Promise<DeployedFunction> {
  const found = await dashboard.function(name);
  if (found !== null) return found;
  throw new CommandError(
    Exit.outside,
    `There is no function "${name}" in the cluster of connection "${dashboard.connection.name}".`,
    "graphcell list shows which there are.",
  );
}

/** `graphcell list`. */
export async function listFunctions(options: ClusterOptions, terminal: Terminal): Promise<ExitCode> {
  const cluster = await openCluster(options, null);
  const project = options.project ?? cluster.connection.project;
  const functions = await cluster.dashboard.functions(project);
  if (options.json) {
    printJson(
      terminal,
      functions.map((fn) => ({
        name: fn.name,
        project: fn.project,
        state: fn.state,
        graph: fn.annotations["graphcell.io/graph"] ?? null,
        urls: addressesOf(fn, cluster.dashboard),
        image: fn.image,
      })),
    );
    return Exit.done;
  }
  const width = Math.max(4, ...functions.map((fn) => fn.name.length));
  for (const fn of functions) {
    const urls = addressesOf(fn, cluster.dashboard).join(" ");
    terminal.out(
      `${fn.name.padEnd(width)}  ${fn.state.padEnd(12)}  ${fn.project ?? ""}  ${urls}`.trimEnd() + "\n",
    );
  }
  if (functions.length === 0)
    terminal.err(`graphcell: there are no functions${project === null ? "" : ` in project "${project}"`}.\n`);
  return Exit.done;
}

/** `graphcell delete`: only what `--confirm` names. */
export async function deleteFunction(options: ClusterOptions, terminal: Terminal): Promise<ExitCode> {
  const { cluster, name } = await targetFunction(options, terminal);
  if (options.confirm !== name) {
    throw usage(`Deleting "${name}" can't be undone.`, `Say that this is meant with --confirm ${name}.`);
  }
  await cluster.dashboard.delete(name, options.force);
  if (options.json) printJson(terminal, { deleted: name });
  else terminal.out(`Deleted "${name}".\n`);
  return Exit.done;
}

/** `graphcell redeploy`: again from the image, without a build. */
export async function redeployFunction(options: ClusterOptions, terminal: Terminal): Promise<ExitCode> {
  const { cluster, name } = await targetFunction(options, terminal);
  await existing(cluster, name);
  await cluster.dashboard.setState(name, "ready");
  return follow(cluster, name, options, terminal);
}

/** `graphcell rollback`: what a function was before a push is pushed again. */
export async function rollbackFunction(options: ClusterOptions, terminal: Terminal): Promise<ExitCode> {
  const { cluster, name } = await targetFunction(options, terminal);
  const history = new History(cluster.connection.name, cluster.connection.namespace);
  const versions = await history.versions(name);
  const version = versions[options.to - 1];
  const old = await version?.read();
  if (!version || !old) {
    throw usage(
      `There is no version ${options.to} of "${name}" on this machine; it has ${versions.length}.`,
      "Versions are kept by each push from here; an earlier notebook can be pushed from git.",
    );
  }
  const now = await cluster.dashboard.function(name);
  if (now !== null) await history.save(now);
  await cluster.dashboard.deploy(configOf(old), now === null ? "create" : "update");
  if (!options.json) terminal.err(`Going back to ${version.at}.\n`);
  return options.wait ? follow(cluster, name, options, terminal) : Exit.done;
}

async function follow(
  cluster: Cluster,
  name: string,
  options: ClusterOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const shown = new PushTerminal(terminal, options.verbose);
  const result = await followDeployment(namedFunction(name), {
    dashboard: cluster.dashboard,
    onProgress: (progress) => shown.show(progress),
  });
  shown.end();
  if (options.json)
    printJson(terminal, { name, phase: result.phase, explanation: result.explanation as never });
  else if (result.phase === "ready") terminal.out(`Ready: "${name}".\n`);
  else if (result.explanation)
    terminal.err(`graphcell: ${result.explanation.sentence} ${result.explanation.remedy}\n`);
  return result.phase === "ready" ? Exit.done : Exit.wrong;
}

/** `graphcell logs`. */
export async function functionLogs(options: ClusterOptions, terminal: Terminal): Promise<ExitCode> {
  const { cluster, name } = await targetFunction(options, terminal);
  await existing(cluster, name);
  const replicas = await cluster.dashboard.replicas(name);
  for (const replica of replicas) {
    const text = cleanLog(await cluster.dashboard.log(name, replica, options.lines));
    const mark = replicas.length > 1 ? `${replica}  ` : "";
    for (const line of text.split("\n")) if (line !== "") terminal.out(`${mark}${line}\n`);
  }
  if (options.follow) await followLogs(cluster, name, terminal);
  return Exit.done;
}

/** Follows all replicas until the command is ended; reopens what a scaling or a proxy ended. */
async function followLogs(cluster: Cluster, name: string, terminal: Terminal): Promise<void> {
  const cancel = new CancelSource();
  const stop = (): void => cancel.cancel();
  process.once("SIGINT", stop);
  try {
    while (!cancel.cancelled) {
      const replicas = await cluster.dashboard.replicas(name, cancel);
      await Promise.all(replicas.map((replica) => followOne(cluster, name, replica, terminal, cancel)));
      await systemClock.sleep(1000, cancel);
    }
  } finally {
    process.removeListener("SIGINT", stop);
  }
}

async function followOne(
  cluster: Cluster,
  name: string,
  replica: string,
  terminal: Terminal,
  cancel: CancelToken,
): Promise<void> {
  let rest = "";
  const onText = (text: string): void => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) terminal.out(`${cleanLog(line)}\n`);
  };
  try {
    await cluster.dashboard.followLog(name, replica, "1s", onText, cancel);
  } catch (error) {
    const passing =
      error instanceof ClusterError && (error.status === 0 || error.code === "GC_CLUSTER_REPLICA");
    if (!passing) throw error;
  }
}

/** `graphcell connections`: names and addresses; that a secret is set, never which. */
export async function listConnections(options: ClusterOptions, terminal: Terminal): Promise<ExitCode> {
  const { connections, standard } = await loadConnections();
  const rows = connections.map((one) => ({
    name: one.name,
    url: one.url,
    authentication: one.authentication.kind,
    project: one.project,
    standard: one.name === standard,
  }));
  if (options.json) printJson(terminal, rows);
  else if (rows.length === 0) terminal.err(`graphcell: there are no connections in ${connectionsPath()}.\n`);
  else
    for (const row of rows)
      terminal.out(`${row.standard ? "* " : "  "}${row.name}  ${row.url}  ${row.authentication}\n`);
  return Exit.done;
}
