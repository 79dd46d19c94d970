/**
 * `npm run build`: the command and the JupyterLab extension, each only when what it is made of has changed.
 * `--development` keeps names and adds source maps.
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { main, root, run, step } from "./common/run.mjs";
import { hashOf, unlessDone } from "./common/stamp.mjs";

const development = process.argv.includes("--development");
const mode = development ? "development" : "production";
const shared = [
  "core/src",
  "kernel-bridge/src",
  "kernel-bridge/python",
  "package-lock.json",
  "scripts/build.mjs",
];
const lab = "jupyterlab-ext";

const common = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
  sourcemap: development,
};

/** One file for Node. Its CommonJS dependency (`ws`) asks for Node's modules by `require`. */
function buildCommand() {
  return build({
    ...common,
    entryPoints: ["cli/src/main.ts"],
    outfile: "cli/dist/graphcell.mjs",
    platform: "node",
    target: "node20",
    minifySyntax: !development,
    banner: {
      js: [
        "#!/usr/bin/env node",
        'import { createRequire as createRequireForBundle } from "node:module";',
        "const require = createRequireForBundle(import.meta.url);",
      ].join("\n"),
    },
  });
}

/** Our own packages and d3 go into one module; JupyterLab's and Lumino's are the host's, shared at run time. */
async function buildLabextension() {
  await build({
    ...common,
    entryPoints: { index: `${lab}/src/index.ts`, style: `${lab}/style/index.css` },
    outdir: `${lab}/lib`,
    platform: "browser",
    minify: !development,
    external: ["@jupyterlab/*", "@lumino/*"],
    loader: { ".svg": "text" },
  });
  rmSync(join(root, lab, "graphcell/labextension"), { recursive: true, force: true });
  mkdirSync(join(root, lab, "graphcell/labextension"), { recursive: true });
  await run(
    process.execPath,
    [
      join(root, "node_modules/@jupyter/builder/lib/build-labextension.js"),
      ...(development ? ["--development"] : []),
      "--core-package-file",
      join(root, "node_modules/@jupyterlab/core-meta/core.package.json"),
      join(root, lab),
    ],
    { quiet: true },
  );
}

main(async () => {
  if (existsSync(join(root, "cli/src/main.ts"))) {
    await unlessDone("cli/dist/build.stamp", hashOf(["cli/src", "cli/package.json", ...shared], mode), () =>
      step("The graphcell command", buildCommand),
    );
  }
  const parts = ["src", "style", "schema", "package.json"].map((part) => `${lab}/${part}`);
  const inputs = hashOf([...parts, "view/src", "view/style", ...shared], mode);
  const built = existsSync(join(root, lab, "graphcell/labextension/package.json")) ? inputs : "";
  await unlessDone(`${lab}/lib/build.stamp`, built, async () => {
    await step("The JupyterLab extension", buildLabextension);
  });
});
