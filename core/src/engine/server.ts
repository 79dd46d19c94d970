import type { Graph } from "../model/graph";
import { httpMethod } from "./enums";
import { JsonError, parseJson } from "../value/json";
import { reshapeAnswer } from "../steps/api-handler";
import { Endpoints } from "../steps/endpoints";
import { truthy } from "../value/compare";
import { PyBytes, PyObject, type PyMap, type PyValue } from "../value/value";
import type { Reply } from "./answer";
import { wholeChain } from "../steps/fusion";
import type { BatchChain } from "./compiled/batchrun";
import type { PlainRoutes } from "./compiled/router";
import { AsyncFlowRunner } from "./asyncflow";
import type { ServerContext, Table } from "./context";
import type { MockEvent } from "./event";
import type { Executor, LoadRequest } from "./executor";
import { Failure, asFailure, errorText, failure } from "./failure";
import { watched } from "./foreign";
import { FlowEvent } from "./flowevent";
import type { FlowStep } from "./flowstep";
import { type Answer, type Coro, Later, type Loop, wait } from "./loop";
import { type GraphPlan, type PlanStep, planGraph, startOf } from "./plan";
import { MemoryStream, openStream } from "./queue";
import type { Fetch, SimulateOptions } from "./simulate";
import { FlowRunner } from "./syncflow";
import { response } from "./response";
import { type RunnableStep, TaskRunner } from "./task";
import type { Trace } from "./tracing";
import { jsonText } from "./jsontext";
import { isoTime } from "./time";

/** MLRun's graph server in the mock: starts a graph, takes requests, ends. */
export class Server implements ServerContext {
  readonly executor: Executor | null;
  readonly fetch: Fetch | null;
  readonly verbose: boolean;
  readonly functionUri: string;
  readonly currentFunction: string;
  readonly spec: PyMap;
  readonly swallowsErrors = true;
  readonly storey = false;
  readonly trackModels: boolean;
  readonly tracking: MemoryStream | null;
  readonly errorStream: MemoryStream | null;
  readonly plan: GraphPlan;
  private endpoints: Endpoints | null = null;
  private root: FlowRunner | TaskRunner | null = null;
  readonly mocks: ReadonlyMap<string, PyValue>;
  readonly files = new Map<string, PyValue[]>();
  private readonly tables = new Map<string, Table>();
  private ids = 0;
  /** The time that was asked for last, as text: the clock stands still most of the time. */
  private told = { at: NaN, text: "" };

  constructor(
    graph: Graph,
    options: SimulateOptions,
    readonly loop: Loop,
    readonly trace: Trace | null,
  ) {
    this.executor = options.executor ?? null;
    this.fetch = options.fetch ?? null;
    this.mocks = options.mocks ?? new Map<string, PyValue>();
    this.verbose = options.verbose === true;
    this.functionUri = options.functionName ?? "default/function";
    this.currentFunction = options.currentFunction ?? "*";
    this.spec = options.spec ?? new Map<PyValue, PyValue>();
    this.trackModels = truthy(this.spec.get("track_models") ?? null);
    this.tracking = this.trackingStream(options.trackingStream ?? null);
    this.errorStream = options.errorStream ? openStream(options.errorStream) : null;
    this.plan = planGraph(graph, this.spec, this.currentFunction);
  }

  private trackingStream(given: string | null): MemoryStream | null {
    const path = given ?? this.param("log_stream");
    if (typeof path === "string" && path !== "") return openStream(path);
    return this.trackModels ? new MemoryStream() : null;
  }

  /** Chains of foreign steps go to the kernel as one, where it can run them and nobody asks for every call. */
  get fuses(): boolean {
    return this.executor?.run !== undefined && this.trace?.wantsCalls !== true;
  }

  get loadMode(): string {
    const mode = this.spec.get("load_mode");
    return typeof mode === "string" && mode !== "" ? mode : "sync";
  }

