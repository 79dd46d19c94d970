import { asFailure, failure } from "../engine/failure";
import type { FlowEvent } from "../engine/flowevent";
import { FlowStep } from "../engine/flowstep";
import type { Coro, Run } from "../engine/loop";
import type { StepClass, StepInit } from "../engine/runtime";
import { type PyMap, isMap } from "../value/value";
import { required } from "./argument";

/** A step that hands every event on: what it may check can't be said in a graph. */
class PassStep extends FlowStep {
  protected process(event: FlowEvent): Run {
    return this.emit(event);
  }
}

/** `storey.Recover`: what fails after it, by class of the error, goes to another step. */
class RecoverStep extends FlowStep {
  private readonly names: readonly (readonly [string, string])[];
  private readonly targets = new Map<string, FlowStep>();

  constructor(init: StepInit, mapping: PyMap) {
    super(init, ["storey.flow.Recover"]);
    this.names = [...mapping].map(([name, step]) => [String(name), String(step)]);
  }

  override linkByName(find: (name: string) => FlowStep): void {
    for (const [name, step] of this.names) this.targets.set(name, find(step));
  }

  protected process(event: FlowEvent): Run {
    try {
      const rest = this.emit(event);
      return rest && this.guarded(event, rest);
    } catch (error) {
      return this.recover(event, error);
    }
  }

  private *guarded(event: FlowEvent, rest: Coro): Coro {
    try {
      yield rest;
    } catch (error) {
      const more = this.recover(event, error);
      if (more) yield more;
    }
  }

  private recover(event: FlowEvent, error: unknown): Run {
    const ex = asFailure(error);
    const target = this.targets.get(ex.className);
    if (target) return target.take(event);
    throw ex;
  }
}

/** A graph of MLRun's can't name exception classes, so the only mapping it can give is an empty one. */
function makeRecover(init: StepInit): FlowStep {
  const mapping = init.args.get("exception_to_downstream") ?? null;
  if (isMap(mapping) && mapping.size > 0) {
    if (init.context.storey) return new RecoverStep(init, mapping);
    throw failure(
      "RuntimeError",
      `step ${init.name}: Recover maps exception classes to step objects, which a graph can't hold; ` +
        "use the step's error_handler instead",
    );
  }
  return new PassStep(init, ["storey.flow.Recover"]);
}

export const PASS_STEPS: readonly StepClass[] = [
  {
    names: ["storey.steps.Assert", "storey.steps.assertion.Assert"],
    hosted: true,
    meaning: "Checks events and their number in tests; passes events on.",
    args: [],
    open: true,
    make: (init) => new PassStep(init, ["storey.steps.assertion.Assert"]),
  },
  {
    names: ["storey.Recover", "storey.flow.Recover"],
    meaning: "Sends events whose way on failed to another step, by class of the error.",
    args: [required("exception_to_downstream", "Dict of exception class to step.")],
    open: true,
    make: makeRecover,
  },
];
