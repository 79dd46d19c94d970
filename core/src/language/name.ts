import type { SyntaxNode } from "@lezer/common";
import { parser } from "@lezer/python";
import type { LanguageContext } from "./context";
import { type Position, offsetAt, rangeAt } from "./position";
import { maskMagics } from "../notebook/magic";
import type { SourceRange } from "../source";

/** The Python name that a cursor touches; null in strings, comments and elsewhere. */
export function nameAt(
  { cells }: LanguageContext,
  { cellId, line, column }: Position,
): { readonly name: string; readonly range: SourceRange } | null {
  const index = cells.findIndex((cell) => cell.id === cellId && cell.kind === "code");
  if (index < 0) return null;
  const text = cells[index].source;
  const at = offsetAt(text, line, column);
  const from = at - (/\w*$/.exec(text.slice(0, at))?.[0].length ?? 0);
  const name = /^\w+/.exec(text.slice(from))?.[0] ?? "";
  if (!/^[A-Za-z_]\w*$/.test(name)) return null;
  const node = treeOf(text).resolveInner(from, 1);
  if (node.name !== "VariableName" || node.from !== from) return null;
  return { name, range: rangeAt({ id: cellId, index, text }, from, from + name.length) };
}

/** Everywhere in the notebook where `name` is Python's name of something of the top level. */
export function occurrences({ cells }: LanguageContext, name: string): readonly SourceRange[] {
  return cells.flatMap((cell, index) => {
    if (cell.kind !== "code" || !cell.source.includes(name)) return [];
    const text = cell.source;
    return spansOf(text, name).map(([from, to]) => rangeAt({ id: cell.id, index, text }, from, to));
  });
}

function treeOf(text: string): SyntaxNode {
  return parser.parse(maskMagics(text).code).topNode;
}

function spansOf(text: string, name: string): readonly (readonly [number, number])[] {
  const nodes: SyntaxNode[] = [];
  treeOf(text)
    .cursor()
    .iterate((ref) => {
      if (ref.name === "VariableName" && text.slice(ref.from, ref.to) === name && !isKeyword(ref.node)) {
        nodes.push(ref.node);
      }
    });
  // Scopes that make the name one of their own, unless they say that it is global.
  const own = new Set(nodes.filter(binds).flatMap((node) => scopesOf(node)[0] ?? []));
  for (const node of nodes) if (node.parent?.name === "ScopeStatement") own.delete(scopesOf(node)[0]);
  return nodes
    .filter((node) => !scopesOf(node).some((scope, i) => own.has(scope) && (i === 0 || !isClass(scope))))
    .map((node) => [node.from, node.to] as const);
}

const keyOf = (node: SyntaxNode): string => `${node.name}:${node.from}`;
const isClass = (scope: string): boolean => scope.startsWith("ClassDefinition");

/** `name=` of a call. */
function isKeyword(node: SyntaxNode): boolean {
  return node.parent?.name === "ArgList" && node.nextSibling?.name === "AssignOp";
}

const SCOPES = /^(FunctionDefinition|ClassDefinition|LambdaExpression|\w*ComprehensionExpression)$/;

/** The scopes that a name stands in, innermost first. What a `def` is called and its defaults belong outside of it. */
function scopesOf(node: SyntaxNode): string[] {
  const scopes: string[] = [];
  let inner = node;
  for (let at = node.parent; at; inner = at, at = at.parent) {
    if (!SCOPES.test(at.name)) continue;
    const outside =
      (at.name === "FunctionDefinition" && inner.name !== "Body" && !isParameter(node, inner)) ||
      (at.name === "ClassDefinition" && inner.name !== "Body");
    if (!outside) scopes.push(keyOf(at));
  }
  return scopes;
}

/** A parameter itself, not its default or annotation. */
function isParameter(node: SyntaxNode, list: SyntaxNode): boolean {
  if (list.name !== "ParamList" || node.parent?.name !== "ParamList") return false;
  return node.prevSibling?.name !== "AssignOp";
}

/** The place gives the name a value in its scope. */
function binds(node: SyntaxNode): boolean {
  const { parent } = node;
  if (!parent) return false;
  switch (parent.name) {
    case "ParamList":
      return isParameter(node, parent);
    case "FunctionDefinition":
    case "ClassDefinition":
      return parent.getChild("VariableName")?.from === node.from;
    case "ImportStatement":
      return node.nextSibling?.name !== "as" && node.nextSibling?.name !== ".";
    case "NamedExpression":
      return parent.firstChild?.from === node.from;
    case "WithStatement":
    case "TryStatement":
      return node.prevSibling?.name === "as";
    default:
      return isTarget(node);
  }
}

/** Assigned by `=`, a loop or a comprehension, alone or in a tuple. */
function isTarget(node: SyntaxNode): boolean {
  let at = node;
  while (at.parent && /^(TupleExpression|ArrayExpression|ParenthesizedExpression)$/.test(at.parent.name)) {
    at = at.parent;
  }
  const { parent } = at;
  if (parent?.name === "AssignStatement" || parent?.name === "UpdateStatement") {
    for (let next = at.nextSibling; next; next = next.nextSibling) {
      if (next.name === "AssignOp" || next.name === "UpdateOp") return true;
    }
    return false;
  }
  if (parent?.name !== "ForStatement" && !parent?.name.endsWith("ComprehensionExpression")) return false;
  for (let before = at.prevSibling; before; before = before.prevSibling) {
    if (before.name === "in") return false;
    if (before.name === "for") return true;
  }
  return false;
}
