import { truthy } from "../value/compare";
import { deepCopy } from "../value/copy";
import type { PyMap, PyValue } from "../value/value";
import { type Failure, failure } from "./failure";
import type { FlowEvent } from "./flowevent";
import { FlowStep, type FlowInit } from "./flowstep";
import type { Answer, Coro, Run } from "./loop";
import type { PlanStep } from "./plan";
import { type Place, type RunnableStep, fullNameIn } from "./task";

/** Scheme of streams that are kept in memory. */
export const DUMMY = "dummy://";

/** A stream in memory: the list of what was pushed to it. */
export class MemoryStream {
  readonly items: PyValue[] = [];

  /** A list is pushed item by item. */
  push(data: PyValue): void {
    if (Array.isArray(data)) this.items.push(...data);
    else this.items.push(data);
  }
}

/** MLRun's `get_stream_pusher` where no service is at hand. */
export function openStream(path: string): MemoryStream {
  if (path.startsWith(DUMMY)) return new MemoryStream();
  if (path.includes("://") && !/^(kafka|https?|ds|v3io)/.test(path)) {
    throw failure("ValueError", `unsupported stream path ${path}`);
  }
  if (!path.includes("://") || path.startsWith("v3io")) {
    throw failure("RuntimeError", "Endpoints must be passed to context or specified in V3IO_API");
  }
  throw failure(
    "RuntimeError",
    `the stream ${path} needs a service that is not there in a simulation; use the path dummy:// for one in memory`,
  );
}

/** `{"full_event_wrapper": true, ...}`: an event as data for a stream. */
function wrapped(event: FlowEvent, data: PyValue): PyMap {
  const record = new Map<PyValue, PyValue>([
    ["full_event_wrapper", true],
    ["body", data],
  ]);
  if (event.key !== null) record.set("key", event.key);
  if (event.id !== null) record.set("id", event.id);
  return record;
}

/** A queue in a sync flow: it takes the event, and the flow ends there. */
export class QueueRunner implements RunnableStep {
  readonly name: string;
  readonly fullName: string;
  stream: MemoryStream | null = null;

  constructor(
    readonly plan: PlanStep,
    private readonly place: Place,
  ) {
    this.name = plan.name;
    this.fullName = fullNameIn(place.parent, plan.name);
  }

  *init(): Coro {
    const { step } = this.plan;
    if (step.path !== null) this.stream = openStream(step.path);
    if (step.onError !== null) this.place.handlerOf(step.onError);
  }

  /** `full_event` of the options, undefined when nothing is said. */
  get wraps(): boolean | undefined {
    const options = this.plan.step.field("options");
    const value = options instanceof Map ? options.get("full_event") : undefined;
    return typeof value === "boolean" ? value : undefined;
  }

  run(event: FlowEvent): Answer<PyValue> {
    const { trace } = this.place.server;
    trace?.enter(this.fullName, event);
    if (truthy(event.body) && this.stream !== null) {
      const wraps = this.wraps ?? this.plan.next.length > 0;
      this.stream.push(wraps ? wrapped(event, event.body) : event.body);
      event.terminated = true;
      event.body = null;
    }
    trace?.finish(this.fullName, event);
    return event;
  }

  /** What came is no event: the error of it, which is told. */
  refuse(ex: Failure): Failure {
    const { trace } = this.place.server;
    trace?.enterNothing(this.fullName);
    trace?.raised(this.fullName, ex);
    ex.seen = true;
    return ex;
  }
}

/** The last queue of an async flow in the mock: collects bodies and has no next step. */
export class StreamStep extends FlowStep {
  readonly stream = new MemoryStream();

  constructor(init: FlowInit) {
    super(init, ["mlrun.platforms.iguazio._DummyStream", "storey.flow.MapClass"]);
  }

  /** Collects and forgets: what goes on is None. */
  protected process(event: FlowEvent): Run {
    this.stream.push(this.element(event));
    return this.emit(this.mapped(event, null));
  }
}

/** What the streams of a graph hold now. */
export function streamItems(stream: MemoryStream): readonly PyValue[] {
  return stream.items.map((item) => deepCopy(item));
}
