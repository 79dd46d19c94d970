import { hashKey } from "../value/dict";
import { type PyMap, type PyValue, PyBytes, PyObject, PySet, PyTuple } from "../value/value";
import { PyDict } from "../value/dict";
import type { CellText } from "./place";
import type { Block, Expr, Parameter, Span } from "./syntax";

/** A place in a cell, as offsets; made into a `SourceRange` only when it is shown. */
export interface Place extends Span {
  readonly cell: CellText;
}

/** What an expression is worth while a notebook is read: Python data, or something that stands for an object. */
export type Val =
  Datum | Sequence | Mapping | Unknowable | Named | UserFunction | UserClass | Instance | Native | HostObject;

/** A scalar: None, bool, number, str, bytes. `at` is the literal that wrote it. */
export class Datum {
  constructor(
    readonly value: PyValue,
    readonly at: Place | null = null,
  ) {}
}

export class Sequence {
  constructor(
    readonly kind: "list" | "tuple" | "set",
    readonly items: Val[],
  ) {}
}

export class Mapping {
  private readonly entries = new Map<string, readonly [Val, Val]>();

  /** False for a key that is no plain data. */
  set(key: Val, value: Val): boolean {
    const hash = keyOf(key);
    if (hash === null) return false;
    const old = this.entries.get(hash);
    this.entries.set(hash, [old?.[0] ?? key, value]);
    return true;
  }
  get(key: Val): Val | undefined {
    const hash = keyOf(key);
    return hash === null ? undefined : this.entries.get(hash)?.[1];
  }
  text(key: string): Val | undefined {
    return this.entries.get(`s${key}`)?.[1];
  }
  delete(key: Val): Val | undefined {
    const hash = keyOf(key);
    const old = hash === null ? undefined : this.entries.get(hash);
    if (hash !== null) this.entries.delete(hash);
    return old?.[1];
  }
  get size(): number {
    return this.entries.size;
  }
  pairs(): (readonly [Val, Val])[] {
    return [...this.entries.values()];
  }
  clear(): void {
    this.entries.clear();
  }
  /** Holds entries that nobody can name: its keys are not all known. */
  open = false;
}

/** What only a run can tell. */
export class Unknowable {
  constructor(
    /** One sentence without its full stop, for a person. */
    readonly reason: string,
    readonly at: Place | null = null,
    /** Text to show in its place, for example `step_{i}`. */
    readonly text: string | null = null,
  ) {}
}

/** A module, class or function that is imported: known by its dotted path only. */
export class Named {
  constructor(
    readonly path: string,
    readonly at: Place | null = null,
  ) {}

  get name(): string {
    return this.path.slice(this.path.lastIndexOf(".") + 1);
  }
}

export class UserFunction {
  constructor(
    readonly name: string,
    readonly params: readonly Parameter[],
    readonly body: Block | Expr,
    readonly scope: Scope,
    readonly at: Place,
    readonly self: Val | null = null,
    /** Generators are not followed. */
    readonly opaque = false,
    /** Class in which it is defined, for `super()`. */
    readonly owner: UserClass | null = null,
    /** Default values, evaluated where the function is defined. */
    readonly defaults: ReadonlyMap<string, Val> = new Map(),
    private readonly isStatic = false,
  ) {}

  /** Read as an attribute, not called. */
  property = false;

  /** `@staticmethod`, or with a class `@classmethod`. */
  asStatic(cls: UserClass | null): UserFunction {
    const { name, params, body, scope, at, opaque, owner, defaults } = this;
    return new UserFunction(name, params, body, scope, at, cls, opaque, owner, defaults, true);
  }

  /** Bound to an object; a static method stays as it is, a class method stays bound to its class. */
  bind(self: Val): UserFunction {
    if (this.isStatic) return this;
    const { name, params, body, scope, at, opaque, owner, defaults } = this;
    return new UserFunction(name, params, body, scope, at, self, opaque, owner, defaults);
  }
}

export class UserClass {
  constructor(
    readonly name: string,
    readonly bases: readonly Val[],
    readonly attributes: Map<string, Val>,
    readonly at: Place,
  ) {}

  /** Looks an attribute up in the class and its bases, depth first. */
  find(name: string): Val | undefined {
    const own = this.attributes.get(name);
    if (own) return own;
    for (const base of this.bases) {
      const found = base instanceof UserClass ? base.find(name) : undefined;
      if (found) return found;
    }
    return undefined;
  }

  /** Dotted paths of the imported classes that it comes from. */
  importedBases(): readonly string[] {
    return this.bases.flatMap((b) =>
      b instanceof Named ? [b.path] : b instanceof UserClass ? b.importedBases() : [],
    );
  }
}

/** An object of a class of the notebook or of an imported class, as far as its attributes are known. */
export class Instance {
  readonly attributes = new Map<string, Val>();
  constructor(
    readonly of: UserClass | Named,
    readonly args: CallArgs,
    readonly at: Place,
  ) {}

  get className(): string {
    return this.of.name;
  }
}

/** A function of Python itself, or a method bound to its object. */
export class Native {
  constructor(
    readonly name: string,
    readonly call: (args: CallArgs, at: Place) => Val,
  ) {}
}

