import type { FlowEvent } from "../engine/flowevent";
import { type FlowInit, FlowStep } from "../engine/flowstep";
import { CONTEXT } from "../engine/foreign";
import { type Answer, type Run, Later, then } from "../engine/loop";
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

  protected abstract use(event: FlowEvent, result: PyValue): Run;

  protected process(event: FlowEvent): Run {
    const given = this.fn.call([this.element(event)], this.kwargs);
    return given instanceof Later
      ? then(given, (result) => this.use(event, result))
      : this.use(event, given);
  }

  protected override selectOutlets(body: PyValue): Answer<PyValue> {
    return this.selector ? this.selector.call([body]) : super.selectOutlets(body);
  }
}

/** `storey.Map`: the function's result is the new body. Also around every plain class and function of a graph. */
export class MapStep extends FunctionStep {
  protected use(event: FlowEvent, result: PyValue): Run {
    if (isGenerator(result)) return emitStream(this, event, generatorChunks(this.context, this.traceName, result));
    return this.emit(this.mapped(event, result));
  }
}
