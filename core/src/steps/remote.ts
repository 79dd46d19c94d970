import { asFailure, failure } from "../engine/failure";
import { FlowEvent } from "../engine/flowevent";
import { findFunction } from "../engine/functions";
import { type Answer, type Coro, Later, type Run, result, wait } from "../engine/loop";
import { mlrunWalker } from "../engine/path";
import type { Callable, StepClass, StepInit } from "../engine/runtime";
import { repr } from "../value/repr";
import { PyBytes, type PyMap, PyTextEnum, type PyValue } from "../value/value";
import { iterate } from "../engine/iterate";
import { flagArgument, numberArgument, optional, required, textArgument } from "./argument";
import { CONCURRENT_ARGS, ConcurrentStep } from "./concurrent";
import {
  type HttpAnswer,
  type HttpCall,
  bodyBytes,
  dataOf,
  eventText,
  hasType,
  jsonBody,
  send,
} from "./http";

/** Tries after the first where the step does not say. */
const RETRIES = 6;
/** Statuses for which a session tries again. */
const RETRIED = [429, 500, 502, 503, 504];

/** The endpoint and expressions that both remote steps are made of. */
class Remote {
  endpoint: string;
  appendsPath = false;
  url: Callable | null = null;
  body: Callable | null = null;
  headersOf: Callable | null = null;
  readonly method: string | null;
  readonly returnsJson: boolean;
  readonly timeoutMs: number | null;

  constructor(private readonly init: StepInit) {
    this.endpoint = textArgument(init, "url") ?? "";
    this.method = textArgument(init, "method") || null;
    this.returnsJson = flagArgument(init, "return_json");
    const seconds = numberArgument(init, "timeout");
    this.timeoutMs = seconds ? seconds * 1000 : null;
  }

  /** Finds the endpoint and makes the expressions (`post_init`). `path` allows `$path` as sub path. */
  *prepare(path: boolean): Coro {
    const { init } = this;
    if (this.endpoint !== "") {
      if (!this.endpoint.includes("://")) throw noFunction(this.endpoint);
      this.endpoint = this.endpoint.replace(/^\/+|\/+$/g, "");
    }
    this.body = yield* this.expression("body_expression");
    this.url = yield* this.expression("url_expression");
    this.headersOf = path ? yield* this.expression("headers_expression") : null;
    const subpath = textArgument(init, "subpath");
    const blocked = path ? this.headersOf !== null : this.url !== null;
    if (blocked || !subpath) return;
    this.appendsPath = path && subpath === "$path";
    if (!this.appendsPath) this.endpoint += `/${subpath.replace(/^\/+/, "")}`;
  }

  private *expression(name: string): Coro<Callable | null> {
    const { init } = this;
    const text = textArgument(init, name);
    if (!text) return null;
    const { fullName: step, engine } = init;
    // The lambda of an expression sees the endpoint, which is known before any event comes.
    const bound = text.replace(/\bendpoint\b/g, () => repr(this.endpoint));
    return yield* findFunction(init.context, `(${bound})`, { step, name: init.name, engine, tracedAs: null });
  }

  /** A new dict of the headers that were given. */
  headers(): PyMap {
    const given = this.init.args.get("headers") ?? null;
    return given instanceof Map ? new Map(given) : new Map();
  }
}

/** The event's own method; POST where it has none. */
function methodOf({ method }: FlowEvent): string {
  const text = typeof method === "string" || method instanceof PyTextEnum ? String(method) : "";
  return text === "" ? "POST" : text;
}

function noFunction(name: string): Error {
  return failure(
    "RuntimeError",
    `the address of function ${name} is known to MLRun's service only; give its URL to simulate the step`,
  );
}

/** One request of a remote step. */
function* requestOf(remote: Remote, event: FlowEvent, body: PyValue, typed: boolean): Coro<HttpCall> {
  const method = remote.method ?? methodOf(event);
  let headers = remote.headers();
  if (remote.headersOf) {
    const given = yield* wait(remote.headersOf.call([body]));
    headers = given instanceof Map ? given : headers;
  }
  let url: string;
  if (remote.url) url = String(yield* wait(remote.url.call([body])));
  else {
    const path = typeof event.path === "string" ? event.path : "";
    const stripped = path.replace(/^\/+/, "");
    url = remote.appendsPath ? `${remote.endpoint}/${stripped}` : remote.endpoint;
    if (stripped !== "") headers.set("MLRUN-EVENT-PATH", path);
  }
  if (event.id) headers.set("MLRUN-EVENT-ID", event.id);
  return {
    method,
    url,
    headers,
    body: yield* bodyOf(remote, method, body, headers, typed),
    timeoutMs: remote.timeoutMs,
  };
}

