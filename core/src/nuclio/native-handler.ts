import type { MockEvent } from "../engine/event";
import { CountTrace } from "../engine/counttrace";
import { type LiveClock, LiveGraph } from "../engine/live";
import type { EventResult } from "../engine/simulate";
import { decodeGraph } from "../model/decode";
import { PyRaise } from "../value/raise";
import { str } from "../value/repr";
import { truthy } from "../value/compare";
import { dumpJson, parseJson } from "../value/json";
import { type PyMap, PyBytes, PyObject, type PyValue, isMap } from "../value/value";
import { encodeUtf8 } from "../value/bytes";
import { ScriptExecutor } from "../script/executor";
import { type ModuleBody, type Require, ScriptRuntime } from "../script/runtime";
import { STATS_HEADER, STATS_VARIABLE } from "./entry-stats";
import { NATIVE_SPEC } from "./native-spec";
import type { BuiltScripts } from "./script-text";

/** What Nuclio's nodejs wrapper gives a handler, as far as it is used here. */
export interface NuclioContext {
  callback(response: unknown): void;
  readonly Response: new (
    body: unknown,
    headers: Readonly<Record<string, string>>,
    contentType: string,
    status: number,
  ) => unknown;
}

export interface NuclioEvent {
  readonly id?: string;
  /** The wrapper has made a buffer of it. */
  readonly body?: Uint8Array | string;
  readonly content_type?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly method?: string;
  readonly path?: string;
}

/** An HTTP answer as MLRun's serving runtime gives it. */
export interface NativeAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export interface NativeFunction {
  handler(context: NuclioContext, event: NuclioEvent): Promise<void>;
  /** Without Nuclio around it. */
  answer(event: NuclioEvent): Promise<NativeAnswer>;
}

/** What a function has besides the engine. */
export interface NativeHost {
  /** Names this process among the function's replicas and workers. */
  readonly replica: string;
  /** Steps in JavaScript; null for a graph of built-in ones. */
  readonly scripts: BuiltScripts | null;
  /** What these steps may ask for from outside. */
  readonly require: Require;
}

/** A graph as a nodejs function; the module that Nuclio loads exports it. Throws when the graph can't start. */
export function nativeFunctionOf(
  environment: Readonly<Record<string, string | undefined>>,
  clock: LiveClock,
  host: NativeHost,
): NativeFunction {
  const text = environment[NATIVE_SPEC];
  if (text === undefined) throw new Error(`${NATIVE_SPEC} is not set: it holds the serving spec.`);
  const spec = parseJson(text);
  if (!isMap(spec)) throw new Error(`${NATIVE_SPEC} is no serving spec.`);
  const { graph } = decodeGraph(spec.get("graph") ?? null);
  const uri = spec.get("function_uri");
  const key = environment[STATS_VARIABLE] ?? "";
  const steps = key === "" ? null : new CountTrace(graph);
  const options = {
    ...(host.scripts === null ? {} : { executor: scriptExecutor(host.scripts, host.require) }),
    spec,
    functionName: typeof uri === "string" ? uri : "graph",
    currentFunction: "",
  };
  const live = new LiveGraph(graph, clock, options, steps);
  const started = live.start();
  let ids = 0;
  const own = { calls: 0, errors: 0, seconds: 0 };
  const answer = async (event: NuclioEvent): Promise<NativeAnswer> => {
    const failed = await started;
    if (failed) throw new Error(`${failed.class}: ${failed.message}`);
    const mock = mockEvent(event);
    if (steps !== null && textHeader(mock.headers ?? new Map(), STATS_HEADER) === key) {
      const counts = { "": [own.calls, own.errors, own.seconds], ...steps.counts };
      return jsonText(JSON.stringify({ replica: host.replica, counts }));
    }
    const result = await live.request(mock, event.id ?? String(++ids));
    const given = answerOf(result);
    own.calls++;
    own.seconds += result.ms / 1000;
    if (given.status >= 400) own.errors++;
    return given;
  };
  return {
    answer,
    async handler(context, event) {
      const { body, headers, contentType, status } = await answer(event).catch(broken);
      context.callback(new context.Response(body, headers, contentType, status));
    },
  };
}

