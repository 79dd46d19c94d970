/** The VS Code extension as one file that VS Code installs. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ScriptError, root, run, step } from "./run.mjs";

/** Files of Pyodide that the embedded Python needs. */
const PYODIDE = [
  "pyodide.mjs",
  "pyodide.asm.mjs",
  "pyodide.asm.wasm",
  "python_stdlib.zip",
  "pyodide-lock.json",
  "package.json",
];

/**
 * Packs what was built into dist/graphcell-VERSION.vsix and gives its path. Needs no network.
 *
 * @param withPython packs the embedded Python, too, into dist/graphcell-VERSION-with-python.vsix.
 */
export async function packageVsix({ withPython = false } = {}) {
  const extension = join(root, "vscode-ext");
  if (!existsSync(join(extension, "dist/extension.js"))) {
    throw new ScriptError("The VS Code extension was not built: run npm run build.");
  }
  const { version } = JSON.parse(readFileSync(join(extension, "package.json"), "utf8"));
  const out = join(root, "dist", `graphcell-${version}${withPython ? "-with-python" : ""}.vsix`);
  mkdirSync(join(root, "dist"), { recursive: true });
  const vsce = join(root, "node_modules/@vscode/vsce/vsce");
  const args = ["package", "--no-dependencies", "--allow-missing-repository", "--out", out];
  const pyodide = join(extension, "dist/pyodide");
  rmSync(pyodide, { recursive: true, force: true });
  try {
    if (withPython) {
      for (const name of PYODIDE) cpSync(join(root, "node_modules/pyodide", name), join(pyodide, name));
    }
    await step(`The VS Code extension's package${withPython ? ", with Python" : ""}`, () =>
      run(process.execPath, [vsce, ...args], { cwd: extension, quiet: true }),
    );
  } finally {
    rmSync(pyodide, { recursive: true, force: true });
  }
  return out;
}