  /** True when callers get a responder's result (async flows). */
  get waits(): boolean {
    return this.root instanceof AsyncFlowRunner ? this.root.waits : true;
  }

  rootField(name: string): PyValue {
    return this.plan.root.step.field(name) ?? null;
  }

  param(name: string): PyValue | undefined {
    const parameters = this.spec.get("parameters");
    return parameters instanceof Map ? parameters.get(name) : undefined;
  }

  newId(): string {
    return (++this.ids).toString(16).padStart(32, "0");
  }

  nowText(): string {
    const { now } = this.loop;
    if (now !== this.told.at) this.told = { at: now, text: isoTime(now) };
    return this.told.text;
  }

  nowValue(): PyValue {
    return new PyObject("datetime", new Map([["value", this.nowText()]]));
  }

  table(path: string): Table {
    const known = this.tables.get(path);
    if (known) return known;
    const made: Table = { path, rows: new Map() };
    this.tables.set(path, made);
    return made;
  }

  /** The run's tables, by path. */
  tableRows(): ReadonlyMap<string, Table> {
    return this.tables;
  }

  pushError(event: FlowEvent, message: string, source: PyValue, args?: PyMap): void {
    this.errorStream?.push(
      new Map<PyValue, PyValue>([
        ["function_uri", this.functionUri],
        ["worker", 0],
        ["host", "<host>"],
        ["source", source],
        [
          "event",
          new Map<PyValue, PyValue>([
            ["id", event.id],
            ["body", event.body],
          ]),
        ],
        ["message", message],
        ["args", args ?? new Map<PyValue, PyValue>()],
      ]),
    );
  }

  /** Makes the graph's steps; throws what MLRun raises. */
  *start(): Coro {
    const { plan } = this;
    const api = this.spec.get("api_handler_config");
    if (api instanceof Map && api.size > 0) this.endpoints = new Endpoints(api);
    const root = this.makeRoot();
    this.root = root;
    yield* this.prepare(root);
    const routers: { readonly router: TaskRunner; readonly prefix: string }[] = [];
    for (const path of this.paths(root)) {
      const runner = this.runnerAt(root, path);
      yield* this.readyRouters(routers, path);
      yield* runner.init();
      if (runner instanceof TaskRunner && runner.step.kind === "router") {
        routers.push({ router: runner, prefix: path === "" ? "" : `${path}/` });
      }
    }
    yield* this.readyRouters(routers, null);
    if (plan.failure !== null) throw plan.failure;
    if (root instanceof FlowRunner) yield* this.readyFlow(root);
  }

  /** Where the steps to make are, from the root; the root itself is `""`. */
  private paths(root: FlowRunner | TaskRunner): readonly string[] {
    const { order } = this.plan;
    return root instanceof TaskRunner ? order.map((path) => path.split("/").slice(1).join("/")) : order;
  }

  /** What the executor will be asked for when the graph starts, in order. */
  requests(root: FlowRunner | TaskRunner = this.makeRoot()): readonly LoadRequest[] {
    const requests: LoadRequest[] = [];
    for (const path of this.paths(root)) {
      const runner = this.runnerAt(root, path);
      if (runner instanceof TaskRunner) requests.push(...runner.requests());
    }
    return requests;
  }

  /** Lets the executor load all it will be asked for in one go. */
  private *prepare(root: FlowRunner | TaskRunner): Coro {
    if (!this.executor?.prepare) return;
    const requests = this.requests(root);
    if (requests.length < 2) return;
    const prepared = this.executor.prepare(requests.map((request) => watched(this, request)));
    if (prepared instanceof Promise) yield* wait(new Later(prepared));
  }

