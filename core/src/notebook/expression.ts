import type { SyntaxNode } from "@lezer/common";
import { numberValue, splitString, stringValue, unescape } from "./literal";
import type { Argument, Comprehension, DictEntry, Expr, FormatPart, Parameter, Span } from "./syntax";
import { PyBytes } from "../value/value";

/** The children of a syntax node without comments. */
export function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name !== "Comment") found.push(child);
  }
  return found;
}

/** Splits nodes at those with the given name; the separators are dropped, empty parts at the end too. */
export function splitAt(nodes: readonly SyntaxNode[], separator: string): SyntaxNode[][] {
  const parts: SyntaxNode[][] = [[]];
  for (const node of nodes) {
    if (node.name === separator) parts.push([]);
    else parts[parts.length - 1]?.push(node);
  }
  if (parts[parts.length - 1]?.length === 0) parts.pop();
  return parts;
}

function broken(span: Span): Expr {
  return { kind: "broken", from: span.from, to: span.to };
}

/** Turns the syntax nodes of one cell into expressions. */
export class ExpressionReader {
  constructor(readonly text: string) {}

  source(span: Span): string {
    return this.text.slice(span.from, span.to);
  }

  /** The expression that a run of nodes makes: `x`, `*x`, `x, y` (a tuple), `n := x`. */
  run(nodes: readonly SyntaxNode[], at: Span): Expr {
    const parts = splitAt(nodes, ",");
    const first = parts[0];
    if (first === undefined) return broken(at);
    if (parts.length === 1 && !nodes.some((n) => n.name === ",")) return this.item(first, at);
    const items = parts.map((part) => this.item(part, at));
    return {
      kind: "tuple",
      items,
      from: items[0]?.from ?? at.from,
      to: items[items.length - 1]?.to ?? at.to,
    };
  }

  /** One element of a list of expressions. */
  private item(nodes: readonly SyntaxNode[], at: Span): Expr {
    const [first, second, third] = nodes;
    if (first === undefined) return broken(at);
    if (first.name === "*" && second) {
      return { kind: "star", value: this.expr(second), from: first.from, to: second.to };
    }
    if (second?.name === "AssignOp" && third) {
      return {
        kind: "walrus",
        name: this.source(first),
        value: this.expr(third),
        from: first.from,
        to: third.to,
      };
    }
    if (first.name === "async" && second) return this.expr(second);
    return this.expr(first);
  }

  expr(node: SyntaxNode | null | undefined): Expr {
    if (!node) return broken({ from: 0, to: 0 });
    const read = READERS[node.name];
    return read ? read(this, node) : broken(node);
  }

  args(list: SyntaxNode | null | undefined): Argument[] {
    if (!list) return [];
    const inner = children(list).filter((n) => n.name !== "(" && n.name !== ")");
    if (inner.some((n) => n.name === "for")) {
      const value = this.comprehension(list, "generator");
      return [{ form: "plain", name: "", value, from: list.from, to: list.to }];
    }
    const parts = splitAt(inner, ",");
    const open = children(list).at(-1)?.name !== ")";
    return parts
      .filter((part, i) => !halfTyped(part, open && i > 0 && i === parts.length - 1))
      .map((part) => this.argument(part, list));
  }

  private argument(part: readonly SyntaxNode[], list: Span): Argument {
    const [first, second, third] = part;
    const span = { from: first?.from ?? list.from, to: part[part.length - 1]?.to ?? list.to };
    if (!first || first.type.isError) return { form: "plain", name: "", value: broken(span), ...span };
    if (first.name === "*" || first.name === "**") {
      const form = first.name === "*" ? "star" : "double-star";
      return { form, name: "", value: this.expr(second), ...span };
    }
    if (second?.name === "AssignOp" && this.source(second) === "=") {
      const value = third && !third.type.isError ? this.expr(third) : broken(span);
      return { form: "keyword", name: this.source(first), value, ...span };
    }
    return { form: "plain", name: "", value: this.item(part, span), ...span };
  }

