import type { PyValue } from "../value/value";

/**
 * Python as the interpreter walks it: a small tree of plain objects, made once for each cell text. `from` and
 * `to` are UTF-16 offsets in the cell. What does not parse is an expression or statement of kind `broken`.
 */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export type Expr =
  | Constant
  | FormatString
  | (Span & { readonly kind: "name"; readonly name: string })
  | Attribute
  | (Span & { readonly kind: "index"; readonly object: Expr; readonly index: Expr })
  | (Span & { readonly kind: "slice"; readonly parts: readonly (Expr | null)[] })
  | Call
  | (Span & { readonly kind: "list"; readonly items: readonly Expr[] })
  | (Span & { readonly kind: "tuple"; readonly items: readonly Expr[] })
  | (Span & { readonly kind: "set"; readonly items: readonly Expr[] })
  | (Span & { readonly kind: "dict"; readonly entries: readonly DictEntry[] })
  | Comprehension
  | Lambda
  | (Span & { readonly kind: "unary"; readonly op: string; readonly operand: Expr })
  | (Span & { readonly kind: "binary"; readonly op: string; readonly left: Expr; readonly right: Expr })
  | (Span & {
      readonly kind: "boolean";
      readonly op: "and" | "or";
      readonly left: Expr;
      readonly right: Expr;
    })
  | (Span & { readonly kind: "compare"; readonly ops: readonly string[]; readonly operands: readonly Expr[] })
  | (Span & {
      readonly kind: "conditional";
      readonly test: Expr;
      readonly then: Expr;
      readonly otherwise: Expr;
    })
  | (Span & { readonly kind: "walrus"; readonly name: string; readonly value: Expr })
  | (Span & { readonly kind: "star"; readonly value: Expr })
  | (Span & { readonly kind: "await"; readonly value: Expr })
  | (Span & { readonly kind: "broken" });

export interface Constant extends Span {
  readonly kind: "constant";
  readonly value: PyValue;
}

export interface FormatString extends Span {
  readonly kind: "format";
  readonly parts: readonly (string | FormatPart)[];
}

export interface FormatPart {
  readonly value: Expr;
  readonly conversion: string;
  readonly spec: readonly (string | FormatPart)[];
  /** The expression as written, for a name that stays unknown. */
  readonly text: string;
  readonly selfDocumenting: boolean;
}

export interface Attribute extends Span {
  readonly kind: "attribute";
  readonly object: Expr;
  readonly name: string;
}

export interface Call extends Span {
  readonly kind: "call";
  readonly callee: Expr;
  readonly args: readonly Argument[];
}

export interface Argument extends Span {
  /** `x`, `*x`, `name=x` or `**x`. */
  readonly form: "plain" | "star" | "keyword" | "double-star";
  readonly name: string;
  readonly value: Expr;
}

export interface DictEntry {
  /** null for `**value`. */
  readonly key: Expr | null;
  readonly value: Expr;
}

export interface Comprehension extends Span {
  readonly kind: "comprehension";
  readonly form: "list" | "set" | "dict" | "generator";
  readonly key: Expr | null;
  readonly value: Expr;
  readonly clauses: readonly (
    | { readonly kind: "for"; readonly target: Expr; readonly iterable: Expr }
    | { readonly kind: "if"; readonly test: Expr }
  )[];
}

export interface Lambda extends Span {
  readonly kind: "lambda";
  readonly params: readonly Parameter[];
  readonly body: Expr;
}

export interface Parameter {
  readonly name: string;
  /** `*`: everything left over in order, `**`: everything left over by name; a bare `*` has no name. */
  readonly form: "plain" | "*" | "**";
  readonly keywordOnly: boolean;
  readonly defaultValue: Expr | null;
}

export type Stmt =
  | (Span & { readonly kind: "expression"; readonly value: Expr })
  | (Span & { readonly kind: "assign"; readonly targets: readonly Expr[]; readonly value: Expr })
  | (Span & { readonly kind: "update"; readonly target: Expr; readonly op: string; readonly value: Expr })
  | (Span & {
      readonly kind: "if";
      readonly branches: readonly { readonly test: Expr; readonly body: Block }[];
      readonly otherwise: Block;
    })
  | (Span & {
      readonly kind: "for";
      readonly target: Expr;
      readonly iterable: Expr;
      readonly body: Block;
      readonly otherwise: Block;
    })
  | (Span & {
      readonly kind: "while";
      readonly test: Expr;
      readonly body: Block;
      readonly otherwise: Block;
    })
  | (Span & {
      readonly kind: "with";
      readonly items: readonly { readonly value: Expr; readonly target: Expr | null }[];
      readonly body: Block;
    })
  | TryStmt
  | FunctionStmt
  | ClassStmt
  | ImportStmt
  | (Span & { readonly kind: "return"; readonly value: Expr | null })
  | (Span & { readonly kind: "raise"; readonly value: Expr | null })
  | (Span & { readonly kind: "delete"; readonly targets: readonly Expr[] })
  | (Span & { readonly kind: "global"; readonly names: readonly string[] })
  | (Span & { readonly kind: "group"; readonly body: Block })
  /** `pass` and all that does nothing here; `yields` when it is a `yield`. */
  | (Span & { readonly kind: "pass"; readonly yields?: boolean })
  | (Span & { readonly kind: "break" | "continue" | "broken" });

export type Block = readonly Stmt[];

export interface TryStmt extends Span {
  readonly kind: "try";
  readonly body: Block;
  readonly handlers: readonly { readonly name: string | null; readonly body: Block }[];
  readonly otherwise: Block;
  readonly finally: Block;
}

export interface FunctionStmt extends Span {
  readonly kind: "function";
  readonly name: string;
  readonly nameSpan: Span;
  readonly params: readonly Parameter[];
  readonly body: Block;
  readonly async: boolean;
  readonly decorators: readonly Expr[];
}

export interface ClassStmt extends Span {
  readonly kind: "class";
  readonly name: string;
  readonly nameSpan: Span;
  readonly bases: readonly Expr[];
  /** Base classes as they are written. */
  readonly baseTexts: readonly string[];
  readonly body: Block;
  readonly decorators: readonly Expr[];
}

export interface ImportStmt extends Span {
  readonly kind: "import";
  /** null for `import x`; the module for `from module import ...`, with its leading dots. */
  readonly module: string | null;
  readonly names: readonly { readonly name: string; readonly as: string; readonly span: Span }[];
  readonly star: boolean;
}

/** A cell's text as statements, and where it does not parse. */
export interface CellSyntax {
  readonly text: string;
  readonly body: Block;
  /** First place that does not parse; null for a cell that does. */
  readonly broken: Span | null;
  /** The cell runs other files or text (`%run`, `exec`), so that more names may exist than are written. */
  readonly opensNamespace: boolean;
  /** The Python file that the cell writes (`%%writefile`): its statements define, but do not run. */
  readonly file: { readonly name: string; readonly body: Block } | null;
}
