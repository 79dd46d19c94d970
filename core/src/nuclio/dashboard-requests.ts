import type { CancelToken } from "../lifetime";
import { encodeUtf8 } from "../value/bytes";
import { textOfBytes } from "./clean-log";
import type { Connection } from "./connection";
import { type Clock, ClusterError, type HttpAnswer, type HttpPort, TransportError } from "./http";
import { type Json, type JsonObject, isObject, objectOf, textOf } from "./json";
import { type Asked, htmlAnswer, redirectAnswer, refusal, unreachable } from "./refusals";

/** Milliseconds without a byte until a request is given up. */
const PATIENCE = 30_000;
/** Times that a request which changes nothing is sent before its failure is told. */
const TRIES = 5;
/** Milliseconds before the second try; doubled for each further one, at random below that. */
const BACK_OFF = 500;
const LONGEST_BACK_OFF = 8_000;
/** Answers after which another try may help. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export interface DashboardOptions {
  readonly connection: Connection;
  readonly http: HttpPort;
  readonly clock: Clock;
  /** Headers that prove who the user is; asked for before each request, so that a token may be renewed. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
}

export interface DashboardRequest {
  readonly method: string;
  /** Below `/api`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
  readonly asked: Omit<Asked, "connection">;
  /** May be sent again without harm. */
  readonly repeatable: boolean;
  readonly timeoutMs?: number;
  readonly cancel: CancelToken;
}

/** Sends requests to a dashboard's API: again where that does no harm and may help, failures as `ClusterError`. */
export class DashboardRequests {
  constructor(protected readonly options: DashboardOptions) {}

  get connection(): Connection {
    return this.options.connection;
  }

  get clock(): Clock {
    return this.options.clock;
  }

  protected async read(
    path: string,
    action: string,
    cancel: CancelToken,
    headers: Readonly<Record<string, string>> = {},
    name?: string,
  ): Promise<JsonObject> {
    const asked = { action, ...(name === undefined ? {} : { name }) };
    return this.json(
      await this.request({ method: "GET", path, headers, asked, repeatable: true, cancel }),
      asked,
    );
  }

  protected async readOr404(
    request: Pick<DashboardRequest, "path" | "headers" | "asked" | "cancel">,
  ): Promise<JsonObject | null> {
    try {
      return this.json(await this.request({ method: "GET", repeatable: true, ...request }), request.asked);
    } catch (error) {
      const missing = error instanceof ClusterError && error.status === 404;
      if (missing && error.code !== "GC_CLUSTER_NOT_NUCLIO") return null;
      throw error;
    }
  }

  protected async send(request: DashboardRequest): Promise<void> {
    await this.request(request);
  }

  protected json(answer: HttpAnswer, asked: Omit<Asked, "connection">): JsonObject {
    const text = textOfBytes(answer.body);
    try {
      const value: unknown = JSON.parse(text);
      if (isObject(value)) return value;
    } catch {
      // told below
    }
    const about = { ...asked, connection: this.connection.name };
    if (looksLikeHtml(answer, text)) throw htmlAnswer(answer.status, text, about);
    throw new ClusterError(
      "GC_CLUSTER_NOT_NUCLIO",
      `The answer at the address of connection "${about.connection}" is not that of a Nuclio dashboard.`,
      "Check the address and its path.",
      answer.status,
      text.slice(0, 500),
    );
  }

  /** Sends a request, again where that does no harm and may help; gives an answer below 400. */
  protected async request(request: DashboardRequest): Promise<HttpAnswer> {
    const asked = this.about(request);
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.once(await this.wire(request), asked);
        if (answer.status < 400) return answer;
        throw refusal(answer.status, errorText(answer), asked);
      } catch (error) {
        if (!(error instanceof ClusterError) || !this.tryAgain(error, request, attempt)) throw error;
        await this.clock.sleep(backOff(attempt, this.clock), request.cancel);
        if (request.cancel.cancelled) throw error;
      }
    }
  }

  private tryAgain(error: ClusterError, request: DashboardRequest, attempt: number): boolean {
    if (attempt >= TRIES || request.cancel.cancelled) return false;
    const { transport, status } = error;
    if (transport === "tls" || transport === "proxy" || transport === "cancelled") return false;
    // A request that never left may be sent again, whatever it asks for.
    if (transport === "refused") return request.repeatable;
    if (status === 0) return request.repeatable;
    return request.repeatable && (PASSING.has(status) || (status === 500 && error.raw === ""));
  }

  protected async once(wire: Parameters<HttpPort["send"]>[0], asked: Asked): Promise<HttpAnswer> {
    let answer: HttpAnswer;
    try {
      answer = await this.options.http.send(wire);
    } catch (error) {
      if (error instanceof TransportError) throw unreachable(error, asked);
      throw error;
    }
    if (answer.status >= 300 && answer.status < 400) {
      throw redirectAnswer(answer.status, answer.headers.get("location") ?? "", asked);
    }
    return answer;
  }

  protected async wire(request: DashboardRequest): Promise<Parameters<HttpPort["send"]>[0]> {
    const { method, path, body, timeoutMs = PATIENCE, cancel } = request;
    const json: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    const proof = await this.options.headers();
    return {
      method,
      url: `${this.connection.url}/api${path}`,
      headers: { ...json, ...request.headers, ...proof },
      body: body === undefined ? null : encodeUtf8(JSON.stringify(body)),
      timeoutMs,
      cancel,
    };
  }

  protected about(request: Pick<DashboardRequest, "asked">): Asked {
    return { ...request.asked, connection: this.connection.name };
  }
}

function backOff(attempt: number, clock: Clock): number {
  const most = Math.min(LONGEST_BACK_OFF, BACK_OFF * 2 ** (attempt - 1));
  return most / 2 + (clock.random() * most) / 2;
}

function looksLikeHtml(answer: HttpAnswer, text: string): boolean {
  return /html/i.test(answer.headers.get("content-type") ?? "") || /^\s*<(!doctype|html)/i.test(text);
}

/** What the dashboard says in an answer of 400 or more: its `error`, else its text, else nothing. */
function errorText(answer: HttpAnswer): string {
  const text = textOfBytes(answer.body);
  try {
    return textOf(objectOf(JSON.parse(text))["error"]) ?? "";
  } catch {
    return looksLikeHtml(answer, text) ? "" : text;
  }
}
