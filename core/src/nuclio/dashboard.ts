import type { CancelToken } from "../lifetime";
import { never } from "../lifetime";
import { ChunkDecoder } from "./chunk-text";
import { textOfBytes } from "./clean-log";
import { type DashboardRequest, DashboardRequests } from "./dashboard-requests";
import type { FunctionConfig } from "./function-spec";
import { type DeployedFunction, decodeFunction } from "./function-state";
import { ClusterError, type HttpAnswer, TransportError } from "./http";
import { type Json, type JsonObject, objectOf, textOf, textsOf } from "./json";
import { refusal, unreachable } from "./refusals";

export interface Invocation {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  readonly timeoutMs?: number;
}

export interface InvocationAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** The REST API of a Nuclio dashboard, with its oddities met. Every failure is a `ClusterError`. */
export class Dashboard extends DashboardRequests {
  /** The release, for example `1.14.1`; a dashboard that was built by hand says `latest`. */
  async version(cancel: CancelToken = never): Promise<string> {
    const answer = await this.read("/versions", "ask for its version", cancel);
    return textOf(objectOf(answer["dashboard"])["label"]) ?? "unknown";
  }

  /** Platform defaults: kind (`local`, `kube`), default function configuration, scaling. Needs authentication. */
  frontendSpec(cancel: CancelToken = never): Promise<JsonObject> {
    return this.read("/frontend_spec", "read the platform's defaults", cancel);
  }

  async projects(cancel: CancelToken = never): Promise<readonly string[]> {
    const headers = this.scope("x-nuclio-project-namespace");
    return Object.keys(await this.read("/projects", "list projects", cancel, headers)).sort();
  }

  async hasProject(project: string, cancel: CancelToken = never): Promise<boolean> {
    const asked = { action: `look for project "${project}"`, project };
    const path = `/projects/${encodeURIComponent(project)}`;
    const headers = this.scope("x-nuclio-project-namespace");
    return (await this.readOr404({ path, headers, asked, cancel })) !== null;
  }

  async createProject(project: string, description: string, cancel: CancelToken = never): Promise<void> {
    await this.send({
      method: "POST",
      path: "/projects",
      body: { metadata: { name: project, ...this.namespaceField() }, spec: { description } },
      asked: { action: `make project "${project}"`, project },
      repeatable: false,
      cancel,
    });
  }

