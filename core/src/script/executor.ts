import type { Raised } from "../engine/event";
import {
  type CallRequest,
  type CallResult,
  EVENT_FIELDS,
  EventArgument,
  type Executor,
  type LoadRequest,
  type Loaded,
  type MaybePromise,
  type MethodInfo,
  type WireEvent,
} from "../engine/executor";
import { PyObject, type PyMap, type PyValue } from "../value/value";
import { wireText } from "../value/wire";
import type { ScriptError, ScriptHost, ScriptLoaded, ScriptResult } from "./runtime";
import { fromScript, toObject, toScript } from "./values";

/** Names of an event's fields, as steps see them. */
const FIELDS = ["id", "body", ...EVENT_FIELDS] as const;

/**
 * The engine's executor over steps in TypeScript or JavaScript. A function gets the body (the event itself where the
 * step says `full_event`) and behind it its arguments as one object; a class is made with its `class_args` as one
 * object, and its `do` or `do_event` is called. A promise is awaited; what a step throws is its error.
 */
export class ScriptExecutor implements Executor {
  constructor(
    private readonly scripts: ScriptHost,
    private readonly ended: () => void = () => undefined,
  ) {}

  load({ name, className, handler, classArgs }: LoadRequest): ReturnType<Executor["load"]> {
    const request = { name, className, handler, classArgs: toObject(classArgs) };
    return then(this.scripts.load(request), (given) =>
      "raised" in given ? { raised: raisedOf(given.raised) } : loadedOf(given),
    );
  }

  call({ ref, method, args, kwargs }: CallRequest): MaybePromise<CallResult> {
    const request = {
      ref,
      method,
      args: args.map((arg) =>
        arg instanceof EventArgument ? { event: eventObject(arg.event) } : { value: toScript(arg) },
      ),
      kwargs: kwargs && kwargs.size > 0 ? toObject(kwargs) : null,
    };
    return then(this.scripts.call(request), (result) => resultOf(result, args));
  }

  end(): void {
    this.ended();
  }
}

function then<T, R>(given: MaybePromise<T>, next: (value: T) => R): MaybePromise<R> {
  return given instanceof Promise ? given.then(next) : next(given);
}

function eventObject(event: WireEvent): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const name of FIELDS) {
    const value = event[name];
    if (value !== undefined) made[name] = toScript(value);
  }
  return made;
}

/** The event as the code left it; what it did not touch stays the value that it was. */
function eventOf(before: WireEvent, fields: Readonly<Record<string, unknown>>): WireEvent {
  const made: Record<string, PyValue> = {};
  const extra: PyMap = new Map(before.extra);
  for (const [name, given] of Object.entries(fields)) {
    const value = fromScript(given);
    const field = FIELDS.find((one) => one === name);
    if (field === undefined) extra.set(name, value);
    else if (wireText(value) !== wireText(fromScript(toScript(before[field] ?? null)))) made[name] = value;
  }
  return { ...before, ...made, ...(extra.size > 0 ? { extra } : {}) };
}

function resultOf(result: ScriptResult, args: CallRequest["args"]): CallResult {
  try {
    const changed = new Map<number, EventArgument>();
    for (const { index, fields } of result.events) {
      const arg = args[index];
      if (arg instanceof EventArgument) changed.set(index, new EventArgument(eventOf(arg.event, fields)));
    }
    const { stdout, ms } = result;
    const told = {
      changed,
      exact: true,
      ...(stdout === undefined ? {} : { stdout }),
      ...(ms === undefined ? {} : { ms }),
    };
    if (result.raised) return { ...told, raised: raisedOf(result.raised) };
    if (result.same !== undefined) return { ...told, same: result.same, value: changed.get(result.same) };
    if (result.generator !== undefined) {
      return { ...told, value: new PyObject("generator", new Map(), result.generator) };
    }
    return { ...told, value: fromScript(result.value) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { raised: { class: "TypeError", message } };
  }
}

function loadedOf({ ref, kind, name, methods, attributes }: ScriptLoaded): Loaded {
  const info = (method: ScriptLoaded["methods"][number]): MethodInfo => ({
    name: method.name === "" ? (name.split(".").at(-1) ?? name) : method.name,
    user: true,
    flavour: method.flavour,
    params: [],
  });
  return {
    ref,
    kind,
    methods: new Map(methods.map((method) => [method.name, info(method)])),
    mro: kind === "object" ? [`script.${name}`] : [],
    attributes: new Map(Object.entries(attributes).map(([key, value]) => [key, fromScript(value)])),
  };
}

function raisedOf({ class: name, message, frames }: ScriptError): Raised {
  const lines = frames.map((frame) => `  ${frame.file}:${frame.line}${frame.name && ` in ${frame.name}`}`);
  return {
    class: name,
    message,
    ...(frames.length > 0
      ? {
          traceback: [...lines].reverse().concat(`${name}: ${message}`).join("\n"),
          frames: frames.map((frame) => ({ cellId: null, ...frame })),
        }
      : {}),
  };
}
