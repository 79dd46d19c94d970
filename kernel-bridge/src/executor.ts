/** The engine's executor on a kernel: what it asks goes to the agent, what is asked at one time in one request. */
import {
  type BatchOutput,
  type BatchRequest,
  type CallRequest,
  type CallResult,
  type CancelToken,
  EventArgument,
  type Executor,
  GraphcellError,
  type HostReply,
  type HostRequest,
  type LoadRequest,
  type Loaded,
  type PyMap,
  PyObject,
  PySet,
  PyTextEnum,
  PyTuple,
  type PyValue,
  type Raised,
  type Segment,
  type SegmentInput,
  type SegmentOutput,
  SharedForms,
  type WireEvent,
  dict,
  wireText,
} from "@graphcell/core";
import { decodeBatchOutput } from "./batch";
import { decodeCallResult, decodeLoaded, decodeSegmentOutputs } from "./decode";
import { type Emitted, decodeEmitted, decodeHostReply } from "./decode-host";
import { cancelled } from "./failure";
import { PickleWriter, encodeBase64 } from "./pickle";
import { type Call, call } from "./protocol";
import type { Rpc } from "./rpc";

/** Where a run finds functions and classes: the graph's variable or name, and its spec where the kernel has none. */
export interface RunGraph {
  readonly variable: string | null;
  readonly name: string;
  /** The function's spec beside the graph (parameters, ...), for a graph that is not in the kernel. */
  readonly spec?: PyMap;
}

/** Characters and events that one request of a batch carries at most: replies stay far below every host's limits. */
const BATCH_TEXT = 1_000_000;
const BATCH_EVENTS = 500;
/** Characters of many bodies at once. */
const BATCH_LIMIT = 8_000_000;

interface Waiting {
  readonly call: Call;
  readonly cancel: CancelToken;
  resolve(answer: PyMap): void;
  reject(error: unknown): void;
}

export class KernelExecutor implements Executor {
  readonly python = true;
  private waiting: Waiting[] = [];
  private opened = false;
  private ended = false;
  private readonly prepared = new Map<string, PyMap>();
  private readonly writer = new PickleWriter();
  /** Lists, dicts and sets that generators were made with, by their handles: chunks may hold them. */
  private readonly streams = new Map<string, readonly PyValue[]>();

  constructor(
    private readonly rpc: Rpc,
    /** Names the run in the kernel; never used twice. */
    private readonly ident: string,
    private readonly graph: RunGraph,
    private readonly cancel: CancelToken,
    /** Throws when the kernel that the run began in is gone. */
    private readonly check: () => void,
  ) {}

  async prepare(requests: readonly LoadRequest[]): Promise<void> {
    const loads = requests.map((request) => this.loadCall(request));
    const answer = await this.ask(call("prepare", { run: this.ident, loads }), this.cancel);
    const replies = answer.get("replies");
    if (!Array.isArray(replies)) return;
    replies.forEach((reply, i) => {
      if (reply instanceof Map) this.prepared.set(wireText(loads[i]), reply);
    });
  }

  async load(request: LoadRequest): Promise<Loaded | { readonly raised: Raised }> {
    const asked = this.loadCall(request);
    const key = this.prepared.size > 0 ? wireText(asked) : "";
    const known = this.prepared.get(key);
    // Two equal steps are two objects: what was prepared serves once.
    this.prepared.delete(key);
    return decodeLoaded(known ?? (await this.ask(asked, this.cancel)));
  }

  async call(request: CallRequest): Promise<CallResult> {
    const kwargs = request.kwargs ?? dict();
    const forms = new SharedForms([...request.args.flatMap(valuesOf), kwargs]);
    const args = request.args.map((arg) =>
      arg instanceof EventArgument
        ? dict({ event: eventForms(arg.event, forms) })
        : dict({ value: forms.form(arg) }),
    );
    const asked = call("call", {
      run: this.ident,
      ref: request.ref,
      method: request.method,
      args,
      kwargs: forms.form(kwargs),
      awaits: request.awaits,
    });
    const answer = await this.ask(asked, this.cancel);
    const containers = this.streams.get(request.ref) ?? forms.containers;
    const { holdsEvents } = takeOver(answer, containers);
    const decoded = decodeCallResult(answer);
    const result = holdsEvents ? { ...decoded, holdsEvents } : decoded;
    const { value } = result;
    if (value instanceof PyObject && value.type === "generator" && value.handle !== null) {
      this.streams.set(value.handle, containers);
    }
    return result;
  }

