import {
  type EventResult,
  type Graph,
  type Preview,
  type Problem,
  type PyMap,
  type PyValue,
  type Raised,
  type RunResult,
  type TraceRecord,
  dict,
  encodeAsMlrun,
  endlessText,
  float,
  parseWire,
  shortRepr,
  type TraceOp,
  PyObject,
} from "@graphcell/core";
import { problemValue } from "./problems";

/** The one object of `simulate --json`. Values that JSON lacks have the `$type` forms of the golden cases. */
export function runValue(graph: Graph, problems: readonly Problem[], run: RunResult, trace: boolean): PyMap {
  const byEvent = recordsByEvent(run.records);
  const value = dict({
    graph: encodeAsMlrun(graph),
    problems: problems.map(problemValue),
    events: run.events.map((event) => eventValue(event, byEvent.get(event.id) ?? [])),
    termination: run.termination ? outcomeValue(run.termination) : null,
    streams: new Map([...run.streams].map(([step, bodies]) => [step, [...bodies]])),
    tables: new Map([...run.tables].map(([name, rows]) => [name, new Map(rows)])),
    files: new Map([...run.files].map(([path, bodies]) => [path, [...bodies]])),
  });
  if (run.initError) value.set("error", errorValue(run.initError));
  if (run.endless) value.set("endless", dict({ event: run.endless.event, step: run.endless.step }));
  if (trace) value.set("trace", run.ops.map(opValue));
  return value;
}

function eventValue(event: EventResult, records: readonly TraceRecord[]): PyMap {
  const value = dict({ id: event.id, status: event.status });
  if (event.error) value.set("error", errorValue(event.error));
  else if (event.response !== undefined) value.set("response", event.response);
  value.set("steps", records.map(stepValue));
  return value;
}

function stepValue(record: TraceRecord): PyMap {
  return dict({
    step: record.step,
    in: previewValue(record.in),
    out: record.out.map(previewValue),
    ms: float(Math.round(record.ms * 1000) / 1000),
    error: record.error ? errorValue(record.error) : null,
  });
}

function previewValue(preview: Preview): PyValue {
  return preview.json === null ? dict({ $type: preview.type, text: preview.text }) : parseWire(preview.json);
}

/** A trace entry as the golden cases write it. */
function opValue(op: TraceOp): PyMap {
  const value: PyMap = new Map();
  for (const [name, field] of Object.entries(op) as [
    string,
    PyValue | readonly PyValue[] | Raised | undefined,
  ][]) {
    if (field === undefined) continue;
    if (isRaised(name, field)) value.set(name, exceptionValue(field));
    else value.set(name, field instanceof Array ? [...field] : field);
  }
  return value;
}

function isRaised(name: string, field: PyValue | readonly PyValue[] | Raised): field is Raised {
  const named = name === "raise" || name === "error";
  return named && typeof field === "object" && field !== null && "class" in field && "message" in field;
}

function exceptionValue(error: Raised): PyObject {
  return new PyObject(
    "exception",
    new Map([...errorValue(error)].map(([name, value]) => [String(name), value])),
  );
}

export function errorValue(error: Raised): PyMap {
  const value = dict({ class: error.class, message: error.message });
  if (error.cause) value.set("cause", dict({ class: error.cause.class, message: error.cause.message }));
  return value;
}

function outcomeValue(outcome: NonNullable<RunResult["termination"]>): PyMap {
  const value = dict({ status: outcome.status });
  if (outcome.error) value.set("error", errorValue(outcome.error));
  else if (outcome.result !== undefined) value.set("result", outcome.result);
  return value;
}

/** The run for people: an event a block, a step a line. */
export function runText(run: RunResult): string {
  const lines: string[] = [];
  if (run.initError)
    lines.push(`The graph could not be started: ${run.initError.class}: ${run.initError.message}`);
  if (run.endless) {
    const { event } = run.endless;
    const { message, remedy } = endlessText(
      run.endless,
      event < run.events.length ? `Event ${run.events[event].id}` : "The end of the flow",
    );
    lines.push(message, remedy);
  }
  const byEvent = recordsByEvent(run.records);
  for (const event of run.events) {
    lines.push(`${event.id}  ${event.status}  ${answerText(event)}  ${timeText(event.ms)}`);
    lines.push(...recordLines(byEvent.get(event.id) ?? []));
    byEvent.delete(event.id);
  }
  const made = [...byEvent.values()].flat();
  if (made.length > 0) lines.push("events that the graph made (batches and the like)", ...recordLines(made));
  const missing = (run.trace?.count ?? 0) - run.records.length;
  if (missing > 0) lines.push(...sumLines(run, missing));
  for (const [step, bodies] of run.streams) lines.push(`queue ${step}: ${shortRepr([...bodies], 200)}`);
  for (const [name, rows] of run.tables) lines.push(`table ${name}: ${shortRepr(new Map(rows), 200)}`);
  for (const [path, bodies] of run.files)
    lines.push(`for file ${path} (not written): ${shortRepr([...bodies], 200)}`);
  const result = run.termination?.result;
  if (result !== undefined && result !== null) lines.push(`at the end: ${shortRepr(result, 200)}`);
  return lines.map((line) => `${line}\n`).join("");
}

function recordsByEvent(records: readonly TraceRecord[]): Map<string, TraceRecord[]> {
  const byEvent = new Map<string, TraceRecord[]>();
  for (const record of records) {
    const list = byEvent.get(record.event);
    if (list) list.push(record);
    else byEvent.set(record.event, [record]);
  }
  return byEvent;
}

/** A large run's steps in sums: what they did is shown for the first and the last events only. */
function sumLines(run: RunResult, missing: number): readonly string[] {
  const steps = run.trace?.steps ?? [];
  const width = Math.max(0, ...steps.map(({ name }) => name.length));
  const count = (n: number) => n.toLocaleString("en-US");
  return [
    `all events (what each step did is shown for the first and the last only: ${count(missing)} more)`,
    ...steps.map(({ name, entered, emitted, failed, ms }) => {
      const errors = failed > 0 ? `, ${count(failed)} failed` : "";
      return `  ${name.padEnd(width)}  ${count(entered)} in, ${count(emitted)} out${errors}, ${timeText(ms)}`;
    }),
  ];
}

function recordLines(records: readonly TraceRecord[]): readonly string[] {
  const width = Math.max(0, ...records.map((record) => record.step.length));
  return records.map((record) => `  ${record.step.padEnd(width)}  ${recordText(record)}`);
}

function answerText(event: EventResult): string {
  if (event.error) return `${event.error.class}: ${event.error.message}`;
  if (event.status === "timeout") return "no answer: no step responded to this event";
  return event.response === undefined ? "" : shortRepr(event.response, 200);
}

function recordText(record: TraceRecord): string {
  if (record.error) {
    const handled = record.handledBy === null ? "" : ` (handled by ${record.handledBy})`;
    return `${record.in.text} -> ${record.error.class}: ${record.error.message}${handled}`;
  }
  const out = record.out.length === 0 ? "nothing" : record.out.map((o) => o.text).join(" | ");
  return `${record.in.text} -> ${out}  ${timeText(record.ms)}`;
}

function timeText(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Whether every event was answered well. */
export function allWell(run: RunResult): boolean {
  return (
    !run.initError &&
    !run.endless &&
    run.events.every((event) => event.status === "ok" || event.status === "emitted")
  );
}
