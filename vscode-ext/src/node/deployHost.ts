import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type * as vscode from "vscode";
import { parseNotebook, runItem } from "@graphcell/core";
import {
  Dashboard,
  type DeployHost,
  type DeployRequest,
  type DeploySettings,
  type NamedConnection,
  SETTINGS_FILE,
  authenticationHeaders,
  chooseConnection,
  readSettings,
  secretKind,
  settingsError,
} from "@graphcell/core/nuclio";
import {
  ClusterHttp,
  History,
  connectionsPath,
  loadConnections,
  printedSecret,
  systemClock,
} from "@graphcell/kernel-bridge/node";
import type { NotebookSession } from "../sessions";

/** Asks for a secret; undefined when the person gives none. */
export type AskSecret = (connection: string, kind: string) => Thenable<string | undefined>;

/** One notebook's graph and the user's clusters, reached from Node; secrets are in VS Code's own store. */
export class CodeDeployHost implements DeployHost {
  private settings: DeploySettings = {};

  constructor(
    private readonly current: NotebookSession,
    private readonly secrets: vscode.SecretStorage,
    private readonly ask: AskSecret,
  ) {}

  async connections() {
    this.settings = await this.readSettings();
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

  newId(): string {
    return randomUUID();
  }

  request(): DeployRequest | null {
    const { notebook, session } = this.current;
    const parsed = parseNotebook(notebook.cells).graphs.find(
      (one) => one.name === session.state.current?.name,
    );
    if (!parsed) return null;
    const { graph, spec, name, variables } = parsed;
    return {
      graph,
      spec,
      name,
      cells: notebook.cells,
      graphNames: variables,
      settings: this.settings,
      notebook: notebook.name,
    };
  }

  events() {
    const saved = this.current.session.state.current?.events ?? [];
    return saved.map(({ id, name, event }) => ({
      id,
      name,
      event: runItem({ id, name, event, rest: {} }).event,
    }));
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

  private async readSettings(): Promise<DeploySettings> {
    const path = join(dirname(this.current.document.uri.fsPath), SETTINGS_FILE);
    const text = await readFile(path, "utf8").catch(() => "");
    const { settings, problems } = readSettings(text);
    if (problems.length > 0) throw settingsError(path, problems);
    return settings;
  }
}