  async run(
    segment: Segment,
    batch: readonly SegmentInput[],
    cancel: CancelToken,
  ): Promise<readonly SegmentOutput[]> {
    const steps = stepSpecs(segment);
    const outputs: SegmentOutput[] = [];
    for (const part of portions(
      batch.map((input) =>
        eventForms(input.event, new SharedForms(valuesOf(new EventArgument(input.event)))),
      ),
    )) {
      const asked = call("run", { run: this.ident, steps, batch: part });
      outputs.push(...decodeSegmentOutputs(await this.ask(asked, cancel)));
    }
    return outputs;
  }

  async host({ ref, action }: HostRequest): Promise<HostReply> {
    const asked: Record<string, PyValue> = { run: this.ident, ref, action: action.type };
    if (action.type === "start") asked.outlets = [...action.outlets];
    if ("event" in action) asked.event = action.event === null ? null : eventFields(action.event);
    if ("origin" in action) asked.origin = action.origin;
    if ("emission" in action) asked.emission = action.emission;
    if (action.type === "resume") asked.value = action.value;
    if (action.type === "fail") asked.error = exceptionForm(action.error);
    if (action.type === "stream_end") {
      asked.streaming_step = action.streamingStep;
      asked.error = action.error;
    }
    return decodeHostReply(await this.ask(call("host", asked), this.cancel));
  }

  async tables(): Promise<PyMap> {
    const answer = await this.ask(call("tables", { run: this.ident }), this.cancel);
    const tables = answer.get("tables");
    return tables instanceof Map ? tables : dict();
  }

  async emitted(ref: string): Promise<Emitted> {
    return decodeEmitted(await this.ask(call("emitted", { run: this.ident, ref }), this.cancel));
  }

  batch(segment: Segment, request: BatchRequest, cancel: CancelToken): Promise<BatchOutput> | null {
    const { writer } = this;
    writer.begin();
    for (const body of request.bodies) if (!writer.item(body)) return null;
    const bodies = encodeBase64(writer.end());
    if (bodies.length > BATCH_LIMIT) return null;
    const asked = call("batch", {
      run: this.ident,
      steps: stepSpecs(segment),
      bodies,
      first: request.first,
      last: request.last,
      may_stop: request.mayStop,
    });
    return this.ask(asked, cancel).then(decodeBatchOutput);
  }

  /** Does not wait: the kernel lets go of the run when it comes to it. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    if (this.opened) this.rpc.ask(call("end", { run: this.ident })).catch(() => undefined);
  }

  private loadCall(request: LoadRequest): Call {
    return call("load", {
      run: this.ident,
      step: request.step,
      name: request.name,
      class_name: request.className,
      handler: request.handler,
      class_args: request.classArgs,
      offered: request.offered,
      engine: request.engine,
      post_init: request.postInit,
      ...(request.fromDict ? { from_dict: true } : {}),
      ...(request.watch ? { watch: true } : {}),
    });
  }

  /** Calls of one tick go in one request, in their order. */
  private ask(asked: Call, cancel: CancelToken): Promise<PyMap> {
    if (this.cancel.cancelled || cancel.cancelled) return Promise.reject(cancelled());
    return new Promise((resolve, reject) => {
      this.waiting.push({ call: asked, cancel, resolve, reject });
      if (this.waiting.length === 1) void Promise.resolve().then(() => this.flush());
    });
  }

  private async flush(): Promise<void> {
    const batch = this.waiting;
    this.waiting = [];
    try {
      this.check();
      const opening = this.opened ? [] : [this.openCall()];
      this.opened = true;
      const calls = [...opening, ...batch.map((item) => item.call)];
      const answers = await this.rpc.request(calls, { cancel: batch[0].cancel });
      const [opened] = answers;
      if (opening.length > 0 && opened instanceof GraphcellError) throw opened;
      batch.forEach((item, i) => {
        const answer = answers[i + opening.length];
        if (answer instanceof GraphcellError) item.reject(answer);
        else item.resolve(answer);
      });
    } catch (error) {
      for (const item of batch) item.reject(error);
    }
  }

