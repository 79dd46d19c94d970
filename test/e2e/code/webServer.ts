/** Serves VS Code to a browser that has nothing else: no remote extension host, all extensions in a web worker. */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, extname, join, normalize } from "node:path";
import type { Driver } from "./server";

export interface WebServerOptions {
  readonly root: string;
  /** Script of code-server, whose workbench it is. */
  readonly server: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface WebServer {
  readonly url: string;
  readonly driver: Driver;
  stop(): Promise<void>;
}

interface Call {
  readonly id: number;
  readonly code: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".svg": "image/svg+xml",
  ".ttf": "font/ttf",
  ".wasm": "application/wasm",
};

const WORKBENCH = "out/vs/code/browser/workbench/workbench.js";

export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const vscode = join(dirname(dirname(dirname(options.server))), "lib/vscode");
  const folders: Readonly<Record<string, string>> = {
    vscode,
    graphcell: join(options.root, "vscode-ext"),
    driver: join(options.root, "test/e2e/code/webDriver"),
  };
  const calls = new Calls();
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(404).end(String(error));
    });
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://local").pathname));
    const say = (type: string, body: string | Uint8Array) =>
      response.writeHead(200, { "Content-Type": type }).end(body);
    if (path === "/")
      return void say(TYPES[".html"], page(server.address() as AddressInfo, options.settings));
    if (path === "/driver/next") return void say(TYPES[".json"], JSON.stringify(await calls.next()));
    if (path === "/driver/done") {
      calls.done(JSON.parse(await bodyOf(request)) as Answer);
      return void response.writeHead(204).end();
    }
    const [, name, ...rest] = path.split("/");
    const file = join(folders[name] ?? "", ...rest);
    const data = await readFile(file);
    say(
      TYPES[extname(file)] ?? "application/octet-stream",
      file.endsWith(WORKBENCH) ? alone(String(data)) : data,
    );
  }
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    driver: { call: (work, argument) => calls.call(String(work), argument) as never },
    async stop() {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Code-server's workbench without what ties it to a server: its remote extension host and the files there. */
function alone(workbench: string): string {
  const cut = workbench.replace(/,remoteAuthority:location\.host\}/, "}");
  const home = /\.file\(this\.userDataPath\)\.with\(\{scheme:\w+\.vscodeRemote\}\)/;
  const made = cut.replace(home, '.file("/").with({scheme:"vscode-userdata"})');
  if (cut === workbench || made === cut)
    throw new Error("this code-server's workbench is put together otherwise");
  return made;
}

function page({ port }: AddressInfo, settings: Readonly<Record<string, unknown>>): string {
  const at = (path: string) => ({ scheme: "http", authority: `localhost:${port}`, path });
  const webviews = `http://localhost:${port}/vscode/out/vs/workbench/contrib/webview/browser/pre/`;
  const configuration = {
    folderUri: { scheme: "memory", authority: "", path: "/notebooks" },
    additionalBuiltinExtensions: [at("/driver"), at("/graphcell")],
    configurationDefaults: settings,
    enableWorkspaceTrust: false,
    productConfiguration: { enableTelemetry: false, webviewContentExternalBaseUrlTemplate: webviews },
    // What code-server asks for besides.
    userDataPath: "/user",
    isEnabledFileDownloads: true,
    isEnabledFileUploads: true,
    isEnabledCoderGettingStarted: false,
  };
  const data = JSON.stringify(configuration).replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const meta = (name: string, value: string) =>
    `<meta id="vscode-workbench-${name}" data-settings="${value}">`;
  return [
    '<!DOCTYPE html><html><head><meta charset="utf-8">',
    meta("web-configuration", data),
    meta("web-base-url", "/vscode"),
    meta("auth-session", ""),
    '<link rel="stylesheet" href="/vscode/out/vs/code/browser/workbench/workbench.css"></head><body></body>',
    '<script>globalThis._VSCODE_FILE_ROOT = new URL("/vscode/out/", location).toString();</script>',
    '<script type="module" src="/vscode/out/nls.messages.js"></script>',
    `<script type="module" src="/vscode/${WORKBENCH}"></script></html>`,
  ].join("\n");
}

/** Calls into the extension host, which comes for them. */
class Calls {
  private readonly waiting: Call[] = [];
  private readonly open = new Map<number, (answer: Answer) => void>();
  private taker: ((call: Call) => void) | null = null;
  private count = 0;

  call(code: string, argument: unknown): Promise<unknown> {
    const id = ++this.count;
    const done = new Promise<unknown>((resolve, reject) => {
      this.open.set(id, ({ value, error }) => {
        if (error === undefined) resolve(value);
        else reject(new Error(`in the extension host: ${error}`));
      });
    });
    const call = { id, code, argument };
    const { taker } = this;
    this.taker = null;
    if (taker) taker(call);
    else this.waiting.push(call);
    return done;
  }

  next(): Promise<Call> {
    const call = this.waiting.shift();
    return call ? Promise.resolve(call) : new Promise((taker) => (this.taker = taker));
  }

  done(answer: Answer): void {
    this.open.get(answer.id)?.(answer);
    this.open.delete(answer.id);
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) text += String(part);
  return text;
}
