import { GraphcellError } from "../errors";
import { encodeUtf8, toBase64 } from "../value/bytes";

/** How a connection proves who the user is. Secrets are not in it: a host looks them up by the connection's name. */
export type Authentication =
  | { readonly kind: "none" }
  | { readonly kind: "basic"; readonly username: string }
  | { readonly kind: "bearer" }
  | { readonly kind: "header"; readonly header: string }
  | { readonly kind: "cookie"; readonly cookie: string }
  /** The key and the certificate are the transport's business; files of the user's. */
  | { readonly kind: "certificate"; readonly certificate: string; readonly key: string };

/** A cluster that the user has named. */
export interface Connection {
  readonly name: string;
  /** The dashboard's address, with its path prefix where it has one: `https://host/nuclio`. */
  readonly url: string;
  readonly namespace: string | null;
  readonly authentication: Authentication;
  /** File with certificates of a private CA. */
  readonly ca: string | null;
  readonly proxy: string | null;
  /** Project for graphs whose settings name none. */
  readonly project: string | null;
  /** Address from which this machine reaches functions whose own is `0.0.0.0`; null: the dashboard's host. */
  readonly functionHost: string | null;
  /**
   * Where Prometheus' text of a function is to be had, `{function}` standing for its name: its own metrics endpoint, or
   * Prometheus' federation. Null: nowhere.
   */
  readonly metrics: string | null;
}

/** Default port of the dashboard. */
const PORT = 8070;

/** The address as it is used: with a scheme, without what may not be in it. Throws `GraphcellError` for none. */
export function dashboardUrl(text: string): string {
  const trimmed = text
    .trim()
    .replace(/\/+$/, "")
    .replace(/\/api$/, "");
  const match = /^(?:(\w+):\/\/)?(?:[^/@]*@)?([^/:?#@]+|\[[^\]]+\])(?::(\d+))?(\/[^?#]*)?$/.exec(trimmed);
  const scheme = match?.[1]?.toLowerCase() ?? "http";
  if (!match || (scheme !== "http" && scheme !== "https")) {
    throw new GraphcellError(
      "GC_CLUSTER_URL",
      `"${withoutCredentials(text)}" is not the address of a Nuclio dashboard.`,
      "Write it as http://host:8070 or https://host/path.",
    );
  }
  if (/\/\/[^/]*@/.test(trimmed)) {
    throw new GraphcellError(
      "GC_CLUSTER_URL",
      "The dashboard's address has a user or password in it, which would end up in logs.",
      "Leave them out, and set the connection's authentication instead.",
    );
  }
  const [, given, host = "", port, path = ""] = match;
  const portText = port !== undefined ? `:${port}` : given === undefined ? `:${PORT}` : "";
  return `${scheme}://${host}${portText}${path}`;
}

export function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/\s]*@/, "//");
}

/** What a secret is called for people: which one is asked for. Null where the connection needs none. */
export function secretKind(authentication: Authentication): string | null {
  switch (authentication.kind) {
    case "none":
    case "certificate":
      return null;
    case "basic":
      return "password";
    case "bearer":
      return "token";
    case "header":
      return `value of the header ${authentication.header}`;
    case "cookie":
      return `value of the cookie ${authentication.cookie}`;
    default:
      return authentication satisfies never;
  }
}

/** Headers that go with every request to the dashboard, and never to a function. */
export function authenticationHeaders(
  authentication: Authentication,
  secret: string | null,
): Readonly<Record<string, string>> {
  const value = secret ?? "";
  switch (authentication.kind) {
    case "none":
    case "certificate":
      return {};
    case "basic":
      return { authorization: `Basic ${toBase64(encodeUtf8(`${authentication.username}:${value}`))}` };
    case "bearer":
      return { authorization: `Bearer ${value}` };
    case "header":
      return { [authentication.header.toLowerCase()]: value };
    case "cookie":
      return { cookie: `${authentication.cookie}=${value}` };
    default:
      return authentication satisfies never;
  }
}

/** A text without a secret that may have got into it. */
export function redacted(text: string, secrets: readonly string[]): string {
  let clean = withoutCredentials(text);
  for (const secret of secrets) if (secret.length >= 4) clean = clean.split(secret).join("(secret)");
  return clean;
}
