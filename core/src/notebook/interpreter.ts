import type { Severity } from "../model/problem";
import { builtin } from "./builtins";
import { bindParameters } from "./bind";
import { assignTo, evaluate } from "./evaluate";
import { type Flow, executeBlock } from "./execute";
import { type Doubt, type Machine, OutOfBudget, Raised } from "./machine";
import { methodOf } from "./methods";
import { truth } from "./operators";
import type { CellText } from "./place";
import type { Block, CellSyntax, Expr, Span, Stmt } from "./syntax";
import {
  type CallArgs,
  Datum,
  HostObject,
  Instance,
  Mapping,
  NONE,
  Named,
  Native,
  type Place,
  Scope,
  Sequence,
  Unknowable,
  UserClass,
  UserFunction,
  type Val,
} from "./values";

/** What the interpreter knows of imported modules. */
export interface Library {
  /** Calls an imported function or class; undefined when nothing is known of it. */
  call(path: string, args: CallArgs, at: Place, machine: Machine): Val | undefined;
  /** Whether a module of MLRun or Storey defines a name: for `from module import *`. */
  defines(module: string, name: string): boolean;
  /** A serving function that is made where the text does not show. */
  unseenFunction(at: Place): Val;
  /** A known attribute of an imported module. */
  attribute(path: string): Val | undefined;
  /** A method or attribute of an object of an imported class, or of a class of the notebook that comes from one. */
  member(object: Instance, name: string): Val | undefined;
  /** A top-level statement was given up half way: what it changed is not all known. */
  abandoned(at: Place, reason: string): void;
  /** A top-level statement begins. */
  statement(): void;
}

export interface Report {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly at: Place | null;
}

/** Modules that notebooks use without importing them in the part that is shown. */
const USUAL_MODULES: Readonly<Record<string, string | undefined>> = {
  mlrun: "mlrun",
  storey: "storey",
  fstore: "mlrun.feature_store",
};

const NO_ARGS: CallArgs = { positional: [], keyword: new Map(), open: null };

/** Units of work for one top-level statement, and for a notebook: some milliseconds, and some tenths of a second. */
const STATEMENT_BUDGET = 60_000;
const NOTEBOOK_BUDGET = 600_000;
const DEEPEST_CALL = 30;

/**
 * Reads cells in order as Python would run them, on values that may be unknown. Nothing is executed; only what
 * the text says is followed.
 */
export class Interpreter implements Machine {
  readonly globals = new Scope();
  readonly reports: Report[] = [];
  doubt: Doubt | null = null;
  private cell: CellText;
  private spent = 0;
  private limit = 0;
  private depth = 0;
  private guards = 0;
  private readonly starModules: string[] = [];
  private readonly missingModules = new Set<string>();
  /** Cells of the functions that are running, outermost first: a graph built in them depends on them. */
  readonly callers: CellText[] = [];

  constructor(
    private readonly library: Library,
    start: CellText,
  ) {
    this.cell = start;
    this.globals.set("__name__", new Datum("__main__"));
  }

  get guarded(): boolean {
    return this.guards > 0;
  }

  /** Reads one cell; each statement of it on its own, so that one that fails leaves the others. */
  read(cell: CellText, syntax: CellSyntax): void {
    for (const statement of syntax.body) {
      this.cell = cell;
      this.limit = Math.min(this.spent + STATEMENT_BUDGET, NOTEBOOK_BUDGET);
      this.library.statement();
      try {
        this.execute([statement], this.globals);
      } catch (error) {
        // A range error is a stack that is too deep: thousands of calls in one chain.
        if (error instanceof OutOfBudget || error instanceof RangeError) this.giveUp(statement);
        else if (!(error instanceof Raised)) throw error;
      }
      this.depth = 0;
      this.guards = 0;
      this.doubt = null;
      this.callers.length = 0;
    }
  }

  private giveUp(statement: Stmt): void {
    this.library.abandoned(
      { cell: this.cell, from: statement.from, to: statement.to },
      "this takes longer than reading a notebook may: what it gives is known only to the kernel",
    );
  }

  tick(units = 1): void {
    this.spent += units;
    if (this.spent > this.limit) throw new OutOfBudget();
  }

  place(span: Span): Place {
    return { cell: this.cell, from: span.from, to: span.to };
  }

  report(severity: Severity, code: string, message: string, remedy: string, at: Place | null): void {
    this.reports.push({ severity, code, message, remedy, at });
  }

  evaluate(expr: Expr, scope: Scope): Val {
    return evaluate(this, expr, scope);
  }

  execute(block: Block, scope: Scope): Flow | null {
    return executeBlock(this, block, scope);
  }

  /** Runs `work` where a raised error would be caught by the notebook's own `try`. */
  guard<T>(work: () => T): T {
    const before = this.guards;
    this.guards = before + 1;
    try {
      return work();
    } finally {
      this.guards = before;
    }
  }

  /** Runs `work` as something that the kernel may do otherwise. */
  doubting<T>(doubt: Doubt, work: () => T): T {
    const before = this.doubt;
    this.doubt = before ?? doubt;
    try {
      return work();
    } finally {
      this.doubt = before;
    }
  }

  truth(value: Val): boolean | null {
    return truth(value);
  }

  items(value: Val): readonly Val[] | null {
    if (value instanceof Sequence) return value.items;
    if (value instanceof Mapping) return value.open ? null : value.pairs().map(([key]) => key);
    if (value instanceof HostObject) return value.items();
    if (value instanceof Datum && typeof value.value === "string") {
      return [...value.value].map((c) => new Datum(c, value.at));
    }
    return null;
  }

