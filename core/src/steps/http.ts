import type { ServerContext } from "../engine/context";
import { failure } from "../engine/failure";
import type { FlowEvent } from "../engine/flowevent";
import { jsonText } from "../engine/jsontext";
import { type Coro, Later, wait } from "../engine/loop";
import { JsonError, dumpJson, parseJson } from "../value/json";
import { repr, str } from "../value/repr";
import { PyBytes, type PyMap, type PyValue } from "../value/value";
import { decodeUtf8, encodeUtf8 } from "../value/bytes";

export interface HttpCall {
  readonly method: string;
  readonly url: string;
  readonly headers: PyMap;
  readonly body: Uint8Array | null;
  readonly timeoutMs: number | null;
}

/** Which of Python's clients sends a request: they write the same one differently. */
export type HttpClient = "aiohttp" | "requests";

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly text: string;
}

/** Sends a request through the host; other events go on meanwhile. */
export function* send(
  context: ServerContext,
  step: string,
  request: HttpCall,
  client: HttpClient = "aiohttp",
): Coro<HttpAnswer> {
  const { fetch } = context;
  if (fetch === null) {
    throw failure(
      "RuntimeError",
      `step ${step} would call ${request.url}, and this simulation may not use the network`,
    );
  }
  const { body, timeoutMs } = request;
  const method = request.method.toUpperCase();
  const headers = headersOf(request, client);
  // aiohttp says what an empty body is.
  if (client === "aiohttp" && body === null && POSTS.has(method) && !hasType(headers.keys()))
    headers.set("Content-Type", "application/octet-stream");
  const url = wireUrl(request.url, client);
  const sent = fetch({ method, url, headers, body, timeoutMs }).catch((error: unknown) => {
    throw httpFailure(error);
  });
  const given = yield* wait(new Later(sent, true));
  return {
    status: given.status,
    contentType: given.headers.get("content-type") ?? "",
    data: given.body,
    text: decodeUtf8(given.body) ?? "",
  };
}

const POSTS: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

export function hasType(names: Iterable<PyValue>): boolean {
  return [...names].some((name) => String(name).toLowerCase() === "content-type");
}

/** Values as a client writes them: a host takes characters of one byte each. */
function headersOf({ headers }: HttpCall, client: HttpClient): Map<string, string> {
  const text = (value: PyValue): string => {
    const told = str(value);
    return client === "aiohttp" ? String.fromCharCode(...encodeUtf8(told)) : told;
  };
  return new Map([...headers].map(([name, value]) => [str(name), text(value)]));
}

/** What a path and a query may hold as it is: RFC 3986, for both clients. */
const IN_PATH = /[A-Za-z0-9\-._~!$&'()*+,;=:@/]/;
const IN_QUERY = /[A-Za-z0-9\-._~!$&'()*+,;=:@/?]/;

/** The URL with everything else in its path and query as `%XX`, and no fragment. */
export function wireUrl(url: string, client: HttpClient): string {
  const parts = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)([^?#]*)(?:\?([^#]*))?/i.exec(url);
  if (!parts) return url;
  const [, base = "", path = "", query] = parts;
  const asked = query === undefined ? "" : `?${quoted(query, IN_QUERY, client === "aiohttp" ? "+" : "%20")}`;
  return base + quoted(path, IN_PATH, "%20") + asked;
}

function quoted(text: string, kept: RegExp, space: string): string {
  return text.replace(/%[0-9a-f]{2}|[^]/giu, (part) => {
    if (part.length === 3 && part.startsWith("%")) return part.toUpperCase();
    if (part === " ") return space;
    if (kept.test(part)) return part;
    return [...encodeUtf8(part)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
      .join("");
  });
}

function httpFailure(error: unknown): Error {
  const name = error instanceof Error ? error.name : "";
  const message = error instanceof Error ? error.message : String(error);
  if (name === "TimeoutError" || name === "AbortError") return failure("TimeoutError", "");
  return failure("ClientConnectorError", message);
}

export function bodyBytes(body: string | PyBytes): Uint8Array {
  return typeof body === "string" ? encodeUtf8(body) : body.data;
}

/** The body as Python's `json.dumps` writes it. */
export function jsonBody(body: PyValue): Uint8Array {
  return encodeUtf8(dumpJson(body));
}

/** What a step makes of an answer: JSON where it is asked for or said to be, else the bytes. */
export function dataOf(answer: HttpAnswer, wantsJson: boolean): PyValue {
  if (!wantsJson && answer.contentType.toLowerCase() !== "application/json") return new PyBytes(answer.data);
  try {
    return parseJson(jsonText(answer.data));
  } catch (error) {
    if (error instanceof JsonError) throw failure("JSONDecodeError", error.message);
    throw error;
  }
}

/** `str(event)` of a mock event. */
export function eventText(event: FlowEvent): string {
  const error = event.failed ? `, error=${repr(event.error)}` : "";
  return `Event(id=${str(event.id)}, body=${str(event.body)}, method=${str(event.method)}, path=${str(event.path)}${error})`;
}
