import type { PlainWork } from "../engine/compiled/plain";
import { failure } from "../engine/failure";
import { type FlowEvent, StreamChunk, type StreamCompletion } from "../engine/flowevent";
import { FlowStep } from "../engine/flowstep";
import { iterating } from "../engine/iterate";
import { FILTERED } from "../engine/foreign";
import { type Coro, type Run, after, then } from "../engine/loop";
import { dictOf, setItem } from "../engine/path";
import type { Callable, StepClass, StepInit, StepObject } from "../engine/runtime";
import { truthy } from "../value/compare";
import type { PyObject, PyValue } from "../value/value";
import { flagArgument, functionArgument, functionOrNull, optional, required } from "./argument";
import { FunctionStep, MapStep } from "./function-step";
import { emitStream, generatorChunks, isGenerator } from "./stream";

class FilterStep extends FunctionStep {
  protected readonly form = "filter";

  protected use(event: FlowEvent, keep: PyValue): Run {
    return truthy(keep) ? this.emit(event) : undefined;
  }
}

class FlatMapStep extends FunctionStep {
  protected readonly form = "flat_map";

  protected use(event: FlowEvent, result: PyValue): Run {
    if (isGenerator(result)) return this.useGenerator(event, result);
    return this.emitAll(this.items(event, result));
  }

  /** An event for each item, made when its turn comes. */
  private *items(event: FlowEvent, result: PyValue): Iterable<FlowEvent> {
    for (const item of iterating(result)) yield this.mapped(event, item);
  }

  private *useGenerator(event: FlowEvent, generator: PyObject): Coro {
    const chunks = generatorChunks(this.context, this.traceName, generator);
    for (let item = yield* chunks.next(); item !== null; item = yield* chunks.next()) {
      const rest = this.emit(this.mapped(event, item.value));
      if (rest) yield rest;
    }
  }
}

class ExtendStep extends FunctionStep {
  protected readonly form = "extend";

  protected use(event: FlowEvent, result: PyValue): Run {
    const added = dictOf(result);
    for (const [key, value] of added) {
      setItem(event.body, key, value);
    }
    return this.emit(event);
  }
}

class ForEachStep extends FunctionStep {
  protected readonly form = "for_each";

  protected use(event: FlowEvent, result: PyValue): Run {
    // Storey makes the mapped event and forgets it; with a result path the shared body has the result then.
    if (!this.fullEvent) this.mapped(event, result);
    return this.emit(event);
  }
}

/** The function that gives back what it gets. */
const IDENTITY: Callable = {
  name: "<lambda>",
  code: (x) => x,
  params: ["x"],
  flavour: "plain",
  call: ([x]) => x,
};

/** Makes a step around the `fn` argument. */
type FunctionStepClass = new (
  init: StepInit,
  options: ConstructorParameters<typeof FunctionStep>[1],
  mro?: readonly string[],
) => FunctionStep;

function make(Class: FunctionStepClass, mro: readonly string[]): (init: StepInit) => StepObject {
  return (init) => {
    const fn = functionArgument(init, "fn");
    const long = flagArgument(init, "long_running");
    if (long && fn.flavour === "coroutine") {
      throw failure("ValueError", "long_running=True cannot be used in conjunction with a coroutine");
    }
    const options = {
      fn,
      passContext: !long && flagArgument(init, "pass_context"),
      selector: functionOrNull(init, "fn_select_outlets"),
    };
    return new Class(init, options, mro);
  };
}

const FUNCTION_ARGS = (meaning: string): StepClass["args"] => [
  required("fn", meaning),
  optional("long_running", "Runs the function on a thread, so that other events go on."),
  optional("pass_context", "Gives the function the graph's context as `context`."),
  optional("fn_select_outlets", "Function of the body that names the next steps to go to."),
];

function row(name: string, meaning: string, fn: string, Class: FunctionStepClass): StepClass {
  const names = [`storey.${name}`, `storey.flow.${name}`];
  if (name === "ForEach") names.push("storey.steps.foreach.ForEach", "storey.steps.ForEach");
  return {
    names,
    meaning,
    args: FUNCTION_ARGS(fn),
    open: true,
    constructedBy: "_UnaryFunctionFlow",
    make: make(Class, [names[1]]),
  };
}