  /** All functions of a project, of every project where none is given; by name. */
  async functions(project: string | null, cancel: CancelToken = never): Promise<readonly DeployedFunction[]> {
    const headers = { ...this.scope(), ...(project === null ? {} : { "x-nuclio-project-name": project }) };
    const answer = await this.read("/functions", "list functions", cancel, headers);
    return Object.values(answer)
      .map(decodeFunction)
      .filter((fn) => fn !== null)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** A function with its state and logs; null when there is none. */
  async function(name: string, cancel: CancelToken = never): Promise<DeployedFunction | null> {
    const path = `/functions/${encodeURIComponent(name)}`;
    const asked = { action: `read function "${name}"`, name };
    const answer = await this.readOr404({ path, headers: this.scope(), asked, cancel });
    return answer === null ? null : decodeFunction(answer);
  }

  /** Creates (`POST`) or updates (`PUT`) a function and starts its deployment. Never sent twice from here. */
  async deploy(config: FunctionConfig, how: "create" | "update", cancel: CancelToken = never): Promise<void> {
    const { name } = config.metadata;
    const project = config.metadata.labels["nuclio.io/project-name"] ?? null;
    await this.send({
      method: how === "create" ? "POST" : "PUT",
      path: how === "create" ? "/functions" : `/functions/${encodeURIComponent(name)}`,
      headers: { ...this.scope(), ...(project === null ? {} : { "x-nuclio-project-name": project }) },
      body: withNamespace(config, this.connection.namespace),
      asked: { action: `deploy function "${name}"`, name, project },
      repeatable: false,
      timeoutMs: 90_000,
      cancel,
    });
  }

  /** Starts a function again from its image, or scales it to zero. */
  async setState(name: string, state: "ready" | "scaledToZero", cancel: CancelToken = never): Promise<void> {
    await this.send({
      method: "PATCH",
      path: `/functions/${encodeURIComponent(name)}`,
      headers: this.scope(),
      body: { desiredState: state },
      asked: { action: `${state === "ready" ? "start" : "stop"} function "${name}"`, name },
      repeatable: false,
      cancel,
    });
  }

  /** Deletes a function, also one that is not there. `force`: even while it is being deployed. */
  async delete(name: string, force = false, cancel: CancelToken = never): Promise<void> {
    await this.send({
      method: "DELETE",
      path: "/functions",
      headers: {
        ...this.scope(),
        ...(force ? { "x-nuclio-delete-function-ignore-state-validation": "true" } : {}),
      },
      body: { metadata: { name, ...this.namespaceField() } },
      asked: { action: `delete function "${name}"`, name },
      repeatable: true,
      cancel,
    });
  }

  async replicas(name: string, cancel: CancelToken = never): Promise<readonly string[]> {
    const path = `/functions/${encodeURIComponent(name)}/replicas`;
    const answer = await this.read(path, `list the replicas of "${name}"`, cancel, this.scope(), name);
    return textsOf(answer["names"]);
  }

  /** The log of a replica as it is now. `lines` below 2 would be read as a yes or no by the dashboard. */
  async log(name: string, replica: string, lines: number, cancel: CancelToken = never): Promise<string> {
    const answer = await this.request(
      this.logRequest(name, replica, `follow=false&tailLines=${Math.max(2, lines)}`, cancel),
    );
    return textOfBytes(answer.body);
  }

  /** Follows the log of a replica until it ends or `cancel`; rejects with `ClusterError`. `since` is a Go duration. */
  async followLog(
    name: string,
    replica: string,
    since: string,
    onText: (text: string) => void,
    cancel: CancelToken,
  ): Promise<void> {
    const request = this.logRequest(name, replica, `follow=true&since=${since}`, cancel);
    const decoder = new ChunkDecoder(onText);
    const asked = this.about(request);
    try {
      const answer = await this.options.http.stream(
        await this.wire({ ...request, timeoutMs: 90_000 }),
        (chunk) => decoder.add(chunk),
      );
      if (answer.status >= 400) throw refusal(answer.status, decoder.text, asked);
    } catch (error) {
      throw error instanceof TransportError ? unreachable(error, asked) : error;
    } finally {
      decoder.end();
    }
  }

  private logRequest(name: string, replica: string, query: string, cancel: CancelToken): DashboardRequest {
    return {
      method: "GET",
      path: `/functions/${encodeURIComponent(name)}/logs/${encodeURIComponent(replica)}?${query}`,
      headers: this.scope(),
      asked: { action: `read the log of "${name}"`, name },
      repeatable: true,
      cancel,
    };
  }

  /**
   * Calls a function through the dashboard. Its answer is the function's, less every header `x-nuclio-*`; a failure of
   * the dashboard itself is a `ClusterError`. The dashboard passes all headers on to the function, those that prove
   * who the user is too: so where it asks for such headers, nothing is called through it.
   */
  async invoke(name: string, call: Invocation, cancel: CancelToken = never): Promise<InvocationAnswer> {
    if (!["none", "certificate"].includes(this.connection.authentication.kind)) throw wouldLeak(name);
    const seconds = Math.ceil((call.timeoutMs ?? 60_000) / 1000);
    const asked = { action: `call function "${name}"`, name };
    const request: DashboardRequest = {
      method: call.method,
      path: "/function_invocations",
      headers: {
        ...call.headers,
        "x-nuclio-function-name": name,
        ...this.scope(),
        "x-nuclio-path": call.path,
        "x-nuclio-invoke-timeout": `${seconds}s`,
      },
      asked,
      repeatable: false,
      timeoutMs: (seconds + 10) * 1000,
      cancel,
    };
    const wire = { ...(await this.wire(request)), body: call.method === "GET" ? null : call.body };
    const answer = await this.once(wire, this.about(request));
    const failure = invocationFailure(answer);
    if (failure !== null) throw refusal(answer.status, failure, this.about(request));
    return answer;
  }

  async gateways(project: string, cancel: CancelToken = never): Promise<JsonObject> {
    const headers = { ...this.gatewayScope(), "x-nuclio-project-name": project };
    return this.read("/api_gateways", "list API gateways", cancel, headers);
  }

  /** Creates an API gateway, or updates the one of that name. */
  async setGateway(
    name: string,
    project: string,
    spec: JsonObject,
    exists: boolean,
    cancel: CancelToken = never,
  ): Promise<void> {
    await this.send({
      method: exists ? "PUT" : "POST",
      path: exists ? `/api_gateways/${encodeURIComponent(name)}` : "/api_gateways",
      headers: { ...this.gatewayScope(), "x-nuclio-project-name": project },
      body: {
        metadata: { name, ...this.namespaceField(), labels: { "nuclio.io/project-name": project } },
        spec,
      },
      asked: { action: `${exists ? "update" : "make"} API gateway "${name}"`, name, project },
      repeatable: false,
      cancel,
    });
  }

  private gatewayScope(): Record<string, string> {
    return this.scope("x-nuclio-api-gateway-namespace");
  }

  private scope(header = "x-nuclio-function-namespace"): Record<string, string> {
    const { namespace } = this.connection;
    return namespace === null ? {} : { [header]: namespace };
  }

  private namespaceField(): JsonObject {
    const { namespace } = this.connection;
    return namespace === null ? {} : { namespace };
  }
}

function withNamespace(config: FunctionConfig, namespace: string | null): Json {
  const { metadata, spec } = config;
  const made = { ...metadata, ...(namespace === null ? {} : { namespace }) };
  return { metadata: made as unknown as JsonObject, spec }; // labels and annotations are texts
}

function wouldLeak(name: string): ClusterError {
  return new ClusterError(
    "GC_CLUSTER_CREDENTIALS",
    `Function "${name}" has no address of its own that this machine reaches, and the dashboard would hand your credentials to it.`,
    "Give the function an ingress or a NodePort, or set functionHost of the connection.",
    0,
  );
}

/**
 * The dashboard's own failure to call a function, told apart from the function's answer: its texts, and that nothing in
 * it comes from a processor (`server: nuclio`).
 */
function invocationFailure(answer: HttpAnswer): string | null {
  if (answer.status < 400 || answer.headers.get("server") === "nuclio") return null;
  const text = textOfBytes(answer.body);
  const own = /"error": ?"((?:[^"\\]|\\.)*)"/.exec(text);
  if (own === null) return answer.status === 401 || answer.status === 405 ? text : null;
  return text.startsWith("{") ? (own[1] ?? "") : null;
}
