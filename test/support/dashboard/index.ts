import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { type ServerOptions, createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { recorded } from "../recorded";
import { type PlannedFault, applyFault, takeFault } from "./faults";
import { type Answer, Functions, error } from "./functions";
import { type JsonRecord, own } from "./records";

export type { Fault, PlannedFault } from "./faults";

/** A request as the stand-in got it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface StandInOptions {
  /** Headers that a request must have, less those of `/versions`; 401 without a body otherwise. */
  readonly requires?: (headers: Readonly<Record<string, string>>) => boolean;
  readonly tls?: ServerOptions;
  /** Answers below this path only, as behind an ingress. */
  readonly prefix?: string;
}

/**
 * A stand-in for a Nuclio dashboard, which behaves as the recordings in `test/nuclio/recorded`: their status codes,
 * empty bodies, states over time and cumulative logs. It can be told to fail at any point, and it is its functions too:
 * what is called at their address is answered by `answerCall`.
 */
export class StandInDashboard {
  readonly projects = new Set(["default"]);
  readonly functions: Functions;
  readonly seen: SeenRequest[] = [];
  readonly faults: PlannedFault[] = [];
  frontend: JsonRecord = own(recorded("002-frontend-spec").answers[0]?.body);
  /** Text of a replica's log; what is added later is what a follower gets. */
  log = "";
  answerCall: (call: SeenRequest) => Answer = () => ({ status: 200, body: { ok: true } });
  private readonly followers = new Set<ServerResponse>();
  private server: Server | null = null;
  private readonly direct: Server;

  private constructor(private readonly options: StandInOptions) {
    this.direct = createServer((request, response) => void this.call(request, response));
    this.functions = new Functions(this.projects, () => (this.direct.address() as AddressInfo).port);
  }

  static async start(options: StandInOptions = {}): Promise<StandInDashboard> {
    const made = new StandInDashboard(options);
    await listen(made.direct, 0);
    await made.up();
    return made;
  }

  /** Starts to listen, on the same port as before. */
  async up(): Promise<void> {
    const handle = (request: IncomingMessage, response: ServerResponse): void =>
      void this.handle(request, response);
    const server = this.options.tls ? createSecureServer(this.options.tls, handle) : createServer(handle);
    await listen(server, this.port);
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  private port = 0;

  get url(): string {
    return `${this.options.tls ? "https" : "http"}://localhost:${String(this.port)}${this.options.prefix ?? ""}`;
  }

  /** Is gone, as while a dashboard restarts; what it knows stays. */
  async down(): Promise<void> {
    const { server } = this;
    this.server = null;
    for (const follower of this.followers) follower.destroy();
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }

  async stop(): Promise<void> {
    await this.down();
    this.direct.closeAllConnections();
    await new Promise<void>((resolve) => this.direct.close(() => resolve()));
  }

  fail(fault: Omit<PlannedFault, "times"> & { times?: number }): void {
    this.faults.push({ times: 1, ...fault });
  }

  /** Adds to the log of every replica. */
  write(text: string): void {
    this.log += text;
    for (const follower of this.followers) follower.write(text);
  }

  /** Ends the logs that are followed, as when a replica ends. */
  endLogs(): void {
    for (const follower of this.followers) follower.end();
    this.followers.clear();
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = await read(request);
    this.seen.push(seen);
    const fault = takeFault(this.faults, seen.method, seen.path.slice((this.options.prefix ?? "").length));
    if (fault && (await applyFault(fault, request, response))) return;
    const answer = this.answer(seen, response);
    if (answer === null) return;
    if (fault?.kind === "lose") request.socket.destroy();
    else if (fault?.kind === "cut") cut(response, answer);
    else write(response, answer);
  }

  private answer(seen: SeenRequest, response: ServerResponse): Answer | null {
    const prefix = `${this.options.prefix ?? ""}/api`;
    if (!seen.path.startsWith(prefix)) return error("005");
    const [path = "", query = ""] = seen.path.slice(prefix.length).split("?");
    if (path !== "/versions" && this.options.requires?.(seen.headers) === false) return { status: 401 };
    const parts = path.split("/").slice(1).map(decodeURIComponent);
    switch (parts[0]) {
      case "versions":
        return { status: 200, body: recorded("001-versions").answers[0]?.body };
      case "frontend_spec":
        return { status: 200, body: this.frontend };
      case "projects":
        return this.project(seen, parts[1]);
      case "functions":
        return this.function(seen, parts.slice(1), query, response);
      case "function_invocations":
        return this.invoke(seen);
      case "api_gateways":
        return seen.method === "GET" ? { status: 200, body: {} } : error("116");
      default:
        return error("005");
    }
  }

  private project(seen: SeenRequest, name: string | undefined): Answer {
    if (seen.method === "POST") {
      const wanted = String(own(own(JSON.parse(seen.body))["metadata"])["name"]);
      if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(wanted)) return error("015");
      this.projects.add(wanted);
      return { status: 201, body: { metadata: { name: wanted, namespace: "nuclio" }, spec: {}, status: {} } };
    }
    const shown = (one: string): JsonRecord => ({
      metadata: { name: one, namespace: "nuclio" },
      spec: {},
      status: {},
    });
    if (name === undefined)
      return { status: 200, body: Object.fromEntries([...this.projects].map((p) => [p, shown(p)])) };
    return this.projects.has(name) ? { status: 200, body: shown(name) } : error("014");
  }

