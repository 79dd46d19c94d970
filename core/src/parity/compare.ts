import type { Raised } from "../engine/event";
import type { EventResult, Outcome, RunResult } from "../engine/simulate";
import { snapshot } from "../engine/snapshot";
import type { TraceOp } from "../engine/trace";
import type { Graph } from "../model/graph";
import { shortRepr } from "../value/bounded";
import { type PyMap, PyObject, type PyValue, dict, isMap } from "../value/value";
import { differenceOf } from "./alike";
import { opaqueSteps } from "./opaque";
import type { RealRun } from "./real";

/** How far a simulation and MLRun's own mock server agree. */
export interface Parity {
  readonly agrees: boolean;
  readonly mlrun: string;
  /** What happened in the steps, in the real run, and how much of it the simulation did the same. */
  readonly operations: number;
  readonly agreeing: number;
  readonly events: readonly EventParity[];
  /** All differences that were found, at most one a step and event, in the order of the real run. */
  readonly differences: readonly ParityDifference[];
  readonly opaque: readonly OpaqueStep[];
}

export interface EventParity {
  readonly id: string;
  readonly agrees: boolean;
}

export interface ParityDifference {
  /** Null for what belongs to no event: the start, the end, a stream. */
  readonly event: string | null;
  readonly step: string | null;
  /** What differs: `start`, `in`, `call`, `out`, `raise`, `answer`, `order`, `end`, `stream`, ... */
  readonly what: string;
  /** Place in the value, `/` between keys; empty for all of it. */
  readonly place: string;
  /** Python's text of both, cut; `nothing` where one side has none. */
  readonly mlrun: string;
  readonly graphcell: string;
}

/** A step of which little or nothing could be compared. */
export interface OpaqueStep {
  readonly step: string;
  readonly why: "not reached" | "other process" | "network";
}

/** Differences that are told. */
const MOST = 200;
/** Characters of a value that are shown. */
const SHOWN = 300;

export function compareRuns(graph: Graph, real: RealRun, ours: RunResult): Parity {
  const found = new Findings();
  found.add(null, null, "start", raisedValue(real.initError), raisedValue(ours.initError));
  const { operations, agreeing, reached } = compareOps(real.ops, ours.ops.map(opMap), found);
  real.events.forEach((event, i) => compareAnswers(event, ours.events[i], found));
  if (real.initError === null && ours.initError === null) {
    found.add(null, null, "end", outcomeValue(real.termination), outcomeValue(ours.termination));
    compareStreams(real, ours, found);
  }
  const differing = new Set(found.list.map((difference) => difference.event));
  return {
    agrees: found.list.length === 0,
    mlrun: real.mlrun,
    operations,
    agreeing,
    events: real.events.map(({ id }) => ({ id, agrees: !differing.has(id) })),
    differences: found.list.slice(0, MOST),
    opaque: opaqueSteps(graph, reached),
  };
}

class Findings {
  readonly list: ParityDifference[] = [];
  private readonly told = new Set<string>();

  /** True when the two are the same; else notes where they differ, once a step and event. */
  add(
    event: string | null,
    step: string | null,
    what: string,
    real: PyValue | undefined,
    ours: PyValue | undefined,
  ): boolean {
    const found = differenceOf(real, ours);
    if (found === null) return true;
    const key = JSON.stringify([event, step ?? what]);
    if (!this.told.has(key)) {
      this.told.add(key);
      const [mlrun, graphcell] = [textOf(found.real), textOf(found.ours)];
      this.list.push({ event, step, what, place: found.path.join("/"), mlrun, graphcell });
    }
    return false;
  }
}

function textOf(value: PyValue | undefined): string {
  return value === undefined ? "nothing" : shortRepr(value, SHOWN);
}

/** Step by step: threads of a real server may put the work of different steps in another order. */
function compareOps(
  real: readonly PyMap[],
  ours: readonly PyMap[],
  found: Findings,
): { readonly operations: number; readonly agreeing: number; readonly reached: ReadonlySet<string> } {
  const waiting = byStep(ours);
  const last = new Map<string, string>();
  let agreeing = 0;
  for (const op of real) {
    const step = stepOf(op);
    const event = eventOf(op, last);
    const own = waiting.get(step)?.shift();
    if (found.add(event, step, whatOf(op), told(op), own && told(own))) agreeing++;
  }
  for (const [step, rest] of waiting) {
    for (const op of rest) found.add(eventOf(op, last), step, whatOf(op), undefined, told(op));
  }
  // That the flow ended is told of every step.
  const events = [...real, ...ours].filter((op) => whatOf(op) !== "terminate");
  return { operations: real.length, agreeing, reached: new Set(events.map(stepOf)) };
}

