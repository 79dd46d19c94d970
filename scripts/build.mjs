/**
 * `npm run build`: the command, the JupyterLab and the VS Code extension, each only when what it is made of has
 * changed. `command`, `lab` or `code` builds that one only; `--development` keeps names and adds source maps.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { load } from "./common/bundle.mjs";
import { ScriptError, main, root, run, step } from "./common/run.mjs";
import { hashOf, unlessDone } from "./common/stamp.mjs";

const development = process.argv.includes("--development");
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith("-"));
const asked = (part) => wanted.length === 0 || wanted.includes(part);
const mode = development ? "development" : "production";
const shared = [
  "core/src",
  "kernel-bridge/src",
  "kernel-bridge/python",
  "package-lock.json",
  "scripts/build.mjs",
];
const lab = "jupyterlab-ext";
const code = "vscode-ext";
/** What the walkthrough opens. */
const SAMPLE = "examples/quick-start.ipynb";
/** The engine as a nodejs function: the command and both extensions bring it along. */
const NATIVE = "core/dist/native-function.cjs";

const common = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
  sourcemap: development,
};

/** esbuild, which has printed its errors when it fails. */
function bundle(options) {
  return build({ ...common, ...options }).catch(() => {
    throw new ScriptError("The build failed: see the errors above.");
  });
}

/** A module has no `require` of its own; CommonJS in a bundle asks for Node's modules by it. */
const REQUIRE =
  'import { createRequire as graphcellRequire } from "node:module"; const require = graphcellRequire(import.meta.url);';

/** One file for Node. */
function buildCommand() {
  return bundle({
    entryPoints: ["cli/src/main.ts"],
    outfile: "cli/dist/graphcell.mjs",
    platform: "node",
    target: "node20",
    minifySyntax: !development,
    banner: { js: `#!/usr/bin/env node\n${REQUIRE}` },
  });
}

/** The engine as Nuclio's nodejs runtime loads it: deployments send this file. Nuclio's wrapper is CommonJS. */
function buildNativeFunction() {
  return bundle({
    stdin: {
      contents: [
        'import { nativeFunctionOf } from "./core/src/nuclio/native-handler";',
        "const wake = (at, fire) => {",
        "  const timer = setTimeout(fire, Math.max(0, at - Date.now()));",
        "  return () => clearTimeout(timer);",
        "};",
        // Steps in JavaScript stand before the engine, in a constant of this name.
        "declare const graphcellScripts: any;",
        'const scripts = typeof graphcellScripts === "undefined" ? null : graphcellScripts;',
        'const replica = `${require("node:os").hostname()}-${process.pid}`;',
        "const host = { replica, scripts, require };",
        "module.exports = nativeFunctionOf(process.env, { now: Date.now, wake }, host);",
      ].join("\n"),
      resolveDir: root,
      loader: "ts",
    },
    outfile: NATIVE,
    platform: "node",
    format: "cjs",
    target: "node18",
    minify: !development,
    sourcemap: false,
  });
}

/** Folders and files of core that a page loads when they are needed: to simulate, to verify, while writing code. */
const LATER = /^core\/src\/(engine\/run|parity\/verify|language\/completion|model\/(file|yaml)\.ts|nuclio\/)/;

/**
 * Takes core's list of exports without those of what is loaded later: esbuild counts whatever a list names as part of
 * the entry, used or not, and would leave nothing for the later part. An export that the extension needs after all
 * fails the build.
 */
const laterApart = {
  name: "later-apart",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]core[\\/]src[\\/]index\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8")
        .replace(/^export (\{[^}]*\}|\* as \w+) from "\.\/(engine|steps|language|parity)\/.*$/gm, "")
        .replace(
          /^export .* from "\.\/(model\/(file|yaml|yaml-text|graph-text)|draw\/(svg|text)|session\/(cardText|export|sending))";$/gm,
          "",
        ),
      loader: "ts",
    }));
  },
};

/** The engine as a nodejs function is a text to whoever deploys. */
const nativeAsText = {
  name: "native-as-text",
  setup({ onLoad }) {
    onLoad({ filter: /native-function\.cjs$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8"),
      loader: "text",
    }));
  },
};

/** Fails when what belongs to later comes with the first part: somebody imports it where a page begins. */
function refuseEarly({ outputs }, entry) {
  const seen = new Set();
  const visit = (name) => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const { path, kind } of outputs[name].imports)
      if (kind === "import-statement" && outputs[path]) visit(path);
  };
  visit(entry);
  const early = [...seen]
    .flatMap((name) => Object.keys(outputs[name].inputs))
    .filter((file) => LATER.test(file));
  if (early.length > 0)
    throw new ScriptError(
      `The labextension loads with the page what it should load later: ${early.join(", ")}. Import it by import() or take it from core's list (scripts/build.mjs).`,
    );
}

/**
 * Our own packages and d3 go into one module, but for what is loaded only when it is needed (the engine); JupyterLab's
 * and Lumino's are the host's, shared at run time.
 */
