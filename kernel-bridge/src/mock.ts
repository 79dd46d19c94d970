/** MLRun's own mock server in the kernel, asked event by event. */
import {
  type CancelToken,
  ERROR_STREAM,
  type MockEvent,
  type Outcome,
  type PyMap,
  type PyValue,
  type RealGraph,
  type RealRun,
  type Raised,
  dict,
} from "@graphcell/core";
import { decodeRaised } from "./decode";
import { cancelled } from "./failure";
import { call } from "./protocol";
import type { Rpc } from "./rpc";

/** Runs events through a graph in MLRun's mock server; stops early when it is cancelled. */
export async function runMock(
  rpc: Rpc,
  run: string,
  graph: RealGraph,
  events: readonly MockEvent[],
  cancel: CancelToken,
  onProgress: (done: number) => void,
): Promise<RealRun> {
  const ask = (op: string, args: Readonly<Record<string, PyValue>> = {}): Promise<PyMap> =>
    rpc.ask(call(op, { run, ...args }), { cancel });
  try {
    const opened = await ask("mock_open", {
      variable: graph.variable,
      name: graph.name,
      graph: graph.graph,
      spec: graph.spec,
      error_stream: ERROR_STREAM,
      ...(graph.currentFunction === undefined ? {} : { current_function: graph.currentFunction }),
    });
    const begun = { mlrun: String(opened.get("mlrun") ?? ""), ops: opsOf(opened) };
    const error = opened.get("error");
    if (error !== undefined) return { ...NOTHING, ...begun, initError: decodeRaised(error) };
    const results: RealRun["events"][number][] = [];
    for (const event of events) {
      if (cancel.cancelled) throw cancelled();
      const answer = await ask("mock_send", { event: sent(event) });
      results.push(resultOf(event.id ?? "", answer));
      begun.ops.push(...opsOf(answer));
      onProgress(results.length);
    }
    const ended = await ask("mock_end");
    return {
      ...begun,
      ops: [...begun.ops, ...opsOf(ended)],
      initError: null,
      events: results,
      termination: outcomeOf(ended.get("termination")),
      streams: streamsOf(ended.get("streams")),
      errorStream: listOr(ended.get("error_stream")),
      cancelled: false,
    };
  } finally {
    // It may have ended long ago: then there is nothing to close.
    rpc.ask(call("mock_close", { run })).catch(() => undefined);
  }
}

const NOTHING = {
  events: [],
  termination: null,
  streams: new Map<string, readonly PyValue[]>(),
  errorStream: null,
  cancelled: false,
} as const;

/** The arguments of `server.test(...)`. */
function sent(event: MockEvent): PyMap {
  const fields: Readonly<Record<string, PyValue | undefined>> = {
    event_id: event.id,
    body: event.body,
    path: event.path,
    method: event.method,
    headers: event.headers,
    content_type: event.contentType,
  };
  const out = dict();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) out.set(name, value);
  return out;
}

function opsOf(answer: PyMap): PyMap[] {
  const ops = answer.get("ops");
  return Array.isArray(ops) ? ops.filter((op): op is PyMap => op instanceof Map) : [];
}

function resultOf(id: string, answer: PyMap): RealRun["events"][number] {
  const status = answer.get("status");
  const response = answer.get("response");
  const error = answer.get("error");
  return {
    id,
    status:
      status === "ok" || status === "error_response" || status === "error" || status === "timeout"
        ? status
        : "error",
    ...(response === undefined ? {} : { response }),
    ...(error === undefined ? {} : { error: decodeRaised(error) }),
  };
}

function outcomeOf(value: PyValue | undefined): Outcome | null {
  if (!(value instanceof Map)) return null;
  const status = value.get("status");
  const error: Raised | null = value.has("error") ? decodeRaised(value.get("error") ?? null) : null;
  return {
    status: status === "ok" || status === "timeout" ? status : "error",
    ...(error === null ? { result: value.get("result") ?? null } : { error }),
  };
}

function streamsOf(value: PyValue | undefined): Map<string, readonly PyValue[]> {
  if (!(value instanceof Map)) return new Map();
  return new Map([...value].map(([step, items]) => [String(step), Array.isArray(items) ? items : []]));
}

function listOr(value: PyValue | undefined): readonly PyValue[] | null {
  return Array.isArray(value) ? value : null;
}
