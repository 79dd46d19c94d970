import type { SyntaxNode } from "@lezer/common";
import { parser } from "@lezer/python";
import { ExpressionReader, children, splitAt } from "./expression";
import { maskMagics } from "./magic";
import type {
  Block,
  CellSyntax,
  ClassStmt,
  Expr,
  FunctionStmt,
  ImportStmt,
  Span,
  Stmt,
  TryStmt,
} from "./syntax";

/** Parses one cell's text. Never throws: what is not Python is a `broken` statement. */
export function parseCell(text: string): CellSyntax {
  const { code, opensNamespace, file } = maskMagics(text);
  const { body, broken } = parseCode(code);
  return {
    text,
    body,
    broken,
    opensNamespace,
    file: file ? { name: file.name, body: parseCode(file.text).body } : null,
  };
}

function parseCode(code: string): { readonly body: Block; readonly broken: Span | null } {
  const tree = parser.parse(code);
  const reader = new StatementReader(new ExpressionReader(code));
  const body = children(tree.topNode).flatMap((node): Block => {
    try {
      return reader.block([node]);
    } catch (error) {
      // Thousands of brackets in each other, which nobody writes, are more than the stack holds.
      if (error instanceof RangeError) return [{ kind: "broken", from: node.from, to: node.to }];
      throw error;
    }
  });
  return { body, broken: firstError(tree.topNode) };
}

/** The first place that is no Python; what the grammar only takes for an error does not count. */
function firstError(top: SyntaxNode): Span | null {
  const cursor = top.cursor();
  do {
    if (!cursor.type.isError) continue;
    const node = cursor.node;
    const parent = node.parent?.name ?? "";
    const inner = node.parent?.parent?.name ?? "";
    if (parent.startsWith("Yield") || parent === "WithStatement" || inner === "WithStatement") continue;
    return { from: node.from, to: Math.max(node.to, node.from) };
  } while (cursor.next());
  return null;
}

class StatementReader {
  constructor(private readonly exprs: ExpressionReader) {}

  block(nodes: readonly SyntaxNode[]): Block {
    return nodes
      .filter((n) => n.name !== ":" && n.name !== ";")
      .map((n) => (READERS[n.name] ?? expressionOrBroken)(this, n, this.exprs));
  }

  body(node: SyntaxNode | null | undefined): Block {
    return node ? this.block(children(node)) : [];
  }
}

type Reader = (statements: StatementReader, node: SyntaxNode, exprs: ExpressionReader) => Stmt;

function span(node: SyntaxNode): Span {
  return { from: node.from, to: node.to };
}

const expressionOrBroken: Reader = (_, node) => ({ kind: "broken", ...span(node) });

const assign: Reader = (_, node, exprs) => {
  const inner = children(node).filter((n) => n.name !== "TypeDef");
  const parts = splitAt(inner, "AssignOp").map((part) => exprs.run(part, node));
  if (parts.length < 2) return { kind: parts.length === 1 ? "pass" : "broken", ...span(node) };
  const value = parts[parts.length - 1] as Expr;
  return { kind: "assign", targets: parts.slice(0, -1), value, ...span(node) };
};

/** The runs of nodes that follow each keyword of a compound statement, up to the next keyword or body. */
function clauses(node: SyntaxNode): { keyword: string; head: SyntaxNode[]; body: SyntaxNode | null }[] {
  const found: { keyword: string; head: SyntaxNode[]; body: SyntaxNode | null }[] = [];
  for (const child of children(node)) {
    const last = found[found.length - 1];
    if (!last || last.body)
      found.push({ keyword: child.name, head: [], body: child.name === "Body" ? child : null });
    else if (child.name === "Body") last.body = child;
    else last.head.push(child);
  }
  return found;
}

const ifStatement: Reader = (statements, node, exprs) => {
  const branches: { test: Expr; body: Block }[] = [];
  let otherwise: Block = [];
  for (const { keyword, head, body } of clauses(node)) {
    if (keyword === "else") otherwise = statements.body(body);
    else branches.push({ test: exprs.run(head, node), body: statements.body(body) });
  }
  return { kind: "if", branches, otherwise, ...span(node) };
};

