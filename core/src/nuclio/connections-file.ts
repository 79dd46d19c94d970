import { GraphcellError } from "../errors";
import { parseYaml } from "../model/yaml";
import { type Authentication, type Connection, dashboardUrl } from "./connection";
import {
  type FieldReader,
  type SettingProblem,
  flag,
  listOf,
  mapOf,
  oneOf,
  record,
  text,
} from "./field-reader";
import { plain } from "./settings";

/** Where a connection's secret is to be had. Never the secret itself. */
export interface SecretSource {
  /** Name of an environment variable. */
  readonly env?: string;
  /** A program that prints it: `[pass, show, nuclio]`. */
  readonly command?: readonly string[];
}

export interface NamedConnection extends Connection {
  readonly secret: SecretSource;
}

export interface Connections {
  readonly connections: readonly NamedConnection[];
  /** The one that is used where none is named; null without one. */
  readonly standard: string | null;
}

interface AuthenticationEntry {
  readonly kind: "none" | "basic" | "bearer" | "header" | "cookie" | "certificate";
  readonly username?: string;
  readonly header?: string;
  readonly cookie?: string;
  readonly certificate?: string;
  readonly key?: string;
}

interface Entry {
  readonly url: string;
  readonly namespace?: string;
  readonly project?: string;
  readonly authentication?: AuthenticationEntry;
  readonly secret?: SecretSource;
  readonly ca?: string;
  readonly proxy?: string;
  readonly functionHost?: string;
  readonly metrics?: string;
  /** The server that passes requests on may use it too. */
  readonly shared?: boolean;
}

const entry: FieldReader<Entry> = record<Entry>(
  {
    url: text,
    namespace: text,
    project: text,
    authentication: record<AuthenticationEntry>(
      {
        kind: oneOf("none", "basic", "bearer", "header", "cookie", "certificate"),
        username: text,
        header: text,
        cookie: text,
        certificate: text,
        key: text,
      },
      ["kind"],
    ),
    secret: record<SecretSource>({ env: text, command: listOf(text) }),
    ca: text,
    proxy: text,
    functionHost: text,
    metrics: text,
    shared: flag,
  },
  ["url"],
);

const file = record<{ connections?: Readonly<Record<string, Entry>>; default?: string }>({
  connections: mapOf(entry),
  default: text,
});

/** Names under which people put secrets into files where they do not belong. */
const SECRET_NAMES = /^(token|password|passwd|accessKey|access_key|key|value|secret)$/;

/** Reads the user's own file of connections. Throws `GraphcellError` that says all that is wrong with it. */
export function readConnections(source: string, path: string): Connections {
  const problems: SettingProblem[] = [];
  const value = source.trim() === "" ? {} : plain(parseYaml(source));
  const read = file(value, "", (problem) => problems.push(withAdvice(problem))) ?? {};
  if (problems.length > 0) {
    const said = problems.map((p) => `${p.message} ${p.remedy}`).join(" ");
    throw new GraphcellError("GC_CONNECTIONS", `${path} can't be used: ${said}`);
  }
  const connections = Object.entries(read.connections ?? {}).map(([name, one]) => connectionOf(name, one));
  const standard = read.default ?? (connections.length === 1 ? (connections[0]?.name ?? null) : null);
  return { connections, standard };
}

function withAdvice(problem: SettingProblem): SettingProblem {
  const name = problem.at.split(".").pop() ?? "";
  if (!SECRET_NAMES.test(name)) return problem;
  return { ...problem, remedy: "No secret belongs in this file: name where it is with secret: {env: NAME}." };
}

function connectionOf(name: string, one: Entry): NamedConnection {
  return {
    name,
    url: dashboardUrl(one.url),
    namespace: one.namespace ?? null,
    authentication: authenticationOf(name, one.authentication ?? { kind: "none" }),
    ca: one.ca ?? null,
    proxy: one.proxy ?? null,
    project: one.project ?? null,
    functionHost: one.functionHost ?? null,
    metrics: one.metrics ?? null,
    secret: one.secret ?? { env: secretVariable(name) },
  };
}

/** The environment variable that holds a connection's secret where its entry names none. */
export function secretVariable(name: string): string {
  return `GRAPHCELL_SECRET_${name.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}`;
}

function authenticationOf(name: string, given: AuthenticationEntry): Authentication {
  const need = (field: "username" | "header" | "cookie" | "certificate" | "key"): string => {
    const value = given[field];
    if (value !== undefined && value !== "") return value;
    throw new GraphcellError(
      "GC_CONNECTIONS",
      `Connection "${name}" proves who you are by ${given.kind}, but its "${field}" is not given.`,
      `Add ${field} to its authentication.`,
    );
  };
  switch (given.kind) {
    case "none":
    case "bearer":
      return { kind: given.kind };
    case "basic":
      return { kind: "basic", username: need("username") };
    case "header":
      return { kind: "header", header: need("header") };
    case "cookie":
      return { kind: "cookie", cookie: need("cookie") };
    case "certificate":
      return { kind: "certificate", certificate: need("certificate"), key: need("key") };
    default:
      return given.kind satisfies never;
  }
}

/** The connection of that name, the standard one for null; throws `GraphcellError` with the names that there are. */
export function chooseConnection(all: Connections, wanted: string | null, path: string): NamedConnection {
  const name = wanted ?? all.standard;
  const found = all.connections.find((one) => one.name === name);
  if (found) return found;
  const names = all.connections.map((one) => one.name).join(", ");
  throw new GraphcellError(
    "GC_CONNECTIONS",
    name === null ? "No connection is named." : `There is no connection "${name}".`,
    names === ""
      ? `Give --dashboard URL, or write connections into ${path}.`
      : `Name one of ${names} with --connection, or give --dashboard URL.`,
  );
}
