/**
 * Packs the agent's Python files into kernel-bridge/src/agent-source.ts, from where the bridge puts them into kernels;
 * what only runs need goes apart into agent-run-source.ts, which is loaded with the first run. Run it after a change of
 * kernel-bridge/python; a unit test fails while a packed file is old. `--check` only tells.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import prettier from "prettier";

const root = fileURLToPath(new URL("..", import.meta.url));
const python = join(root, "kernel-bridge/python");
const target = join(root, "kernel-bridge/src/agent-source.ts");
const runTarget = join(root, "kernel-bridge/src/agent-run-source.ts");
const shellTarget = join(root, "kernel-bridge/src/node/embedded/shell-source.ts");

/**
 * The code without what only its readers need: docstrings, lines of comment and empty lines. A fourth of the agent,
 * which every page and every kernel gets.
 */
export function slim(code) {
  const lines = [];
  /** Inside a string of three quotes: `doc` is dropped, `text` is kept. */
  let inside = null;
  for (const line of code.split("\n")) {
    const text = line.trim();
    const quotes = line.split('"""').length - 1;
    if (inside !== null) {
      if (inside === "text") lines.push(line);
      if (quotes % 2 === 1) inside = null;
      continue;
    }
    if (text === "" || text.startsWith("#")) continue;
    if (/^r?"""/.test(text) && (lines.length === 0 || lines.at(-1).endsWith(":"))) {
      // Something must stand in a block that has nothing but its docstring.
      if (lines.length > 0) lines.push(`${line.slice(0, line.indexOf(text))}""`);
      if (quotes % 2 === 1) inside = "doc";
      continue;
    }
    lines.push(line);
    if (quotes % 2 === 1) inside = "text";
  }
  return `${lines.join("\n")}\n`;
}

/** What stands at the top of the agent's modules decides what goes into a kernel at once: all that `kernel` needs. */
const FIRST = "kernel";

/** The agent's modules by name, the package itself under "". */
function modules() {
  const folder = join(python, "graphcell_agent");
  const found = {};
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith(".py")) continue;
    const code = readFileSync(join(folder, file), "utf8");
    // The docstrings of the magics are what `%%simulate?` shows.
    found[file === "__init__.py" ? "" : file.slice(0, -3)] = file === "magic.py" ? code : slim(code);
  }
  return found;
}

/** Names of the modules that one needs when it is imported, itself among them. */
function needed(name, all, seen = new Set([""])) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const [, other] of all[name].matchAll(/^from \.(\w+) import/gm)) needed(other, all, seen);
  return seen;
}

/** Texts of the packed files, by the file. */
export async function packed() {
  const all = modules();
  const first = needed(FIRST, all);
  const part = (chosen) => Object.fromEntries(Object.entries(all).filter(([name]) => chosen(name)));
  const bootstrap = readFileSync(join(python, "bootstrap.py"), "utf8");
  const version = createHash("sha256")
    .update(JSON.stringify([all, bootstrap]))
    .digest("hex")
    .slice(0, 12);
  const made = "/** Made by scripts/pack-agent.mjs from kernel-bridge/python: change it there. */";
  return {
    [target]: await formatted(
      target,
      `${made}
export const AGENT_VERSION = ${JSON.stringify(version)};

/** Defines \`bootstrap(name, version, sources)\`. */
export const AGENT_BOOTSTRAP = ${JSON.stringify(bootstrap)};

/** Text of each module by its name inside the package; the package itself under the empty name. */
export const AGENT_SOURCES: Readonly<Record<string, string>> = ${JSON.stringify(part((name) => first.has(name)))};
`,
    ),
    [runTarget]: await formatted(
      runTarget,
      `${made}

/** The modules that only runs need, by name. */
export const RUN_SOURCES: Readonly<Record<string, string>> = ${JSON.stringify(part((name) => !first.has(name)))};
`,
    ),
    [shellTarget]: await packedShell(),
  };
}

async function formatted(file, text) {
  return prettier.format(text, { ...(await prettier.resolveConfig(file)), filepath: file });
}

/** The shell of the embedded Python, for the worker that runs it. */
function packedShell() {
  const code = slim(readFileSync(join(python, "graphcell_shell.py"), "utf8"));
  return formatted(
    shellTarget,
    `/** Made by scripts/pack-agent.mjs from kernel-bridge/python/graphcell_shell.py: change it there. */
export const SHELL_SOURCE =
  ${JSON.stringify(code)};
`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of Object.entries(await packed())) {
    if (!process.argv.includes("--check")) writeFileSync(file, text);
    else if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
      console.error(`${file} is old: run \`node scripts/pack-agent.mjs\`.`);
      process.exitCode = 1;
    }
  }
}
