import { defaults } from "./evaluate";
import type { Interpreter } from "./interpreter";
import { Raised } from "./machine";
import { binary } from "./operators";
import type { Block, ClassStmt, Expr, FunctionStmt, ImportStmt, Stmt, TryStmt } from "./syntax";
import {
  Datum,
  HostObject,
  Mapping,
  NONE,
  Named,
  Scope,
  Unknowable,
  UserClass,
  UserFunction,
  type Val,
} from "./values";

/** How a block was left: by `return`, `break` or `continue`; null when it ran to its end. */
export type Flow = { readonly kind: "return"; readonly value: Val } | { readonly kind: "break" | "continue" };

type Kind = Stmt["kind"];
type Of<K extends Kind> = Extract<Stmt, { readonly kind: K }>;
type Rule<K extends Kind> = (m: Interpreter, s: Of<K>, scope: Scope) => Flow | null | void;

/** Rounds of a `while` that are followed. */
const LONGEST_WHILE = 2_000;

export function executeBlock(m: Interpreter, block: Block, scope: Scope): Flow | null {
  for (const statement of block) {
    m.tick();
    // The table has exactly the rule for each kind; TypeScript can't see that `statement` fits it.
    const flow = (RULES[statement.kind] as Rule<Kind>)(m, statement, scope);
    if (flow) return flow;
  }
  return null;
}

const RULES: { readonly [K in Kind]: Rule<K> } = {
  expression: (m, s, scope) => void m.evaluate(s.value, scope),
  assign: (m, s, scope) => {
    const value = m.evaluate(s.value, scope);
    for (const target of s.targets) m.assign(target, value, scope);
  },
  update: (m, s, scope) => {
    const before = m.evaluate(s.target, scope);
    const value = m.evaluate(s.value, scope);
    const made = binary(s.op, before, value);
    m.assign(s.target, made ?? new Unknowable("this value is known only to the kernel", m.place(s)), scope);
  },
  if: (m, s, scope) => ifStatement(m, s, scope),
  for: (m, s, scope) => forStatement(m, s, scope),
  while: (m, s, scope) => whileStatement(m, s, scope),
  with: (m, s, scope) => {
    for (const { value, target } of s.items) {
      const made = m.evaluate(value, scope);
      if (target) m.assign(target, made, scope);
    }
    return m.execute(s.body, scope);
  },
  try: (m, s, scope) => tryStatement(m, s, scope),
  function: (m, s, scope) => defineFunction(m, s, scope),
  class: (m, s, scope) => defineClass(m, s, scope),
  import: (m, s, scope) => importNames(m, s, scope),
  return: (m, s, scope) => ({ kind: "return", value: s.value ? m.evaluate(s.value, scope) : NONE }),
  raise: (m, s, scope) => {
    if (s.value) m.evaluate(s.value, scope);
    throw new Raised("Exception", "raised by the notebook", m.place(s));
  },
  delete: (m, s, scope) => {
    for (const target of s.targets) remove(m, target, scope);
  },
  global: (_, s, scope) => {
    if (scope.kind === "function") for (const name of s.names) scope.globals.add(name);
  },
  group: (m, s, scope) => m.execute(s.body, scope),
  break: () => ({ kind: "break" }),
  continue: () => ({ kind: "continue" }),
  pass: () => null,
  broken: () => null,
};

function remove(m: Interpreter, target: Expr, scope: Scope): void {
  if (target.kind === "name") scope.names.delete(target.name);
  else if (target.kind === "tuple") for (const item of target.items) remove(m, item, scope);
  else if (target.kind === "index") {
    const object = m.evaluate(target.object, scope);
    const key = m.evaluate(target.index, scope);
    if (object instanceof Mapping) object.delete(key);
    else if (object instanceof HostObject) object.deleteIndex(key, m.place(target));
  }
}

function ifStatement(m: Interpreter, s: Of<"if">, scope: Scope): Flow | null {
  for (const [i, { test, body }] of s.branches.entries()) {
    const value = m.evaluate(test, scope);
    const known = m.truth(value);
    if (known === true) return m.execute(body, scope);
    if (known === false) continue;
    const blocks = [...s.branches.slice(i).map((b) => b.body), s.otherwise];
    return eitherOf(m, blocks, test, scope);
  }
  return m.execute(s.otherwise, scope);
}

/** Runs all blocks of which the kernel runs one: what they build is drawn, marked, and plain values become unknown. */
function eitherOf(m: Interpreter, blocks: readonly Block[], test: Expr, scope: Scope): Flow | null {
  const at = m.place(test);
  const doubt = {
    what: "condition",
    reason: "whether this condition holds is known only to the kernel",
    at,
  } as const;
  const before = new Map(scope.names);
  const outcomes: ReadonlyMap<string, Val>[] = [];
  let flow: Flow | null = null;
  m.doubting(doubt, () => {
    for (const block of blocks) {
      for (const [name, value] of before) if (value instanceof Datum) scope.names.set(name, value);
      try {
        const left = m.execute(block, scope);
        if (left?.kind === "return" && (flow === null || !(left.value instanceof Datum))) flow = left;
      } catch (error) {
        if (!(error instanceof Raised)) throw error;
        continue;
      }
      outcomes.push(new Map(scope.names));
    }
  });
  for (const [name, value] of scope.names) {
    if (!(value instanceof Datum)) continue;
    const differs = outcomes.some((o) => {
      const other = o.get(name);
      return !(other instanceof Datum) || other.value !== value.value;
    });
    if (differs) scope.names.set(name, new Unknowable(doubt.reason, at));
  }
  return flow;
}

