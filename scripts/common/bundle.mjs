/** Runs a TypeScript file of the project in Node: bundled by esbuild into .cache, packages by their sources. */
import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./run.mjs";

/** Bundles `entry` (path from the project's folder) and gives the module that it is. */
export async function load(entry, { external = [] } = {}) {
  const { build } = await import("esbuild");
  const folder = join(root, ".cache", "bundles");
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${basename(entry).replace(/\.ts$/, "")}-${process.pid}.mjs`);
  await build({
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: "inline",
    logLevel: "warning",
    external: ["playwright-core", "elkjs", "@dagrejs/dagre", "esbuild", ...external],
    banner: {
      // Bundled CommonJS modules (ws) ask for require; ESM has none of its own.
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
  });
  return import(pathToFileURL(outfile).href);
}