function scriptExecutor({ entry, modules, places }: BuiltScripts, require: Require): ScriptExecutor {
  const bodies = new Map(Object.entries(modules as Readonly<Record<string, ModuleBody>>));
  return new ScriptExecutor(new ScriptRuntime(entry, bodies, require, new Map(Object.entries(places))));
}

function broken(error: unknown): NativeAnswer {
  const body = `Error in handler: ${error instanceof Error ? error.message : String(error)}`;
  return { status: 500, contentType: "text/plain", headers: {}, body };
}

function mockEvent(event: NuclioEvent): MockEvent {
  const { body, method, path } = event;
  const headers: PyMap = new Map<PyValue, PyValue>(
    Object.entries(event.headers ?? {}).map(([name, value]) => [name, String(value)]),
  );
  const type = event.content_type ?? textHeader(headers, "content-type");
  const bytes = typeof body === "string" ? encodeUtf8(body) : body;
  return {
    headers,
    ...(bytes === undefined ? {} : { body: new PyBytes(Uint8Array.from(bytes)) }),
    ...(method === undefined ? {} : { method }),
    ...(path === undefined ? {} : { path }),
    // Nuclio decodes any JSON type; the rest is for the steps.
    contentType: /^application\/(?:[\w.+-]+\+)?json\b/i.test(type) ? "application/json" : type,
  };
}

function textHeader(headers: PyMap, name: string): string {
  for (const [key, value] of headers) {
    if (typeof key === "string" && key.toLowerCase() === name && typeof value === "string") return value;
  }
  return "";
}

/** As MLRun's handler answers: texts as they are, anything else as JSON, nothing as Python writes it. */
function answerOf(result: EventResult): NativeAnswer {
  if (result.error) {
    return plainAnswer(400, `${result.error.class}: ${result.error.message}`);
  }
  if (result.status === "timeout") return plainAnswer(500, "no step answered this event");
  const value = result.response ?? null;
  if (value instanceof PyObject && value.type === "Response") return fromResponse(value);
  if (typeof value === "string") return plainAnswer(200, value);
  if (value instanceof PyBytes) return { ...plainAnswer(200, ""), body: value.data };
  return truthy(value) ? jsonAnswer(value) : falseAnswer(value);
}

function jsonAnswer(value: PyValue): NativeAnswer {
  try {
    return jsonText(dumpJson(value));
  } catch (error) {
    if (error instanceof PyRaise) return broken(error);
    throw error;
  }
}

function jsonText(body: string): NativeAnswer {
  return { status: 200, contentType: "application/json", headers: {}, body };
}

/** An empty dict or list is JSON; None, 0 and False are written as Python's `str` does. */
function falseAnswer(value: PyValue): NativeAnswer {
  const container = value instanceof Map || Array.isArray(value);
  return container ? jsonAnswer(value) : plainAnswer(200, str(value));
}

function plainAnswer(status: number, body: string): NativeAnswer {
  return { status, contentType: "text/plain", headers: {}, body };
}

function fromResponse(value: PyObject): NativeAnswer {
  const field = (name: string): PyValue => value.fields.get(name) ?? null;
  const status = field("status_code");
  const type = field("content_type");
  const headers = field("headers");
  const body = field("body");
  const text = typeof body === "string" ? body : body instanceof Map ? dumpJson(body) : str(body);
  return {
    status: typeof status === "number" ? status : 200,
    contentType: body instanceof Map ? "application/json" : typeof type === "string" ? type : "text/plain",
    headers:
      headers instanceof Map ? Object.fromEntries([...headers].map(([k, v]) => [String(k), String(v)])) : {},
    body: body instanceof PyBytes ? body.data : text,
  };
}
