import { repr, str } from "../value/repr";
import { formatValue } from "./format";
import { type Machine, Raised } from "./machine";
import { binary, compare, distinct, slice, subscript, unary } from "./operators";
import type { Argument, Call, Comprehension, Expr, FormatPart, FormatString, Span } from "./syntax";
import {
  type Arg,
  type CallArgs,
  Datum,
  HostObject,
  Mapping,
  NONE,
  Scope,
  Sequence,
  Unknowable,
  UserFunction,
  type Val,
  isText,
  toData,
} from "./values";

type Kind = Expr["kind"];
type Of<K extends Kind> = Extract<Expr, { readonly kind: K }>;
type Rule<K extends Kind> = (m: Machine, e: Of<K>, scope: Scope) => Val;

/** The value of an expression. Never throws but for what Python would raise, and for the budget. */
export function evaluate(m: Machine, e: Expr, scope: Scope): Val {
  m.tick();
  // The table has exactly the rule for each kind; TypeScript can't see that `e` fits it.
  return (RULES[e.kind] as Rule<Kind>)(m, e, scope);
}

function unknown(m: Machine, e: Expr, reason: string): Unknowable {
  return new Unknowable(reason, m.place(e));
}

const RULES: { readonly [K in Kind]: Rule<K> } = {
  constant: (m, e) => new Datum(e.value, m.place(e)),
  format: (m, e, scope) => formatted(m, e, scope),
  name: (m, e, scope) => name(m, e, scope),
  attribute: (m, e, scope) => m.attribute(evaluate(m, e.object, scope), e.name, m.place(e)),
  index: (m, e, scope) => indexed(m, e, scope),
  slice: (m, e) => unknown(m, e, "a slice is no value of its own"),
  call: (m, e, scope) => {
    adopt(m, e, scope);
    return m.call(evaluate(m, e.callee, scope), callArgs(m, e, scope), m.place(callSpan(e)));
  },
  list: (m, e, scope) => new Sequence("list", items(m, e.items, scope)),
  tuple: (m, e, scope) => new Sequence("tuple", items(m, e.items, scope)),
  set: (m, e, scope) =>
    distinct(items(m, e.items, scope)) ?? unknown(m, e, "what this set holds is known only to the kernel"),
  dict: (m, e, scope) => {
    const made = new Mapping();
    for (const { key, value } of e.entries) {
      const v = evaluate(m, value, scope);
      if (key !== null) {
        if (!made.set(evaluate(m, key, scope), v)) made.open = true;
      } else if (v instanceof Mapping) {
        for (const [k, item] of v.pairs()) made.set(k, item);
        made.open ||= v.open;
      } else made.open = true;
    }
    return made;
  },
  comprehension: (m, e, scope) => comprehension(m, e, scope),
  lambda: (m, e, scope) =>
    new UserFunction(
      "<lambda>",
      e.params,
      e.body,
      scope,
      m.place(e),
      null,
      false,
      null,
      defaults(m, e.params, scope),
    ),
  unary: (m, e, scope) => {
    const operand = evaluate(m, e.operand, scope);
    if (e.op === "not") {
      const known = m.truth(operand);
      return known === null ? unknown(m, e, "this condition is known only to the kernel") : new Datum(!known);
    }
    return unary(e.op, operand) ?? passOn(m, e, [operand]);
  },
  binary: (m, e, scope) => {
    const left = evaluate(m, e.left, scope);
    const right = evaluate(m, e.right, scope);
    return binary(e.op, left, right) ?? passOn(m, e, [left, right]);
  },
  boolean: (m, e, scope) => {
    const left = evaluate(m, e.left, scope);
    const known = m.truth(left);
    if (known === null) return passOn(m, e, [left]);
    return known === (e.op === "or") ? left : evaluate(m, e.right, scope);
  },
  compare: (m, e, scope) => {
    const values = e.operands.map((operand) => evaluate(m, operand, scope));
    let result: boolean | null = true;
    e.ops.forEach((op, i) => {
      const [left, right] = [values[i], values[i + 1]];
      if (result === false || !left || !right) return;
      const one = compare(op, left, right);
      result = one === false ? false : one === null ? null : result;
    });
    return result === null ? passOn(m, e, values) : new Datum(result);
  },
  conditional: (m, e, scope) => {
    const test = evaluate(m, e.test, scope);
    const known = m.truth(test);
    if (known === null) return passOn(m, e, [test]);
    return evaluate(m, known ? e.then : e.otherwise, scope);
  },
  walrus: (m, e, scope) => {
    const value = evaluate(m, e.value, scope);
    scope.set(e.name, value);
    return value;
  },
  star: (m, e, scope) => evaluate(m, e.value, scope),
  await: (m, e, scope) => evaluate(m, e.value, scope),
  broken: (m, e) => unknown(m, e, "this does not parse yet"),
};