  private makeRoot(): FlowRunner | TaskRunner {
    const { root, start } = this.plan;
    if (root.kind === "router") {
      const place = {
        server: this,
        parent: "",
        engine: "sync" as const,
        handlerOf: (name: string) => this.stepAt(name),
      };
      return new TaskRunner(root, place);
    }
    const Runner = root.step.field("engine") === "sync" ? FlowRunner : AsyncFlowRunner;
    return new Runner(root, start, this, null);
  }

  /** A router is done once the steps after its routes come. */
  private *readyRouters(
    routers: { readonly router: TaskRunner; readonly prefix: string }[],
    path: string | null,
  ): Coro {
    for (let last = routers.pop(); last; last = routers.pop()) {
      if (path !== null && path.startsWith(last.prefix)) {
        routers.push(last);
        return;
      }
      yield* last.router.ready();
    }
  }

  private *readyFlow(flow: FlowRunner): Coro {
    for (const child of flow.children.values()) if (child instanceof FlowRunner) yield* this.readyFlow(child);
    yield* flow.init();
  }

  private runnerAt(root: FlowRunner | TaskRunner, path: string): RunnableStep {
    if (path === "") return root;
    let at: RunnableStep = root;
    for (const part of path.split("/")) {
      const next: RunnableStep | undefined =
        at instanceof FlowRunner || at instanceof TaskRunner ? at.children.get(part) : undefined;
      if (!next) throw failure("GraphError", `step ${part} doesnt exist in the graph under ${at.fullName}`);
      at = next;
    }
    return at;
  }

  /** The step of that path, for error handlers; throws MLRun's error when there is none. */
  stepAt(path: string): RunnableStep {
    if (this.root === null) throw failure("GraphError", `step ${path} doesnt exist in the graph under `);
    return this.runnerAt(this.root, path);
  }

  nestedFlow(plan: PlanStep, parent: string): FlowRunner {
    const first = startOf(plan);
    return new FlowRunner(plan, first ? [first] : [], this, parent);
  }

  /** An event that came wrapped from a queue. */
  unwrap(event: FlowEvent): FlowEvent {
    const { body } = event;
    if (!(body instanceof Map) || !truthy(body.get("full_event_wrapper") ?? null)) return event;
    event.body = body.get("body") ?? null;
    event.key = body.get("key") ?? event.key;
    event.id = body.get("id") ?? event.id;
    return event;
  }

  /** `server.test(...)`: one request from its mock event to the answer. */
  *request(mock: MockEvent, id: string): Coro<Reply> {
    const event = this.eventOf(mock, id);
    const refusal = this.readBody(event);
    if (refusal !== null) return refusal;
    if (this.root === null) {
      return this.errorReply(event, failure("AttributeError", "'NoneType' object has no attribute 'run'"));
    }
    const { root } = this;
    return yield* this.replyWith(event, () => root.run(event));
  }

  /** The answer to an event that is on its way in the flow already. */
  *answerTo(event: FlowEvent): Coro<Reply> {
    const { root } = this;
    return yield* this.replyWith(event, () =>
      root instanceof AsyncFlowRunner ? root.answerTo(event) : event,
    );
  }

  private *replyWith(event: FlowEvent, run: () => Answer<PyValue>): Coro<Reply> {
    try {
      const given = yield* wait(run());
      return replyOf(this.reshaped(event, given instanceof FlowEvent ? given.body : given));
    } catch (error) {
      // The caller's thread hears of it when the flow's thread has nothing to do: by then other steps may have changed
      // the event that goes to the error stream.
      if (this.errorStream !== null && this.root instanceof AsyncFlowRunner) yield* this.loop.others();
      return this.errorReply(event, asFailure(error));
    }
  }

  /** The API handler's output mappings change good answers. */
  private reshaped(event: FlowEvent, answer: PyValue): PyValue {
    if (this.endpoints === null) return answer;
    if (!(answer instanceof PyObject) || answer.type !== "Response")
      return reshapeAnswer(this.endpoints, event, answer);
    const status = answer.fields.get("status_code");
    if (typeof status === "number" && status >= 300) return answer;
    const body = reshapeAnswer(this.endpoints, event, answer.fields.get("body") ?? null);
    return new PyObject("Response", new Map([...answer.fields, ["body", body]]), answer.handle);
  }

