import { isRelative, resolveImport } from "./source";

/** A value or the promise of one. */
type MaybePromise<T> = T | Promise<T>;

/** Where steps in JavaScript run: here, or in a worker. All values are plain JavaScript, as `toScript` makes them. */
export interface ScriptHost {
  load(request: ScriptLoad): MaybePromise<ScriptLoaded | { readonly raised: ScriptError }>;
  call(request: ScriptCall): MaybePromise<ScriptResult>;
}

export interface ScriptLoad {
  /** Name of the step. */
  readonly name: string;
  readonly className: string | null;
  readonly handler: string | null;
  readonly classArgs: Readonly<Record<string, unknown>>;
}

export interface ScriptLoaded {
  readonly ref: string;
  readonly kind: "function" | "object";
  readonly name: string;
  /** Methods of an object; `""` for a function. */
  readonly methods: readonly { readonly name: string; readonly flavour: ScriptFlavour }[];
  /** Plain properties of the object. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A promise is awaited wherever a step runs, so that an async function is as good as a plain one. */
export type ScriptFlavour = "plain" | "generator" | "async_generator";

export interface ScriptCall {
  readonly ref: string;
  /** `""` calls the function itself, `__next__` asks a generator for its next item. */
  readonly method: string;
  readonly args: readonly ScriptArgument[];
  readonly kwargs: Readonly<Record<string, unknown>> | null;
}

/** An argument: a value, or the fields of the event where the code takes the event itself. */
export interface ScriptArgument {
  readonly value?: unknown;
  readonly event?: Readonly<Record<string, unknown>>;
}

export interface ScriptResult {
  readonly value?: unknown;
  /** The result is a generator, to be called by this. */
  readonly generator?: string;
  /** The result is this argument. */
  readonly same?: number;
  /** Fields of events among the arguments, as the code left them. */
  readonly events: readonly { readonly index: number; readonly fields: Readonly<Record<string, unknown>> }[];
  readonly raised?: ScriptError;
  /** What it printed, where that is caught. */
  readonly stdout?: string;
  /** Milliseconds that it took, where that is measured. */
  readonly ms?: number;
}

export interface ScriptError {
  readonly class: string;
  readonly message: string;
  /** Where in the files it was thrown, innermost first. */
  readonly frames: readonly { readonly file: string; readonly line: number; readonly name: string }[];
}

type Exports = Record<string, unknown>;
/** A module of CommonJS: its body, as a function. */
export type ModuleBody = (module: { exports: Exports }, exports: Exports, require: Require) => void;
export type Require = (name: string) => unknown;

type Callable = (...args: unknown[]) => unknown;

/** Steps of a file, run where this is. */
export class ScriptRuntime implements ScriptHost {
  private readonly loaded = new Map<string, { readonly target: unknown }>();
  private readonly modules = new Map<string, { exports: Exports }>();
  private count = 0;

  constructor(
    private readonly entry: string,
    private readonly bodies: ReadonlyMap<string, ModuleBody>,
    /** Packages and Node's own modules; throws for what there is not. */
    private readonly outside: Require,
    /**
     * By file: the lines before it in the text that runs, and how many it has; none where each is a text of its own.
     */
    private readonly places: ReadonlyMap<string, readonly [number, number]> = new Map(),
  ) {}

  load(request: ScriptLoad): ScriptLoaded | { readonly raised: ScriptError } {
    try {
      return this.make(request);
    } catch (error) {
      return { raised: this.errorOf(error) };
    }
  }

  call(request: ScriptCall): MaybePromise<ScriptResult> {
    const args = request.args.map(({ value, event }) => (event ? { ...event } : value));
    const ended = (result: Omit<ScriptResult, "events">): ScriptResult => ({
      ...result,
      events: request.args.flatMap(({ event }, index) =>
        event ? [{ index, fields: args[index] as Record<string, unknown> }] : [],
      ),
    });
    const settle = (value: unknown): ScriptResult => {
      const same = request.args.findIndex(({ event }, i) => event !== undefined && args[i] === value);
      if (same >= 0) return ended({ same });
      return ended(isIterator(value) ? { generator: this.keep(value) } : { value });
    };
    const failed = (error: unknown): ScriptResult => ended({ raised: this.errorOf(error) });
    try {
      const value = this.invoke(request, args);
      return isThenable(value) ? Promise.resolve(value).then(settle, failed) : settle(value);
    } catch (error) {
      return failed(error);
    }
  }

  private invoke({ ref, method, kwargs }: ScriptCall, args: readonly unknown[]): unknown {
    const target = this.loaded.get(ref)?.target;
    if (method === "__next__") return this.next(ref, target as Iterator<unknown> | AsyncIterator<unknown>);
    // Keyword arguments come as one object behind the others.
    const all = kwargs === null ? args : [...args, kwargs];
    if (method === "") return (target as Callable)(...all);
    return (target as Record<string, Callable>)[method]?.(...all);
  }

