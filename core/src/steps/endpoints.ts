import { failure } from "../engine/failure";
import { typeName } from "../value/repr";
import { type PyMap, type PyValue, isMap } from "../value/value";
import { JsonPath } from "./jsonpath";

export const HTTP_METHODS = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

/** Fields to take, by the name that they get. */
type BodyMap = ReadonlyMap<string, { readonly path: JsonPath; readonly mandatory: boolean }>;

export interface Endpoint {
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly action: string;
  readonly input: BodyMap | null;
  readonly output: BodyMap | null;
}

export interface EndpointMatch {
  readonly endpoint: Endpoint;
  readonly params: ReadonlyMap<string, string>;
}

/** The endpoints of an API handler: which one a request goes to, and what is taken from its body. */
export class Endpoints {
  private readonly exact = new Map<string, Endpoint>();
  private readonly templates: {
    readonly pattern: RegExp;
    readonly names: string[];
    readonly endpoint: Endpoint;
  }[] = [];
  private readonly stars: { readonly prefix: string; readonly endpoint: Endpoint }[] = [];

  constructor(config: PyMap) {
    const given = config.get("endpoints");
    for (const value of isMap(given) ? given.values() : []) if (isMap(value)) this.add(endpointOf(value));
    this.stars.sort((a, b) => b.prefix.length - a.prefix.length);
    this.refuseOverlaps();
  }

  private add(endpoint: Endpoint): void {
    const { path } = endpoint;
    this.exact.set(endpoint.key, endpoint);
    if (path.includes("*")) {
      const bare = path.replace(/\*+$/, "");
      this.stars.push({ prefix: bare.endsWith("/") ? bare : `${bare}/`, endpoint });
    } else if (path.includes("{")) this.addTemplate(endpoint);
  }

  private addTemplate(endpoint: Endpoint): void {
    const shape = (path: string): string => path.replace(/\{[^}]*\}/g, "{*}");
    const same = this.templates.find(
      ({ endpoint: other }) => other.method === endpoint.method && shape(other.path) === shape(endpoint.path),
    );
    if (same) {
      throw failure(
        "MLRunValueError",
        `Overlapping template endpoints for ${endpoint.method}: '${endpoint.path}' and ` +
          `'${same.endpoint.path}' match the same set of paths`,
      );
    }
    const names: string[] = [];
    const pattern = endpoint.path.replace(/\{([^}]+)\}|[^{]+|\{/g, (piece: string, name?: string) => {
      if (name === undefined) return piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      names.push(name);
      return "([^/]+)";
    });
    this.templates.push({ pattern: new RegExp(`^${pattern}$`), names, endpoint });
  }

  private refuseOverlaps(): void {
    for (const { names, endpoint } of this.templates) {
      const sources: (readonly [Endpoint, string])[] = [[endpoint, "same endpoint"]];
      for (const star of this.stars) {
        if (star.endpoint.method === endpoint.method && endpoint.path.startsWith(star.prefix)) {
          sources.push([star.endpoint, `star endpoint '${star.endpoint.key}'`]);
        }
      }
      for (const [source, told] of sources) {
        const both = [...(source.input?.keys() ?? [])].filter((name) => names.includes(name)).sort();
        if (both.length > 0) throw overlap(endpoint, both, told);
      }
    }
  }

  /** All endpoints that a request matches, the most specific first. */
  matches(method: string, path: string): readonly EndpointMatch[] {
    const found: EndpointMatch[] = [];
    const exact = this.exact.get(`${method}:${path}`);
    if (exact) found.push({ endpoint: exact, params: new Map() });
    else {
      for (const { pattern, names, endpoint } of this.templates) {
        const match = endpoint.method === method ? pattern.exec(path) : null;
        if (!match) continue;
        found.push({ endpoint, params: new Map(names.map((name, i) => [name, unquote(match[i + 1])])) });
      }
    }
    const slashed = path.endsWith("/") ? path : `${path}/`;
    for (const { prefix, endpoint } of this.stars) {
      if (endpoint.method === method && slashed.startsWith(prefix) && slashed.length > prefix.length) {
        found.push({ endpoint, params: new Map() });
      }
    }
    return found;
  }