  private function(
    seen: SeenRequest,
    [name, what, replica]: readonly string[],
    query: string,
    response: ServerResponse,
  ): Answer | null {
    const { functions } = this;
    const project = seen.headers["x-nuclio-project-name"];
    const truthy = (header: string): boolean => seen.headers[header]?.toLowerCase() === "true";
    if (seen.method === "POST" || seen.method === "PUT") {
      return functions.deploy(seen.method, seen.body, project, truthy("x-nuclio-wait-function-action"));
    }
    if (seen.method === "DELETE") {
      if (name !== undefined) return { status: 405 };
      return functions.remove(seen.body, truthy("x-nuclio-delete-function-ignore-state-validation"));
    }
    if (seen.method === "PATCH") return functions.patch(name ?? "", seen.body);
    if (name === undefined) return functions.list(project);
    if (what === undefined) return functions.get(name);
    if (!functions.records.has(name)) return error("028");
    if (what === "replicas") return { status: 200, body: { names: [`nuclio-${name}`] } };
    return replica === `nuclio-${name}` ? this.logs(query, response) : error("042");
  }

  /** `tailLines=1` is read as a yes or no and so passed over; the log is followed unless `follow=false`. */
  private logs(query: string, response: ServerResponse): Answer | null {
    const lines = /tailLines=(\d+)/.exec(query)?.[1];
    const asked = lines === undefined || lines === "0" || lines === "1" ? Infinity : Number(lines);
    const all = this.log.split(/(?<=\n)/);
    const text = all.slice(Math.max(0, all.length - asked)).join("");
    if (/follow=(false|0|f)\b/.test(query)) return { status: 200, text };
    response.writeHead(200, { "content-type": "text/plain" });
    response.write(text);
    this.followers.add(response);
    response.on("close", () => this.followers.delete(response));
    return null;
  }

  private invoke(seen: SeenRequest): Answer {
    const name = seen.headers["x-nuclio-function-name"];
    if (name === undefined) return error("036");
    const record = this.functions.records.get(name);
    if (!record) return error("035");
    if (record.status["state"] !== "ready") return error("076");
    return this.fromFunction({ ...seen, path: seen.headers["x-nuclio-path"] ?? "/" });
  }

  private async call(request: IncomingMessage, response: ServerResponse): Promise<void> {
    write(response, this.fromFunction(await read(request)));
  }

  private fromFunction(call: SeenRequest): Answer {
    return { ...this.answerCall(call), ...{ server: "nuclio" } };
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "localhost", resolve);
  });
}

async function read(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, String(v)]));
  return {
    method: request.method ?? "",
    path: request.url ?? "",
    headers,
    body: Buffer.concat(chunks).toString(),
  };
}

function content(answer: Answer): { readonly headers: Record<string, string>; readonly data: string } {
  const { body, text } = answer;
  const server: Record<string, string> = "server" in answer ? { server: "nuclio" } : {};
  if (typeof body === "string" || text !== undefined) {
    return { headers: { ...server, "content-type": "text/plain" }, data: text ?? String(body) };
  }
  const data = body === undefined || body === null ? "" : JSON.stringify(body);
  return { headers: { ...server, "content-type": "application/json" }, data };
}

function write(response: ServerResponse, answer: Answer): void {
  const { headers, data } = content(answer);
  response.writeHead(answer.status, headers);
  response.end(data);
}

/** Half of the answer, then the end of the connection. */
function cut(response: ServerResponse, answer: Answer): void {
  const { headers, data } = content(answer);
  response.writeHead(answer.status, { ...headers, "content-length": String(Math.max(2, data.length)) });
  response.write(data.slice(0, Math.floor(data.length / 2)), () => response.socket?.destroy());
}
