import { dirname, parse } from "node:path";
import * as vscode from "vscode";
import { CancelSource, Disposables, GraphcellError, untrusted } from "@graphcell/core";
import { joinServer, randomToken, startServer, type JupyterServer } from "@graphcell/kernel-bridge/node";
import { chooseInterpreter, completeInterpreter } from "./interpreter";

/** Seconds that our server waits for the next window after this one is gone: a reload takes a few. */
const LINGERS = 60;
const TOKEN_KEY = "graphcell.server.token";
const STATE_KEY = "graphcell.server";

/** What a window that reloads needs to find its server again. The token is kept apart, by VS Code's secret storage. */
interface Remembered {
  readonly url: string;
  readonly rootDir: string;
}

/** A notebook, or a file. */
export interface HasPlace {
  readonly uri: vscode.Uri;
}

/** The Jupyter server of this window: started when the first cell runs, found again after a reload. */
export class OwnServers extends Disposables {
  private starting: Promise<JupyterServer> | null = null;
  private server: JupyterServer | null = null;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
  }

  /** A server of a former life of this window, when it still runs. */
  async rejoin(): Promise<JupyterServer | null> {
    if (this.server) return this.server;
    const state = this.context.workspaceState.get<Remembered>(STATE_KEY);
    const token = state && (await this.context.secrets.get(TOKEN_KEY));
    if (!state || !token) return null;
    try {
      return this.take(await joinServer({ url: state.url, token, ownRoot: state.rootDir }));
    } catch (error) {
      this.log.info(`The Jupyter server of the last session is gone: ${textOf(error)}`);
      await this.context.workspaceState.update(STATE_KEY, undefined);
      return null;
    }
  }

  /** The server for notebooks of `folder`; null when the person declined what it needs. */
  async get(document: HasPlace): Promise<JupyterServer | null> {
    const rejoined = await this.rejoin();
    if (rejoined) return rejoined;
    if (!vscode.workspace.isTrusted) throw untrusted();
    const folder = folderOf(document);
    const found = await chooseInterpreter(folder, document.uri);
    const python = await completeInterpreter(found, this.log);
    if (!python) return null;
    this.starting ??= this.start(folder, python).finally(() => (this.starting = null));
    return this.starting;
  }

  private start(folder: string, python: Parameters<typeof startServer>[0]["python"]): Promise<JupyterServer> {
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
        await this.remember({ url: server.url, rootDir: rootOf(folder) }, secret);
        return this.take(server);
      }),
    );
  }

  private take(server: JupyterServer): JupyterServer {
    this.server = server;
    server.onEnd((error) => {
      this.log.error(error.message);
      if (this.server === server) this.server = null;
    });
    return server;
  }

  private async remember(state: Remembered, token: string): Promise<void> {
    await this.context.secrets.store(TOKEN_KEY, token);
    await this.context.workspaceState.update(STATE_KEY, state);
  }
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
