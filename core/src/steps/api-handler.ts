import { failure } from "../engine/failure";
import { FlowEvent } from "../engine/flowevent";
import type { Callable, StepClass, StepInit, StepObject } from "../engine/runtime";
import { RequestContext } from "../engine/snapshot";
import { type PyMap, type PyValue, isMap } from "../value/value";
import { optional } from "./argument";
import { type EndpointMatch, Endpoints, HTTP_METHODS, applyMap, mergedMap, unquote } from "./endpoints";

/** `_APIHandlerStep`: finds the request's endpoint and hands on what its handler needs as keywords. */
class ApiHandler implements StepObject {
  readonly mro = ["mlrun.serving.api_handler._APIHandlerStep"];
  readonly flow = null;
  private readonly endpoints: Endpoints;
  private readonly tellsUrl: boolean;

  constructor(init: StepInit) {
    const config = init.args.get("config") ?? null;
    this.endpoints = new Endpoints(isMap(config) ? config : new Map());
    this.tellsUrl = isMap(config) && config.get("include_url_info") === true;
  }

  attribute(): undefined {
    return undefined;
  }

  method(name: string): Callable | null {
    if (name !== "do") return null;
    return { name, params: ["event"], flavour: "plain", call: ([event]) => this.handle(event) };
  }

  private handle(event: PyValue): PyValue {
    if (!(event instanceof FlowEvent))
      throw failure("MLRunBadRequestError", "HTTP method not found in request context");
    const method = methodOf(event);
    const { path, query } = splitUrl(pathOf(event));
    const matches = this.endpoints.matches(method, path);
    const [first] = matches;
    if (!first) throw this.notFound(method, path);
    const { action } = first.endpoint;
    if (action === "forbid") throw failure("MLRunAccessDeniedError", `Access forbidden to ${method} ${path}`);
    if (action !== "allow") throw failure("MLRunInternalServerError", `Unknown action: ${action}`);
    const map = mergedMap(matches, "input");
    const body = map.size > 0 ? applyMap(event.body, map, "input") : null;
    const url: PyMap = this.tellsUrl
      ? new Map([
          ["mlrun_request_path", unquote(path)],
          ["mlrun_request_method", method],
        ])
      : new Map();
    const params = joined(body ?? new Map(), query, first);
    for (const [name, value] of url) params.set(name, value);
    if (params.size > 0) event.body = new RequestContext(params, event.body);
    return event;
  }

  private notFound(method: string, path: string): Error {
    const other = HTTP_METHODS.some((m) => m !== method && this.endpoints.matches(m, path).length > 0);
    const told = `${method} ${unquote(path)}`;
    return other
      ? failure("MLRunMethodNotAllowedError", `Method not allowed: ${told}`)
      : failure("MLRunNotFoundError", `Endpoint not found: ${told}`);
  }
}

function methodOf(event: FlowEvent): string {
  if (event.method === null) {
    throw failure("MLRunBadRequestError", "HTTP method not found in request context");
  }
  const method = String(event.method).toUpperCase();
  if (HTTP_METHODS.includes(method)) return method;
  throw failure("MLRunBadRequestError", `Unsupported HTTP method: ${String(event.method)}`);
}

function pathOf(event: FlowEvent): string {
  if (event.path === null) {
    throw failure("MLRunBadRequestError", "Request path not found in request context");
  }
  return String(event.path);
}

/** Path and query of a request's path; a name that is given once holds a text, else a list. */
export function splitUrl(url: string): { readonly path: string; readonly query: PyMap } {
  // What follows two slashes is a host to Python.
  const [bare] = url.replace(/^\/\/[^/?#]*/, "").split("#");
  const at = bare.indexOf("?");
  const path = (at < 0 ? bare : bare.slice(0, at)) || "/";
  const query: PyMap = new Map();
  for (const pair of at < 0 ? [] : bare.slice(at + 1).split("&")) {
    if (pair === "") continue;
    const eq = pair.indexOf("=");
    const [name, value] = (eq < 0 ? [pair, ""] : [pair.slice(0, eq), pair.slice(eq + 1)]).map((text) =>
      unquote(text.replaceAll("+", " ")),
    );
    const before = query.get(name);
    if (before === undefined) query.set(name, value);
    else query.set(name, Array.isArray(before) ? [...before, value] : [before, value]);
  }
  return { path, query };
}

/** The parameters of all sources in one dict; a name may come from one source only. */
function joined(body: PyMap, query: PyMap, match: EndpointMatch): PyMap {
  const params: PyMap = new Map();
  const sources = new Map<PyValue, string[]>();
  const parts: (readonly [string, ReadonlyMap<PyValue, PyValue>])[] = [
    ["body_map", body],
    ["query", query],
    ["path", match.params],
  ];
  for (const [source, values] of parts) {
    for (const [name, value] of values) {
      sources.set(name, [...(sources.get(name) ?? []), source]);
      params.set(name, value);
    }
  }
  const twice = [...sources].filter(([, from]) => from.length > 1);
  if (twice.length === 0) return params;
  const told = twice.map(([name, from]) => `${String(name)} (from ${from.join(" + ")})`).join(", ");
  throw failure(
    "MLRunBadRequestError",
    "Parameter name conflict detected. Same parameter appears in multiple request sources: " +
      `${told}. Parameters must be unique across path, query, and body_map.`,
  );
}

/** Reshapes a graph's answer as the request's endpoint says. */
export function reshapeAnswer(endpoints: Endpoints, event: FlowEvent, answer: PyValue): PyValue {
  const method = String(event.method ?? "").toUpperCase();
  if (!endpoints.hasOutput || !HTTP_METHODS.includes(method) || !event.path) return answer;
  const matches = endpoints.matches(method, splitUrl(String(event.path)).path);
  const map = mergedMap(matches, "output");
  return map.size === 0 ? answer : (applyMap(answer, map, "output") ?? answer);
}

export const API_STEPS: readonly StepClass[] = [
  {
    names: ["mlrun.serving.api_handler._APIHandlerStep"],
    meaning: "Finds the endpoint of a request and hands on what its handler needs.",
    args: [optional("config", "The endpoints.")],
    open: true,
    make: (init) => new ApiHandler(init),
  },
];
