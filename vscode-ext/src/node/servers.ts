import { dirname, parse } from "node:path";
import * as vscode from "vscode";
import { CancelSource, Disposables, GraphcellError, untrusted } from "@graphcell/core";
import { joinServer, randomToken, startServer, type JupyterServer } from "@graphcell/kernel-bridge/node";
import { chooseInterpreter, completeInterpreter, pythonSetting } from "./interpreter";

/** Seconds that our server waits for the next window after this one is gone: a reload takes a few. */
const LINGERS = 60;
const STATE_KEY = "graphcell.servers";

/** What a window that reloads needs to find a server again. Tokens are kept apart, by VS Code's secret storage. */
interface Remembered {
  readonly url: string;
  readonly rootDir: string;
  /** The setting that named its Python. */
  readonly python: string;
}

interface Start {
  readonly folder: string;
  readonly python: Parameters<typeof startServer>[0]["python"];
  readonly setting: string;
}

/** A notebook, or a file. */
export interface HasPlace {
  readonly uri: vscode.Uri;
}

/**
 * The Jupyter servers of this window, one for each Python that the setting names: usually a single one, started when the
 * first cell runs, and found again after a reload. Kernels of a Python that was set before go on where they are.
 */
export class OwnServers extends Disposables {
  private readonly starting = new Map<string, Promise<JupyterServer>>();
  private readonly servers = new Map<string, JupyterServer>();
  private joining: Promise<void> | null = null;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
  }

  /** All that run, those of a former life of this window included. */
  async running(): Promise<readonly JupyterServer[]> {
    await (this.joining ??= this.joinFormer());
    return [...this.servers.values()];
  }

  private async joinFormer(): Promise<void> {
    for (const state of this.remembered) {
      try {
        const token = await this.context.secrets.get(keyOf(state));
        const { url, rootDir: ownRoot } = state;
        if (token !== undefined) this.take(await joinServer({ url, token, ownRoot }), state.python);
      } catch (error) {
        this.log.info(`A Jupyter server of the last session is gone: ${textOf(error)}`);
        await this.forget(state);
      }
    }
  }

  /** The server for notebooks of `folder`; null when the person declined what it needs. */
  async get(document: HasPlace): Promise<JupyterServer | null> {
    await this.running();
    const setting = pythonSetting(document.uri);
    const known = this.servers.get(setting) ?? this.starting.get(setting);
    if (known) return known;
    if (!vscode.workspace.isTrusted) throw untrusted();
    const folder = folderOf(document);
    const found = await chooseInterpreter(folder, document.uri);
    const python = await completeInterpreter(found, this.log);
    if (!python) return null;
    // Another notebook may have asked for the same meanwhile.
    const starting = this.starting.get(setting) ?? this.start({ folder, python, setting });
    this.starting.set(setting, starting);
    return starting.finally(() => this.starting.delete(setting));
  }

  private start({ folder, python, setting }: Start): Promise<JupyterServer> {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t("Graphcell: starting a kernel"),
      cancellable: true,
    };
    return Promise.resolve(
      vscode.window.withProgress(options, async (_, token) => {
        const cancel = new CancelSource();
        token.onCancellationRequested(() => cancel.cancel());
        const secret = randomToken();
        const server = await startServer({
          ...{ python, cwd: folder, token: secret, lingers: LINGERS, cancel },
          notebookDir: rootOf(folder),
          onLog: (line) => this.log.info(line),
        });
        await this.remember({ url: server.url, rootDir: rootOf(folder), python: setting }, secret);
        return this.take(server, setting);
      }),
    );
  }

  private take(server: JupyterServer, setting: string): JupyterServer {
    this.servers.set(setting, server);
    server.onEnd((error) => {
      this.log.error(error.message);
      if (this.servers.get(setting) === server) this.servers.delete(setting);
    });
    return server;
  }

  private get remembered(): readonly Remembered[] {
    return this.context.workspaceState.get<readonly Remembered[]>(STATE_KEY, []);
  }

  private async remember(state: Remembered, token: string): Promise<void> {
    for (const former of this.remembered) if (former.python === state.python) await this.forget(former);
    // Each has a secret of its own: the store is one for all windows.
    await this.context.secrets.store(keyOf(state), token);
    await this.context.workspaceState.update(STATE_KEY, [...this.remembered, state]);
  }

  private async forget({ url }: Remembered): Promise<void> {
    await this.context.secrets.delete(keyOf({ url }));
    await this.context.workspaceState.update(
      STATE_KEY,
      this.remembered.filter((other) => other.url !== url),
    );
  }
}

/** Name of the secret that holds a server's token. */
function keyOf({ url }: Pick<Remembered, "url">): string {
  return `graphcell.server.token.${url}`;
}

/** The notebook's folder; that of the workspace for one that is not saved yet. */
export function folderOf({ uri }: HasPlace): string {
  if (uri.scheme === "file") return dirname(uri.fsPath);
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (workspace?.scheme === "file") return workspace.fsPath;
  throw new GraphcellError(
    "GC_KERNEL_FOLDER",
    "This notebook is not on a disk of this machine, so no kernel can be started beside it.",
    "Save it into a folder, or join a running Jupyter server: Graphcell: Choose Kernel Connection.",
  );
}

/** The server's root: the drive, so that one server has kernels in every folder. Its token is ours alone. */
function rootOf(folder: string): string {
  return parse(folder).root;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