async function buildLabextension() {
  const lib = join(root, lab, "lib");
  if (existsSync(lib)) {
    for (const name of readdirSync(lib)) if (name.startsWith("part-")) rmSync(join(lib, name));
  }
  const { metafile } = await bundle({
    entryPoints: { index: `${lab}/src/index.ts`, style: `${lab}/style/index.css` },
    outdir: `${lab}/lib`,
    splitting: true,
    chunkNames: "part-[hash]",
    plugins: [laterApart, nativeAsText],
    metafile: true,
    platform: "browser",
    minify: !development,
    external: ["@jupyterlab/*", "@lumino/*"],
    loader: { ".svg": "text" },
  });
  refuseEarly(metafile, `${lab}/lib/index.js`);
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

/** A renderer has no style sheet of its own: its styles come with the script. */
const cssAsText = {
  name: "css-as-text",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]renderer[\\/]style\.css$/ }, async ({ path }) => {
      const { outputFiles } = await bundle({ entryPoints: [path], minify: !development, write: false });
      return { contents: outputFiles[0].text, loader: "text" };
    });
  },
};

/** What is loaded first leaves all else to a bundle of its own. */
const mainApart = {
  name: "main-apart",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/main$/ }, () => ({ path: "./main.mjs", external: true }));
  },
};

/** The extension for Node and for browsers, and the pages that it shows. */
async function buildCodeExtension() {
  const dist = join(root, code, "dist");
  rmSync(dist, { recursive: true, force: true });
  const options = { outdir: `${code}/dist`, minify: !development };
  const host = { ...options, format: "cjs", external: ["vscode"] };
  await Promise.all([
    bundle({
      ...host,
      entryPoints: { extension: `${code}/src/node/extension.ts` },
      platform: "node",
      target: "node20",
      plugins: [mainApart],
    }),
    // Modules, because only those can be taken apart into what is needed at once and what later.
    bundle({
      ...options,
      entryPoints: { main: `${code}/src/node/main.ts` },
      outExtension: { ".js": ".mjs" },
      chunkNames: "main-[hash]",
      format: "esm",
      splitting: true,
      platform: "node",
      target: "node20",
      // ws takes these when they are there; it works without.
      external: ["vscode", "bufferutil", "utf-8-validate"],
      banner: { js: REQUIRE },
    }),
    // The worker of the embedded Python: a module, because Pyodide is one.
    bundle({
      ...options,
      entryPoints: { embedded: "kernel-bridge/src/node/embedded/worker.ts" },
      outExtension: { ".js": ".mjs" },
      platform: "node",
      target: "node20",
    }),
    bundle({ ...host, entryPoints: { web: `${code}/src/web.ts` }, platform: "browser" }),
    bundle({
      ...options,
      entryPoints: { webview: `${code}/webview/main.ts`, deploy: `${code}/webview/deploy.ts` },
      platform: "browser",
      format: "iife",
    }),
    bundle({ ...options, entryPoints: { webview: `${code}/webview/style.css` } }),
    bundle({
      ...options,
      entryPoints: { renderer: `${code}/renderer/main.ts` },
      platform: "browser",
      plugins: [cssAsText],
    }),
  ]);
  const { graphFileSchema } = await load("core/src/index.ts");
  writeFileSync(join(dist, "graph.schema.json"), JSON.stringify(graphFileSchema()));
  copyFileSync(join(root, SAMPLE), join(dist, "quick-start.ipynb"));
  copyFileSync(join(root, NATIVE), join(dist, "native-function.cjs"));
}

main(async () => {
  const unknown = wanted.find((part) => !["command", "lab", "code"].includes(part));
  if (unknown) throw new ScriptError(`No part "${unknown}". Parts: command, lab, code.`);
  await unlessDone("core/dist/build.stamp", hashOf(shared, mode), buildNativeFunction);
  if (asked("command") && existsSync(join(root, "cli/src/main.ts"))) {
    await unlessDone("cli/dist/build.stamp", hashOf(["cli/src", "cli/package.json", ...shared], mode), () =>
      step("The graphcell command", async () => {
        await buildCommand();
        copyFileSync(join(root, NATIVE), join(root, "cli/dist/native-function.cjs"));
      }),
    );
  }
  if (asked("code")) {
    if (!existsSync(join(root, code, "dist/extension.js")))
      rmSync(join(root, code, "lib/build.stamp"), { force: true });
    const parts = ["src", "webview", "renderer", "package.json"].map((part) => `${code}/${part}`);
    await unlessDone(
      `${code}/lib/build.stamp`,
      hashOf([...parts, SAMPLE, "view/src", "view/style", ...shared], mode),
      () => step("The VS Code extension", buildCodeExtension),
    );
  }
  if (!asked("lab")) return;
  const stamp = `${lab}/lib/build.stamp`;
  if (!existsSync(join(root, lab, "graphcell/labextension/package.json"))) {
    rmSync(join(root, stamp), { force: true });
  }
  const parts = ["src", "style", "schema", "package.json"].map((part) => `${lab}/${part}`);
  await unlessDone(stamp, hashOf([...parts, "view/src", "view/style", ...shared], mode), () =>
    step("The JupyterLab extension", buildLabextension),
  );
});