  params(list: SyntaxNode | null | undefined): Parameter[] {
    if (!list) return [];
    const inner = children(list).filter((n) => n.name !== "(" && n.name !== ")");
    const found: Parameter[] = [];
    let keywordOnly = false;
    for (const part of splitAt(inner, ",")) {
      const star = part.find((n) => n.name === "*" || n.name === "**");
      const name = part.find((n) => n.name === "VariableName");
      const assign = part.findIndex((n) => n.name === "AssignOp");
      const defaultValue = assign < 0 ? null : this.expr(part[assign + 1]);
      if (name) {
        const form = star ? (star.name as "*" | "**") : "plain";
        found.push({ name: this.source(name), form, keywordOnly, defaultValue });
      }
      if (star?.name === "*") keywordOnly = true;
    }
    return found;
  }

  comprehension(node: SyntaxNode, form: Comprehension["form"]): Expr {
    const inner = children(node).filter((n) => !"()[]{}".includes(n.name) && n.name !== "async");
    const start = inner.findIndex((n) => n.name === "for");
    if (start < 0) return broken(node);
    const head = inner.slice(0, start);
    const colon = form === "dict" ? head.findIndex((n) => n.name === ":") : -1;
    const value = this.run(head.slice(colon + 1), node);
    const clauses: Comprehension["clauses"][number][] = [];
    for (let i = start; i < inner.length;) {
      let end = i + 1;
      while (end < inner.length && inner[end]?.name !== "for" && inner[end]?.name !== "if") end++;
      const part = inner.slice(i + 1, end);
      if (inner[i]?.name === "if") {
        clauses.push({ kind: "if", test: this.run(part, node) });
      } else {
        const middle = part.findIndex((n) => n.name === "in");
        const target = this.run(part.slice(0, middle), node);
        clauses.push({ kind: "for", target, iterable: this.run(part.slice(middle + 1), node) });
      }
      i = end;
    }
    const key = colon > 0 ? this.run(head.slice(0, colon), node) : null;
    return { kind: "comprehension", form, key, value, clauses, from: node.from, to: node.to };
  }