/** A thread runs plain functions only. */
function refuseLong({ object, args }: StepInit): void {
  const flavour = object?.method("do")?.flavour ?? "plain";
  if (flavour === "plain" || args.get("long_running") !== true) return;
  throw failure(
    "ValueError",
    "long_running=True cannot be used in conjunction with a coroutine or generator do()",
  );
}

/** A class with a `do` method, as `storey.MapClass`. `do` may be the user's or native. */
export class MapClassStep extends FlowStep {
  private readonly doing: Callable | null;

  constructor(init: StepInit, mro: readonly string[], native: Callable | null = null) {
    super(init, mro);
    refuseLong(init);
    this.doing = this.object?.overrides("do")
      ? this.object.method("do")
      : (native ?? this.object?.method("do") ?? null);
  }

  override method(name: string): Callable | null {
    return name === "do" ? this.doing : super.method(name);
  }

  protected process(event: FlowEvent): Run {
    const fn = this.doing;
    if (fn === null) throw failure("NotImplementedError", "");
    return then(this.elementOf(event), (element) => this.apply(fn, event, element));
  }

  private apply(fn: Callable, event: FlowEvent, element: PyValue): Run {
    return then(fn.call([element]), (result) => {
      if (result === FILTERED) return undefined;
      if (isGenerator(result))
        return emitStream(this, event, generatorChunks(this.context, this.traceName, result));
      return this.emitMapped(event, result);
    });
  }
}

/** Emits what it gets; under the hood of queues in the mock. */
export function identityStep(init: ConstructorParameters<typeof MapStep>[0]): MapStep {
  return new MapStep(init, { fn: IDENTITY }, ["storey.flow.Map"]);
}

class CompleteStep extends FlowStep {
  override get plainWork(): PlainWork | null {
    return this.object === null && !this.fullEvent && this.inputPath === null ? { kind: "answer" } : null;
  }

  protected process(event: FlowEvent): Run {
    return after(this.emit(event), () => {
      this.complete(event);
      return undefined;
    });
  }

  private complete(event: FlowEvent): void {
    if (event.awaitable === null) return;
    const result = this.element(event);
    event.awaitable.setResult(event.streamingStep === null ? result : new StreamChunk(result));
  }

  override onStreamEnd(completion: StreamCompletion): Run {
    return after(this.emitStreamEnd(completion), () => {
      completion.original.awaitable?.setResult(completion);
      return undefined;
    });
  }
}

/** The step that hands the result to the waiting caller. */
export function completeStep(init: ConstructorParameters<typeof FlowStep>[0]): FlowStep {
  return new CompleteStep(init, ["storey.flow.Complete"]);
}

export const FUNCTION_STEPS: readonly StepClass[] = [
  row("Map", "Replaces the body by what a function makes of it.", "Function of the body.", MapStep),
  row(
    "Filter",
    "Keeps the events for which a function is true.",
    "Function that says whether to keep.",
    FilterStep,
  ),
  row(
    "FlatMap",
    "Emits one event for each item that a function gives.",
    "Function that gives items.",
    FlatMapStep,
  ),
  row(
    "Extend",
    "Adds the entries that a function gives to the body.",
    "Function that gives a dict.",
    ExtendStep,
  ),
  row("ForEach", "Runs a function on each event and passes the event on.", "Function to run.", ForEachStep),
  {
    names: ["storey.Flatten", "storey.steps.Flatten", "storey.steps.flatten.Flatten"],
    meaning: "Emits one event for each item of the body.",
    args: [],
    open: true,
    make: (init) => new FlatMapStep({ ...init, fullEvent: false }, { fn: IDENTITY }, ["storey.flow.FlatMap"]),
  },
  {
    names: ["storey.MapClass", "storey.flow.MapClass", "mlrun.feature_store.steps.MLRunStep"],
    meaning: "Base of classes whose method `do` makes the new body.",
    args: [optional("long_running", "Runs `do` on a thread, so that other events go on.")],
    open: true,
    make: (init) => new MapClassStep(init, ["storey.flow.MapClass"]),
  },
  {
    names: ["storey.Complete", "storey.flow.Complete"],
    meaning: "Hands the event's body to the caller who waits for it.",
    args: [],
    open: true,
    make: (init) => completeStep(init),
  },
];
