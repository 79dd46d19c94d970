import type { ResultCard } from "./card";
import type { EventRun } from "./state";
import type { Frame, Raised } from "../engine/event";
import type { EventStatus } from "../engine/simulate";
import type { Preview, TraceRecord } from "../engine/trace";

/**
 * Reads a saved result, which came with a notebook and so from anybody: null when it is of another version or no
 * result at all; what is in it is checked and copied field by field.
 */
export function readCard(data: unknown): ResultCard | null {
  const card = objectOf(data);
  if (!card || card.version !== 1 || typeof card.graphName !== "string") return null;
  return {
    version: 1,
    graphName: card.graphName,
    graph: card.graph ?? null,
    events: listOf(card.events).flatMap((item) => readEvent(item) ?? []),
    records: listOf(card.records).flatMap((item) => readRecord(item) ?? []),
    failure: readFailure(card.failure),
    ms: numberOf(card.ms),
    ...readProgress(card.progress),
  };
}

function readProgress(data: unknown): Pick<ResultCard, "progress"> {
  const progress = objectOf(data);
  return progress ? { progress: { done: numberOf(progress.done), total: numberOf(progress.total) } } : {};
}

type Fields = Readonly<Record<string, unknown>>;

function objectOf(data: unknown): Fields | null {
  return typeof data === "object" && data !== null && !Array.isArray(data) ? (data as Fields) : null;
}

function listOf(data: unknown): readonly unknown[] {
  return Array.isArray(data) ? data : [];
}

function textOf(data: unknown): string {
  return typeof data === "string" ? data : "";
}

function textOrNull(data: unknown): string | null {
  return typeof data === "string" ? data : null;
}

function numberOf(data: unknown): number {
  return typeof data === "number" && Number.isFinite(data) ? data : 0;
}

function numberOrNull(data: unknown): number | null {
  return typeof data === "number" && Number.isFinite(data) ? data : null;
}

const STATUSES: readonly EventStatus[] = ["ok", "error_response", "error", "timeout", "emitted", "cancelled"];

function readEvent(data: unknown): ResultCard["events"][number] | null {
  const event = objectOf(data);
  const run = objectOf(event?.run);
  const status = STATUSES.find((s) => s === run?.status);
  if (!event || !run || !status || typeof event.id !== "string") return null;
  const read: EventRun = {
    status,
    code: numberOrNull(run.code),
    ms: numberOf(run.ms),
    response: readPreview(run.response),
    error: readRaised(run.error),
    changed: run.changed === true,
  };
  return { id: event.id, name: textOf(event.name) || event.id, run: read };
}

function readRecord(data: unknown): TraceRecord | null {
  const record = objectOf(data);
  const input = readPreview(record?.in);
  if (!record || !input || typeof record.step !== "string") return null;
  return {
    seq: numberOf(record.seq),
    index: numberOf(record.index),
    event: textOf(record.event),
    step: record.step,
    start: numberOf(record.start),
    ms: numberOf(record.ms),
    in: input,
    out: listOf(record.out).flatMap((item) => readPreview(item) ?? []),
    emitted: numberOf(record.emitted),
    error: readRaised(record.error),
    handledBy: textOrNull(record.handledBy),
    stdout: textOf(record.stdout),
  };
}

function readPreview(data: unknown): Preview | null {
  const preview = objectOf(data);
  if (!preview || typeof preview.type !== "string") return null;
  const bundle = objectOf(preview.bundle);
  const texts = Object.entries(bundle ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return {
    type: preview.type,
    text: textOf(preview.text),
    json: textOrNull(preview.json),
    ...(bundle ? { bundle: Object.fromEntries(texts) } : {}),
    size: numberOrNull(preview.size),
    cut: preview.cut === true,
    // The kernel that held the value is gone when a notebook is opened again.
    handle: null,
  };
}

function readRaised(data: unknown): Raised | null {
  const raised = objectOf(data);
  if (!raised || typeof raised.class !== "string") return null;
  const cause = objectOf(raised.cause);
  return {
    class: raised.class,
    message: textOf(raised.message),
    ...(cause ? { cause: { class: textOf(cause.class), message: textOf(cause.message) } } : {}),
    ...(typeof raised.traceback === "string" ? { traceback: raised.traceback } : {}),
    frames: listOf(raised.frames).flatMap((item) => readFrame(item) ?? []),
  };
}

function readFrame(data: unknown): Frame | null {
  const frame = objectOf(data);
  if (!frame || typeof frame.line !== "number") return null;
  return {
    cellId: textOrNull(frame.cellId),
    file: textOf(frame.file),
    line: frame.line,
    name: textOf(frame.name),
  };
}

function readFailure(data: unknown): ResultCard["failure"] {
  const failure = objectOf(data);
  if (!failure || typeof failure.message !== "string") return null;
  return { message: failure.message, remedy: textOf(failure.remedy), step: textOrNull(failure.step) };
}
