import type { PlainWork } from "../engine/compiled/plain";
import type { FlowEvent } from "../engine/flowevent";
import { type FlowInit, FlowStep } from "../engine/flowstep";
import type { SegmentStep } from "../engine/executor";
import type { Failure } from "../engine/failure";
import { CONTEXT, ForeignCallable } from "../engine/foreign";
import { type Answer, type Coro, type Run, Later, then } from "../engine/loop";
import { callWithBody } from "../engine/call";
import { segmentStep } from "../engine/segment";
import { RequestContext } from "../engine/snapshot";
import type { Callable } from "../engine/runtime";
import type { PyMap, PyValue } from "../value/value";
import { emitStream, generatorChunks, isGenerator } from "./stream";

export interface FunctionOptions {
  readonly fn: Callable;
  readonly passContext?: boolean;
  /** Names the outlets for a body. */
  readonly selector?: Callable | null;
}

/** A step around one function of the body (`_UnaryFunctionFlow`). */
export abstract class FunctionStep extends FlowStep {
  protected readonly fn: Callable;
  private readonly kwargs: PyMap | undefined;
  private readonly selector: Callable | null;

  constructor(init: FlowInit, options: FunctionOptions, mro?: readonly string[]) {
    super(init, mro);
    this.fn = options.fn;
    this.kwargs = options.passContext ? new Map<PyValue, PyValue>([["context", CONTEXT]]) : undefined;
    this.selector = options.selector ?? null;
    this.selective ||= this.selector !== null;
  }

  /** Set when this step begins a chain that goes to the kernel as one. */
  chain: { readonly ends: boolean; ask(event: FlowEvent): void; run(event: FlowEvent): Coro } | null = null;

  override askAhead(event: FlowEvent): boolean {
    // In a cycle the limit of visits may stop the event at the door.
    const cycled = event.visits?.has(this.name) === true;
    if (this.chain === null || cycled || event.body instanceof RequestContext) return false;
    this.chain.ask(event);
    return this.chain.ends;
  }

  override get plainWork(): PlainWork | null {
    const { fn, form } = this;
    const plain = form === "map" || form === "filter" || form === "flat_map";
    if (!plain || fn.code === undefined || this.object !== null || this.maxIterations !== null) return null;
    if (this.fullEvent || this.selective || !this.endsErrors || this.inputPath !== null) return null;
    return this.resultPath !== null && form !== "filter" ? null : { kind: form, code: fn.code };
  }

  /** What the step does with the result, for the kernel. */
  protected abstract readonly form: SegmentStep["form"];

  protected abstract use(event: FlowEvent, result: PyValue): Run;

  get functionName(): string {
    return this.fn.name;
  }

  /** The step as a link of a chain; null when it has to run by itself. */
  get link(): SegmentStep | null {
    const { fn } = this;
    if (!(fn instanceof ForeignCallable) || fn.flavour !== "plain") return null;
    if (this.fullEvent || this.selective || this.recovery !== null) return null;
    const { inputPath, resultPath, form } = this;
    const context = this.kwargs !== undefined;
    return segmentStep(fn, { inputPath, resultPath, fullEvent: false, context, walker: "storey", form });
  }

  /** Ends an event's way here with an error that came from a chain. */
  raise(event: FlowEvent, ex: Failure): void {
    this.noted(ex);
    ex.raisedBy = this.name;
    this.unrecovered(event, ex);
  }

  protected process(event: FlowEvent): Run {
    if (this.chain !== null && !(event.body instanceof RequestContext)) return this.chain.run(event);
    const element = this.elementOf(event);
    if (element instanceof Later) return then(element, (found) => this.apply(event, found));
    return this.apply(event, element);
  }

  private apply(event: FlowEvent, element: PyValue): Run {
    const given = callWithBody(this.fn, element, this.kwargs);
    return given instanceof Later ? then(given, (result) => this.use(event, result)) : this.use(event, given);
  }

  protected override selectOutlets(body: PyValue): Answer<PyValue> {
    return this.selector ? this.selector.call([body]) : super.selectOutlets(body);
  }
}

/** `storey.Map`: the function's result is the new body. Also around every plain class and function of a graph. */
export class MapStep extends FunctionStep {
  protected readonly form = "map";

  protected use(event: FlowEvent, result: PyValue): Run {
    if (isGenerator(result))
      return emitStream(this, event, generatorChunks(this.context, this.traceName, result));
    return this.emitMapped(event, result);
  }
}
