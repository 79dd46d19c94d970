import {
  type EventResult,
  type Executor,
  type MockEvent,
  type Outcome,
  PyObject,
  type PyMap,
  type PyValue,
  type Raised,
  type RunResult,
  type TraceOp,
  Graph,
  decodeGraph,
  deploy,
  dict,
  dumpJson,
  encodeGraph,
  isMap,
  parseJson,
  parseNotebook,
  simulate,
  wireText,
} from "@graphcell/core";
import { type Case, eventsOf, listAt, mapAt, textAt } from "./case";
import { type Difference, differences, withoutVolatile } from "./compare";
import { HttpServer } from "./http";
import { ReplayExecutor } from "./replay";

export interface CaseResult {
  readonly id: string;
  readonly kind: string;
  /** Null when the case was skipped. */
  readonly passed: boolean | null;
  readonly differences: readonly string[];
}

/** Virtual start of every case. */
const START = Date.UTC(2024, 0, 1);

/** Gives an executor on a real kernel that has run the case's program. */
export type LiveExecutor = (one: Case) => Promise<{
  readonly executor: Executor;
  /** A flow without MLRun is in no record: the kernel tells of it. */
  readonly graph?: Graph;
  close(): Promise<void>;
}>;

/** Runs one case and says how the result differs from the record. */
export async function runCase(one: Case, live: LiveExecutor | null): Promise<CaseResult> {
  const result = (passed: boolean | null, found: readonly string[] = []): CaseResult => ({
    id: one.id,
    kind: one.kind,
    passed,
    differences: found,
  });
  const storey = one.mode === "storey" && live !== null && !one.raw.has("error");
  if (!isMap(one.raw.get("graph")) && !storey) return result(null);
  try {
    const found = await compareCase(one, live);
    return result(found.length === 0, found);
  } catch (error) {
    return result(false, [
      `runner: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    ]);
  }
}

async function compareCase(one: Case, live: LiveExecutor | null): Promise<string[]> {
  const read = decodeGraph(one.values.get("graph") ?? null).graph;
  const found = one.mode === "storey" ? [] : texts(roundTrip(one, read));
  const recordedGraph = withNames(read, one);
  if (one.mode === "build" || stageOf(one) === "build") return found;
  const kernel = live ? await live(one) : null;
  const graph = kernel?.graph ?? recordedGraph;
  const replay = kernel ? null : new ReplayExecutor(one);
  const http = new HttpServer();
  try {
    const { events, recorded } = eventsOf(one);
    const sleep = Number(/^SLEEP\s*=\s*([\d.]+)/m.exec(one.source)?.[1] ?? "0");
    const timed =
      sleep === 0 ? events : events.map((event, i) => ({ ...event, time: START / 1000 + i * sleep }));
    const ran = await simulate(graph, timed, {
      now: START,
      lingerMs: sleep * 1000,
      ...optionsOf(one),
      ...(kernel ? { executor: kernel.executor } : replay ? { executor: replay } : {}),
      trace: "ops",
      fetch: http.fetch,
    });
    found.push(...(replay?.mismatches ?? []));
    found.push(...texts(compareRun(one, graph, ran, events.slice(0, recorded), replay, http)));
  } finally {
    await kernel?.close();
  }
  return found;
}

/** The graph with the names of steps that are not their keys: MLRun does not write them, the program does. */
function withNames(graph: Graph, one: Case): Graph {
  const cell = { id: "case", kind: "code" as const, source: one.source };
  const written = parseNotebook([cell]).graphs.find(({ variables }) => variables.includes("fn"))?.graph;
  const steps = new Map(graph.steps);
  for (const [key, step] of steps) {
    const name = written?.step(key)?.field("name");
    if (step.kind !== "router" && typeof name === "string" && name !== key)
      steps.set(key, step.with("name", name));
  }
  return new Graph(graph.root.withChildren(steps));
}

function texts(found: readonly Difference[]): string[] {
  return found.map(({ pointer, text }) => `${pointer}: ${text}`);
}

function roundTrip(one: Case, graph: Graph): Difference[] {
  return differences(one.raw.get("graph") ?? null, describe(encodeGraph(graph)), "/graph");
}

/** The described form of a value: what the file holds. */
function describe(value: PyValue): PyValue {
  return parseJson(wireText(value));
}

function stageOf(one: Case): string {
  const error = one.raw.get("error");
  return isMap(error) ? textAt(error, "stage") : "";
}

/** What the program told the mock server, as far as it is a constant in its text. */
function optionsOf(one: Case): Partial<Parameters<typeof simulate>[2]> {
  const spec = mapAt(mapAt(one.values, "function"), "spec");
  const meta = mapAt(mapAt(one.values, "function"), "metadata");
  const given = /^MOCK_KW\s*=\s*(.*)$/m.exec(one.source)?.[1] ?? "";
  const word = (name: string): string | undefined =>
    new RegExp(`["']?${name}["']?\\s*[:=]\\s*["']([^"']*)["']`).exec(given)?.[1];
  const seconds = Number(/^TIMEOUT\s*=\s*([\d.]+)/m.exec(one.source)?.[1] ?? "8");
  const current = word("current_function");
  return {
    spec,
    functionName: `${textAt(meta, "project")}/${textAt(meta, "name")}`,
    errorStream: word("error_stream") ?? null,
    waitMs: seconds * 1000,
    // What is traced op by op must not fill the memory.
    mostTurns: 120_000,
    ...(current === undefined ? {} : { currentFunction: current }),
    verbose: /\bfn\.verbose\s*=\s*True/.test(one.source),
  };
}

function compareRun(
  one: Case,
  graph: Graph,
  ran: RunResult,
  events: readonly MockEvent[],
  replay: ReplayExecutor | null,
  http: HttpServer,
): Difference[] {
  const expected = expectedOf(one, replay);
  const actual = describe(actualOf(one, graph, ran, events, http));
  if (!isMap(actual)) throw new TypeError("a described map is a map");
  const ids = new Set(events.map(({ id }, i) => id ?? `e${i + 1}`));
  sortErrors(actual, expected, ids);
  if (one.raw.get("unordered") === true) for (const doc of [expected, actual]) sortOps(doc);
  return withoutVolatile(differences(expected, actual), one.volatile);
}

/** The parts of a record that are compared. */
const PARTS = [
  "error",
  "graph_deployed",
  "plan",
  "results",
  "trace",
  "streams",
  "error_stream",
  "tracking_stream",
  "http_log",
  "termination",
];

/** Parts that a record of a flow without MLRun lacks. */
const NOT_OF_STOREY = ["graph_deployed", "plan", "http_log"];

function expectedOf(one: Case, replay: ReplayExecutor | null): PyMap {
  const doc: PyMap = new Map();
  for (const part of PARTS) {
    const value = one.raw.get(part);
    if (value !== undefined) doc.set(part, value);
  }
  const tracked = one.raw.get("tracking_stream");
  // A record names the machine that it was made on.
  if (Array.isArray(tracked)) doc.set("tracking_stream", tracked.map(hostless));
  const inner = replay?.innerCalls() ?? new Set<number>();
  const trace = listAt(one.raw, "trace").filter((_, at) => !inner.has(at));
  doc.set("trace", [...trace]);
  if (one.mode === "storey" && !one.raw.has("trace")) doc.delete("trace");
  if (one.mode === "storey") return doc;
  if (stageOf(one) === "") {
    doc.set("graph_deployed", one.raw.get("graph_deployed") ?? one.raw.get("graph") ?? null);
    if (!doc.has("http_log")) doc.set("http_log", []);
  }
  return doc;
}

function actualOf(
  one: Case,
  graph: Graph,
  ran: RunResult,
  events: readonly MockEvent[],
  http: HttpServer,
): PyMap {
  const trace = ran.ops.map(opValue);
  if (ran.initError !== null) {
    const error = new PyObject(
      "exception",
      new Map(Object.entries({ stage: "init", ...raisedFields(ran.initError) })),
    );
    return dict({ error, trace });
  }
  const doc = dict({
    graph_deployed: ran.deployed ? sortNames(encodeGraph(ran.deployed)) : null,
    plan: one.mode === "storey" ? null : planOf(one, graph),
    results: ran.events.slice(0, events.length).map(resultValue),
    trace,
    http_log: [...http.log],
  });
  if (one.mode === "storey") for (const part of NOT_OF_STOREY) doc.delete(part);
  // A source with data of its own is through before the recorder looks.
  if (one.mode === "storey" && !one.raw.has("trace")) doc.delete("trace");
  if (one.mode === "storey" && one.raw.has("http_log")) doc.set("http_log", [...http.log]);
  if (ran.streams.size > 0) doc.set("streams", new Map([...ran.streams].map(([k, v]) => [k, [...v]])));
  if (ran.errorStream) doc.set("error_stream", ran.errorStream.filter(isMap).map(firstLine));
  if (ran.trackingStream) doc.set("tracking_stream", [...ran.trackingStream]);
  if (ran.termination) doc.set("termination", outcomeValue(ran.termination));
  return doc;
}

/** Lists that come from Python's sets have no order: the recorder sorts them. */
function sortNames(graph: PyValue): PyValue {
  if (!isMap(graph)) return graph;
  const sorted: PyMap = new Map(graph);
  for (const name of ["model_endpoints_names", "model_endpoints_routes_names"]) {
    const list = sorted.get(name);
    if (!Array.isArray(list)) continue;
    const rank = (v: PyValue): string => `${v === null ? 1 : 0}${String(v)}`;
    sorted.set(
      name,
      [...list].sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0)),
    );
  }
  return sorted;
}

function planOf(one: Case, graph: Graph): PyValue {
  const { currentFunction, spec } = optionsOf(one);
  const { root } = graph;
  if (root.kind === "router") {
    return dict({
      topology: "router",
      class_name: root.field("class_name") ?? null,
      routes: [...root.children.keys()],
    });
  }
  const plan = deploy(graph, { spec, ...(currentFunction === undefined ? {} : { currentFunction }) });
  return dict({
    topology: "flow",
    engine: root.field("engine") ?? null,
    start_steps: [...plan.startSteps],
    next: new Map([...plan.next].map(([k, v]) => [k, [...v]])),
    responders: [...plan.responders],
    wait_for_result: plan.waitForResult,
  });
}

function resultValue(result: EventResult): PyValue {
  const out = dict({ status: result.status });
  if (result.response !== undefined) out.set("response", result.response);
  if (result.error) out.set("error", exception(result.error));
  return out;
}

function outcomeValue(outcome: Outcome): PyValue {
  const out = dict({ status: outcome.status });
  if (outcome.error) out.set("error", exception(outcome.error));
  else if (outcome.status === "ok") out.set("result", outcome.result ?? null);
  return out;
}

function raisedFields(raised: Raised): Record<string, PyValue> {
  const fields: Record<string, PyValue> = { class: raised.class, message: raised.message.slice(0, 600) };
  if (raised.cause) {
    fields.cause = dict({ class: raised.cause.class, message: raised.cause.message.slice(0, 300) });
  }
  return fields;
}

function exception(raised: Raised): PyValue {
  return new PyObject("exception", new Map(Object.entries(raisedFields(raised))));
}

function opValue(op: TraceOp): PyValue {
  const out: PyMap = new Map();
  for (const [name, value] of Object.entries(op) as [string, PyValue][]) {
    if (value === undefined) continue;
    const raised = (name === "raise" && op.op === "call") || (name === "error" && op.op === "raise");
    out.set(name, raised ? exception(value as unknown as Raised) : value);
  }
  return out;
}

function hostless(record: PyValue): PyValue {
  return isMap(record) ? new Map(record).set("host", "<host>") : record;
}

/** The recorder cuts messages to their first line, and sorts: two threads push. */
function firstLine(record: PyMap): PyMap {
  const out: PyMap = new Map(record);
  out.delete("message");
  return out.set("message_first_line", textAt(record, "message").split("\n")[0]);
}

/**
 * A step and the request handler push errors from two threads: the recorder sorts them by the event's id. Ids that are
 * made while a program runs come where they came there.
 */
function sortErrors(actual: PyMap, expected: PyMap, known: ReadonlySet<string>): void {
  const errors = listAt(actual, "error_stream").filter(isMap);
  if (errors.length === 0) return;
  const idOf = (record: PyMap): string => String(mapAt(record, "event").get("id") ?? "None");
  const [first] = listAt(expected, "error_stream").filter(isMap);
  const madeFirst = first !== undefined && idOf(first) !== "None" && !known.has(idOf(first));
  const key = (record: PyMap): string => {
    const id = idOf(record);
    const late = record.get("source") === "_handler" ? "1" : "0";
    return known.has(id) || id === "None" ? `1${id} ${late}` : `${madeFirst ? 0 : 2}${late}`;
  };
  const keyed = errors.map((record) => [key(record), record] as const);
  actual.set(
    "error_stream",
    keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, record]) => record),
  );
}

/** Where order has no meaning, both sides are put in the recorder's order, which volatile pointers count by. */
function sortOps(doc: PyMap): void {
  for (const part of ["trace", "http_log"]) {
    const list = doc.get(part);
    if (!Array.isArray(list)) continue;
    const keyed = list.map((item) => [orderOf(item), item] as const);
    doc.set(
      part,
      keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, item]) => item),
    );
  }
}

function orderOf(item: PyValue): string {
  const op = isMap(item) ? item : new Map<PyValue, PyValue>();
  const key = ["step", "op", "event"].map((name) => op.get(name) ?? null);
  return dumpJson([...key, item], { sortKeys: true });
}
