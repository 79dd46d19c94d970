import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type * as vscode from "vscode";
import { SessionDeployHost } from "@graphcell/core/deployment";
import {
  Dashboard,
  type DeployHost,
  type FolderPort,
  type NamedConnection,
  type NativeBundle,
  authenticationHeaders,
  chooseConnection,
  secretKind,
} from "@graphcell/core/nuclio";
import {
  ClusterHttp,
  DiskFolder,
  History,
  connectionsPath,
  fileAtRevision,
  loadConnections,
  printedSecret,
  systemClock,
} from "@graphcell/kernel-bridge/node";
import type { NotebookSession } from "../sessions";

/** Asks for a secret; undefined when the person gives none. */
export type AskSecret = (connection: string, kind: string) => Thenable<string | undefined>;

/** One notebook's graph and the user's clusters, reached from Node; secrets are in VS Code's own store. */
export class CodeDeployHost extends SessionDeployHost implements DeployHost {
  readonly folder: FolderPort;

  constructor(
    private readonly current: NotebookSession,
    private readonly secrets: vscode.SecretStorage,
    private readonly ask: AskSecret,
  ) {
    super(current.session, current.notebook);
    this.folder = new DiskFolder(dirname(current.document.uri.fsPath));
  }

  async connections() {
    const { connections } = await loadConnections();
    return connections.map(({ name, url }) => ({ name, url }));
  }

  async cluster(name: string) {
    const connection = chooseConnection(await loadConnections(), name, connectionsPath());
    const http = new ClusterHttp(connection);
    let secret: string | null | undefined;
    const headers = async () => {
      if (secret === undefined) secret = await this.secretOf(connection);
      return authenticationHeaders(connection.authentication, secret);
    };
    return { http, dashboard: new Dashboard({ connection, http, clock: systemClock, headers }) };
  }

  /** What was pushed from this machine, by this window or by the command. */
  async history(name: string) {
    const { namespace } = chooseConnection(await loadConnections(), name, connectionsPath());
    return new History(name, namespace);
  }

  /** The build puts it beside the extension. */
  async engine(): Promise<NativeBundle | null> {
    const path = fileURLToPath(new URL("native-function.cjs", import.meta.url));
    return { code: await readFile(path, "utf8") };
  }

  newId(): string {
    return randomUUID();
  }

  revision(name: string): Promise<string> {
    return fileAtRevision(this.current.document.uri.fsPath, name);
  }

  private async secretOf({ name, authentication, secret }: NamedConnection): Promise<string | null> {
    const kind = secretKind(authentication);
    if (kind === null) return null;
    if (secret.command && secret.command.length > 0) return printedSecret(name, secret);
    const fromEnvironment = secret.env === undefined ? undefined : process.env[secret.env];
    if (fromEnvironment) return fromEnvironment;
    const key = `graphcell.connection.${name}`;
    const stored = await this.secrets.get(key);
    if (stored !== undefined) return stored;
    const given = await this.ask(name, kind);
    if (given === undefined || given === "") return "";
    await this.secrets.store(key, given);
    return given;
  }
}
