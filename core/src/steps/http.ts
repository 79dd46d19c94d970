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

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly text: string;
}

/** Sends a request through the host; other events go on meanwhile. */
export function* send(context: ServerContext, step: string, request: HttpCall): Coro<HttpAnswer> {
  const { fetch } = context;
  if (fetch === null) {
    throw failure(
      "RuntimeError",
      `step ${step} would call ${request.url}, and this simulation may not use the network`,
    );
  }
  const headers = new Map([...request.headers].map(([name, value]) => [str(name), str(value)]));
  const { method, url, body, timeoutMs } = request;
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