  private next(ref: string, iterator: Iterator<unknown> | AsyncIterator<unknown>): unknown {
    const take = (step: IteratorResult<unknown>): unknown => {
      if (step.done !== true) return step.value;
      this.loaded.delete(ref);
      throw new StopIteration();
    };
    const step = iterator.next();
    return isThenable(step)
      ? (step as Promise<IteratorResult<unknown>>).then(take)
      : take(step as IteratorResult<unknown>);
  }

  private make({ name, className, handler, classArgs }: ScriptLoad): ScriptLoaded {
    const wanted = className ?? handler ?? "";
    const found = this.find(wanted);
    if (typeof found !== "function") {
      const kind = className === null ? "function" : "class";
      throw new ScriptImportError(
        wanted.startsWith("(")
          ? `step ${name} has an expression that only Python can run: ${wanted}`
          : `${this.entry} exports no ${kind} ${wanted}`,
      );
    }
    if (className === null) {
      const methods = [{ name: "", flavour: flavourOf(found) }];
      return { ref: this.keep(found), kind: "function", name: wanted, methods, attributes: {} };
    }
    const object = new (found as new (...args: unknown[]) => object)(classArgs, { name });
    return {
      ref: this.keep(object),
      kind: "object",
      name: wanted,
      methods: methodsOf(object),
      attributes: attributesOf(object),
    };
  }

  /** What the file exports under a name, which may lead into an exported object. */
  private find(name: string): unknown {
    let found: unknown = this.module(this.entry);
    for (const part of name.split(".")) {
      const holder = found;
      found = isObject(holder) && Object.hasOwn(holder, part) ? holder[part] : undefined;
    }
    return found;
  }

  private module(path: string): Exports {
    const known = this.modules.get(path);
    if (known) return known.exports;
    const module = { exports: {} as Exports };
    this.modules.set(path, module);
    try {
      this.bodies.get(path)?.(module, module.exports, (name) => this.require(path, name));
    } catch (error) {
      this.modules.delete(path);
      throw error;
    }
    return module.exports;
  }

  private require(from: string, name: string): unknown {
    if (!isRelative(name)) return this.outside(name);
    const path = resolveImport(from, name, this.bodies);
    if (path === null) throw new ScriptImportError(`${from} imports ${name}, which is not there`);
    return this.module(path);
  }

  private keep(target: unknown): string {
    const ref = `script${++this.count}`;
    this.loaded.set(ref, { target });
    return ref;
  }

  private errorOf(error: unknown): ScriptError {
    if (!(error instanceof Error)) return { class: "Error", message: textOf(error), frames: [] };
    return { class: error.name || "Error", message: error.message, frames: this.framesOf(error.stack ?? "") };
  }

  private framesOf(stack: string): ScriptError["frames"] {
    const frames: { file: string; line: number; name: string }[] = [];
    for (const [, name, file, line] of stack.matchAll(
      /^\s*at (?:(?:async )?(?:new )?([^\s(]+) )?(?:\[as \w+\] )?\(?(?:.*[\\/ ])?([^\\/ :()]+):(\d+):\d+\)?$/gm,
    )) {
      const place = this.placeOf(file ?? "", Number(line));
      if (place) frames.push({ ...place, name: (name ?? "").replace(/^(Object|Module)\./, "") });
    }
    return frames;
  }

  private placeOf(file: string, line: number): { readonly file: string; readonly line: number } | null {
    for (const [path, [before, count]] of this.places)
      if (line > before && line <= before + count) return { file: path, line: line - before };
    if (this.places.size > 0) return null;
    const found = [...this.bodies.keys()].find((path) => path.split("/").at(-1) === file);
    return found === undefined ? null : { file: found, line };
  }
}

/** How the end of a generator is told. */
class StopIteration extends Error {
  override readonly name = "StopIteration";
}

class ScriptImportError extends Error {
  override readonly name = "ImportError";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && typeof value["then"] === "function";
}

/** What a generator function gives; arrays and other collections are values. */
function isIterator(value: unknown): boolean {
  if (!isObject(value) || typeof value["next"] !== "function") return false;
  return Symbol.iterator in value || Symbol.asyncIterator in value;
}

function flavourOf(fn: unknown): ScriptFlavour {
  const kind = Object.prototype.toString.call(fn);
  if (kind === "[object GeneratorFunction]") return "generator";
  return kind === "[object AsyncGeneratorFunction]" ? "async_generator" : "plain";
}

function methodsOf(object: object): ScriptLoaded["methods"] {
  const found = new Map<string, ScriptFlavour>();
  for (
    let at: object | null = object;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (name !== "constructor" && typeof value === "function" && !found.has(name))
        found.set(name, flavourOf(value));
    }
  }
  return [...found].map(([name, flavour]) => ({ name, flavour }));
}

function attributesOf(object: object): Readonly<Record<string, unknown>> {
  const plain = (value: unknown): boolean =>
    value === null || ["string", "number", "boolean", "bigint"].includes(typeof value);
  return Object.fromEntries(Object.entries(object).filter(([, value]) => plain(value)));
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
