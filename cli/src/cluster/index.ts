import { ClusterError } from "@graphcell/core/nuclio";
import { CommandError, Exit, type ExitCode } from "../exit";
import type { Terminal } from "../terminal";
import { deployFile } from "./deploy";
import { diffFile } from "./diff";
import { exportFile } from "./export";
import {
  deleteFunction,
  functionLogs,
  listConnections,
  listFunctions,
  redeployFunction,
  rollbackFunction,
} from "./functions";
import { invokeFunction } from "./invoke";
import { CLUSTER_COMMANDS, CLUSTER_USAGE, type ClusterOptions, readClusterOptions } from "./options";

/** Whether a command line is for a cluster. */
export function isClusterCommand(argv: readonly string[]): boolean {
  return CLUSTER_COMMANDS.some((command) => command === argv[0]);
}

/** Runs a cluster command; rejects with `CommandError` for all that goes wrong. */
export async function clusterCommand(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const options = readClusterOptions(argv);
  if (options === "help") {
    terminal.out(CLUSTER_USAGE);
    return Exit.done;
  }
  try {
    return await perform(options, terminal);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    throw new CommandError(Exit.outside, error.message, error.remedy);
  }
}

function perform(options: ClusterOptions, terminal: Terminal): Promise<ExitCode> {
  const target = options.target ?? "";
  switch (options.command) {
    case "deploy":
      return deployFile(target, options, terminal);
    case "diff":
      return diffFile(target, options, terminal);
    case "export":
      return exportFile(target, options, terminal);
    case "invoke":
      return invokeFunction(options, terminal);
    case "logs":
      return functionLogs(options, terminal);
    case "list":
      return listFunctions(options, terminal);
    case "delete":
      return deleteFunction(options, terminal);
    case "redeploy":
      return redeployFunction(options, terminal);
    case "rollback":
      return rollbackFunction(options, terminal);
    case "connections":
      return listConnections(options, terminal);
    default:
      return options.command satisfies never;
  }
}