  /** An f-string as its texts and replacements. */
  format(node: SyntaxNode): Expr {
    const { prefix, quote } = splitString(this.source(node));
    const head = this.source(node).search(/['"]/) + quote.length;
    const parts: (string | FormatPart)[] = [];
    const raw = prefix.includes("r");
    const literal = (from: number, to: number) => {
      const text = this.text.slice(from, to).replace(/\{\{/g, "{").replace(/\}\}/g, "}");
      if (text !== "") parts.push(raw ? text : unescape(text));
    };
    let at = node.from + head;
    for (const child of children(node)) {
      if (child.name !== "FormatReplacement") continue;
      literal(at, child.from);
      parts.push(this.replacement(child));
      at = child.to;
    }
    literal(at, Math.max(at, node.to - quote.length));
    return { kind: "format", parts, from: node.from, to: node.to };
  }

  private replacement(node: SyntaxNode): FormatPart {
    const inner = children(node);
    const conversion = inner.find((n) => n.name === "FormatConversion");
    const spec = inner.find((n) => n.name === "FormatSpec");
    const self = inner.some((n) => n.name === "FormatSelfDoc");
    const values = inner.filter(
      (n) => !["{", "}", "FormatConversion", "FormatSpec", "FormatSelfDoc"].includes(n.name),
    );
    const value = this.run(values, node);
    return {
      value,
      conversion: conversion ? this.source(conversion).slice(1) : "",
      spec: spec ? this.spec(spec) : [],
      text: this.source(value),
      selfDocumenting: self,
    };
  }

  private spec(node: SyntaxNode): (string | FormatPart)[] {
    const parts: (string | FormatPart)[] = [];
    let at = node.from + 1;
    for (const child of children(node)) {
      if (child.name !== "FormatReplacement") continue;
      if (child.from > at) parts.push(this.text.slice(at, child.from));
      parts.push(this.replacement(child));
      at = child.to;
    }
    if (node.to > at) parts.push(this.text.slice(at, node.to));
    return parts;
  }

  /** Adjacent literals: one constant, or one format string when any of them is one. */
  continued(node: SyntaxNode): Expr {
    const parts: (string | FormatPart)[] = [];
    const bytes: number[] = [];
    let isBytes = false;
    for (const child of children(node)) {
      const part = this.expr(child);
      if (part.kind === "format") parts.push(...part.parts);
      else if (part.kind === "constant" && typeof part.value === "string") parts.push(part.value);
      else if (part.kind === "constant" && part.value instanceof PyBytes) {
        isBytes = true;
        bytes.push(...part.value.data);
      }
    }
    const span = { from: node.from, to: node.to };
    if (isBytes) return { kind: "constant", value: new PyBytes(Uint8Array.from(bytes)), ...span };
    if (parts.every((p): p is string => typeof p === "string")) {
      return { kind: "constant", value: parts.join(""), ...span };
    }
    return { kind: "format", parts, ...span };
  }

  index(node: SyntaxNode, nodes: readonly SyntaxNode[]): Expr {
    const slices = splitAt(nodes, ",").map((part): Expr => {
      if (!part.some((n) => n.name === ":")) return this.run(part, node);
      const bounds: (Expr | null)[] = [null];
      for (const n of part) {
        if (n.name === ":") bounds.push(null);
        else bounds[bounds.length - 1] = this.expr(n);
      }
      return { kind: "slice", parts: bounds, from: node.from, to: node.to };
    });
    const only = slices[0];
    if (only === undefined) return broken(node);
    if (slices.length === 1 && !nodes.some((n) => n.name === ",")) return only;
    return { kind: "tuple", items: slices, from: node.from, to: node.to };
  }
}

/**
 * An argument that says nothing yet: a keyword without its value, or the beginning of one at the end of a list that is
 * still open.
 */
function halfTyped([first, second, third]: readonly SyntaxNode[], atEnd: boolean): boolean {
  if (first?.name !== "VariableName") return false;
  if (second?.name === "AssignOp") return third === undefined || third.type.isError;
  return atEnd && (second === undefined || second.type.isError);
}

type Reader = (reader: ExpressionReader, node: SyntaxNode) => Expr;

function span(node: SyntaxNode): Span {
  return { from: node.from, to: node.to };
}

function member(r: ExpressionReader, node: SyntaxNode): Expr {
  const [object, mark, ...rest] = children(node);
  if (!object || !mark) return broken(node);
  if (mark.name === "[") {
    const inner = rest.filter((n) => n.name !== "]");
    return { kind: "index", object: r.expr(object), index: r.index(node, inner), ...span(node) };
  }
  const name = rest[0];
  // A chain that goes on with a dot is still what it was before it.
  if (!name || name.type.isError) return r.expr(object);
  return { kind: "attribute", object: r.expr(object), name: r.source(name), ...span(node) };
}

function binary(r: ExpressionReader, node: SyntaxNode): Expr {
  const inner = children(node);
  const left = inner[0];
  const right = inner[inner.length - 1];
  if (!left || !right || inner.length < 3) return broken(node);
  const ops = inner.slice(1, -1);
  const op = ops.map((n) => r.source(n)).join(" ");
  if (op === "and" || op === "or") {
    return { kind: "boolean", op, left: r.expr(left), right: r.expr(right), ...span(node) };
  }
  if (!ops.some((n) => ["CompareOp", "in", "is", "not"].includes(n.name))) {
    return { kind: "binary", op, left: r.expr(left), right: r.expr(right), ...span(node) };
  }
  const chained = r.expr(left);
  const operands =
    chained.kind === "compare" && left.name === "BinaryExpression" ? chained.operands : [chained];
  const before = operands.length > 1 && chained.kind === "compare" ? chained.ops : [];
  return { kind: "compare", ops: [...before, op], operands: [...operands, r.expr(right)], ...span(node) };
}

function dictionary(r: ExpressionReader, node: SyntaxNode): Expr {
  const inner = children(node).filter((n) => n.name !== "{" && n.name !== "}");
  const entries = splitAt(inner, ",").map((part): DictEntry => {
    if (part[0]?.name === "**") return { key: null, value: r.expr(part[1]) };
    const colon = part.findIndex((n) => n.name === ":");
    if (colon < 0) return { key: r.run(part, node), value: broken(node) };
    return { key: r.run(part.slice(0, colon), node), value: r.run(part.slice(colon + 1), node) };
  });
  return { kind: "dict", entries, ...span(node) };
}

function display(kind: "list" | "tuple" | "set"): Reader {
  return (r, node) => {
    const inner = children(node).filter((n) => !"()[]{}".includes(n.name));
    const items = splitAt(inner, ",").map((part) => r.run(part, node));
    return { kind, items, ...span(node) };
  };
}

/** Parentheses vanish, but a string in them keeps its own place. */
function parenthesized(r: ExpressionReader, node: SyntaxNode): Expr {
  return r.run(
    children(node).filter((n) => n.name !== "(" && n.name !== ")"),
    node,
  );
}

const READERS: Readonly<Record<string, Reader | undefined>> = {
  VariableName: (r, n) => ({ kind: "name", name: r.source(n), ...span(n) }),
  Number: (r, n) => ({ kind: "constant", value: numberValue(r.source(n)), ...span(n) }),
  String: (r, n) => ({ kind: "constant", value: stringValue(r.source(n)), ...span(n) }),
  FormatString: (r, n) => r.format(n),
  ContinuedString: (r, n) => r.continued(n),
  Boolean: (r, n) => ({ kind: "constant", value: r.source(n) === "True", ...span(n) }),
  None: (_, n) => ({ kind: "constant", value: null, ...span(n) }),
  Ellipsis: (_, n) => ({ kind: "name", name: "Ellipsis", ...span(n) }),
  ParenthesizedExpression: parenthesized,
  MemberExpression: member,
  CallExpression: (r, n) => ({
    kind: "call",
    callee: r.expr(n.firstChild),
    args: r.args(n.getChild("ArgList")),
    ...span(n),
  }),
  BinaryExpression: binary,
  UnaryExpression: (r, n) => {
    const [op, operand] = children(n);
    return op && operand
      ? { kind: "unary", op: r.source(op), operand: r.expr(operand), ...span(n) }
      : broken(n);
  },
  ConditionalExpression: (r, n) => {
    const [then, , test, , otherwise] = children(n);
    return {
      kind: "conditional",
      then: r.expr(then),
      test: r.expr(test),
      otherwise: r.expr(otherwise),
      ...span(n),
    };
  },
  NamedExpression: (r, n) => r.run(children(n), n),
  LambdaExpression: (r, n) => ({
    kind: "lambda",
    params: r.params(n.getChild("ParamList")),
    body: r.expr(n.lastChild),
    ...span(n),
  }),
  AwaitExpression: (r, n) => ({ kind: "await", value: r.expr(n.lastChild), ...span(n) }),
  ArrayExpression: display("list"),
  TupleExpression: display("tuple"),
  SetExpression: display("set"),
  DictionaryExpression: dictionary,
  ArrayComprehensionExpression: (r, n) => r.comprehension(n, "list"),
  SetComprehensionExpression: (r, n) => r.comprehension(n, "set"),
  DictionaryComprehensionExpression: (r, n) => r.comprehension(n, "dict"),
  ComprehensionExpression: (r, n) => r.comprehension(n, "generator"),
};
