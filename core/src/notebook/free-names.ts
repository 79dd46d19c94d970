import type { SyntaxNode } from "@lezer/common";
import { parser } from "@lezer/python";
import { children } from "./expression";

/** One statement at the top level of a cell, and how it hangs together with the others. Offsets are the cell's. */
export interface TopStatement {
  readonly from: number;
  readonly to: number;
  readonly kind: "class" | "function" | "import" | "other";
  /** Names that it gives a value. */
  readonly binds: ReadonlySet<string>;
  /** Names of the module that it reads, when it runs or later when what it defines is called. */
  readonly uses: ReadonlySet<string>;
  /** `from x import *`: it may bind any name. */
  readonly star: boolean;
  /** Modules that it imports, also inside of functions, as written (`a.b`); relative ones keep their dots. */
  readonly modules: readonly string[];
}

/** The statements of Python text (magics already blanked out), with the names that each binds and reads. */
export function topStatements(code: string): readonly TopStatement[] {
  return children(parser.parse(code).topNode)
    .filter((node) => node.name !== "Comment" && node.name !== ";")
    .map((node) => statementOf(code, node));
}

/** Names of the module that an expression reads. */
export function expressionNames(code: string): ReadonlySet<string> {
  return new Set(topStatements(code).flatMap((s) => [...s.uses]));
}

function statementOf(code: string, node: SyntaxNode): TopStatement {
  const scope = new Scope(code, null);
  scope.visit(node);
  return {
    from: node.from,
    to: node.to,
    kind: kindOf(node),
    binds: scope.binds,
    uses: scope.uses,
    star: scope.star,
    modules: scope.modules,
  };
}

function kindOf(node: SyntaxNode): TopStatement["kind"] {
  if (node.name === "DecoratedStatement") return kindOf(node.lastChild ?? node);
  if (node.name === "ClassDefinition") return "class";
  if (node.name === "FunctionDefinition") return "function";
  return node.name === "ImportStatement" ? "import" : "other";
}

const COMPREHENSION = /Comprehension/;

/** The names of one scope of Python: a module, a class, a function or a comprehension. */
class Scope {
  readonly binds = new Set<string>();
  readonly uses = new Set<string>();
  readonly modules: string[] = [];
  star = false;
  /** Names that `global` and `nonlocal` give back to a scope outside. */
  private readonly outside = new Set<string>();

  constructor(
    private readonly code: string,
    /** The scope around a class: what its methods read, they read there. */
    private readonly around: Scope | null,
  ) {}

  visit(node: SyntaxNode): void {
    const reader = READERS[node.name];
    if (reader) reader(this, node);
    else if (COMPREHENSION.test(node.name)) this.comprehension(node);
    else this.all(children(node));
  }

  all(nodes: readonly (SyntaxNode | null)[]): void {
    for (const node of nodes) if (node) this.visit(node);
  }

  text(node: SyntaxNode): string {
    return this.code.slice(node.from, node.to);
  }

  read(node: SyntaxNode): void {
    this.uses.add(this.text(node));
  }

  bind(node: SyntaxNode): void {
    const name = this.text(node);
    if (!this.outside.has(name)) this.binds.add(name);
  }

  give(node: SyntaxNode): void {
    this.outside.add(this.text(node));
  }

  /** What is assigned to: names are bound, in anything else (`a.b`, `a[i]`) names are read. */
  target(node: SyntaxNode): void {
    if (node.name === "VariableName") this.bind(node);
    else if (/^(Tuple|Array|Parenthesized)Expression$/.test(node.name)) {
      for (const child of children(node)) this.target(child);
    } else if (node.name === "MemberExpression") this.visit(node);
    else if (node.name === "TypeDef") this.visit(node);
  }

  /** The variable of a loop: what the loop reads under its name is its own. `own` collects such names. */
  loopTarget(node: SyntaxNode, own: Set<string>): void {
    const bound = new Scope(this.code, null);
    bound.target(node);
    for (const name of bound.binds) if (!this.uses.has(name)) own.add(name);
    this.target(node);
  }

  given(own: ReadonlySet<string>): void {
    for (const name of own) this.uses.delete(name);
  }

  /** A scope inside of this one has been read: what it does not bind comes from outside of it. */
  close(inner: Scope): void {
    // The methods of a class do not see the names of its body.
    const to = this.around ?? this;
    for (const name of inner.uses) if (!inner.binds.has(name)) to.uses.add(name);
    for (const name of inner.outside) to.uses.add(name);
    this.modules.push(...inner.modules);
  }

  inner(classBody = false): Scope {
    return new Scope(this.code, classBody ? (this.around ?? this) : null);
  }

  comprehension(node: SyntaxNode): void {
    const inner = this.inner();
    let targets = false;
    for (const child of children(node)) {
      if (child.name === "for") targets = true;
      else if (child.name === "in") targets = false;
      else if (targets) inner.target(child);
      else inner.visit(child);
    }
    // Unlike a function's, the names of a comprehension may be those of the class around it.
    for (const name of inner.uses) if (!inner.binds.has(name)) this.uses.add(name);
    this.modules.push(...inner.modules);
  }
}