function byStep(ops: readonly PyMap[]): Map<string, PyMap[]> {
  const steps = new Map<string, PyMap[]>();
  for (const op of ops) {
    const step = stepOf(op);
    const list = steps.get(step);
    if (list) list.push(op);
    else steps.set(step, [op]);
  }
  return steps;
}

function stepOf(op: PyMap): string {
  return String(op.get("step") ?? "");
}

function whatOf(op: PyMap): string {
  return String(op.get("op") ?? "");
}

/** The event of an operation; of a call, the one that its step got last. */
function eventOf(op: PyMap, last: Map<string, string>): string | null {
  const event = op.get("event");
  const step = stepOf(op);
  if (typeof event === "string") last.set(step, event);
  return last.get(step) ?? last.get(step.split("/")[0]) ?? null;
}

/** What of an operation is compared. */
function told(op: PyMap): PyMap {
  const out: PyMap = new Map();
  for (const [name, value] of op) {
    if (name === "step") continue;
    const raised =
      (name === "raise" && op.get("op") === "call") || (name === "error" && op.get("op") === "raise");
    out.set(name, raised ? exceptionOf(value) : snapshot(value));
  }
  return out;
}

function exceptionOf(value: PyValue): PyValue {
  const fields = isMap(value) ? value : value instanceof PyObject ? value.fields : null;
  if (fields === null) return value;
  return dict({ class: fields.get("class") ?? null, message: fields.get("message") ?? null });
}

function compareAnswers(real: Omit<EventResult, "ms">, ours: EventResult | undefined, found: Findings): void {
  found.add(real.id, null, "answer", answerValue(real), ours && answerValue(ours));
}

function answerValue(event: Omit<EventResult, "ms">): PyValue {
  const out = dict({ status: event.status });
  if (event.error) out.set("error", raisedValue(event.error));
  else if (event.response !== undefined) out.set("response", snapshot(event.response));
  return out;
}

function outcomeValue(outcome: Outcome | null): PyValue {
  if (outcome === null) return null;
  const out = dict({ status: outcome.status });
  if (outcome.error) out.set("error", raisedValue(outcome.error));
  else out.set("result", snapshot(outcome.result ?? null));
  return out;
}

function raisedValue(raised: Raised | null): PyValue {
  return raised === null ? null : dict({ class: raised.class, message: raised.message });
}

function compareStreams(real: RealRun, ours: RunResult, found: Findings): void {
  for (const step of new Set([...real.streams.keys(), ...ours.streams.keys()])) {
    const [a, b] = [real.streams.get(step), ours.streams.get(step)];
    found.add(null, step, "stream", a && snapshot([...a]), b && snapshot([...b]));
  }
  found.add(null, null, "error stream", errorsOf(real.errorStream), errorsOf(ours.errorStream));
}

/** Errors in a stream without what says where and on which line; two threads push them: put in one order. */
function errorsOf(records: readonly PyValue[] | null): PyValue {
  const told = (records ?? []).filter(isMap).map((record) => {
    const message = record.get("message");
    const first = typeof message === "string" ? message.split("\n")[0] : null;
    return dict({
      source: record.get("source") ?? null,
      event: snapshot(record.get("event") ?? null),
      message: first,
      args: snapshot(record.get("args") ?? null),
    });
  });
  const rank = (record: PyMap): string => `${eventId(record)} ${record.get("source") === "_handler" ? 1 : 0}`;
  return told.sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
}

function eventId(record: PyMap): string {
  const event = record.get("event");
  return isMap(event) ? String(event.get("id") ?? "") : "";
}

function opMap(op: TraceOp): PyMap {
  const out: PyMap = new Map();
  for (const [name, value] of Object.entries(op) as [string, PyValue | Raised | undefined][]) {
    if (value === undefined) continue;
    const raised = (name === "raise" && op.op === "call") || (name === "error" && op.op === "raise");
    out.set(name, raised ? raisedValue(value as Raised) : (value as PyValue)); // by the two tests, which TypeScript can't follow
  }
  return out;
}