/** An object of MLRun or Storey whose behaviour is modelled here: function, graph, step, feature set. */
export abstract class HostObject {
  /** Top-level names that it was ever given. */
  readonly boundNames: string[] = [];
  abstract readonly typeName: string;
  abstract get(name: string, at: Place): Val;
  /** False when the attribute is of no interest. */
  set(_name: string, _value: Val, _at: Place): void {}
  index(_key: Val, at: Place): Val {
    return new Unknowable(`what a ${this.typeName} holds under this key is known only to the kernel`, at);
  }
  setIndex(_key: Val, _value: Val, _at: Place): void {}
  deleteIndex(_key: Val, _at: Place): void {}
  /** Length and iteration; null when unknown. */
  items(): readonly Val[] | null {
    return null;
  }
  /** Whether it holds `key`; null when unknown. */
  has(_key: Val): boolean | null {
    return null;
  }
}

/** The arguments of a call, evaluated, each with the place where it is written. */
export interface CallArgs {
  readonly positional: readonly Arg[];
  readonly keyword: ReadonlyMap<string, Arg>;
  /** `*x` or `**x` of something unknown: more arguments may follow. */
  readonly open: Unknowable | null;
}

export interface Arg {
  readonly value: Val;
  readonly at: Place;
}

/** Names and their values; functions see the scopes around them. */
export class Scope {
  readonly names = new Map<string, Val>();
  readonly globals = new Set<string>();
  constructor(
    readonly parent: Scope | null = null,
    readonly kind: "module" | "function" | "class" = "module",
  ) {}

  get(name: string): Val | undefined {
    let scope: Scope | null = this.parent;
    const own = this.globals.has(name) ? undefined : this.names.get(name);
    if (own) return own;
    for (; scope; scope = scope.parent) {
      if (scope.kind === "class") continue;
      const found = scope.names.get(name);
      if (found) return found;
    }
    return undefined;
  }

  set(name: string, value: Val): void {
    if (!this.globals.has(name)) {
      this.names.set(name, value);
      return;
    }
    let scope: Scope | null = this.parent;
    while (scope && !scope.names.has(name) && scope.parent) scope = scope.parent;
    (scope ?? this).names.set(name, value);
  }
}

export const NONE = new Datum(null);

export function isText(v: Val | undefined): v is Datum & { readonly value: string } {
  return v instanceof Datum && typeof v.value === "string";
}

/** The key of plain data in a mapping; null for what has none. */
export function keyOf(v: Val): string | null {
  const data = toData(v);
  if (data === undefined || Array.isArray(data) || data instanceof Map || data instanceof PyObject)
    return null;
  try {
    return hashKey(data);
  } catch {
    return null;
  }
}

/** Deepest nesting of data that is looked into: what holds itself has no end. */
export const DEEPEST_DATA = 60;

/** The value as plain Python data; undefined when any part of it is not. */
export function toData(v: Val, depth = 0): PyValue | undefined {
  if (v instanceof Datum) return v.value;
  if (depth > DEEPEST_DATA) return undefined;
  if (v instanceof Sequence) {
    const items: PyValue[] = [];
    for (const item of v.items) {
      const data = toData(item, depth + 1);
      if (data === undefined) return undefined;
      items.push(data);
    }
    if (v.kind === "tuple") return new PyTuple(items);
    return v.kind === "set" ? new PySet(items) : items;
  }
  if (!(v instanceof Mapping) || v.open) return undefined;
  const made: PyMap = new PyDict();
  for (const [key, value] of v.pairs()) {
    const k = toData(key, depth + 1);
    const data = toData(value, depth + 1);
    if (k === undefined || data === undefined) return undefined;
    made.set(k, data);
  }
  return made;
}

/** Plain Python data as a value of the interpreter. */
export function fromData(data: PyValue, at: Place | null = null): Val {
  if (Array.isArray(data))
    return new Sequence(
      "list",
      data.map((d) => fromData(d, at)),
    );
  if (data instanceof PyTuple)
    return new Sequence(
      "tuple",
      data.items.map((d) => fromData(d, at)),
    );
  if (data instanceof PySet)
    return new Sequence(
      "set",
      data.items.map((d) => fromData(d, at)),
    );
  if (data instanceof Map) {
    const made = new Mapping();
    for (const [key, value] of data) made.set(fromData(key, at), fromData(value, at));
    return made;
  }
  return new Datum(data, at);
}

/** Python's name for the type of a value, for messages. */
export function valTypeName(v: Val): string {
  if (v instanceof Sequence) return v.kind;
  if (v instanceof Mapping) return "dict";
  if (v instanceof Datum) {
    if (v.value === null) return "NoneType";
    if (typeof v.value === "boolean") return "bool";
    if (typeof v.value === "string") return "str";
    if (v.value instanceof PyBytes) return "bytes";
    return typeof v.value === "bigint" || Number.isInteger(v.value) ? "int" : "float";
  }
  if (v instanceof Instance) return v.className;
  if (v instanceof HostObject) return v.typeName;
  return v instanceof UserClass ? "type" : "function";
}