/** The unknown result of an operation: the reason is that of the first unknown operand. */
function passOn(m: Machine, e: Expr, operands: readonly Val[]): Unknowable {
  const first = operands.find((o): o is Unknowable => o instanceof Unknowable);
  return new Unknowable(first?.reason ?? "what this gives is known only to the kernel", m.place(e));
}

function name(m: Machine, e: Of<"name">, scope: Scope): Val {
  const found = scope.get(e.name) ?? m.builtin(e.name);
  if (found) return found;
  return m.undefinedName(e.name, m.place(e));
}

/**
 * `fn.set_topology(...)` where the text does not show what `fn` is: it is a function all the same, from here on the
 * notebook's own.
 */
function adopt(m: Machine, e: Call, scope: Scope): void {
  const { callee } = e;
  if (callee.kind !== "attribute" || callee.name !== "set_topology" || callee.object.kind !== "name") return;
  const { name: variable } = callee.object;
  const known = scope.get(variable);
  if (known && !(known instanceof Unknowable)) return;
  const made = m.unseenFunction(m.place(callee.object));
  scope.set(variable, made);
  if (scope.kind === "module" && made instanceof HostObject) made.boundNames.push(variable);
}

function items(m: Machine, exprs: readonly Expr[], scope: Scope): Val[] {
  const made: Val[] = [];
  for (const e of exprs) {
    if (e.kind !== "star") made.push(evaluate(m, e, scope));
    else {
      const value = evaluate(m, e.value, scope);
      const inner = m.items(value);
      if (inner) made.push(...inner);
      else made.push(unknown(m, e, "how many items there are is known only to the kernel"));
    }
  }
  return made;
}

function indexed(m: Machine, e: Of<"index">, scope: Scope): Val {
  const object = evaluate(m, e.object, scope);
  if (e.index.kind === "slice") {
    const bounds = e.index.parts.map((part) => (part ? evaluate(m, part, scope) : null));
    return slice(object, bounds) ?? passOn(m, e, [object]);
  }
  const key = evaluate(m, e.index, scope);
  if (object instanceof HostObject) return object.index(key, m.place(e));
  const found = subscript(object, key);
  if (found) return found;
  if (object instanceof Mapping && !object.open && toData(key) !== undefined) {
    throw new Raised("KeyError", repr(toData(key) ?? null), m.place(e));
  }
  return passOn(m, e, [object, key]);
}

/** The part of a chain that one call is: `.to("b")` in `graph.to("a").to("b")`, without what stands before it. */
function callSpan(e: Call): Span {
  const { callee } = e;
  if (callee.kind !== "attribute" || callee.object.kind !== "call") return e;
  return { from: callee.to - callee.name.length, to: e.to };
}

/** Evaluates the arguments of a call, each with its place. */
export function callArgs(m: Machine, e: Call, scope: Scope): CallArgs {
  const positional: Arg[] = [];
  const keyword = new Map<string, Arg>();
  let open: Unknowable | null = null;
  const more = (a: Argument) => {
    open ??= new Unknowable("more arguments are known only to the kernel", m.place(a));
  };
  for (const a of e.args) {
    if (a.value.kind === "broken") {
      if (a.form === "plain" && a.value.from === a.value.to) continue;
    }
    const value = evaluate(m, a.value, scope);
    const at = m.place(a.value);
    if (a.form === "plain") positional.push({ value, at });
    else if (a.form === "keyword") keyword.set(a.name, { value, at });
    else if (a.form === "star") {
      const inner = m.items(value);
      if (inner) positional.push(...inner.map((v) => ({ value: v, at: placeOf(v) ?? at })));
      else more(a);
    } else if (value instanceof Mapping) {
      if (value.open) more(a);
      for (const [k, v] of value.pairs())
        if (isText(k)) keyword.set(k.value, { value: v, at: placeOf(v) ?? at });
    } else more(a);
  }
  return { positional, keyword, open };
}

/** The literal or call that a value comes from, where it is known. */
export function placeOf(v: Val) {
  return v instanceof Datum || v instanceof Unknowable ? v.at : null;
}

/** Default values of parameters, evaluated where the function is written. */
export function defaults(
  m: Machine,
  params: readonly { readonly name: string; readonly defaultValue: Expr | null }[],
  scope: Scope,
): ReadonlyMap<string, Val> {
  const made = new Map<string, Val>();
  for (const p of params) if (p.defaultValue) made.set(p.name, evaluate(m, p.defaultValue, scope));
  return made;
}

