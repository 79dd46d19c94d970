import { asFailure, failure } from "../engine/failure";
import type { FlowEvent } from "../engine/flowevent";
import { type Coro, wait } from "../engine/loop";
import { mlrunWalker } from "../engine/path";
import type { Route, StepClass, StepInit } from "../engine/runtime";
import { optional } from "../steps/argument";
import { iterate } from "../engine/iterate";
import { truthy } from "../value/compare";
import { deepCopy } from "../value/copy";
import { repr, typeName } from "../value/repr";
import type { PyMap, PyValue } from "../value/value";
import { bodyOf, eventOf } from "./object";
import { ROUTER_ARGS, Router, type Target } from "./router";

const EXECUTORS = ["array", "process", "thread"];

/** `mlrun.serving.routers.ParallelRun`: runs all routes on each event and merges what they give. */
export class ParallelRun extends Router {
  private readonly executor: string;

  constructor(init: StepInit, mro: readonly string[] = ["mlrun.serving.routers.ParallelRun"]) {
    super(init, mro, init.name || (mro[0].split(".").pop() ?? ""));
    const executor = init.args.get("executor_type") ?? "thread";
    if (typeof executor !== "string" || !EXECUTORS.includes(executor)) {
      throw failure("ValueError", `${repr(executor)} is not a valid ParallelRunnerModes`);
    }
    this.executor = executor;
  }

  protected override *doEvent(given: FlowEvent): Coro<PyValue> {
    const original = given.body;
    const event = yield* this.received(given);
    if (event.terminated) {
      event.body = mlrunWalker.output(original, this.resultPath, event.body);
      return event;
    }
    const response = event.copy();
    const results = yield* this.runAll(event);
    const own = this.own("_apply_logic");
    if (own) yield* wait(own.call([results, response]));
    else yield* this.merge(results, response);
    const answer = yield* this.postprocessed(response);
    event.body = mlrunWalker.output(original, this.resultPath, answer.body);
    return event;
  }

  private *merge(results: PyMap, response: FlowEvent): Coro {
    if (!truthy(this.attribute("extend_event") ?? null)) response.body = new Map<PyValue, PyValue>();
    const { body } = response;
    const own = this.own("merger");
    // The merger changes the body; what it gives is not looked at.
    if (own) yield* wait(own.call([body, results]));
    else for (const result of results.values()) update(body, result);
  }

  /** The bodies that the routes gave, by name, in the order in which they came. */
  protected *runAll(event: FlowEvent): Coro<PyMap> {
    const own = this.own("_parallel_run");
    if (own) {
      const given = yield* wait(own.call([event]));
      if (given instanceof Map) return given;
      throw failure("AttributeError", `'${typeName(given)}' object has no attribute 'values'`);
    }
    const results: PyMap = new Map();
    if (this.executor === "array") {
      for (const [key, route] of this.routes) {
        results.set(key, bodyOf(yield* wait(route.run(event.copy()))));
      }
      return results;
    }
    const { loop } = this.context;
    const tasks = [...this.routes].map(([key, route]) =>
      loop.spawn(this.runOne(key, route, this.copyFor(event), results)),
    );
    for (const task of tasks) yield task.done;
    return results;
  }

  /** A process gets a copy of its own; threads share the body. */
  private copyFor(event: FlowEvent): FlowEvent {
    const copied = event.copy();
    if (this.executor === "process") copied.body = deepCopy(copied.body);
    return copied;
  }

  /** A route that fails is left out: MLRun only prints its error. */
  private *runOne(key: string, route: Route, event: FlowEvent, results: PyMap): Coro {
    try {
      results.set(key, bodyOf(yield* wait(route.run(event))));
    } catch (error) {
      asFailure(error);
    }
  }

  protected *handle(event: FlowEvent): Coro<PyValue> {
    return eventOf(event);
  }

  protected resolve(): Target {
    return { name: "", route: null, operation: "" };
  }
}

/** `body.update(result)`. */
function update(body: PyValue, result: PyValue): void {
  if (!(body instanceof Map)) {
    throw failure("AttributeError", `'${typeName(body)}' object has no attribute 'update'`);
  }
  if (result instanceof Map) {
    for (const [key, value] of result) body.set(key, value);
    return;
  }
  iterate(result).forEach((pair, i) => {
    const items = pairItems(pair, i);
    body.set(items[0], items[1]);
  });
}

function pairItems(pair: PyValue, at: number): readonly PyValue[] {
  let items: readonly PyValue[];
  try {
    items = iterate(pair);
  } catch {
    throw failure("TypeError", `cannot convert dictionary update sequence element #${at} to a sequence`);
  }
  if (items.length === 2) return items;
  throw failure(
    "ValueError",
    `dictionary update sequence element #${at} has length ${items.length}; 2 is required`,
  );
}

export const EXECUTOR_ARG = optional(
  "executor_type",
  "thread, process or array: how the routes run.",
  "thread",
);

export const PARALLEL_STEPS: readonly StepClass[] = [
  {
    names: ["mlrun.serving.routers.ParallelRun"],
    meaning: "Runs all its routes on each event and merges what they give.",
    args: [
      ...ROUTER_ARGS.slice(0, 5),
      optional("extend_event", "Begins with the event's body rather than an empty dict."),
      EXECUTOR_ARG,
    ],
    open: true,
    make: (init) => new ParallelRun(init),
  },
];
