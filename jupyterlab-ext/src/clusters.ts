import { URLExt } from "@jupyterlab/coreutils";
import { ServerConnection } from "@jupyterlab/services";
import { type CancelToken, type Disposable, GraphcellError } from "@graphcell/core";
import {
  type Clock,
  type Connection,
  type ConnectionChoice,
  Dashboard,
  type DeployedFunction,
  type EarlierVersion,
  type HttpAnswer,
  type HttpPort,
  type HttpRequest,
  TransportError,
  type TransportKind,
  type VersionStore,
  decodeFunction,
} from "@graphcell/core/nuclio";

interface Row {
  readonly name: string;
  readonly url: string;
  readonly namespace: string | null;
  readonly project: string | null;
  readonly functionHost: string | null;
  readonly metrics: boolean;
}

/** The user's clusters, reached through the Jupyter server, which alone has their secrets. */
export class LabClusters {
  private rows: readonly Row[] = [];

  constructor(private readonly settings: ServerConnection.ISettings) {}

  async list(): Promise<readonly ConnectionChoice[]> {
    const url = URLExt.join(this.settings.baseUrl, "graphcell/connections");
    const answer = await ServerConnection.makeRequest(url, {}, this.settings);
    if (answer.status === 404) return [];
    this.rows = decodeRows(await answer.json());
    return this.rows.map(({ name, url: shown }) => ({ name, url: shown }));
  }

  history(name: string): VersionStore {
    return new LabHistory(this.baseOf(name), this.settings);
  }

  /** Text of a file of the server as a revision of git has it. */
  async revision(path: string, revision: string): Promise<string> {
    const query = URLExt.objectToQueryString({ path, revision });
    const url = URLExt.join(this.settings.baseUrl, "graphcell/revision") + query;
    const answer = await ServerConnection.makeRequest(url, {}, this.settings);
    if (answer.ok) return answer.text();
    const said = (await answer.json().catch(() => ({}))) as { error?: unknown };
    throw new GraphcellError(
      "GC_GIT",
      typeof said.error === "string" ? said.error : "The Jupyter server could not ask git.",
      "Name a revision in which the notebook is: HEAD, a branch, a tag.",
    );
  }

  private baseOf(name: string): string {
    return URLExt.join(this.settings.baseUrl, "graphcell/clusters", encodeURIComponent(name));
  }

  open(name: string): { readonly dashboard: Dashboard; readonly http: HttpPort } {
    const row = this.rows.find((one) => one.name === name);
    const base = this.baseOf(name);
    const http = new ProxyHttp(base, this.settings);
    const connection: Connection = {
      name,
      url: base,
      namespace: row?.namespace ?? null,
      // The server proves who the user is; it calls functions at their own addresses, without any secret.
      authentication: { kind: "bearer" },
      ca: null,
      proxy: null,
      project: row?.project ?? null,
      functionHost: row?.functionHost ?? null,
      // The server knows where they are.
      metrics: row?.metrics === true ? `${base}/metrics/{function}` : null,
    };
    return {
      http,
      dashboard: new Dashboard({ connection, http, clock: browserClock, headers: () => Promise.resolve({}) }),
    };
  }
}

/** Versions that the Jupyter server keeps, for the command too. */
class LabHistory implements VersionStore {
  constructor(
    private readonly base: string,
    private readonly settings: ServerConnection.ISettings,
  ) {}

  async save({ name, namespace, labels, annotations, spec }: DeployedFunction): Promise<void> {
    const body = JSON.stringify({ metadata: { name, namespace, labels, annotations }, spec });
    const answer = await this.ask(name, { method: "POST", body });
    if (!answer.ok) {
      throw new GraphcellError(
        "GC_HISTORY",
        `The Jupyter server could not keep what "${name}" is now.`,
        "Make sure that it may write below its home folder.",
      );
    }
  }

  async versions(name: string): Promise<readonly EarlierVersion[]> {
    const answer = await this.ask(name, {});
    const times: unknown = answer.ok ? await answer.json() : [];
    if (!Array.isArray(times)) return [];
    return times
      .filter((at): at is string => typeof at === "string")
      .map((at) => ({
        at,
        read: async () => {
          const version = await this.ask(`${name}/${at}`, {});
          return version.ok ? decodeFunction(await version.json()) : null;
        },
      }));
  }