  call(callee: Val, args: CallArgs, at: Place): Val {
    this.tick();
    if (callee instanceof Native) return callee.call(args, at);
    if (callee instanceof UserFunction) return this.run(callee, args, at);
    if (callee instanceof UserClass) return this.instantiate(callee, args, at);
    if (callee instanceof Named) {
      return this.library.call(callee.path, args, at, this) ?? new Instance(callee, args, at);
    }
    const reason =
      callee instanceof Unknowable ? callee.reason : "what this call gives is known only to the kernel";
    return new Unknowable(reason, at);
  }

  run(fn: UserFunction, args: CallArgs, at: Place): Val {
    if (fn.opaque || this.depth >= DEEPEST_CALL) {
      return new Unknowable(`what ${fn.name}() gives is known only to the kernel`, at);
    }
    const scope = new Scope(fn.scope, "function");
    bindParameters(fn, args, at, scope);
    if (fn.owner && fn.self) {
      scope.set(
        "super",
        new Native("super", () => new Super(fn.owner as UserClass, fn.self as Val, this.library)),
      );
    }
    const cell = this.cell;
    this.callers.push(cell);
    this.depth++;
    this.cell = fn.at.cell;
    try {
      if (!isBlock(fn.body)) return this.evaluate(fn.body, scope);
      const flow = this.execute(fn.body, scope);
      return flow?.kind === "return" ? flow.value : NONE;
    } finally {
      this.cell = cell;
      this.depth--;
      this.callers.pop();
    }
  }

  instantiate(cls: UserClass, args: CallArgs, at: Place): Val {
    const made = new Instance(cls, args, at);
    const init = cls.find("__init__");
    if (init instanceof UserFunction) {
      try {
        this.run(init.bind(made), args, at);
      } catch (error) {
        if (!(error instanceof Raised)) throw error;
        if (this.guarded) throw error;
      }
    } else {
      for (const [name, { value }] of args.keyword) made.attributes.set(name, value);
    }
    return made;
  }

  attribute(object: Val, name: string, at: Place): Val {
    if (object instanceof HostObject) return object.get(name, at);
    if (object instanceof Named) {
      const path = `${object.path}.${name}`;
      return this.library.attribute(path) ?? new Named(path, at);
    }
    if (object instanceof Instance) return this.instanceAttribute(object, name, at);
    if (object instanceof UserClass) {
      if (name === "__name__" || name === "__qualname__") return new Datum(object.name);
      return (
        object.find(name) ?? new Unknowable(`what ${object.name}.${name} is is known only to the kernel`, at)
      );
    }
    if (object instanceof UserFunction && name === "__name__") return new Datum(object.name);
    if (object instanceof Unknowable) return new Unknowable(object.reason, at);
    // A member of an enumeration is its value here.
    if (object instanceof Datum && (name === "value" || name === "_value_")) return object;
    return (
      methodOf(object, name, this) ??
      new Unknowable(`what ".${name}" is here is known only to the kernel`, at)
    );
  }

  private instanceAttribute(object: Instance, name: string, at: Place): Val {
    const own = object.attributes.get(name);
    if (own) return own;
    const found = object.of instanceof UserClass ? object.of.find(name) : undefined;
    if (found instanceof UserFunction) {
      const bound = found.bind(object);
      return found.property ? this.run(bound, NO_ARGS, at) : bound;
    }
    if (found) return found;
    if (name === "__class__") return object.of;
    return (
      this.library.member(object, name) ??
      new Unknowable(`what ".${name}" of a ${object.className} is is known only to the kernel`, at)
    );
  }

  /** Assigns to a target; used by the statements. */
  assign(target: Expr, value: Val, scope: Scope): void {
    assignTo(this, target, value, scope);
  }

  undefinedName(name: string, at: Place): Val {
    const known = USUAL_MODULES[name];
    if (known !== undefined) {
      if (!this.missingModules.has(name)) {
        this.missingModules.add(name);
        const statement = known === name ? `import ${name}` : `import ${known} as ${name}`;
        this.report(
          "warning",
          "module-not-imported",
          `The notebook uses "${name}", but imports it nowhere.`,
          `Add "${statement}" to the first cell.`,
          at,
        );
      }
      return new Named(known, at);
    }
    const isClass = /^[A-Z]\w*[a-z]/.test(name);
    const from = [...this.starModules].reverse().find((module) => this.library.defines(module, name));
    if (from !== undefined) return this.imported(`${from}.${name}`, at);
    const last = this.starModules.at(-1);
    if (isClass) return new Named(last === undefined ? name : `${last}.${name}`, at);
    return new Unknowable(`the name "${name}" is not defined in the notebook`, at);
  }

  unseenFunction(at: Place): Val {
    return this.library.unseenFunction(at);
  }

  /** `from module import *`. */
  importAll(module: string): void {
    this.starModules.push(module);
  }

  /** What an import of this dotted path gives. */
  imported(path: string, at: Place): Val {
    return this.library.attribute(path) ?? new Named(path, at);
  }

  builtin(name: string): Val | undefined {
    return builtin(name, this);
  }
}

function isBlock(body: Block | Expr): body is Block {
  return Array.isArray(body);
}

/** `super()`: looks methods up in the bases of the class whose method runs. */
class Super extends HostObject {
  readonly typeName = "super";
  constructor(
    private readonly owner: UserClass,
    private readonly self: Val,
    private readonly library: Library,
  ) {
    super();
  }

  override get(name: string, at: Place): Val {
    for (const base of this.owner.bases) {
      const found = base instanceof UserClass ? base.find(name) : undefined;
      if (found instanceof UserFunction) return found.bind(this.self);
      if (found) return found;
    }
    const self = this.self;
    const known = self instanceof Instance ? this.library.member(self, name) : undefined;
    return known ?? new Unknowable(`what the base class gives for "${name}" is known only to the kernel`, at);
  }
}
