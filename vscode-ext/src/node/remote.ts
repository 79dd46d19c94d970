import * as vscode from "vscode";
import { Disposables, GraphcellError, untrusted } from "@graphcell/core";
import { asGraphcellError } from "@graphcell/kernel-bridge";
import { joinServer, type JupyterServer } from "@graphcell/kernel-bridge/node";

const SETTING = "jupyterServer";

/** The Jupyter server of the setting. Its token is asked for once and kept by VS Code's secret storage, nowhere else. */
export class RemoteServer extends Disposables {
  private joined: Promise<JupyterServer> | null = null;

  constructor(private readonly secrets: vscode.SecretStorage) {
    super();
    this.add({ dispose: () => void this.forget() });
    this.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(`graphcell.${SETTING}`)) this.forget();
      }),
    );
  }

  /** Address without a token; empty when there is none. */
  get url(): string {
    return vscode.workspace.getConfiguration("graphcell").get<string>(SETTING)?.trim() ?? "";
  }

  /** Asks for an address and a token; false when the person declined. A token in the address is taken out of it. */
  async ask(): Promise<boolean> {
    const given = await vscode.window.showInputBox({
      title: vscode.l10n.t("Address of a running Jupyter server"),
      prompt: vscode.l10n.t("As `jupyter server list` or a browser shows it, with or without its token"),
      placeHolder: "http://127.0.0.1:8888/",
      value: this.url,
      ignoreFocusOut: true,
      validateInput: (text) =>
        addressOf(text) ? null : vscode.l10n.t("Write it like http://127.0.0.1:8888/"),
    });
    const address = given === undefined ? null : addressOf(given);
    if (!address) return false;
    const token = address.token ?? (await this.askToken(address.url));
    if (token === null) return false;
    await this.secrets.store(keyOf(address.url), token);
    this.forget();
    await vscode.workspace
      .getConfiguration("graphcell")
      .update(SETTING, address.url, vscode.ConfigurationTarget.Global);
    return true;
  }

  /** The server, joined if need be; null when the person declined to give its token. */
  async get(): Promise<JupyterServer | null> {
    if (!vscode.workspace.isTrusted) throw untrusted();
    if (this.joined) return this.joined;
    const { url } = this;
    if (url === "") throw noAddress();
    const token = (await this.secrets.get(keyOf(url))) ?? (await this.askToken(url));
    if (token === null) return null;
    await this.secrets.store(keyOf(url), token);
    const joined = (this.joined = joinServer({ url, token }));
    joined.then(
      (server) => server.onEnd(() => this.forget()),
      (error: unknown) => {
        this.forget();
        // A token that the server refuses is asked for again.
        if (asGraphcellError(error, "").code === "GC_SERVER_TOKEN") void this.secrets.delete(keyOf(url));
      },
    );
    return joined;
  }

  private async askToken(url: string): Promise<string | null> {
    const token = await vscode.window.showInputBox({
      title: vscode.l10n.t("Token of {0}", url),
      prompt: vscode.l10n.t("Kept in VS Code's secret storage. Empty when the server wants none."),
      password: true,
      ignoreFocusOut: true,
    });
    return token ?? null;
  }

  private forget(): void {
    this.joined = null;
  }
}

function keyOf(url: string): string {
  return `graphcell.token.${url}`;
}

function addressOf(text: string): { readonly url: string; readonly token: string | null } | null {
  try {
    const url = new URL(text.trim());
    if (url.protocol !== "http:" && url.protocol !== "https:") return null;
    const token = url.searchParams.get("token");
    return { url: `${url.origin}${url.pathname}`, token };
  } catch {
    return null;
  }
}

function noAddress(): GraphcellError {
  return new GraphcellError(
    "GC_SERVER_URL",
    "No Jupyter server is named in the setting graphcell.jupyterServer.",
    "Name one by the command Graphcell: Choose Kernel Connection.",
  );
}