  get hasOutput(): boolean {
    return [...this.exact.values()].some((endpoint) => endpoint.output !== null);
  }
}

function overlap(endpoint: Endpoint, names: readonly string[], told: string): Error {
  const escaped = endpoint.path.replace(/[.*+?^$()|[\]\\-]/g, "\\$&");
  const pattern = `^${escaped.replace(/\{([^}]+)\}/g, "(?P<$1>[^/]+)")}$`;
  return failure(
    "MLRunValueError",
    `Configuration conflict: input_body_mappings destination_path(s) ${names.join(", ")} from ${told} ` +
      `overlap with path template parameter(s) in pattern '${pattern}' (endpoint '${endpoint.key}'). ` +
      "Rename the destination_path(s) or the path template placeholder(s) to avoid ambiguity.",
  );
}

function endpointOf(value: PyMap): Endpoint {
  const text = (name: string, other: string): string => {
    const given = value.get(name);
    return typeof given === "string" ? given : other;
  };
  const given = text("path", "");
  const path = given.startsWith("/") ? given : `/${given}`;
  const method = text("http_method", "POST").toUpperCase();
  checkStar(path);
  const key = `${method}:${path}`;
  return {
    key,
    method,
    path,
    action: text("action", "allow"),
    input: bodyMap(value.get("input_body_mappings") ?? null, key),
    output: bodyMap(value.get("output_body_mappings") ?? null, key),
  };
}

function checkStar(path: string): void {
  const stars = path.split("*").length - 1;
  if (stars === 0 || (stars === 1 && path.endsWith("*"))) return;
  const rule = path.endsWith("*")
    ? "must appear only once at the end of the path"
    : "must be at the end of the path";
  throw failure("MLRunValueError", `Invalid endpoint path '${path}': wildcard '*' ${rule}`);
}

function bodyMap(value: PyValue, key: string): BodyMap | null {
  const mappings = isMap(value) ? value.get("mappings") : null;
  if (!Array.isArray(mappings) || mappings.length === 0) return null;
  const map = new Map<string, { readonly path: JsonPath; readonly mandatory: boolean }>();
  for (const mapping of mappings) {
    if (!isMap(mapping)) continue;
    const path = JsonPath.parse(String(mapping.get("source_path") ?? ""), key);
    map.set(String(mapping.get("destination_path") ?? ""), {
      path,
      mandatory: mapping.get("mandatory") === true,
    });
  }
  return map;
}

/** The maps of all matches in one: the most specific wins, by name and by source. */
export function mergedMap(matches: readonly EndpointMatch[], side: "input" | "output"): BodyMap {
  const merged = new Map<string, { readonly path: JsonPath; readonly mandatory: boolean }>();
  const bySource = new Map<string, string>();
  for (const { endpoint } of [...matches].reverse()) {
    for (const [name, entry] of endpoint[side] ?? []) {
      const before = bySource.get(entry.path.text);
      if (before !== undefined) merged.delete(before);
      merged.set(name, entry);
      bySource.set(entry.path.text, name);
    }
  }
  return merged;
}

/** Takes the fields from a body; null when it is no dict and nothing is mandatory. */
export function applyMap(body: PyValue, map: BodyMap, side: "input" | "output"): PyMap | null {
  if (!(body instanceof Map)) {
    if (![...map.values()].some((entry) => entry.mandatory)) return null;
    throw failure(
      "MLRunUnprocessableEntityError",
      `Mandatory ${side} body mappings configured but ${side} body is not a dict (got ${typeName(body)})`,
    );
  }
  const taken: PyMap = new Map();
  for (const [name, { path, mandatory }] of map) {
    const found = path.find(body);
    if (found.length > 0) taken.set(name, found.length === 1 ? found[0] : [...found]);
    else if (mandatory) throw missing(name, side);
    else if (side === "output") taken.set(name, null);
  }
  return taken;
}

function missing(name: string, side: string): Error {
  const cause = `Mandatory field '${name}' not found in body`;
  return failure("MLRunUnprocessableEntityError", `Failed to process ${side} body mapping: ${cause}`, {
    class: "MLRunUnprocessableEntityError",
    message: cause,
  });
}

/** `urllib.parse.unquote`; what is no UTF-8 stays as it is. */
export function unquote(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
