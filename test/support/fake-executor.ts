import {
  type BatchOutput,
  type BatchRequest,
  type CallRequest,
  type CallResult,
  EventArgument,
  type Executor,
  type LoadRequest,
  type Loaded,
  type MethodInfo,
  type PyValue,
  type Raised,
  type Segment,
  type SegmentInput,
  type SegmentOutput,
  type SegmentStepResult,
  deepCopy,
} from "@graphcell/core";

/** What stands for the user's function: gets the body (or what the step takes), throws a `Raised` to raise. */
export type FakeFunction = (...args: readonly PyValue[]) => PyValue | Promise<PyValue>;

export interface FakeOptions {
  /** Functions by handler name, and classes by name with their methods. */
  readonly functions?: Readonly<Record<string, FakeFunction>>;
  readonly classes?: Readonly<Record<string, Readonly<Record<string, FakeFunction>>>>;
  /** Qualified names of a class's bases. */
  readonly mro?: Readonly<Record<string, readonly string[]>>;
  readonly flavour?: Readonly<Record<string, MethodInfo["flavour"]>>;
  /** Offers `run`, so that chains go as segments. */
  readonly segments?: boolean;
  /** Offers `batch`, too: so many events at a time at most. */
  readonly batches?: number;
  /** Answers by promises, as a kernel does. */
  readonly later?: boolean;
}

/** An executor of TypeScript functions; counts what it is asked. */
export class FakeExecutor implements Executor {
  readonly asked = { load: 0, call: 0, run: 0, batch: 0 };
  readonly run?: NonNullable<Executor["run"]>;
  readonly batch?: NonNullable<Executor["batch"]>;
  private readonly targets = new Map<string, Readonly<Record<string, FakeFunction>>>();

  constructor(private readonly options: FakeOptions) {
    if (options.segments) {
      this.run = (segment, batch) => {
        this.asked.run += batch.length;
        return this.answer(batch.map((input) => this.pass(segment, input)));
      };
    }
    if (options.batches !== undefined) this.batch = (segment, request) => this.passAll(segment, request);
  }

  /** As the agent does: whole records at both ends and of errors, ends and sums of the rest. */
  private passAll(segment: Segment, { bodies, first, last }: BatchRequest): Promise<BatchOutput> | null {
    const { batches = 0 } = this.options;
    if (bodies.length > batches) return null;
    this.asked.batch++;
    const values: PyValue[] = [];
    const dropped = new Map<number, number>();
    const outputs = new Map<number, SegmentOutput>();
    const entered = segment.steps.map(() => 0);
    const emitted = segment.steps.map(() => 0);
    bodies.forEach((body, i) => {
      const output = this.pass(segment, { event: { id: null, body } });
      if (i < first || i >= last || output.steps.some((step) => step.raised)) {
        outputs.set(i, output);
        return;
      }
      output.steps.forEach((step, at) => {
        entered[at]++;
        emitted[at] += step.out.length;
      });
      if (output.out.length === 0) dropped.set(i, output.steps.length - 1);
      else values.push(output.out[0].body);
    });
    const ms = segment.steps.map(() => 0);
    return Promise.resolve({ count: bodies.length, took: 1, values, dropped, outputs, entered, emitted, ms });
  }

  private answer<T>(value: T): T | Promise<T> {
    return this.options.later ? Promise.resolve(value) : value;
  }

  load(request: LoadRequest): ReturnType<Executor["load"]> {
    this.asked.load++;
    const ref = `ref${this.targets.size}`;
    const { functions = {}, classes = {}, mro = {}, flavour = {} } = this.options;
    const name = request.className ?? request.handler ?? "";
    const methods =
      request.className === null ? (functions[name] ? { "": functions[name] } : null) : classes[name];
    if (!methods) {
      return this.answer({ raised: { class: "ImportError", message: `Failed to import ${name}` } });
    }
    this.targets.set(ref, methods);
    const infos = Object.keys(methods).map((key): [string, MethodInfo] => [
      key,
      { name: key || name, user: true, flavour: flavour[key || name] ?? "plain", params: ["x"] },
    ]);
    const loaded: Loaded = {
      ref,
      kind: request.className === null ? "function" : "object",
      methods: new Map(infos),
      mro: request.className === null ? [] : [`__main__.${name}`, ...(mro[name] ?? [])],
      attributes: new Map(),
    };
    return this.answer(loaded);
  }

  call(request: CallRequest): CallResult | Promise<CallResult> {
    this.asked.call++;
    const fn = this.targets.get(request.ref)?.[request.method];
    const args = request.args.map((arg) => (arg instanceof EventArgument ? arg.event.body : arg));
    if (!fn) return { raised: { class: "AttributeError", message: request.method } };
    try {
      const value = fn(...args);
      if (value instanceof Promise) return value.then((v) => ({ value: v }), failed);
      return this.answer({ value });
    } catch (error) {
      return this.answer(failed(error));
    }
  }

  private pass(segment: Segment, input: SegmentInput): SegmentOutput {
    const steps: SegmentStepResult[] = [];
    let body = input.event.body;
    for (const step of segment.steps) {
      const fn = this.targets.get(step.ref)?.[step.method];
      const before = deepCopy(body);
      try {
        const value = fn ? fn(body) : null;
        if (value instanceof Promise) throw new TypeError("segments of promises are not made here");
        if (step.form === "filter" && !value)
          return { steps: [...steps, { in: before, out: [], ms: 0 }], out: [] };
        body = step.form === "map" ? value : body;
        steps.push({ in: before, out: [body], ms: 0 });
      } catch (error) {
        return { steps: [...steps, { in: before, out: [], ...failed(error), ms: 0 }], out: [] };
      }
    }
    return { steps, out: [{ ...input.event, body }] };
  }
}

function failed(error: unknown): { readonly raised: Raised } {
  if (error instanceof Raise) return { raised: error.raised };
  throw error;
}

/** Thrown by a fake function to raise in Python's stead. */
export class Raise extends Error {
  readonly raised: Raised;

  constructor(className: string, message: string) {
    super(message);
    this.raised = { class: className, message };
  }
}
