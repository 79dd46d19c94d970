import type { CellText } from "./place";
import type { ConstructorParameter, Definition } from "./parsed";
import type { Block, ClassStmt, FunctionStmt, Stmt } from "./syntax";

/** What a notebook's top level defines, in the order of its cells: the last definition of a name wins. */
export class Definitions {
  readonly found = new Map<string, Definition>();
  /** More names may exist than are written: `from x import *`, `%run`, `exec`. */
  open = false;
  private readonly files = new Set<string>();

  read(cell: CellText, body: Block): void {
    for (const statement of body) this.statement(cell, statement);
  }

  /** What a file that the notebook writes defines: the notebook's own names go before it. */
  readFile(cell: CellText, file: { readonly name: string; readonly body: Block }): void {
    this.files.add(baseName(file.name));
    const inFile = new Definitions();
    inFile.read(cell, file.body);
    for (const [name, definition] of inFile.found) {
      if (!this.found.has(name) && definition.kind !== "import" && definition.kind !== "variable") {
        this.found.set(name, definition);
      }
    }
  }

  /** The notebook itself writes this file. */
  writes(file: string): boolean {
    return this.files.has(baseName(file));
  }

  private put(definition: Definition): void {
    // Deleted first, so that the map's order is that of the definitions that hold.
    this.found.delete(definition.name);
    this.found.set(definition.name, definition);
  }

  private statement(cell: CellText, s: Stmt): void {
    switch (s.kind) {
      case "class":
        return this.put({
          name: s.name,
          kind: "class",
          range: cell.range(s),
          nameRange: cell.range(s.nameSpan),
          bases: s.baseTexts,
          members: methodsOf(s).map((m) => m.name),
          places: new Map(methodsOf(s).map((m) => [m.name, cell.range(m.nameSpan)])),
          constructorParameters: constructorParameters(s),
        });
      case "function":
        return this.put({
          name: s.name,
          kind: "function",
          range: cell.range(s),
          nameRange: cell.range(s.nameSpan),
          members: s.params.map((p) => p.form.replace("plain", "") + p.name),
        });
      case "import":
        return this.imported(cell, s);
      case "assign":
        return this.assigned(cell, s);
      case "expression":
        if (s.value.kind === "call" && s.value.callee.kind === "name" && s.value.callee.name === "exec")
          this.open = true;
        return;
      default:
        for (const block of blocksOf(s)) this.read(cell, block);
    }
  }

  private imported(cell: CellText, s: Extract<Stmt, { kind: "import" }>): void {
    if (s.star) this.open = true;
    for (const { name, as, span } of s.names) {
      const root = s.module === null && as === "" ? (name.split(".")[0] ?? name) : name;
      const local = as || root;
      const module = s.module === null ? name : `${s.module}.${name}`;
      this.put({
        name: local,
        kind: "import",
        range: cell.range(span),
        nameRange: cell.range(span),
        module: as || s.module !== null ? module : root,
      });
    }
  }

  private assigned(cell: CellText, s: Extract<Stmt, { kind: "assign" }>): void {
    for (const target of s.targets) {
      const targets = target.kind === "tuple" || target.kind === "list" ? target.items : [target];
      for (const one of targets) {
        if (one.kind !== "name") continue;
        const lambda = s.value.kind === "lambda" ? s.value : null;
        this.put({
          name: one.name,
          kind: lambda ? "lambda" : "variable",
          range: cell.range(s),
          nameRange: cell.range(one),
          ...(lambda ? { members: lambda.params.map((p) => p.form.replace("plain", "") + p.name) } : {}),
        });
      }
    }
  }
}

function methodsOf(s: ClassStmt): readonly FunctionStmt[] {
  return s.body.filter((member) => member.kind === "function");
}

function constructorParameters(s: ClassStmt): readonly ConstructorParameter[] | null {
  const init = methodsOf(s).find((method) => method.name === "__init__");
  if (!init) return null;
  return init.params
    .slice(1)
    .filter((p) => p.name !== "")
    .map((p) => ({
      name: p.form.replace("plain", "") + p.name,
      required: p.form === "plain" && p.defaultValue === null,
    }));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The blocks that run at the top level too: those of `if`, `for`, `try`, `with`. */
function blocksOf(s: Stmt): readonly Block[] {
  switch (s.kind) {
    case "if":
      return [...s.branches.map((b) => b.body), s.otherwise];
    case "for":
    case "while":
      return [s.body, s.otherwise];
    case "with":
    case "group":
      return [s.body];
    case "try":
      return [...s.handlers.map((h) => h.body), s.body, s.otherwise, s.finally];
    default:
      return [];
  }
}