function formatted(m: Machine, e: FormatString, scope: Scope): Val {
  let text = "";
  let missing: Unknowable | null = null;
  for (const part of e.parts) {
    if (typeof part === "string") text += part;
    else {
      const piece = replacement(m, part, scope);
      if (typeof piece === "string") text += piece;
      else {
        missing ??= piece;
        text += `{${part.text}}`;
      }
    }
  }
  if (missing) return new Unknowable(missing.reason, m.place(e), text);
  return new Datum(text, m.place(e));
}

function replacement(m: Machine, part: FormatPart, scope: Scope): string | Unknowable {
  const value = evaluate(m, part.value, scope);
  const data = toData(value);
  if (data === undefined) {
    return value instanceof Unknowable
      ? value
      : unknown(m, part.value, `the text of "${part.text}" is known only to the kernel`);
  }
  let spec = "";
  for (const piece of part.spec) {
    const one = typeof piece === "string" ? piece : replacement(m, piece, scope);
    if (typeof one !== "string") return one;
    spec += one;
  }
  const shown = part.conversion === "r" || (part.selfDocumenting && spec === "") ? repr(data) : data;
  const text = formatValue(part.conversion === "s" ? str(data) : shown, spec);
  if (text === null) return unknown(m, part.value, `the text of "${part.text}" is known only to the kernel`);
  return part.selfDocumenting ? `${part.text}=${text}` : text;
}

function comprehension(m: Machine, e: Comprehension, scope: Scope): Val {
  const inner = new Scope(scope, "function");
  const made: (readonly [Val | null, Val])[] = [];
  const run = (index: number): Unknowable | null => {
    const clause = e.clauses[index];
    if (!clause) {
      m.tick();
      made.push([e.key ? evaluate(m, e.key, inner) : null, evaluate(m, e.value, inner)]);
      return null;
    }
    if (clause.kind === "if") {
      const known = m.truth(evaluate(m, clause.test, inner));
      if (known === null) return unknown(m, clause.test, "this condition is known only to the kernel");
      return known ? run(index + 1) : null;
    }
    const over = m.items(evaluate(m, clause.iterable, inner));
    if (!over) return unknown(m, clause.iterable, "the items of this loop are known only to the kernel");
    for (const item of over) {
      assignTo(m, clause.target, item, inner);
      const failed = run(index + 1);
      if (failed) return failed;
    }
    return null;
  };
  const failed = run(0);
  if (failed) return failed;
  if (e.form === "dict") {
    const mapping = new Mapping();
    for (const [key, value] of made) if (!mapping.set(key ?? NONE, value)) mapping.open = true;
    return mapping;
  }
  const values = made.map(([, value]) => value);
  if (e.form !== "set") return new Sequence("list", values);
  return distinct(values) ?? unknown(m, e, "what this set holds is known only to the kernel");
}

/** Gives a target its value: a name, an attribute, a subscript, or a tuple of targets. */
export function assignTo(m: Machine, target: Expr, value: Val, scope: Scope): void {
  if (target.kind === "name") {
    scope.set(target.name, value);
    if (scope.kind === "module" && value instanceof HostObject) value.boundNames.push(target.name);
  } else if (target.kind === "tuple" || target.kind === "list") {
    unpack(m, target.items, value, scope);
  } else if (target.kind === "attribute") {
    const object = evaluate(m, target.object, scope);
    if (object instanceof HostObject) object.set(target.name, value, m.place(target));
    else if ("attributes" in object) object.attributes.set(target.name, value);
  } else if (target.kind === "index") {
    const object = evaluate(m, target.object, scope);
    const key = evaluate(m, target.index, scope);
    if (object instanceof Mapping) {
      if (!object.set(key, value)) object.open = true;
    } else if (object instanceof HostObject) object.setIndex(key, value, m.place(target));
    else if (object instanceof Sequence && key instanceof Datum && typeof key.value === "number") {
      const i = key.value < 0 ? key.value + object.items.length : key.value;
      if (i >= 0 && i < object.items.length) object.items[i] = value;
    }
  }
}

function unpack(m: Machine, targets: readonly Expr[], value: Val, scope: Scope): void {
  const values = m.items(value);
  const star = targets.findIndex((t) => t.kind === "star");
  const after = star < 0 ? 0 : targets.length - star - 1;
  targets.forEach((target, i) => {
    const missing = unknown(
      m,
      target,
      value instanceof Unknowable ? value.reason : "this value is known only to the kernel",
    );
    if (target.kind === "star") {
      const rest = values ? new Sequence("list", values.slice(star, values.length - after)) : missing;
      assignTo(m, target.value, rest, scope);
      return;
    }
    const at = star >= 0 && i > star ? (values?.length ?? 0) - (targets.length - i) : i;
    assignTo(m, target, values?.[at] ?? missing, scope);
  });
}
