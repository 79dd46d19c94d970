/** The VS Code extension as one file that VS Code installs. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ScriptError, root, run, step } from "./run.mjs";

/** Packs what was built into dist/graphcell-VERSION.vsix and gives its path. Needs no network. */
export async function packageVsix() {
  const extension = join(root, "vscode-ext");
  if (!existsSync(join(extension, "dist/extension.js"))) {
    throw new ScriptError("The VS Code extension was not built: run npm run build.");
  }
  const { version } = JSON.parse(readFileSync(join(extension, "package.json"), "utf8"));
  const out = join(root, "dist", `graphcell-${version}.vsix`);
  mkdirSync(join(root, "dist"), { recursive: true });
  const vsce = join(root, "node_modules/@vscode/vsce/vsce");
  const args = ["package", "--no-dependencies", "--allow-missing-repository", "--out", out];
  await step("The VS Code extension's package", () =>
    run(process.execPath, [vsce, ...args], { cwd: extension, quiet: true }),
  );
  return out;
}
