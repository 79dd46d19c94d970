import type { ScriptModules } from "../script/source";

/** What the engine in a function finds of the steps that are in JavaScript. */
export interface BuiltScripts {
  readonly entry: string;
  readonly modules: Readonly<Record<string, (module: never, exports: never, require: never) => void>>;
  /** By module: the lines of the function's text before its first, and how many it has. */
  readonly places: Readonly<Record<string, readonly [number, number]>>;
}

/** Name of the constant that holds them in a function's text. */
export const SCRIPTS = "graphcellScripts";

/** The steps' modules as JavaScript that goes before the engine; each line stays one line. */
export function scriptText(scripts: ScriptModules): string {
  const lines = [
    `// ${scripts.entry} and what it imports; Graphcell's engine follows.`,
    `const ${SCRIPTS} = {`,
  ];
  lines.push(`  entry: ${JSON.stringify(scripts.entry)},`, "  modules: {");
  const places: Record<string, readonly [number, number]> = {};
  for (const [path, code] of scripts.modules) {
    const body = code.split("\n");
    places[path] = [lines.length, body.length];
    const [first = "", ...rest] = body;
    lines.push(`${JSON.stringify(path)}: function (module, exports, require) {${first}`, ...rest, "},");
  }
  lines.push("  },", `  places: ${JSON.stringify(places)},`, "};", "");
  return lines.join("\n");
}