type Reader = (scope: Scope, node: SyntaxNode) => void;

const READERS: Readonly<Record<string, Reader>> = {
  VariableName: (scope, node) => scope.read(node),
  AssignStatement: assignment,
  NamedExpression: assignment,
  UpdateStatement: (scope, node) => {
    const [target, ...rest] = children(node);
    if (target) {
      scope.target(target);
      scope.visit(target);
    }
    scope.all(rest);
  },
  ForStatement: (scope, node) => {
    const before = new Set<string>();
    let targets = false;
    for (const child of children(node)) {
      if (child.name === "for") targets = true;
      else if (child.name === "in") targets = false;
      else if (targets) scope.loopTarget(child, before);
      else scope.visit(child);
    }
    scope.given(before);
  },
  WithStatement: boundAfterAs,
  TryStatement: boundAfterAs,
  ArgList: keywords,
  PatternArgList: (scope, node) => scope.all(children(node)),
  KeywordPattern: (scope, node) => scope.all(children(node).slice(1)),
  CapturePattern: (scope, node) => scope.target(node.firstChild ?? node),
  AsPattern: (scope, node) => {
    const all = children(node);
    scope.all(all.slice(0, -1));
    const last = all[all.length - 1];
    if (last) scope.target(last.name === "CapturePattern" ? (last.firstChild ?? last) : last);
  },
  ScopeStatement: (scope, node) => {
    for (const child of node.getChildren("VariableName")) scope.give(child);
  },
  DeleteStatement: (scope, node) => scope.all(children(node)),
  ImportStatement: imported,
  FunctionDefinition: (scope, node) => {
    const name = node.getChild("VariableName");
    if (name) scope.bind(name);
    callable(scope, node);
  },
  LambdaExpression: callable,
  ClassDefinition: (scope, node) => {
    const name = node.getChild("VariableName");
    if (name) scope.bind(name);
    scope.all(node.getChildren("ArgList"));
    const body = scope.inner(true);
    body.all(node.getChildren("Body"));
    scope.close(body);
  },
};

/** `a = b = value`: all but the last are targets; `a: T` alone binds nothing that could be read. */
function assignment(scope: Scope, node: SyntaxNode): void {
  const all = children(node);
  const last = all.map((child) => child.name).lastIndexOf("AssignOp");
  all.forEach((child, i) => {
    if (i < last) scope.target(child);
    else if (i > last && last >= 0) scope.visit(child);
    else if (last < 0 && child.name === "TypeDef") scope.visit(child);
  });
}

function boundAfterAs(scope: Scope, node: SyntaxNode): void {
  let named = false;
  for (const child of children(node)) {
    if (named) scope.target(child);
    else if (child.name !== "as") scope.visit(child);
    named = child.name === "as";
  }
}

/** `f(a, name=b)`: the name of a keyword is no variable. `f(x for x in y)` is a comprehension. */
function keywords(scope: Scope, node: SyntaxNode): void {
  const all = children(node);
  if (all.some((child) => child.name === "for")) return scope.comprehension(node);
  all.forEach((child, i) => {
    if (child.name === "VariableName" && all[i + 1]?.name === "AssignOp") return;
    scope.visit(child);
  });
}

/** Defaults and annotations are read outside, when the `def` runs; the body when it is called. */
function callable(scope: Scope, node: SyntaxNode): void {
  const inner = scope.inner();
  for (const child of children(node)) {
    if (child.name === "ParamList") parameters(scope, inner, child);
    else if (child.name === "TypeDef") scope.visit(child);
    else if (child.name === "Body") inner.visit(child);
    else if (node.name === "LambdaExpression" && child.name !== "lambda") inner.visit(child);
  }
  scope.close(inner);
}

function parameters(outer: Scope, inner: Scope, list: SyntaxNode): void {
  let isDefault = false;
  for (const child of children(list)) {
    if (child.name === "VariableName" && !isDefault) inner.bind(child);
    else if (child.name === "TypeDef" || isDefault) outer.visit(child);
    isDefault = child.name === "AssignOp";
  }
}

/** `import a.b as c, d` and `from ..m import x as y`, which Lezer gives as one list of words. */
function imported(scope: Scope, node: SyntaxNode): void {
  const words = children(node).map((child) => scope.text(child));
  const at = words.indexOf("import");
  const from = words[0] === "from" ? words.slice(1, at).join("") : null;
  if (from !== null) scope.modules.push(from);
  for (const part of splitAtCommas(words.slice(at + 1))) {
    const as = part.indexOf("as");
    const path = (as < 0 ? part : part.slice(0, as)).join("");
    if (path === "*") scope.star = true;
    else if (path !== "") {
      if (from === null) scope.modules.push(path);
      scope.binds.add(
        as < 0 ? (from === null ? (path.split(".")[0] ?? path) : path) : (part[as + 1] ?? path),
      );
    }
  }
}

function splitAtCommas(words: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  for (const word of words) {
    if (word === ",") parts.push([]);
    else if (word !== "(" && word !== ")") parts[parts.length - 1]?.push(word);
  }
  return parts;
}
