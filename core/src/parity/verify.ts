import type { MockEvent } from "../engine/event";
import type { Executor } from "../engine/executor";
import { simulate } from "../engine/run";
import type { SimulateOptions } from "../engine/simulate";
import { GraphcellError } from "../errors";
import type { CancelToken } from "../lifetime";
import { encodeGraph } from "../model/encode";
import type { Graph } from "../model/graph";
import { deepCopy } from "../value/copy";
import type { PyMap } from "../value/value";
import { type Parity, compareRuns } from "./compare";
import { ERROR_STREAM, type RunReal } from "./real";

export interface VerifyRequest {
  readonly graph: Graph;
  readonly spec: PyMap;
  /** Where the kernel has the function; its graph's dictionary is used where it has none. */
  readonly variable: string | null;
  readonly name: string;
  readonly events: readonly MockEvent[];
  readonly currentFunction?: string;
  readonly executor: Executor;
  readonly runReal: RunReal;
  readonly cancel: CancelToken;
  readonly fetch?: SimulateOptions["fetch"];
  readonly breathe?: SimulateOptions["breathe"];
  /** Events done on both sides together, of twice their number. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Runs the same events through the simulation and through MLRun's own mock server, and says how far they agree. Throws
 * `GC_CANCELLED`, and what the kernel throws.
 */
export async function verify(request: VerifyRequest): Promise<Parity> {
  const { graph, spec, variable, name, cancel, currentFunction, fetch, breathe } = request;
  const events = numbered(request.events);
  const total = 2 * events.length;
  const here = currentFunction === undefined ? {} : { currentFunction };
  // Steps may change a body in place, and MLRun's run is to get it as it was.
  const ours = await simulate(graph, events.map(withOwnBody), {
    executor: request.executor,
    spec,
    functionName: name,
    ...here,
    trace: "ops",
    errorStream: ERROR_STREAM,
    cancel,
    ...(fetch ? { fetch } : {}),
    ...(breathe ? { breathe } : {}),
    onProgress: (done) => request.onProgress?.(done, total),
  });
  refuseWhenCancelled(ours.cancelled);
  const dictionary = encodeGraph(graph);
  const there = { variable, name, graph: dictionary, spec, ...here };
  const real = await request.runReal(there, events, cancel, (done) =>
    request.onProgress?.(events.length + done, total),
  );
  refuseWhenCancelled(real.cancelled);
  return compareRuns(graph, real, ours);
}

/** Each event once, with an id (both sides tell them apart by these) and a body that no other event shares. */
function numbered(events: readonly MockEvent[]): readonly MockEvent[] {
  const single = events.flatMap(({ repeat = 1, ...event }) =>
    Array.from({ length: repeat }, () => withOwnBody(repeat === 1 ? event : { ...event, id: undefined })),
  );
  const taken = new Set(single.map((event) => event.id));
  let number = 0;
  return single.map((event) => {
    if (event.id) return event;
    let id = `e${++number}`;
    while (taken.has(id)) id = `e${++number}`;
    return { ...event, id };
  });
}

function withOwnBody(event: MockEvent): MockEvent {
  return { ...event, body: deepCopy(event.body ?? null) };
}

function refuseWhenCancelled(yes: boolean): void {
  if (yes) throw new GraphcellError("GC_CANCELLED", "Cancelled.");
}