const forStatement: Reader = (statements, node, exprs) => {
  const parts = clauses(node).filter((c) => c.keyword !== "async" || c.head.length > 0);
  const main = parts[0];
  const head = (main?.head ?? []).filter((n) => n.name !== "for");
  const middle = head.findIndex((n) => n.name === "in");
  if (!main || middle < 0) return { kind: "broken", ...span(node) };
  return {
    kind: "for",
    target: exprs.run(head.slice(0, middle), node),
    iterable: exprs.run(head.slice(middle + 1), node),
    body: statements.body(main.body),
    otherwise: statements.body(parts[1]?.body),
    ...span(node),
  };
};

const whileStatement: Reader = (statements, node, exprs) => {
  const [main, other] = clauses(node);
  return {
    kind: "while",
    test: exprs.run(main?.head ?? [], node),
    body: statements.body(main?.body),
    otherwise: statements.body(other?.body),
    ...span(node),
  };
};

const withStatement: Reader = (statements, node, exprs) => {
  const inner = children(node).filter((n) => n.name !== "async" && n.name !== "with" && n.name !== "Body");
  const items = splitAt(
    inner.filter((n) => !n.type.isError),
    ",",
  ).map((part) => {
    const as = part.findIndex((n) => n.name === "as");
    if (as < 0) return { value: exprs.run(part, node), target: null };
    return { value: exprs.run(part.slice(0, as), node), target: exprs.run(part.slice(as + 1), node) };
  });
  return { kind: "with", items, body: statements.body(node.getChild("Body")), ...span(node) };
};

const tryStatement: Reader = (statements, node, exprs) => {
  const parts = clauses(node);
  const body = (keyword: string) => statements.body(parts.find((c) => c.keyword === keyword)?.body);
  const handlers: TryStmt["handlers"][number][] = [];
  for (const part of parts) {
    if (part.keyword !== "except") continue;
    const as = part.head.findIndex((n) => n.name === "as");
    const name = as < 0 ? undefined : part.head[as + 1];
    handlers.push({ name: name ? exprs.source(name) : null, body: statements.body(part.body) });
  }
  return {
    kind: "try",
    body: body("try"),
    handlers,
    otherwise: body("else"),
    finally: body("finally"),
    ...span(node),
  };
};

function functionStatement(
  statements: StatementReader,
  node: SyntaxNode,
  exprs: ExpressionReader,
  decorators: readonly Expr[] = [],
): FunctionStmt | Stmt {
  const name = node.getChild("VariableName");
  if (!name) return { kind: "broken", ...span(node) };
  return {
    kind: "function",
    name: exprs.source(name),
    nameSpan: span(name),
    params: exprs.params(node.getChild("ParamList")),
    body: statements.body(node.getChild("Body")),
    async: node.firstChild?.name === "async",
    decorators,
    ...span(node),
  };
}

function classStatement(
  statements: StatementReader,
  node: SyntaxNode,
  exprs: ExpressionReader,
  decorators: readonly Expr[] = [],
): ClassStmt | Stmt {
  const name = node.getChild("VariableName");
  if (!name) return { kind: "broken", ...span(node) };
  const bases = exprs
    .args(node.getChild("ArgList"))
    .filter((a) => a.form === "plain")
    .map((a) => a.value);
  return {
    kind: "class",
    name: exprs.source(name),
    nameSpan: span(name),
    bases,
    baseTexts: bases.map((b) => exprs.source(b)),
    body: statements.body(node.getChild("Body")),
    decorators,
    ...span(node),
  };
}

const decorated: Reader = (statements, node, exprs) => {
  const decorators = node.getChildren("Decorator").map((d): Expr => {
    const inner = children(d).filter((n) => n.name !== "At");
    const args = inner.find((n) => n.name === "ArgList");
    const names = inner.filter((n) => n.name === "VariableName" || n.name === "PropertyName");
    const text = names.map((n) => exprs.source(n)).join(".");
    const callee: Expr = { kind: "name", name: text, ...span(d) };
    return args ? { kind: "call", callee, args: exprs.args(args), ...span(d) } : callee;
  });
  const target = node.getChild("FunctionDefinition") ?? node.getChild("ClassDefinition");
  if (!target) return { kind: "broken", ...span(node) };
  const read = target.name === "FunctionDefinition" ? functionStatement : classStatement;
  return read(statements, target, exprs, decorators);
};

