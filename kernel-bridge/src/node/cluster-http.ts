import { readFile } from "node:fs/promises";
import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import * as tls from "node:tls";
import type { CancelToken } from "@graphcell/core";
import {
  type Clock,
  type Connection,
  type HttpAnswer,
  type HttpPort,
  type HttpRequest,
  type TransportKind,
  TransportError,
} from "@graphcell/core/nuclio";

/** What of a connection the transport needs: files with certificates, and a proxy. */
export type TransportOptions = Pick<Connection, "ca" | "proxy" | "authentication">;

interface Certificates {
  readonly ca?: (string | Buffer)[];
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** HTTP to clusters from Node: private CA, client certificate, proxy, timeouts, answers that end in their middle. */
export class ClusterHttp implements HttpPort {
  private certificates: Promise<Certificates> | null = null;

  constructor(private readonly options: TransportOptions) {}

  async send(request: HttpRequest): Promise<HttpAnswer> {
    const chunks: Uint8Array[] = [];
    const answer = await this.exchange(request, (chunk) => chunks.push(chunk));
    return { ...answer, body: Buffer.concat(chunks) };
  }

  async stream(
    request: HttpRequest,
    onChunk: (chunk: Uint8Array) => void,
  ): Promise<Omit<HttpAnswer, "body">> {
    return this.exchange(request, onChunk);
  }

  private async exchange(
    request: HttpRequest,
    onChunk: (chunk: Uint8Array) => void,
  ): Promise<Omit<HttpAnswer, "body">> {
    const url = new URL(request.url);
    const certificates = await this.load();
    const through = await this.tunnel(url, request);
    if (request.cancel.cancelled) throw new TransportError("cancelled", "cancelled");
    return new Promise((resolve, reject) => {
      const fail = (kind: TransportKind, message: string): void => {
        off.dispose();
        reject(new TransportError(kind, message));
        sent.destroy();
      };
      const sent = begin(url, request, certificates, through, (answer) => {
        receive(answer, onChunk, {
          done: () => {
            off.dispose();
            resolve({ status: answer.statusCode ?? 0, headers: headersOf(answer) });
          },
          cut: () => fail(request.cancel.cancelled ? "cancelled" : "cut", "the answer ended in its middle"),
        });
      });
      const off = request.cancel.onCancel(() => fail("cancelled", "cancelled"));
      sent.setTimeout(request.timeoutMs, () => fail("timeout", `no answer in ${request.timeoutMs} ms`));
      sent.on("error", (error) => fail(kindOf(error), told(error)));
      sent.end(request.body ?? undefined);
    });
  }

  private load(): Promise<Certificates> {
    this.certificates ??= readCertificates(this.options).catch((error: unknown) => {
      this.certificates = null;
      throw error;
    });
    return this.certificates;
  }

  /** A connection through the proxy; null where there is none, or where plain HTTP asks it for the whole URL. */
  private async tunnel(url: URL, request: HttpRequest): Promise<Socket | URL | null> {
    if (this.options.proxy === null || isLocal(url)) return null;
    const proxy = new URL(this.options.proxy);
    if (url.protocol === "http:") return proxy;
    return connectThrough(proxy, url, request);
  }
}

function isLocal(url: URL): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
}

async function readCertificates(options: TransportOptions): Promise<Certificates> {
  const { ca, authentication } = options;
  const own: Certificates =
    authentication.kind === "certificate"
      ? {
          cert: await readOwn(authentication.certificate, "client certificate"),
          key: await readOwn(authentication.key, "client key"),
        }
      : {};
  if (ca === null) return own;
  // A private authority goes beside the known ones: the cluster may have a gateway with either.
  return { ...own, ca: [...tls.rootCertificates, await readOwn(ca, "certificate authority")] };
}

async function readOwn(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch {
    throw new TransportError("tls", `the file of the ${what}, ${path}, can't be read`);
  }
}

