import type { PyMap, PyValue } from "../value/value";
import type { CancelToken } from "../lifetime";
import type { Raised } from "./event";
import type { HostReply, HostRequest, InnerCall } from "./hosting";

export type MaybePromise<T> = T | Promise<T>;

/**
 * Runs what is not ours to run: the user's Python. The engine knows nothing of Python; a kernel's agent, a
 * replay of recorded calls and a test's fake are executors alike. An executor that answers without a promise
 * keeps the engine synchronous.
 */
export interface Executor {
  /** Resolves a step's function or makes its object, as MLRun does when a server starts. */
  load(request: LoadRequest): MaybePromise<Loaded | { readonly raised: Raised }>;
  /**
   * Loads many steps in one go, in order, up to the first that raises: `load` of an equal request then answers
   * from it. A hint that saves round trips; a step that was not prepared is loaded by `load` alone.
   */
  prepare?(requests: readonly LoadRequest[]): MaybePromise<void>;
  /** Calls a loaded function, or a method of a loaded object. */
  call(request: CallRequest): MaybePromise<CallResult>;
  /**
   * Runs a chain of loaded steps over a batch of events, all in one go; absent where only `call` is offered.
   * Stops an event at the first step that raises; later events of the batch go on.
   */
  run?(
    segment: Segment,
    batch: readonly SegmentInput[],
    cancel: CancelToken,
  ): MaybePromise<readonly SegmentOutput[]>;
  /** Python itself is behind it, with the libraries: it can make their classes and look into any value. */
  readonly python?: boolean;
  /** Drives a loaded Storey step that runs as its own object; absent where that is not offered. */
  host?(request: HostRequest): MaybePromise<HostReply>;
  /** Rows of the tables that a Storey flow begins with, by table and key. */
  tables?(): MaybePromise<PyMap>;
  /** Events that a loaded Storey source with data of its own emits. */
  emitted?(ref: string): MaybePromise<{ readonly events: readonly WireEvent[]; readonly raised?: Raised }>;
  /**
   * Runs a chain of loaded steps over many bodies, one after the other, with no more told of them than their ends and
   * sums: see `BatchRequest`. Null where this chain can't go so. Batches that are asked for one after the other run in
   * that order.
   */
  batch?(segment: Segment, request: BatchRequest, cancel: CancelToken): Promise<BatchOutput> | null;
  /** The run is over: objects and values that it made may go, but for handles that previews still show. */
  end?(): MaybePromise<void>;
}

export interface LoadRequest {
  /** Full step name. */
  readonly step: string;
  /** Name that the constructor gets: the step's, or the route's. */
  readonly name: string;
  readonly className: string | null;
  /** Function name, dotted path, `(expression)`, or a method's name when there is a class. */
  readonly handler: string | null;
  /** As MLRun passes them; keys with a leading `_` that name functions are still unresolved. */
  readonly classArgs: PyMap;
  /** Offered to the constructor where it accepts them: input_path, result_path, full_event, ... */
  readonly offered: PyMap;
  /** `async` when the flow engine awaits coroutines. */
  readonly engine: "sync" | "async";
  /** Call `post_init` after construction, as MLRun does (models load there) - false when the engine does it by `call`. */
  readonly postInit: boolean;
  /**
   * Made by the class's `from_dict`, which leaves out what its constructor does not take, as models and selectors
   * of a model runner are; `offered` are attributes to set then.
   */
  readonly fromDict?: boolean;
  /** Tell of the calls that the object's own code makes of its methods. */
  readonly watch?: boolean;
}

export interface Loaded {
  /** Names the function or object in later calls. */
  readonly ref: string;
  /** Handle of the object as a value, where calls may take it as an argument. */
  readonly handle?: string;
  readonly kind: "function" | "object";
  /** Methods of an object that can be called; for a function one entry named `""`. */
  readonly methods: ReadonlyMap<string, MethodInfo>;
  /** Qualified names of the class and its bases, most derived first; empty for a function. */
  readonly mro: readonly string[];
  /** Plain attributes of the object after construction (`full_event`, `ready`, `protocol`, ...). */
  readonly attributes: PyMap;
}

export interface MethodInfo {
  /** `__name__`. */
  readonly name: string;
  /** Defined by the user, not by mlrun or storey. */
  readonly user: boolean;
  readonly flavour: "plain" | "coroutine" | "generator" | "async_generator";
  readonly params: readonly string[];
}

/** The event object as user code sees it; sent when code takes the event itself (`full_event`, `do_event`). */
export interface WireEvent {
  readonly id: PyValue;
  readonly body: PyValue;
  readonly key?: PyValue;
  readonly path?: PyValue;
  readonly method?: PyValue;
  readonly headers?: PyValue;
  readonly content_type?: PyValue;
  readonly error?: PyValue;
  readonly origin_state?: PyValue;
  readonly time?: PyValue;
  /** Attributes that user code or the engine set beyond these. */
  readonly extra?: PyMap;
}