/** None for GET; texts and bytes as they are; else JSON. `typed`: the async client says what texts and bytes are. */
function* bodyOf(
  remote: Remote,
  method: string,
  body: PyValue,
  headers: PyMap,
  typed: boolean,
): Coro<Uint8Array | null> {
  if (method === "GET" || body === null) return null;
  if (typeof body === "string" || body instanceof PyBytes) {
    const type = typeof body === "string" ? "text/plain; charset=utf-8" : "application/octet-stream";
    if (typed && !hasType(headers.keys())) headers.set("Content-Type", type);
    return bodyBytes(body);
  }
  const given = remote.body ? yield* wait(remote.body.call([body])) : body;
  headers.set("Content-Type", "application/json");
  return jsonBody(given);
}

/** `mlrun.serving.remote.RemoteStep`: sends the body to an HTTP endpoint; the answer is the new body. */
class RemoteStep extends ConcurrentStep<HttpAnswer> {
  private readonly remote: Remote;
  private readonly sessionRetries: number;

  constructor(private readonly init: StepInit) {
    super(init, ["mlrun.serving.remote.RemoteStep", "storey.flow.SendToHttp"]);
    this.remote = new Remote(init);
    this.sessionRetries = numberArgument(init, "retries") ?? RETRIES;
  }

  protected override retries(given: number | null): number {
    return given ?? RETRIES;
  }

  postInit(): Answer<void> {
    return new Later(this.remote.prepare(true));
  }

  override method(name: string): Callable | null {
    if (name !== "do_event") return super.method(name);
    return {
      name,
      params: ["event"],
      flavour: "plain",
      call: ([event]) => (event instanceof FlowEvent ? new Later(this.callSync(event)) : null),
    };
  }

  protected *work(event: FlowEvent): Coro<HttpAnswer> {
    const request = yield* requestOf(this.remote, event, this.element(event), true);
    const answer = yield* send(this.context, this.name, request);
    if (answer.status < 500) return answer;
    throw failure("RuntimeError", `bad http response ${answer.status}: ${answer.text}`);
  }

  protected completed(event: FlowEvent, answer: HttpAnswer): Run {
    if (answer.status >= 400) {
      throw failure(
        "ValueError",
        `For event ${eventText(event)}, RemoteStep ${this.name} got an unexpected response ` +
          `status ${answer.status}: ${repr(new PyBytes(answer.data))}`,
      );
    }
    return this.emit(this.mapped(event, dataOf(answer, this.remote.returnsJson)));
  }

  /** In a sync flow a session tries again by status and the step does its paths itself. */
  private *callSync(event: FlowEvent): Coro<PyValue> {
    const body = mlrunWalker.input(event.body, this.init.inputPath);
    const request = yield* requestOf(this.remote, event, body, false);
    let answer = yield* this.trySync(request);
    for (let tried = 0; tried < this.sessionRetries && RETRIED.includes(answer.status); tried++) {
      yield* this.context.loop.sleep(1000 * 2 ** tried);
      answer = yield* this.trySync(request);
    }
    if (answer.status >= 400) {
      throw failure("RuntimeError", `bad http response ${answer.status}: ${answer.text}`);
    }
    const data = dataOf(answer, this.remote.returnsJson);
    event.body = mlrunWalker.output(event.body, this.init.resultPath, data);
    return event;
  }

  private *trySync(request: HttpCall): Coro<HttpAnswer> {
    try {
      return yield* send(this.context, this.name, request, "requests");
    } catch (error) {
      const ex = asFailure(error);
      if (ex.className === "TimeoutError") {
        throw failure(
          "ReadTimeout",
          `http request to ${request.url} timed out in RemoteStep ${this.name}, ${ex.message}`,
        );
      }
      throw failure("OSError", `cannot invoke url: ${request.url}, ${ex.message}`);
    }
  }
}

/** `mlrun.serving.remote.BatchHttpRequests`: one request for each item of the body, all at once. */
class BatchHttpStep extends ConcurrentStep<readonly HttpAnswer[]> {
  private readonly remote: Remote;
  private readonly itemTries: number;
  private readonly itemBackoff: number;

  constructor(init: StepInit) {
    if (textArgument(init, "url") && textArgument(init, "url_expression")) {
      throw failure("MLRunInvalidArgumentError", "cannot set both url and url_expression");
    }
    super(init, ["mlrun.serving.remote.BatchHttpRequests"]);
    this.remote = new Remote(init);
    this.itemTries = (numberArgument(init, "retries") || RETRIES) + 1;
    this.itemBackoff = numberArgument(init, "backoff_factor") ?? 1;
  }