function forStatement(m: Interpreter, s: Of<"for">, scope: Scope): Flow | null {
  const iterable = m.evaluate(s.iterable, scope);
  const items = m.items(iterable);
  if (!items) {
    const at = m.place(s.iterable);
    const reason = "the number of rounds of this loop is known only to the kernel";
    return m.doubting({ what: "loop", reason, at }, () => {
      m.assign(s.target, new Unknowable(reason, at), scope);
      const flow = m.execute(s.body, scope);
      return flow?.kind === "return" ? flow : null;
    });
  }
  // A copy: the body may change the list that it loops over.
  for (const item of [...items]) {
    m.tick();
    m.assign(s.target, item, scope);
    const flow = m.execute(s.body, scope);
    if (flow?.kind === "return") return flow;
    if (flow?.kind === "break") return null;
  }
  return m.execute(s.otherwise, scope);
}

function whileStatement(m: Interpreter, s: Of<"while">, scope: Scope): Flow | null {
  for (let round = 0; round < LONGEST_WHILE; round++) {
    m.tick();
    const known = m.truth(m.evaluate(s.test, scope));
    if (known === false) return m.execute(s.otherwise, scope);
    if (known === null) {
      const reason = "the number of rounds of this loop is known only to the kernel";
      const doubt = { what: "loop", reason, at: m.place(s.test) } as const;
      const flow = m.doubting(doubt, () => m.execute(s.body, scope));
      return flow?.kind === "return" ? flow : null;
    }
    const flow = m.execute(s.body, scope);
    if (flow?.kind === "return") return flow;
    if (flow?.kind === "break") return null;
  }
  return null;
}

function tryStatement(m: Interpreter, s: TryStmt, scope: Scope): Flow | null {
  let flow: Flow | null = null;
  try {
    flow = s.handlers.length > 0 ? m.guard(() => m.execute(s.body, scope)) : m.execute(s.body, scope);
    flow ??= m.execute(s.otherwise, scope);
  } catch (error) {
    const handler = s.handlers[0];
    if (!(error instanceof Raised) || !handler) throw error;
    if (handler.name) scope.set(handler.name, new Unknowable(error.message, error.at, error.message));
    flow = m.execute(handler.body, scope);
  } finally {
    const last = m.execute(s.finally, scope);
    flow = last ?? flow;
  }
  return flow;
}

function defineFunction(m: Interpreter, s: FunctionStmt, scope: Scope, owner: UserClass | null = null): void {
  const names = s.decorators.map((d) => (d.kind === "name" ? d.name : ""));
  // Decorators are taken to leave what a function does to a graph as it is.
  const made = new UserFunction(
    s.name,
    s.params,
    s.body,
    scope,
    m.place(s),
    null,
    generates(s.body),
    owner,
    defaults(m, s.params, scope),
  );
  made.property = names.some((name) => name === "property" || name === "cached_property");
  const isStatic = names.includes("staticmethod") || names.includes("classmethod");
  scope.set(s.name, isStatic ? made.asStatic(names.includes("classmethod") ? owner : null) : made);
}

/** A body with `yield` makes a generator: nothing of it runs when it is called. */
function generates(body: Block): boolean {
  return body.some((s) => {
    if (s.kind === "function" || s.kind === "class") return false;
    if (s.kind === "pass") return s.yields === true;
    if ("body" in s && generates(s.body)) return true;
    if ("otherwise" in s && generates(s.otherwise)) return true;
    return s.kind === "if" && s.branches.some((b) => generates(b.body));
  });
}

function defineClass(m: Interpreter, s: ClassStmt, scope: Scope): void {
  const bases = s.bases.map((b) => m.evaluate(b, scope));
  const body = new Scope(scope, "class");
  const made = new UserClass(s.name, bases, body.names, m.place(s));
  for (const statement of s.body) {
    if (statement.kind === "function") defineFunction(m, statement, body, made);
    else if (statement.kind !== "expression") m.execute([statement], body);
  }
  scope.set(s.name, made);
}

function importNames(m: Interpreter, s: ImportStmt, scope: Scope): void {
  if (s.star && s.module !== null) m.importAll(s.module);
  for (const { name, as, span } of s.names) {
    const at = m.place(span);
    if (s.module !== null) scope.set(as || name, m.imported(`${s.module}.${name}`, at));
    else if (as) scope.set(as, m.imported(name, at));
    else {
      const root = name.split(".")[0] ?? name;
      scope.set(root, new Named(root, at));
    }
  }
}
