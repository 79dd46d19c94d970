import type { ServerContext } from "../engine/context";
import { asFailure, failure } from "../engine/failure";
import { type FlowEvent, StreamCompletion } from "../engine/flowevent";
import type { FlowStep } from "../engine/flowstep";
import { type Coro, Later, wait } from "../engine/loop";
import { PyObject, type PyValue } from "../value/value";

/** Gives the chunks of a stream; throws what the generator raises. */
export interface ChunkSource {
  next(): Coro<{ readonly value: PyValue } | null>;
}

/** The value is a generator, sync or async, that lives in the kernel. */
export function isGenerator(value: PyValue): value is PyObject {
  return value instanceof PyObject && value.type === "generator";
}

/** Virtual milliseconds until a thread has made a chunk: all that is ready runs meanwhile. */
const THREAD = 0.05;

/** The chunks of a generator. Each is made on a thread (or awaited), so other work runs in between. */
export function generatorChunks(context: ServerContext, step: string, generator: PyObject): ChunkSource {
  return {
    *next() {
      if (context.executor === null || generator.handle === null) return null;
      yield* context.loop.sleep(THREAD);
      const request = { step, ref: generator.handle, method: "__next__", args: [], awaits: true };
      const given = context.executor.call(request);
      const result = given instanceof Promise ? yield* wait(new Later(given)) : given;
      if (!result.raised) return { value: result.value === undefined ? null : (result.value as PyValue) };
      if (result.raised.class === "StopIteration" || result.raised.class === "StopAsyncIteration")
        return null;
      throw failure(result.raised.class, result.raised.message, result.raised.cause);
    },
  };
}

/** Emits an event for each chunk and then the end of the stream, also when the generator failed. */
export function* emitStream(step: FlowStep, event: FlowEvent, chunks: ChunkSource): Coro {
  refuseStreamInStream(step, event);
  let error: string | null = null;
  for (let id = 0; ; id++) {
    let chunk: { readonly value: PyValue } | null;
    try {
      chunk = yield* chunks.next();
    } catch (thrown) {
      const ex = asFailure(thrown);
      error = `${ex.className}: ${ex.message}`;
      break;
    }
    if (chunk === null) break;
    const mapped = step.mapped(event, chunk.value);
    mapped.streamingStep = step.name;
    mapped.chunkId = id;
    const rest = step.emit(mapped);
    if (rest) yield rest;
  }
  const rest = step.emitStreamEnd(new StreamCompletion(step.name, event, error));
  if (rest) yield rest;
}

function refuseStreamInStream(step: FlowStep, event: FlowEvent): void {
  if (event.streamingStep === null) return;
  throw failure(
    "StreamingError",
    "Streaming on top of streaming is not allowed. " +
      `Step '${step.name}' received a streaming event from '${event.streamingStep}'.`,
  );
}
