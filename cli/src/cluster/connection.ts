import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  type Connections,
  Dashboard,
  type HttpPort,
  type NamedConnection,
  authenticationHeaders,
  chooseConnection,
  dashboardUrl,
  readConnections,
  secretKind,
  secretVariable,
} from "@graphcell/core/nuclio";
import { ClusterHttp, systemClock } from "@graphcell/kernel-bridge/node";
import { isMissing } from "../document";
import { CommandError, Exit } from "../exit";
import type { ClusterOptions } from "./options";

/** A cluster that a command talks to. */
export interface Cluster {
  readonly dashboard: Dashboard;
  readonly http: HttpPort;
  readonly connection: NamedConnection;
}

/** The user's own file of connections. */
export function connectionsPath(env: NodeJS.ProcessEnv = process.env): string {
  const given = env["GRAPHCELL_CONNECTIONS"];
  if (given !== undefined && given !== "") return given;
  if (process.platform === "win32") return join(env["APPDATA"] ?? homedir(), "graphcell", "connections.yaml");
  return join(env["XDG_CONFIG_HOME"] || join(homedir(), ".config"), "graphcell", "connections.yaml");
}

/** The connections that there are; none where the file is missing. */
export async function loadConnections(): Promise<Connections> {
  const path = connectionsPath();
  let text = "";
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const missing = isMissing(error);
    if (!missing) throw new CommandError(Exit.usage, `${path} can't be read.`, "Check its permissions.");
  }
  return readConnections(text, path);
}

/** The cluster that options and settings name. */
export async function openCluster(options: ClusterOptions, wanted: string | null): Promise<Cluster> {
  const found =
    options.dashboard === null
      ? chooseConnection(await loadConnections(), options.connection ?? wanted, connectionsPath())
      : unnamed(options.dashboard);
  const connection = { ...found, namespace: options.namespace ?? found.namespace };
  const http = new ClusterHttp(connection);
  let secret: string | null | undefined;
  const headers = async (): Promise<Readonly<Record<string, string>>> => {
    if (secret === undefined) secret = await secretOf(connection);
    return authenticationHeaders(connection.authentication, secret);
  };
  return { connection, http, dashboard: new Dashboard({ connection, http, clock: systemClock, headers }) };
}

function unnamed(url: string): NamedConnection {
  return {
    name: "dashboard",
    url: dashboardUrl(url),
    namespace: null,
    authentication: process.env[secretVariable("dashboard")] ? { kind: "bearer" } : { kind: "none" },
    ca: process.env["NODE_EXTRA_CA_CERTS"] ?? null,
    proxy: null,
    project: null,
    functionHost: null,
    secret: { env: secretVariable("dashboard") },
  };
}

/** The secret of a connection, from the environment or the program that its entry names; null where none is needed. */
async function secretOf({ name, authentication, secret }: NamedConnection): Promise<string | null> {
  const kind = secretKind(authentication);
  if (kind === null) return null;
  if (secret.command !== undefined && secret.command.length > 0) return printed(name, secret.command);
  const variable = secret.env ?? secretVariable(name);
  const value = process.env[variable];
  if (value !== undefined && value !== "") return value;
  throw new CommandError(
    Exit.outside,
    `The ${kind} of connection "${name}" is not set.`,
    `Set the environment variable ${variable}, or name a program as secret: {command: [...]}.`,
  );
}

async function printed(name: string, command: readonly string[]): Promise<string> {
  const [program = "", ...args] = command;
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: 60_000 });
    return stdout.replace(/\r?\n$/, "");
  } catch {
    // What it printed may be half of a secret: nothing of it is told.
    throw new CommandError(
      Exit.outside,
      `The program "${program}" gave no secret for connection "${name}".`,
      "Run it by hand to see why.",
    );
  }
}