/** Names of an import: `a.b as c` and its like, as the grammar gives them: a flat run of nodes. */
function importedNames(nodes: readonly SyntaxNode[], exprs: ExpressionReader): ImportStmt["names"] {
  return splitAt(nodes, ",").map((part) => {
    const as = part.findIndex((n) => n.name === "as");
    const path = as < 0 ? part : part.slice(0, as);
    const name = path.map((n) => exprs.source(n)).join("");
    const alias = as < 0 ? undefined : part[as + 1];
    const place = alias ?? path[0];
    return { name, as: alias ? exprs.source(alias) : "", span: place ? span(place) : { from: 0, to: 0 } };
  });
}

const importStatement: Reader = (_, node, exprs) => {
  const inner = children(node).filter((n) => n.name !== "(" && n.name !== ")" && !n.type.isError);
  const at = inner.findIndex((n) => n.name === "import");
  const rest = inner.slice(at + 1);
  const from = inner[0]?.name === "from";
  const module = from
    ? inner
        .slice(1, Math.max(1, at))
        .map((n) => exprs.source(n))
        .join("")
    : null;
  const star = rest.some((n) => n.name === "*");
  const names = star || at < 0 ? [] : importedNames(rest, exprs);
  return { kind: "import", module, names, star, ...span(node) };
};

const READERS: Readonly<Record<string, Reader | undefined>> = {
  ExpressionStatement: (_, n, e) => ({ kind: "expression", value: e.run(children(n), n), ...span(n) }),
  YieldStatement: (_, n) => ({ kind: "pass", yields: true, ...span(n) }),
  AssertStatement: (_, n) => ({ kind: "pass", ...span(n) }),
  PrintStatement: (_, n) => ({ kind: "pass", ...span(n) }),
  PassStatement: (_, n) => ({ kind: "pass", ...span(n) }),
  TypeDefinition: (_, n) => ({ kind: "pass", ...span(n) }),
  BreakStatement: (_, n) => ({ kind: "break", ...span(n) }),
  ContinueStatement: (_, n) => ({ kind: "continue", ...span(n) }),
  AssignStatement: assign,
  UpdateStatement: (_, n, e) => {
    const inner = children(n);
    const at = inner.findIndex((c) => c.name === "UpdateOp");
    const op = inner[at];
    if (!op) return { kind: "broken", ...span(n) };
    return {
      kind: "update",
      target: e.run(inner.slice(0, at), n),
      op: e.source(op).replace(/=$/, ""),
      value: e.run(inner.slice(at + 1), n),
      ...span(n),
    };
  },
  StatementGroup: (s, n) => ({ kind: "group", body: s.block(children(n)), ...span(n) }),
  IfStatement: ifStatement,
  ForStatement: forStatement,
  WhileStatement: whileStatement,
  WithStatement: withStatement,
  TryStatement: tryStatement,
  FunctionDefinition: (s, n, e) => functionStatement(s, n, e),
  ClassDefinition: (s, n, e) => classStatement(s, n, e),
  DecoratedStatement: decorated,
  ImportStatement: importStatement,
  ReturnStatement: (_, n, e) => {
    const inner = children(n).slice(1);
    return { kind: "return", value: inner.length > 0 ? e.run(inner, n) : null, ...span(n) };
  },
  RaiseStatement: (_, n, e) => {
    const inner = children(n).slice(1);
    return { kind: "raise", value: inner[0] ? e.expr(inner[0]) : null, ...span(n) };
  },
  DeleteStatement: (_, n, e) => ({
    kind: "delete",
    targets: splitAt(children(n).slice(1), ",").map((part) => e.run(part, n)),
    ...span(n),
  }),
  ScopeStatement: (_, n, e) => ({
    kind: "global",
    names: n.getChildren("VariableName").map((c) => e.source(c)),
    ...span(n),
  }),
};