  private ask(path: string, init: RequestInit): Promise<Response> {
    return ServerConnection.makeRequest(`${this.base}/history/${path}`, init, this.settings);
  }
}

function decodeRows(value: unknown): readonly Row[] {
  if (!Array.isArray(value)) return [];
  const text = (v: unknown): string | null => (typeof v === "string" && v !== "" ? v : null);
  return value.flatMap((row: Readonly<Record<string, unknown>>) => {
    const [name, url] = [text(row["name"]), text(row["url"])];
    if (name === null || url === null) return [];
    const { namespace, project, functionHost, metrics } = row;
    return [
      {
        name,
        url,
        namespace: text(namespace),
        project: text(project),
        functionHost: text(functionHost),
        metrics: metrics === true,
      },
    ];
  });
}

/** Requests below `base` go to the dashboard, any other is a call of a function: both by the Jupyter server. */
class ProxyHttp implements HttpPort {
  constructor(
    private readonly base: string,
    private readonly settings: ServerConnection.ISettings,
  ) {}

  async send(request: HttpRequest): Promise<HttpAnswer> {
    const answer = await this.ask(request);
    const body = new Uint8Array(await answer.arrayBuffer().catch(lost));
    return { status: answer.status, headers: headersOf(answer), body };
  }

  async stream(
    request: HttpRequest,
    onChunk: (chunk: Uint8Array) => void,
  ): Promise<Omit<HttpAnswer, "body">> {
    const answer = await this.ask(request);
    const reader = answer.body?.getReader();
    for (;;) {
      const part = await reader?.read().catch(lost);
      if (!part || part.done) break;
      onChunk(part.value);
    }
    return { status: answer.status, headers: headersOf(answer) };
  }

  private async ask(request: HttpRequest): Promise<Response> {
    const stop = new AbortController();
    const offs: Disposable[] = [request.cancel.onCancel(() => stop.abort())];
    const timer = setTimeout(() => stop.abort(), request.timeoutMs);
    try {
      const answer = await this.fetch(request, stop.signal);
      const kind = answer.headers.get("x-graphcell-transport");
      if (kind === null) return answer;
      const said = (await answer.json()) as { error?: unknown };
      throw new TransportError(kindOf(kind), typeof said.error === "string" ? said.error : kind);
    } catch (error) {
      if (error instanceof TransportError) throw error;
      if (request.cancel.cancelled) throw new TransportError("cancelled", "cancelled");
      throw new TransportError(
        stop.signal.aborted ? "timeout" : "lost",
        "the Jupyter server does not answer",
      );
    } finally {
      clearTimeout(timer);
      for (const off of offs) off.dispose();
    }
  }

  private fetch(request: HttpRequest, signal: AbortSignal): Promise<Response> {
    const { method, url, headers, body } = request;
    if (url.startsWith(this.base)) {
      const init = { method, headers: { ...headers }, body: body === null ? null : blobOf(body), signal };
      return ServerConnection.makeRequest(url, init, this.settings);
    }
    const call = { url, method, headers, body: body === null ? null : base64(body) };
    return ServerConnection.makeRequest(
      `${this.base}/call`,
      { method: "POST", body: JSON.stringify(call), signal },
      this.settings,
    );
  }
}

function blobOf(bytes: Uint8Array): Blob {
  return new Blob([Uint8Array.from(bytes)]);
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function headersOf(answer: Response): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  answer.headers.forEach((value, name) => headers.set(name, value));
  return headers;
}

function lost(): never {
  throw new TransportError("cut", "the answer ended in its middle");
}

const KINDS: readonly TransportKind[] = ["refused", "unknown-host", "timeout", "tls", "cut", "lost", "proxy"];

function kindOf(text: string): TransportKind {
  return KINDS.find((kind) => kind === text) ?? "other";
}

const browserClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms: number, cancel: CancelToken) =>
    new Promise((resolve) => {
      if (cancel.cancelled) return resolve();
      const timer = setTimeout(end, ms);
      const off = cancel.onCancel(end);
      function end(): void {
        clearTimeout(timer);
        off.dispose();
        resolve();
      }
    }),
};
