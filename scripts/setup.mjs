/** Sets up what `npm start` and `npm test` share; each part only when what it depends on has changed. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ScriptError, main, npm, root, run, step } from "./common/run.mjs";
import { ensurePython, python } from "./common/python.mjs";
import { hashOf, unlessDone } from "./common/stamp.mjs";

/** npm packages and .venv: what any other script builds on. */
export async function ensureTools(requirements) {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 11)) {
    throw new ScriptError(`Graphcell needs Node 20.11 or newer; this is ${process.versions.node}.`);
  }
  const lock = hashOf(["package-lock.json"], process.version);
  await unlessDone("node_modules/graphcell.stamp", lock, () =>
    step("npm packages", () => npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { quiet: true })),
  );
  await ensurePython(requirements);
}

/** Builds the extensions and the command. */
export async function ensureBuild() {
  await step("Build", () => run(process.execPath, ["scripts/build.mjs"], { quiet: true }));
}

/** Puts the extension's wheel into .venv, once for each build. */
export async function ensureExtension() {
  const built = hashOf(["jupyterlab-ext/graphcell", "jupyterlab-ext/pyproject.toml"], labextensionHash());
  await unlessDone(join(".venv", "graphcell-extension.stamp"), built, () =>
    step("The extension in .venv", async () => {
      const { output } = await run(process.execPath, ["scripts/package.mjs", "--print-path"], {
        quiet: true,
      });
      const wheel = output.trim().split("\n").pop();
      const args = ["-m", "pip", "install", "-q", "--no-deps", "--force-reinstall", "--no-index", wheel];
      await run(python, [...args, "--disable-pip-version-check"], { quiet: true });
    }),
  );
}

function labextensionHash() {
  const built = "jupyterlab-ext/graphcell/labextension/package.json";
  if (!existsSync(join(root, built)))
    throw new ScriptError("The extension was not built: run npm run build.");
  return hashOf([built]);
}

if (process.argv[1] === import.meta.filename) {
  main(async () => {
    await ensureTools("test");
    await ensureBuild();
    await ensureExtension();
  });
}
