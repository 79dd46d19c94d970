import type { ServerContext } from "../engine/context";
import { ForeignCallable } from "../engine/foreign";
import type { FlowEvent } from "../engine/flowevent";
import { failure } from "../engine/failure";
import { FlowEvent as Event } from "../engine/flowevent";
import { type Answer, type Coro, Later, wait } from "../engine/loop";
import type { Callable, ForeignObject, StepInit, StepObject } from "../engine/runtime";
import { typeName } from "../value/repr";
import { PyObject, type PyMap, type PyValue } from "../value/value";

/**
 * A model server or a router: MLRun's own class, or a user's class that derives from it. What the user's class
 * defines is called in the kernel in place of what is native here; `mlrun` there is the real one, so that its
 * methods may call inherited ones.
 */
export abstract class ServingObject implements StepObject {
  readonly flow = null;
  readonly mro: readonly string[];
  readonly name: string;
  protected readonly context: ServerContext;
  protected readonly object: ForeignObject | null;
  protected readonly inputPath: string | null;
  protected readonly resultPath: string | null;

  constructor(
    protected readonly init: StepInit,
    mro: readonly string[],
    name: string,
  ) {
    this.context = init.context;
    this.object = init.object;
    this.mro = init.object?.mro ?? mro;
    this.name = name;
    this.inputPath = init.inputPath || null;
    this.resultPath = init.resultPath || null;
  }

  /** `__class__.__name__`. */
  get className(): string {
    return this.mro[0].split(".").pop() ?? this.mro[0];
  }

  attribute(name: string): PyValue | undefined {
    return this.object?.attribute(name) ?? this.init.args.get(name);
  }

  /** What a graph may call: the user's method, else the native one, else what the user's class inherits. */
  method(name: string): Callable | null {
    const inherited = this.object?.method(name) ?? null;
    if (this.object?.overrides(name)) return inherited;
    return name === "do_event" ? this.doing : inherited;
  }

  private readonly doing: Callable = {
    name: "do_event",
    params: ["event"],
    flavour: "plain",
    call: ([event]) => {
      if (event instanceof Event) return new Later(this.doEvent(event));
      throw noBody(event);
    },
  };

  /** MLRun's `do_event`. */
  protected abstract doEvent(event: FlowEvent): Coro<PyValue>;

  /** A method that the user's class defines, called as MLRun calls it: a coroutine is a result like any other. */
  protected own(name: string): Callable | null {
    const { object } = this;
    if (!object?.overrides(name)) return null;
    const found = object.method(name);
    return found instanceof ForeignCallable
      ? new ForeignCallable(this.context, { ...found.target, awaits: false })
      : found;
  }

  /** Calls the user's method when there is one, else the native one. */
  protected hook(name: string, args: readonly PyValue[], native: () => Answer<PyValue>): Answer<PyValue> {
    const own = this.own(name);
    return own ? own.call(args) : native();
  }

  /** The object has MLRun's own methods too: it lives in a kernel. */
  protected get inKernel(): boolean {
    return [...(this.object?.loaded.methods.values() ?? [])].some((method) => !method.user);
  }

  /** An inherited method of the object in the kernel, `_private` ones and `__getattribute__` among them. */
  protected inherited(name: string): Callable {
    return new ForeignCallable(this.context, {
      step: this.init.fullName,
      ref: this.object?.loaded.ref ?? "",
      method: name,
      info: { name, user: false, flavour: "plain", params: [] },
      tracedAs: null,
      awaits: false,
    });
  }

  /** The attribute as it is now in the kernel; null when the object is not in one. */
  protected *current(name: string): Coro<PyValue> {
    return this.inKernel ? yield* wait(this.inherited("__getattribute__").call([name])) : null;
  }

  /** Tells the object in the kernel what native code did to it. */
  protected *tell(name: string, value: PyValue): Coro {
    if (this.inKernel) yield* wait(this.inherited("__setattr__").call([name, value]));
  }

  /** Keyword arguments of `post_init`. */
  protected get postInitArgs(): PyMap {
    const { step } = this.init;
    return new Map<PyValue, PyValue>([
      ["creation_strategy", step?.field("model_endpoint_creation_strategy") ?? null],
      ["endpoint_type", step?.field("endpoint_type") ?? null],
    ]);
  }
}

/** What a method gave, as the event that it has to be. */
export function eventOf(value: PyValue): FlowEvent {
  if (value instanceof Event) return value;
  throw noBody(value ?? null);
}

/** `value.body`: of an event or a response. */
export function bodyOf(value: PyValue): PyValue {
  if (value instanceof Event) return value.body;
  const body = value instanceof PyObject ? value.fields.get("body") : undefined;
  if (body === undefined) throw noBody(value);
  return body;
}

function noBody(value: PyValue | undefined): Error {
  return failure("AttributeError", `'${typeName(value ?? null)}' object has no attribute 'body'`);
}

/** Removes slashes at both ends; throws Python's error for what is no text. */
export function stripSlashes(value: PyValue): string {
  if (typeof value === "string") return value.replace(/^\/+|\/+$/g, "");
  throw failure("AttributeError", `'${typeName(value)}' object has no attribute 'strip'`);
}

/** Virtual now as `isoformat(sep=" ", timespec="microseconds")`. */
export function timestamp(context: ServerContext): string {
  const text = context.nowText().replace("T", " ");
  return text.includes(".") ? text : text.replace("+", ".000000+");
}