function begin(
  url: URL,
  request: HttpRequest,
  certificates: Certificates,
  through: Socket | URL | null,
  onAnswer: (answer: http.IncomingMessage) => void,
): http.ClientRequest {
  const { method, headers, body } = request;
  const length = body === null ? {} : { "content-length": String(body.length) };
  const common = { method, headers: { ...headers, ...length }, agent: false as const };
  if (through instanceof URL) {
    const proxied = { ...common, host: through.hostname, port: through.port || 80, path: url.href };
    return http.request({ ...proxied, headers: { ...proxied.headers, host: url.host } }, onAnswer);
  }
  if (url.protocol === "http:") return http.request(url, common, onAnswer);
  if (through === null) return https.request(url, { ...common, ...certificates }, onAnswer);
  // An agent, even none, would make a connection of its own.
  const tunnelled = { agent: undefined, createConnection: () => tlsOver(through, url, certificates) };
  return https.request(url, { ...common, ...tunnelled }, onAnswer);
}

function tlsOver(socket: Socket, url: URL, certificates: Certificates): tls.TLSSocket {
  return tls.connect({ socket, servername: url.hostname, ...certificates });
}

function connectThrough(proxy: URL, url: URL, request: HttpRequest): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const asked = http.request({
      method: "CONNECT",
      host: proxy.hostname,
      port: proxy.port || 80,
      path: `${url.hostname}:${url.port || 443}`,
      headers: { host: url.host },
      agent: false,
      timeout: request.timeoutMs,
    });
    asked.on("connect", (answer, socket) => {
      if (answer.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new TransportError("proxy", `it answered ${answer.statusCode ?? 0}`));
    });
    asked.on("timeout", () => asked.destroy(new TransportError("proxy", "it did not answer in time")));
    asked.on("error", (error) => {
      reject(error instanceof TransportError ? error : new TransportError("proxy", told(error)));
    });
    asked.end();
  });
}

/** Hands on the body and tells its end; an answer that ends before its own end is cut. */
function receive(
  answer: http.IncomingMessage,
  onChunk: (chunk: Uint8Array) => void,
  told: { readonly done: () => void; readonly cut: () => void },
): void {
  answer.on("data", (chunk: Buffer) => onChunk(chunk));
  answer.on("error", () => told.cut());
  answer.on("end", () => (answer.complete ? told.done() : told.cut()));
  answer.on("close", () => {
    if (!answer.complete) told.cut();
  });
}

function headersOf(answer: http.IncomingMessage): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(answer.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
}

const KINDS: Readonly<Record<string, TransportKind>> = {
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  ENOTFOUND: "unknown-host",
  EAI_AGAIN: "unknown-host",
  ETIMEDOUT: "timeout",
  ECONNRESET: "lost",
  EPIPE: "lost",
  EPROTO: "tls",
};

function kindOf(error: Error): TransportKind {
  if (error instanceof TransportError) return error.kind;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (/^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/.test(code))
    return "tls";
  return KINDS[code] ?? (/socket hang up/.test(error.message) ? "lost" : "other");
}

/** What the system says, without anything of the request. */
function told(error: Error): string {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const texts: Readonly<Record<string, string>> = {
    CERT_HAS_EXPIRED: "the certificate has expired, or this machine's clock is wrong",
    CERT_NOT_YET_VALID: "the certificate is not valid yet, or this machine's clock is wrong",
    DEPTH_ZERO_SELF_SIGNED_CERT: "the certificate is signed by itself",
    SELF_SIGNED_CERT_IN_CHAIN: "the certificate comes from an authority that is not known here",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the certificate comes from an authority that is not known here",
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the certificate comes from an authority that is not known here",
    ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is for another host",
    EPROTO: "the other side does not speak TLS, or asks for a client certificate",
  };
  return texts[code] ?? error.message;
}

/** The machine's clock, sleep and chance. */
export const systemClock: Clock = {
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