  private openCall(): Call {
    const { variable, name, spec } = this.graph;
    return call("open", { run: this.ident, variable, name, spec: spec ?? dict() });
  }
}

/**
 * The answer with the lists, dicts and sets of the request in their places, whose content is what the call made of it:
 * who shares them sees the changes, as in Python. Says whether events of the request are to be put in their places, too.
 */
function takeOver(answer: PyMap, containers: readonly PyValue[]): { readonly holdsEvents: boolean } {
  let holdsEvents = false;
  const put = withContainers(containers, () => (holdsEvents = true));
  const contents = answer.get("contents");
  if (contents instanceof Map) {
    for (const [index, content] of contents) refill(containers[Number(index)] ?? null, put(content));
    answer.delete("contents");
  }
  for (const name of ["value", "changed"]) {
    const part = answer.get(name);
    if (part !== undefined) answer.set(name, put(part));
  }
  return { holdsEvents };
}

function withContainers(containers: readonly PyValue[], onEvent: () => void): (v: PyValue) => PyValue {
  const seen = new Set<PyValue>();
  const put = (v: PyValue): PyValue => {
    if (v instanceof PyObject && v.type === "argument") {
      if (v.fields.has("event")) {
        onEvent();
        return v;
      }
      const index = v.fields.get("index");
      return (typeof index === "number" ? containers[index] : undefined) ?? null;
    }
    if (v instanceof PyTuple) return new PyTuple(v.items.map(put), v.named);
    if (v instanceof PyTextEnum) return v;
    if (v === null || typeof v !== "object" || seen.has(v)) return v;
    seen.add(v);
    if (Array.isArray(v)) v.forEach((item, i) => (v[i] = put(item)));
    else if (v instanceof Map) for (const [key, item] of v) v.set(key, put(item));
    else if (v instanceof PyObject && v.fields.size > 0) {
      return new PyObject(v.type, new Map([...v.fields].map(([k, x]) => [k, put(x)])), v.handle);
    }
    return v;
  };
  return put;
}

function refill(container: PyValue, content: PyValue): void {
  if (container instanceof Map && content instanceof Map) {
    const entries = [...content];
    container.clear();
    for (const [key, value] of entries) container.set(key, value);
  } else if (Array.isArray(container) && Array.isArray(content)) {
    container.splice(0, container.length, ...content);
  } else if (container instanceof PySet && content instanceof PySet) {
    container.items.splice(0, container.items.length, ...content.items);
  }
}

function valuesOf(arg: PyValue | EventArgument): PyValue[] {
  return arg instanceof EventArgument ? [...eventFields(arg.event).values()] : [arg];
}

function eventForms(event: WireEvent, forms: SharedForms): PyMap {
  return new Map([...eventFields(event)].map(([name, value]) => [name, forms.form(value)]));
}

function exceptionForm({ class: name, message, cause }: Raised): PyObject {
  const fields = new Map<string, PyValue>([
    ["class", name],
    ["message", message],
  ]);
  if (cause) fields.set("cause", dict({ class: cause.class, message: cause.message }));
  return new PyObject("exception", fields);
}

function stepSpecs(segment: Segment): PyMap[] {
  return segment.steps.map((step) =>
    dict({
      ref: step.ref,
      method: step.method,
      input_path: step.inputPath,
      result_path: step.resultPath,
      full_event: step.fullEvent,
      context: step.context,
      walker: step.walker,
      form: step.form,
    }),
  );
}

function eventFields(event: WireEvent): PyMap {
  const fields = dict();
  for (const [name, value] of Object.entries(event) as [string, PyValue | undefined][]) {
    if (value !== undefined) fields.set(name, value);
  }
  return fields;
}

/** Cuts a batch into portions of a size that every transport carries. */
function* portions(events: readonly PyMap[]): Iterable<PyMap[]> {
  let part: PyMap[] = [];
  let size = 0;
  for (const event of events) {
    const length = wireText(event).length;
    if (part.length > 0 && (size + length > BATCH_TEXT || part.length >= BATCH_EVENTS)) {
      yield part;
      [part, size] = [[], 0];
    }
    part.push(event);
    size += length;
  }
  if (part.length > 0) yield part;
}
