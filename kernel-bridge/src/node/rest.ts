/** Calls of a Jupyter server's REST API. The token goes in a header: never in an address, a log or a message. */
import { GraphcellError } from "@graphcell/core";

export interface ServerAddress {
  /** With a slash at its end, without a token. */
  readonly url: string;
  readonly token: string;
}

export interface RestReply {
  readonly status: number;
  readonly body: unknown;
}

const CALL_MS = 15_000;

/**
 * Calls the server and gives its answer, 404 included. Throws `GC_SERVER_TOKEN` when it refuses the token,
 * `GC_SERVER_UNREACHABLE` when nothing answers, `GC_SERVER_REFUSED` for any other status that is no success.
 */
export async function call(
  server: ServerAddress,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
  timeoutMs = CALL_MS,
): Promise<RestReply> {
  const reply = await send(server, method, path, body, timeoutMs);
  const text = await reply.text().catch(() => "");
  if (reply.status === 401 || reply.status === 403) throw tokenRefused(server);
  if (!reply.ok && reply.status !== 404) throw refused(server, `${method} ${path}`, reply.status, text);
  return { status: reply.status, body: parsed(text) };
}

async function send(
  { url, token }: ServerAddress,
  method: string,
  path: string,
  body: unknown,
  timeoutMs: number,
): Promise<Response> {
  try {
    return await fetch(new URL(path, url), {
      method,
      headers: { ...authorization(token), "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A login page is no answer.
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    throw unreachable(url, reasonOf(error));
  }
}

export function authorization(token: string): Record<string, string> {
  return token === "" ? {} : { Authorization: `token ${token}` };
}

export function tokenRefused({ url, token }: ServerAddress): GraphcellError {
  return new GraphcellError(
    "GC_SERVER_TOKEN",
    token === ""
      ? `The Jupyter server at ${url} wants a token.`
      : `The Jupyter server at ${url} does not accept the token.`,
    "Take the token that `jupyter server list` shows, and give it by the environment: JUPYTER_TOKEN.",
  );
}

export function unreachable(url: string, reason: string): GraphcellError {
  return new GraphcellError(
    "GC_SERVER_UNREACHABLE",
    `No Jupyter server answers at ${url} (${reason}).`,
    "Check that it runs and that the address is right.",
  );
}

function refused(server: ServerAddress, what: string, status: number, text: string): GraphcellError {
  const body = parsed(text);
  const said = isObject(body) && typeof body.message === "string" ? `: ${body.message}` : "";
  return new GraphcellError(
    "GC_SERVER_REFUSED",
    `The Jupyter server at ${server.url} answered ${what} with status ${status}${said}.`,
    "Its log says more.",
  );
}

/** The innermost reason of a failed fetch, such as ECONNREFUSED. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "no answer in time";
  const { cause } = error;
  if (isObject(cause) && typeof cause.code === "string") return cause.code;
  return cause instanceof Error ? cause.message : error.message;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