  /** The flow behind the source, where nothing but the graph's steps looks at a request; else null. */
  get plainOutlets(): readonly FlowStep[] | null {
    const { root } = this;
    if (!(root instanceof AsyncFlowRunner) || this.endpoints !== null) return null;
    return root.source?.outlets ?? null;
  }

  /** The root as a router that only chooses among small functions of the body; else null. */
  get plainRoutes(): PlainRoutes | null {
    return this.root instanceof TaskRunner && this.endpoints === null ? this.root.plainRoutes : null;
  }

  /** The flow as one chain of foreign steps, where nothing but the graph's steps looks at a request; else null. */
  get wholeChain(): BatchChain | null {
    const { root } = this;
    if (!this.fuses || this.endpoints !== null || !(root instanceof FlowRunner)) return null;
    if (!(root instanceof AsyncFlowRunner)) return root.wholeChain;
    const outlets = root.source?.outlets ?? [];
    return outlets.length === 1 ? wholeChain(outlets[0]) : null;
  }

  /** The event as a caller sends it. */
  eventOf(mock: MockEvent, id: string): FlowEvent {
    const body = mock.body ?? null;
    const contentType = mock.contentType || this.spec.get("default_content_type") || "";
    const event = new FlowEvent({
      id,
      body,
      path: mock.path || "/",
      method: mock.method || httpMethod(truthy(body) ? "POST" : "GET"),
      headers: mock.headers ?? new Map<PyValue, PyValue>(),
      contentType,
      ...(mock.key === undefined ? {} : { key: mock.key }),
    });
    const headers = mock.headers ?? new Map<PyValue, PyValue>();
    event.id = headers.get("MLRUN-EVENT-ID") ?? event.id;
    event.path = headers.get("MLRUN-EVENT-PATH") ?? event.path;
    return event;
  }

  /** Parses a body of text as JSON; gives the answer when it must be JSON and is not. */
  private readBody(event: FlowEvent): Reply | null {
    const { body, contentType } = event;
    if (typeof body !== "string" && !(body instanceof PyBytes)) return null;
    const json = contentType === "json" || contentType === "application/json";
    if (!json && contentType !== "") return null;
    try {
      event.body = parseJson(typeof body === "string" ? body : jsonText(body.data));
      return null;
    } catch (error) {
      const wrong =
        error instanceof JsonError || (error instanceof Failure && error.className === "UnicodeDecodeError");
      if (!wrong) throw error;
      if (!json) return null;
      const message = `failed to json decode event, ${error.message}`;
      this.pushError(event, message, "_handler");
      return replyOf(response(message, 400));
    }
  }

  private errorReply(event: FlowEvent, ex: Failure): Reply {
    let message = `${ex.className}: ${errorText(ex.raised)}`;
    if (this.verbose) message += `\n${ex.raised.traceback ?? ""}`;
    this.pushError(event, message, "_handler");
    return replyOf(response(message, ex.status));
  }

  /** `server.wait_for_completion()`. */
  *end(): Coro<PyValue> {
    return this.root instanceof AsyncFlowRunner ? yield* this.root.end() : null;
  }

  /** What the streams of queues hold, by step. */
  streams(): ReadonlyMap<string, readonly PyValue[]> {
    const streams = new Map<string, readonly PyValue[]>();
    if (!(this.root instanceof FlowRunner)) return streams;
    for (const [key, items] of this.root.streams()) streams.set(key, items);
    return streams;
  }
}

function replyOf(value: PyValue): Reply {
  const status =
    value instanceof PyObject && value.type === "Response" ? value.fields.get("status_code") : 200;
  return { value, failed: typeof status === "number" && status >= 300 };
}