  protected override retries(): number {
    return 0;
  }

  postInit(): Answer<void> {
    return new Later(this.remote.prepare(false));
  }

  protected *work(event: FlowEvent): Coro<readonly HttpAnswer[]> {
    const { remote, context } = this;
    const method = remote.method ?? methodOf(event);
    const headers = remote.headers();
    const calls: HttpCall[] = [];
    for (const item of iterate(this.element(event))) {
      const url = remote.url ? String(yield* wait(remote.url.call([item]))) : remote.endpoint;
      const own: PyMap = new Map(headers);
      const body = yield* bodyOf(remote, method, item, own, true);
      // One dict of headers serves all requests: JSON in one of them is said of all.
      if (typeof item !== "string" && !(item instanceof PyBytes) && body !== null) {
        headers.set("Content-Type", "application/json");
      }
      calls.push({ method, url, headers: own, body, timeoutMs: remote.timeoutMs });
    }
    const json = headers.get("Content-Type") === "application/json";
    if (json) for (const one of calls) one.headers.set("Content-Type", "application/json");
    const tasks = calls.map((one) => context.loop.spawn(this.sendWithRetries(one)));
    const answers: HttpAnswer[] = [];
    for (const task of tasks) answers.push(yield* result(task.done));
    return answers;
  }

  private *sendWithRetries(request: HttpCall): Coro<HttpAnswer> {
    for (let tried = 1; ; tried++) {
      try {
        const answer = yield* send(this.context, this.name, request);
        if (answer.status < 500) return answer;
        throw failure("RuntimeError", `bad http response ${answer.status}: ${answer.text}`);
      } catch (error) {
        const ex = asFailure(error);
        if (tried >= this.itemTries) throw ex;
        yield* this.context.loop.sleep(Math.min(120, this.itemBackoff * 2 ** (tried - 1)) * 1000);
      }
    }
  }

  protected completed(event: FlowEvent, answers: readonly HttpAnswer[]): Run {
    return this.emit(
      this.mapped(
        event,
        answers.map((answer) => dataOf(answer, this.remote.returnsJson)),
      ),
    );
  }
}

const SHARED_ARGS: StepClass["args"] = [
  optional("subpath", "Path after the URL; $path for the event's own."),
  optional("method", "HTTP method; the event's, else POST."),
  optional("headers", "Headers to send."),
  optional("url_expression", "Expression of the body that gives the URL."),
  optional("body_expression", "Expression of the body that gives what is sent."),
  { name: "return_json", default: true, meaning: "Reads the answer as JSON." },
  optional("input_path", "Where in the body the input is."),
  optional("result_path", "Where in the body the answer goes."),
];
const TIMEOUT = optional("timeout", "Seconds to wait for an answer.");

function service(name: string, meaning: string, args: StepClass["args"]): StepClass {
  return {
    names: [`mlrun.serving.remote.${name}`],
    meaning,
    args,
    open: true,
    reason:
      `${name} calls MLRun's service, which a simulation doesn't reach; ` +
      "take the step out, or put a step of your own in its place, to simulate the rest",
  };
}

export const REMOTE_STEPS: readonly StepClass[] = [
  {
    names: ["mlrun.serving.remote.RemoteStep", "$remote"],
    meaning: "Sends the body to an HTTP endpoint; the answer is the new body.",
    args: [
      required("url", "Address of the endpoint."),
      ...SHARED_ARGS,
      ...CONCURRENT_ARGS,
      TIMEOUT,
      optional("headers_expression", "Expression of the body that gives the headers."),
    ],
    open: true,
    make: (init) => new RemoteStep(init),
  },
  {
    names: ["mlrun.serving.remote.BatchHttpRequests"],
    meaning: "Sends one HTTP request for each item of the body, all at once.",
    args: [optional("url", "Address of the endpoint."), ...SHARED_ARGS, ...CONCURRENT_ARGS.slice(1), TIMEOUT],
    open: true,
    make: (init) => new BatchHttpStep(init),
  },
  service("MLRunAPIRemoteStep", "Calls an endpoint of MLRun's own API.", [
    required("method", "HTTP method."),
    required("path", "Path of the endpoint."),
    optional("fill_placeholders", "Fills the path's placeholders from the body."),
  ]),
  service("RemoteFunctionStep", "Calls a function that MLRun deployed.", [
    optional("fn", "The function."),
    { name: "project_name", default: "", meaning: "Project of the function." },
  ]),
];