/** The fields of an event beside its id, its body and what is extra. */
export const EVENT_FIELDS = [
  "key",
  "path",
  "method",
  "headers",
  "content_type",
  "error",
  "origin_state",
  "time",
] as const;

export interface CallRequest {
  readonly step: string;
  readonly ref: string;
  /** Method's name; `""` calls the function itself. */
  readonly method: string;
  readonly args: readonly (PyValue | EventArgument)[];
  readonly kwargs?: PyMap;
  /** Await a coroutine result (async engine); else it is the result. */
  readonly awaits: boolean;
}

/**
 * Generators come as an object of type `generator` with a handle; its next item is asked for by a call with that
 * handle as `ref` and `__next__` as `method`, and its end is a raised `StopIteration` or `StopAsyncIteration`.
 */

/** Stands for an argument that is the event object. */
export class EventArgument {
  constructor(readonly event: WireEvent) {}
}

export interface CallResult {
  /** Absent when it raised. */
  readonly value?: PyValue | EventArgument;
  readonly raised?: Raised;
  /** The result is this very argument (its index): aliasing matters where bodies are changed in place. */
  readonly same?: number;
  /** Places in the result that hold this very argument: keys and indices from the result inwards. */
  readonly aliases?: readonly { readonly path: readonly (string | number)[]; readonly arg: number }[];
  /** Among the values are objects `argument` with an `event`, its index: they stand for the event itself. */
  readonly holdsEvents?: boolean;
  /** Arguments that the call changed in place, by index. */
  readonly changed?: ReadonlyMap<number, PyValue | EventArgument>;
  /**
   * The executor has changed the lists and dicts of the arguments itself, and events hold what they hold: nothing is
   * to be guessed from their content.
   */
  readonly exact?: boolean;
  /** The object's `filter()` was called (`storey.MapClass`): the event goes no further. */
  readonly filtered?: boolean;
  /** A coroutine gave way to other work for about this long (0: just once) before it finished. */
  readonly suspendedMs?: number;
  /** Calls that the object's own code made meanwhile, when it is watched. */
  readonly calls?: readonly InnerCall[];
  readonly stdout?: string;
  readonly ms?: number;
}

export interface Segment {
  readonly steps: readonly SegmentStep[];
}

export interface SegmentStep {
  readonly step: string;
  readonly ref: string;
  readonly method: string;
  readonly inputPath: string | null;
  readonly resultPath: string | null;
  readonly fullEvent: boolean;
  /** Passes the graph's context as `context`. */
  readonly context: boolean;
  /** Which of MLRun's two ways to read and write paths: sync flows and servers `mlrun`, async flows `storey`. */
  readonly walker: "mlrun" | "storey";
  /** `map` replaces the body, `filter` keeps or drops, `flat_map` emits items, `extend` merges, `for_each` ignores. */
  readonly form: "map" | "filter" | "flat_map" | "extend" | "for_each";
}

/** Many bodies for a chain whose steps look at nothing but the body. */
export interface BatchRequest {
  readonly bodies: readonly PyValue[];
  /** Events before this index, and from `last` on, are told step by step. */
  readonly first: number;
  readonly last: number;
  /** Those that are left after a while may be left undone. */
  readonly mayStop: boolean;
}

/** What became of the events of a batch: each is in one of the columns. */
export interface BatchOutput {
  /** How many were done, from the first on. */
  readonly count: number;
  /** Real milliseconds that all of it took where it was done. */
  readonly took: number;
  /** What left the last step, for events that are nowhere else, in order. */
  readonly values: readonly PyValue[];
  /** By event, the index of the step that dropped it. */
  readonly dropped: ReadonlyMap<number, number>;
  /** By event, what is told step by step: also of those that raised, or whose values need more care. */
  readonly outputs: ReadonlyMap<number, SegmentOutput>;
  /** For each step over all events without an entry in `outputs`: how many it took and gave, and the time of all. */
  readonly entered: readonly number[];
  readonly emitted: readonly number[];
  readonly ms: readonly number[];
}

export interface SegmentInput {
  readonly event: WireEvent;
}

export interface SegmentOutput {
  /** One entry for each step that the event entered, in order. */
  readonly steps: readonly SegmentStepResult[];
  /** Events that left the last step; empty when dropped or raised. */
  readonly out: readonly WireEvent[];
}

export interface SegmentStepResult {
  /** Index of the step in the segment; told where steps emit several events, and so run several times. */
  readonly at?: number;
  /** Body as the step got it, then each body that it emitted. */
  readonly in: PyValue;
  readonly out: readonly PyValue[];
  readonly raised?: Raised;
  readonly stdout?: string;
  readonly ms: number;
}
