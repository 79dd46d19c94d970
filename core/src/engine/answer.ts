import { PyObject, type PyValue } from "../value/value";
import { type Failure, asFailure, failure } from "./failure";
import { type Mailbox, StreamChunk, StreamCompletion } from "./flowevent";
import type { Coro } from "./loop";

/** What a request comes to: a value, or an HTTP answer. */
export interface Reply {
  readonly value: PyValue;
  /** The answer is a `Response` with a status of 300 or more. */
  readonly failed: boolean;
  /** Nobody answers: the flow just took the event. */
  readonly emitted?: boolean;
}

/** What came for the caller: a result, or as many as it waits for; of a stream, all chunks. */
export function* collected(mailbox: Mailbox, results: number): Coro<PyValue> {
  const values: PyValue[] = [];
  while (values.length < results) {
    const item = mailbox.items.shift();
    if (item === undefined) {
      yield mailbox.next();
      continue;
    }
    if (item instanceof Error) throw asFailure(item).copied();
    if (item instanceof StreamChunk || item instanceof StreamCompletion) {
      mailbox.items.unshift(item);
      return yield* collectStream(mailbox);
    }
    values.push(item);
  }
  return values.length === 1 ? values[0] : values;
}

/** The answer of a streaming responder: all its chunks, and its error when it failed. */
export function* collectStream(mailbox: Mailbox): Coro<PyValue> {
  const chunks: PyValue[] = [];
  for (;;) {
    const item = mailbox.items.shift();
    if (item === undefined) {
      yield mailbox.next();
      continue;
    }
    if (item instanceof StreamChunk) chunks.push(item.body);
    else if (item instanceof StreamCompletion && item.error === null) return streamValue(chunks, null);
    else if (item instanceof StreamCompletion) {
      return streamValue(chunks, failure("StreamingError", item.error ?? ""));
    } else if (item instanceof Error) return streamValue(chunks, asFailure(item));
  }
}

function streamValue(chunks: PyValue[], ex: Failure | null): PyValue {
  const fields = new Map<string, PyValue>([["chunks", chunks]]);
  if (ex !== null) fields.set("error", ex.value);
  return new PyObject("stream", fields);
}
