import {
  Dashboard,
  type HttpPort,
  type NamedConnection,
  authenticationHeaders,
  chooseConnection,
  dashboardUrl,
  secretKind,
  secretVariable,
} from "@graphcell/core/nuclio";
import {
  ClusterHttp,
  connectionsPath,
  loadConnections,
  printedSecret,
  systemClock,
} from "@graphcell/kernel-bridge/node";
import { CommandError, Exit } from "../exit";
import type { ClusterOptions } from "./options";

/** A cluster that a command talks to. */
export interface Cluster {
  readonly dashboard: Dashboard;
  readonly http: HttpPort;
  readonly connection: NamedConnection;
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
    metrics: null,
    secret: { env: secretVariable("dashboard") },
  };
}

/** The secret of a connection, from the environment or the program that its entry names; null where none is needed. */
async function secretOf({ name, authentication, secret }: NamedConnection): Promise<string | null> {
  const kind = secretKind(authentication);
  if (kind === null) return null;
  if (secret.command !== undefined && secret.command.length > 0) return printedSecret(name, secret);
  const variable = secret.env ?? secretVariable(name);
  const value = process.env[variable];
  if (value !== undefined && value !== "") return value;
  throw new CommandError(
    Exit.outside,
    `The ${kind} of connection "${name}" is not set.`,
    `Set the environment variable ${variable}, or name a program as secret: {command: [...]}.`,
  );
}
