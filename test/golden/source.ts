/** What a replayed case needs to know of its program without running it: its classes and functions. */
export interface ClassSource {
  readonly name: string;
  readonly bases: readonly string[];
  readonly methods: ReadonlyMap<string, FunctionSource>;
}

export interface FunctionSource {
  readonly name: string;
  readonly params: readonly string[];
  readonly flavour: "plain" | "coroutine" | "generator" | "async_generator";
  readonly text: string;
  /** `@staticmethod`. */
  readonly isStatic?: boolean;
}

export interface ProgramSource {
  readonly classes: ReadonlyMap<string, ClassSource>;
  readonly functions: ReadonlyMap<string, FunctionSource>;
  /** Dotted name of what an imported name stands for. */
  readonly imports: ReadonlyMap<string, string>;
}

const CLASS = /^class\s+(\w+)\s*(?:\(([^)]*)\))?\s*:/;
const DEF = /^(\s*)(async\s+)?def\s+(\w+)\s*\(([^)]*)\)/;

export function readProgram(source: string): ProgramSource {
  const lines = source.split("\n");
  const classes = new Map<string, ClassSource>();
  const functions = new Map<string, FunctionSource>();
  let inClass: { bases: string[]; name: string; methods: Map<string, FunctionSource> } | null = null;
  lines.forEach((line, i) => {
    const opened = CLASS.exec(line);
    if (opened) {
      const bases = (opened[2] ?? "")
        .split(",")
        .map((b) => b.trim())
        .filter((b) => b !== "");
      inClass = { name: opened[1], bases, methods: new Map() };
      classes.set(inClass.name, inClass);
      return;
    }
    if (/^\S/.test(line) && !line.startsWith("#") && !line.startsWith("@")) inClass = null;
    const def = DEF.exec(line);
    if (!def) return;
    const [, indent, isAsync, name, params] = def;
    const text = block(lines, i, indent.length);
    const isStatic = lines[i - 1]?.trim() === "@staticmethod";
    const found = {
      name,
      params: names(params),
      flavour: flavour(text, isAsync !== undefined),
      text,
      isStatic,
    };
    if (indent === "") functions.set(name, found);
    else if (indent.length === 4) inClass?.methods.set(name, found);
  });
  return { classes, functions, imports: readImports(source) };
}

/** The lines that belong to a definition. */
function block(lines: readonly string[], first: number, indent: number): string {
  let end = first + 1;
  while (end < lines.length && (lines[end].trim() === "" || lines[end].search(/\S/) > indent)) end++;
  return lines.slice(first, end).join("\n");
}

function names(params: string): string[] {
  return params
    .split(",")
    .map((p) => p.split(/[=:]/)[0].trim())
    .filter((p) => /^\w+$/.test(p) && p !== "self");
}

function flavour(text: string, isAsync: boolean): FunctionSource["flavour"] {
  if (/\byield\b/.test(text)) return isAsync ? "async_generator" : "generator";
  return isAsync ? "coroutine" : "plain";
}

function readImports(source: string): Map<string, string> {
  const imports = new Map<string, string>();
  for (const match of source.matchAll(/^\s*from\s+([\w.]+)\s+import\s+(.+)$/gm)) {
    for (const part of match[2].replace(/[()]/g, "").split(",")) {
      const [name, alias] = part.trim().split(/\s+as\s+/);
      if (name) imports.set(alias ?? name, `${match[1]}.${name}`);
    }
  }
  for (const match of source.matchAll(/^\s*import\s+([\w.]+)(?:\s+as\s+(\w+))?\s*$/gm)) {
    imports.set(match[2] ?? match[1], match[1]);
  }
  return imports;
}

/** Qualified names of a class and its bases, as far as the program tells. */
export function mroOf(program: ProgramSource, name: string): string[] {
  const own = program.classes.get(name);
  if (!own) return [qualified(program, name)];
  return [`__main__.${name}`, ...own.bases.flatMap((base) => mroOf(program, base))];
}

function qualified(program: ProgramSource, name: string): string {
  const [head, ...rest] = name.split(".");
  const imported = program.imports.get(head);
  return imported === undefined ? name : [imported, ...rest].join(".");
}

/** The methods of a class and of its bases in the program. */
export function methodsOf(program: ProgramSource, name: string): Map<string, FunctionSource> {
  const own = program.classes.get(name);
  if (!own) return new Map();
  const methods = new Map<string, FunctionSource>();
  for (const base of [...own.bases].reverse()) {
    for (const [key, method] of methodsOf(program, base)) methods.set(key, method);
  }
  for (const [key, method] of own.methods) methods.set(key, method);
  return methods;
}
