import { GraphcellError } from "../errors";

/** A file of steps in TypeScript or JavaScript, with all that it imports from beside it, as CommonJS. */
export interface ScriptModules {
  /** Path of the file that exports the steps, as the settings name it. */
  readonly entry: string;
  /** JavaScript of each module by its path; line by line what the file has. */
  readonly modules: ReadonlyMap<string, string>;
  /** Names that the file exports, as far as its text says. */
  readonly exports: ReadonlySet<string>;
  /** Its exports can't be told from its text: `module.exports` is put together by code. */
  readonly open: boolean;
  /** Packages that are imported, Node's own modules apart. */
  readonly packages: readonly string[];
  /** Imports from beside the file that are not there, each with the file that has it. */
  readonly missing: readonly { readonly from: string; readonly path: string }[];
}

/** Text of a file by its path beside the notebook; null where there is none. */
export type ReadText = (path: string) => Promise<string | null>;

/** Endings of files that hold steps for a nodejs function. */
const ENDING = /\.[cm]?[jt]s$/i;

/** Whether a function's source is TypeScript or JavaScript. */
export function isScript(path: string): boolean {
  return ENDING.test(path) && !/\.d\.[cm]?ts$/i.test(path);
}

/** Modules that come with Node. */
const BUILT_IN = new Set(
  (
    "assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain " +
    "events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl " +
    "stream string_decoder timers tls tty url util v8 vm wasi worker_threads zlib"
  ).split(" "),
);

/**
 * Reads a file of steps and what it imports. No code of it runs. Throws `GraphcellError` (`GC_SCRIPT`) for a file that
 * is missing or can't be parsed.
 */
export async function readScripts(entry: string, read: ReadText): Promise<ScriptModules> {
  const text = await read(entry);
  if (text === null) {
    throw new GraphcellError(
      "GC_SCRIPT",
      `${entry} can't be read.`,
      "Give the path of a file beside the notebook.",
    );
  }
  const files = new Map([[entry, await compile(entry, text)]]);
  const packages = new Set<string>();
  const missing: { from: string; path: string }[] = [];
  for (const [path, code] of files) {
    for (const name of importsOf(code)) {
      if (!isRelative(name)) {
        const own = packageOf(name);
        if (!name.startsWith("node:") && !BUILT_IN.has(own)) packages.add(own);
        continue;
      }
      if (candidates(path, name).some((known) => files.has(known))) continue;
      const found = await firstOf(candidates(path, name), read);
      if (found === null) missing.push({ from: path, path: name });
      else files.set(found.path, await compile(found.path, found.text));
    }
  }
  const { names, open } = exportsOf(entry, files, new Set());
  return { entry, modules: files, exports: names, open, packages: [...packages].sort(), missing };
}

/** Path of the module that an import names; null when there is none among these. */
export function resolveImport(
  from: string,
  name: string,
  modules: { has(path: string): boolean },
): string | null {
  return candidates(from, name).find((path) => modules.has(path)) ?? null;
}

export function isRelative(name: string): boolean {
  return /^\.{1,2}(\/|$)/.test(name);
}

function packageOf(name: string): string {
  return name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Paths that an import may mean, in the order in which they are tried. */
function candidates(from: string, name: string): readonly string[] {
  const parts = from.split("/").slice(0, -1);
  for (const part of name.split("/")) {
    if (part === "..") {
      if (parts.length === 0 || parts.at(-1) === "..") parts.push("..");
      else parts.pop();
    } else if (part !== "." && part !== "") parts.push(part);
  }
  const path = parts.join("/");
  // TypeScript's own way to name a module is by the file that it will become.
  const typed = /\.([cm]?)js$/.exec(path);
  return [
    ...(/\.([cm]?[jt]s|json)$/.test(path) ? [path] : []),
    ...(typed ? [path.replace(/\.[cm]?js$/, `.${typed[1]}ts`)] : []),
    ...[".ts", ".mts", ".js", ".mjs", ".cjs", ".json", "/index.ts", "/index.js"].map((end) => path + end),
  ];
}

async function firstOf(
  paths: readonly string[],
  read: ReadText,
): Promise<{ readonly path: string; readonly text: string } | null> {
  for (const path of paths) {
    const text = await read(path);
    if (text !== null) return { path, text };
  }
  return null;
}

/** As CommonJS, line by line. */
async function compile(path: string, text: string): Promise<string> {
  if (path.endsWith(".json")) return `module.exports = ${text.trim() === "" ? "null" : text}`;
  const { transform } = await import("./transpile");
  let code: string;
  try {
    code = transform(text, {
      transforms: /ts$/i.test(path) ? ["typescript", "imports"] : ["imports"],
      disableESTransforms: true,
      filePath: path,
    }).code;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const place = /\((\d+):(\d+)\)\s*$/.exec(said);
    const why = said
      .replace(/^Error transforming [^:]*: /, "")
      .replace(/\s*\(\d+:\d+\)\s*$/, "")
      .replace(/\.$/, "");
    throw new GraphcellError(
      "GC_SCRIPT",
      `${path}${place ? `:${place[1]}:${place[2]}` : ""} can't be parsed: ${why}.`,
      "Mend the file, then go on.",
    );
  }
  // Of several names that one statement declares, sucrase exports the first only.
  const several = /\bexports\.([\w$]+) = \1,/.exec(code);
  if (several) {
    const line = code.slice(0, several.index).split("\n").length;
    throw new GraphcellError(
      "GC_SCRIPT",
      `${path}:${line} exports "${several[1] ?? ""}" and more names in one statement.`,
      "Write an export for each.",
    );
  }
  return code;
}

function importsOf(code: string): readonly string[] {
  const found = [...code.matchAll(/\b(?:require|import)\(\s*(?:'([^'\n]+)'|"([^"\n]+)")\s*\)/g)];
  return [...new Set(found.map(([, single, double]) => single ?? double ?? ""))];
}

/** Names that a compiled module exports. */
function exportsOf(
  path: string,
  files: ReadonlyMap<string, string>,
  seen: Set<string>,
): { readonly names: ReadonlySet<string>; readonly open: boolean } {
  const code = files.get(path) ?? "";
  const names = new Set<string>();
  let open = /\bmodule\.exports\s*=/.test(code);
  seen.add(path);
  for (const [, name] of code.matchAll(/\bexports\s*\.\s*([\w$]+)\s*=(?!=)/g)) if (name) names.add(name);
  for (const [, name] of code.matchAll(/_createNamedExportFrom\([^,]+, '([^']+)'/g))
    if (name) names.add(name);
  for (const [, local] of code.matchAll(/(?<!function )_createStarExport\((\w+)\)/g)) {
    const name = new RegExp(`\\b${local ?? ""}\\s*=\\s*require\\(\\s*['"]([^'"]+)`).exec(code)?.[1] ?? "";
    const target = resolveImport(path, name, files);
    if (target === null) open = true;
    else if (!seen.has(target)) {
      const below = exportsOf(target, files, seen);
      for (const one of below.names) names.add(one);
      open ||= below.open;
    }
  }
  return { names, open };
}
