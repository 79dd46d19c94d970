/**
 * `npm run e2e:lab`: the scenarios of test/e2e in a real JupyterLab and Notebook 7, in Chromium; `npm run e2e:code` in a
 * real VS Code (code-server). `node scripts/e2e.mjs lab|code [NAME]` runs those whose name contains NAME. The extension must be built. With
 * GRAPHCELL_E2E_PYTHON=/path/to/python they run on the Jupyter of another environment, for example an older version.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { ensureChromium } from "./common/chromium.mjs";
import { ensureCodeServer } from "./common/code-server.mjs";
import { ScriptError, main, root } from "./common/run.mjs";
import { packageVsix } from "./common/vsix.mjs";

main(async () => {
  const [suite, ...filter] = process.argv.slice(2);
  if (suite !== "lab" && suite !== "code") {
    throw new ScriptError("Say which host: node scripts/e2e.mjs lab|code [NAME]");
  }
  if (suite === "lab" && !existsSync(join(root, "jupyterlab-ext/graphcell/labextension/package.json"))) {
    throw new ScriptError("The extension was not built: run npm run build.");
  }
  const outfile = join(root, "test/lib/e2e/main.mjs");
  await build({
    absWorkingDir: root,
    entryPoints: ["test/e2e/main.ts"],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    logLevel: "warning",
  });
  const { runSuite } = await import(pathToFileURL(outfile).href);
  const chromium = await ensureChromium();
  const packages = async () => ({
    withPython: await packageVsix({ withPython: true }),
    vsix: await packageVsix(),
  });
  const code = suite === "code" ? { ...(await ensureCodeServer()), ...(await packages()) } : undefined;
  return (await runSuite({ root, chromium, suite, code, filter: filter.join(" ") })) ? 0 : 1;
});
