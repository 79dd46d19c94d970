/**
 * `npm run package`: the wheel of the JupyterLab extension and the .vsix of the VS Code extension, in dist/, the latter
 * once more with the embedded Python. Installing them needs no Node. `--print-path` makes the wheel only, and prints its path as the last line.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { python } from "./common/python.mjs";
import { ScriptError, main, root, run, step } from "./common/run.mjs";
import { packageVsix } from "./common/vsix.mjs";
import { ensureBuild, ensureTools } from "./setup.mjs";

const out = join(root, "dist");
const wheels = () => readdirSync(out).filter((name) => /^graphcell-.*\.whl$/.test(name));

main(async () => {
  // Called by the set-up, everything is there already.
  if (!process.argv.includes("--print-path")) {
    await ensureTools("start");
    await ensureBuild();
  }
  if (!existsSync(join(root, "jupyterlab-ext/graphcell/labextension/package.json"))) {
    throw new ScriptError("The extension was not built: run npm run build.");
  }
  mkdirSync(out, { recursive: true });
  for (const name of wheels()) rmSync(join(out, name));
  await step("The wheel", () =>
    run(python, ["-m", "build", "--wheel", "--no-isolation", "--outdir", out, join(root, "jupyterlab-ext")], {
      quiet: true,
    }),
  );
  const [name] = wheels();
  if (!name) throw new ScriptError("The wheel was not made, though its build said so.");
  if (!process.argv.includes("--print-path")) {
    console.log(await packageVsix());
    console.log(await packageVsix({ withPython: true }));
  }
  console.log(join(out, name));
});
