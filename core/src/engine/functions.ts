import type { PyMap, PyValue } from "../value/value";
import type { ServerContext } from "./context";
import type { LoadRequest } from "./executor";
import { Unsupported } from "./arithmetic";
import { type Code, expressionOf } from "./expression";
import { asFailure, failure } from "./failure";
import { functionOf, load } from "./foreign";
import { type Answer, type Coro, map, wait } from "./loop";
import type { Callable } from "./runtime";

/** Where a function is used, and under which name its calls are traced (its own when undefined, null for never). */
export interface FunctionUse {
  readonly step: string;
  readonly name: string;
  readonly engine: "sync" | "async";
  readonly tracedAs?: string | null;
}

/** What the executor is asked for a function; null when it is an expression that runs here. */
export function functionRequest(handler: string, use: FunctionUse): LoadRequest | null {
  return expressionOf(handler) === null ? requestOf(handler, use) : null;
}

function requestOf(handler: string, use: FunctionUse): LoadRequest {
  return {
    step: use.step,
    name: use.name,
    className: null,
    handler,
    classArgs: new Map(),
    offered: new Map(),
    engine: use.engine,
    postInit: false,
  };
}

/**
 * The function that a handler or a `_fn` argument names. A small expression runs here; anything else is Python's.
 * Throws what MLRun raises for a name that leads nowhere.
 */
export function* findFunction(context: ServerContext, handler: string, use: FunctionUse): Coro<Callable> {
  const asked = requestOf(handler, use);
  const foreign = (): Answer<Callable> =>
    map(load(context, asked), (loaded) => functionOf(context, loaded, asked, use.tracedAs));
  const code = expressionOf(handler);
  if (code === null) return yield* wait(foreign());
  const tracedAs = use.tracedAs === undefined ? "<lambda>" : use.tracedAs;
  return new Expression(context, use.step, code, tracedAs, foreign);
}

function wrongCount(given: number): Error {
  if (given === 0) return failure("TypeError", "<lambda>() missing 1 required positional argument: 'event'");
  return failure("TypeError", `<lambda>() takes 1 positional argument but ${given} were given`);
}

/** A small expression that runs here; a value that it can't handle goes to Python, loaded when that first happens. */
class Expression implements Callable {
  readonly name = "<lambda>";
  readonly params = ["event"];
  readonly flavour = "plain";
  private foreign: Callable | null = null;

  constructor(
    private readonly context: ServerContext,
    private readonly step: string,
    readonly code: Code,
    private readonly tracedAs: string | null,
    private readonly load: () => Answer<Callable>,
  ) {}

  call(args: readonly PyValue[], kwargs?: PyMap): Answer<PyValue> {
    const { trace } = this.context;
    const note =
      trace && this.tracedAs !== null ? trace.calling(this.step, this.tracedAs, args, kwargs) : null;
    try {
      if (args.length !== 1) throw wrongCount(args.length);
      const value = this.code(args[0] ?? null);
      if (note) trace?.called(note, { value, ms: 0 });
      return value;
    } catch (error) {
      if (error instanceof Unsupported) return this.callPython(args, kwargs);
      const ex = asFailure(error);
      if (note) trace?.called(note, { failure: ex, ms: 0 });
      throw ex;
    }
  }

  private callPython(args: readonly PyValue[], kwargs?: PyMap): Answer<PyValue> {
    // Only what was loaded is kept: an answer can be waited for once, and a load that failed is tried again.
    return map(this.foreign ?? this.load(), (fn) => {
      this.foreign = fn;
      return fn.call(args, kwargs);
    });
  }
}
